"""How a system's score falls as its images get worse: the table, and two pictures of it."""

import numpy as np

from ..data import Dataset, Split
from ..look import figures
from ..look.pictures import compose, flat
from . import corruptions, intervals


def changed(split: Split, images: np.ndarray) -> Split:
    """Return the split with other images and the same labels."""
    return Split(split.name, images, split.labels, split.card)


def measure(
    predict, split: Split, names=None, *, score: str = "auc", seed: int = 0
) -> dict[str, list[float]]:
    """Score a system on a split and on its corrupted copies.

    Args:
        predict: a function from a Split to probabilities `(N, K)`; it must not learn from what it sees.
        split: the test split.
        names: corruptions; default those of the modality.
        score: one of `intervals.SCORES`, such as "auc" or "balanced_acc".
        seed: fixes the accidents.

    Returns:
        corruption -> six scores, at severity 0 (clean) to 5.
    """
    task, once = split.card.task, np.ones((1, len(split)), np.uint16)

    def scored(images) -> float:
        probs = predict(changed(split, images))
        return float(intervals.resampled(split.y, probs, task, score, once)[0])

    clean = scored(split.images)
    return {
        name: [
            clean,
            *(scored(corruptions.corrupt(split.images, name, s, seed=seed)) for s in corruptions.SEVERITIES),
        ]
        for name in names or corruptions.names(split.card)
    }


def mean_drop(table: dict[str, list[float]]) -> dict[str, float]:
    """Return how much each corruption costs on average over its five severities.

    Example:
        >>> mean_drop({"blur": [0.9, 0.9, 0.8, 0.8, 0.7, 0.6]})
        {'blur': 0.14}
    """
    return {name: round(row[0] - float(np.mean(row[1:])), 4) for name, row in table.items()}


def sheet(data: Dataset, i: int = 0, names=None, *, split: str = "test", seed: int = 0) -> figures.Plate:
    """Show one image under each corruption (a row each) at severity 0 to 5 (a column each)."""
    part = data[split]
    one = Split(part.name, part.images[[i]], part.labels[[i]], part.card)
    names = list(names or corruptions.names(part.card))
    levels = (0, *corruptions.SEVERITIES)
    pictures = [
        flat(changed(one, corruptions.corrupt(one.images, name, s, seed=seed)))[0]
        for name in names
        for s in levels
    ]
    gap, edge = max(1, pictures[0].shape[0] // 14), pictures[0].shape[0]
    picture = compose(np.stack(pictures), len(levels), gap)
    plate = figures.Plate(figsize=(figures.WIDTH, 0.9 + figures.WIDTH * 0.13 * len(names)))
    ax = plate.subplots()
    ax.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    ax.set_xticks([j * (edge + gap) + edge / 2 for j in range(6)], ["clean", *map(str, levels[1:])])
    ax.set_yticks([k * (edge + gap) + edge / 2 for k in range(len(names))], names)
    ax.set_xlabel("severity")
    ax.grid(visible=False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    caption = f"{data.card.name} ({data.card.modality}), {split} image {i}, and what may happen to it."
    return plate.describe(
        f"{caption} Rows: {', '.join(names)}. Columns: clean, severity 1 to 5.", caption, data.banner
    )


def curves(
    table: dict[str, list[float]], ylabel: str, *, floor: float | None = 0.5, banner: str = ""
) -> figures.Plate:
    """Draw each corruption's score against severity.

    Args:
        table: from `measure`.
        ylabel: what the score is.
        floor: the score of a coin or constant guess, drawn as a line; None for none.
        banner: the dataset's banner.
    """
    plate = figures.Plate(figsize=(figures.WIDTH, 4.8))
    ax = plate.subplots()
    for i, (name, row) in enumerate(table.items()):
        ax.plot(range(len(row)), row, label=name, **figures.look(i))
    if floor is not None:
        ax.axhline(floor, color="#777777", linestyle=":", label=f"not looking, {floor:.3g}")
    ax.set_xticks(range(6), ["clean", *map(str, corruptions.SEVERITIES)])
    ax.set(xlabel="severity", ylabel=ylabel)
    ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    told = ", ".join(f"{name} {row[-1]:.3f}" for name, row in table.items())
    caption = (
        f"{ylabel} under growing damage; clean {next(iter(table.values()))[0]:.3f}, at severity 5: {told}."
    )
    return plate.describe(caption, caption, banner)
