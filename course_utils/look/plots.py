"""Pictures of 2D data and of training, static; every plot is a `Plate` that describes itself in words.

What is computed comes from the pure functions of `pictures`; a 3D dataset shows its middle slices.
"""

import math
import re
import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from ..data import Dataset
from ..errors import CourseError
from ..files import SPLITS
from ..measure.confusion import matrix
from ..measure.metrics import constant_guess
from . import figures
from .figures import Plate
from .pictures import (
    MONTAGE_PIXELS,
    WHITE,
    choose_columns,
    class_name,
    compose,
    count_words,
    find_starts,
    first_class,
    flat,
    pick,
)

MAX_ZOOM = 8
TITLE_SIZE = 12


def montage(
    data: Dataset,
    split: str = "train",
    n: int = 32,
    *,
    by: str = "random",
    index=None,
    score=None,
    seed: int = 0,
    columns: int | None = None,
    titles: Sequence[str] | None = None,
    ax: Axes | None = None,
) -> Plate | Axes:
    """Show many images of a split at once.

    Args:
        data: the dataset.
        split: "train", "val" or "test".
        n: how many images; fewer are shown where there are fewer.
        by: how they are chosen, see `pick`.
        index: positions to show instead, in this order.
        score: one number an image for `by="score"`.
        seed: fixes the draw.
        columns: images a row; by default about twice as wide as high, without a ragged row if that is near.
        titles: a short text under each shown image.
        ax: axes to draw on instead of a new plate.

    Returns:
        The plate, or `ax` where it was given; its caption and alt text count the classes shown.

    Example:
        >>> from course_utils import load
        >>> montage(load("breastmnist", source="sample"), "test", 8).alt[:40]
        'Montage of 8 test images of BreastMNIST:'
    """
    part = data[split]
    if index is None:
        index = pick(part, n, by=by, score=score, seed=seed)
    else:
        index, by = np.asarray(index, int).reshape(-1), "given"
    images, names = flat(part, index), None
    starts = find_starts(first_class(part)[index]) if by == "class" else np.zeros(1, int)
    if columns is None:
        columns = choose_columns(len(index), math.gcd(len(index), *starts.tolist()), images.shape[2])
    if by == "class" and part.card.task != "multi-label" and not np.any(starts % columns):
        names = [""] * math.ceil(len(index) / columns)
        for start in starts:
            names[start // columns] = class_name(part, index[start])
    given, ax = ax, tiles(images, columns, titles, names, ax=ax)
    how = {
        "random": f"drawn at random (seed {seed})",
        "class": f"class after class (seed {seed})",
        "balanced": f"the classes in turn (seed {seed})",
        "score": "highest score first",
        "index": "in the file's order",
        "given": "chosen by number",
    }
    volumes = "volumes (middle slice across axis 0 (D); H down, W to the right, in voxels)"
    kind = f"{split} {volumes if part.card.ndim == 3 else 'images'}"
    counts = count_words(part, index)
    unbroken = re.sub("([,;])\N{NO-BREAK SPACE}", r"\1 ", counts.replace(" ", "\N{NO-BREAK SPACE}"))
    caption = f"{len(index)} of {len(part):,} {kind} of {data.card.name}, {how[by]}: {unbroken}."
    many = f"Montage of {len(index)}" if len(index) > 1 else "One of the"
    alt = f"{many} {kind} of {data.card.name}: {counts}."
    if titles is not None:
        alt += " Under them: " + ", ".join(map(str, titles)) + "."
    return figures.finish(ax, given, alt, caption, data.banner)


def tiles(
    images: np.ndarray,
    columns: int | None = None,
    titles: Sequence[str] | None = None,
    rows: Sequence[str] | None = None,
    *,
    ax: Axes | None = None,
) -> Axes:
    """Draw images side by side and return the axes.

    Args:
        images: uint8 `(N, H, W)` or `(N, H, W, 3)`.
        columns: images a row; by default the whole is twice as wide as high.
        titles: N texts to stand below the images, wrapped to the image's width.
        rows: a text to stand left of each row.
        ax: axes to draw on instead of those of a new `Plate`.
    """
    h, w = images.shape[1:3]
    columns = max(1, min(columns or choose_columns(len(images), len(images), w), len(images)))
    zoom = min(MAX_ZOOM, max(1, MONTAGE_PIXELS // (columns * (w + 1))))
    letters = max(8, int(w * zoom / (TITLE_SIZE * 0.78)))
    titles = [_wrap(title, letters) for title in titles or ()]
    lines = max((1 + title.count("\n") for title in titles), default=0)
    gap = 1 + math.ceil(lines * TITLE_SIZE * 1.75 / zoom)
    picture = compose(images, columns, (gap, 1))
    if lines:
        picture = np.concatenate([picture, np.full_like(picture[: gap - 1], WHITE)])
    ax = picture_axes(picture, zoom, ax)
    for i, title in enumerate(titles):
        row, column = divmod(i, columns)
        x, y = column * (w + 1) + w / 2 - 0.5, row * (h + gap) + h
        ax.text(x, y, title, size=TITLE_SIZE, ha="center", va="top", linespacing=1.1)
    for row, name in enumerate(rows or ()):
        y = row * (h + gap) + h / 2
        ax.text(-1 - 6 / zoom, y, _wrap(name, 16), size=TITLE_SIZE, ha="right", va="center")
    return ax


def picture_axes(picture: np.ndarray, zoom: int = 1, ax: Axes | None = None) -> Axes:
    """Show a picture on bare axes: on `ax`, or on a new `Plate`, each pixel `zoom` screen pixels wide."""
    aspect = "auto" if ax is None else "equal"
    if ax is None:
        h, w = picture.shape[:2]
        plate = Plate(layout="none")
        plate.set_size_inches(zoom * w / plate.dpi, zoom * h / plate.dpi)
        ax = plate.add_axes((0, 0, 1, 1))
    ax.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest", aspect=aspect)
    ax.set_axis_off()
    return ax


def _wrap(text, letters: int) -> str:
    return "\n".join(textwrap.fill(line, letters) for line in str(text).split("\n"))


def class_balance(data: Dataset, *, ax: Axes | None = None) -> Plate | Axes:
    """Draw each class's share of each split, and mark what a constant guess would score.

    For multi-label data the bars are the share of images with each finding, and the constant guess answers
    each finding with what is more frequent in training.

    Args:
        data: the dataset.
        ax: axes to draw on instead of a new plate.
    """
    card, labels = data.card, data.card.labels
    given, ax = ax, figures.place(ax, (figures.WIDTH, 1.6 + 0.68 * len(labels)))
    rows = np.arange(len(labels))
    for i, split in enumerate(SPLITS):
        part = data[split]
        share = 100 * part.counts / max(1, len(part))
        bars = ax.barh(
            rows + 0.27 * (i - 1), share, 0.25, label=f"{split} ({len(part):,})", color=figures.COLOURS[i],
            hatch=figures.HATCHES[i], edgecolor="white",
        )  # fmt: skip
        ax.bar_label(bars, [f"{n:,}" for n in part.counts], padding=3, size=11)
    guess = {s: constant_guess(data.train.y, data[s].y, card.task)["acc"] for s in SPLITS}
    scores = ", ".join(f"{100 * guess[s]:.1f} % of {s}" for s in SPLITS)
    if card.task == "multi-label":
        told = f"Constant guess (each finding's most frequent answer in train): right for {scores} entries."
    else:
        often = data.train.counts.argmax()
        x = 100 * guess["test"]
        ax.plot(
            [x, x],
            [often - 0.48, often + 0.48],
            color="black",
            linestyle="-",
            linewidth=3,
            label="constant guess on test",
        )
        told = f'Constant guess (always "{labels[often]}", most frequent in train): right for {scores}.'
    ax.set_yticks(rows, [textwrap.fill(label, 22) for label in labels])
    ax.set(ylim=(len(labels) - 0.45, -0.6), xlabel="share of the split in %")
    ax.margins(x=0.12)
    ax.grid(axis="y", visible=False)
    ax.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=4, columnspacing=1.2)
    counts = " ".join(f"{s}: {count_words(data[s])}." for s in SPLITS)
    return figures.finish(ax, given, f"Class balance of {card.name}. {counts} {told}", told, data.banner)


def learning_curves(history: list[dict] | dict[str, list[dict]], *, banner: str = "") -> Plate:
    """Draw loss and validation score over the epochs.

    Args:
        history: `Fit.history`, dicts with epoch, train_loss, val_loss, val_auc, val_acc; or several
            runs under names, then only their validation curves are compared.
        banner: the dataset's banner.
    """
    runs = history if isinstance(history, dict) else {"": history}
    if not runs or not all(runs.values()):
        raise CourseError("Learning curves need at least one epoch; the history is empty.")
    plate = Plate(figsize=(figures.WIDTH, 4.2))
    left, right = plate.subplots(1, 2)
    told = []
    for i, (name, run) in enumerate(runs.items()):
        epochs = [row["epoch"] for row in run]
        best = max(run, key=lambda row: -1 if math.isnan(row["val_auc"]) else row["val_auc"])
        if len(runs) == 1:
            _curve(left, epochs, run, "train_loss", "train", 0)
            _curve(left, epochs, run, "val_loss", "validation", 1)
            _curve(right, epochs, run, "val_auc", "AUC", 2)
            _curve(right, epochs, run, "val_acc", "ACC", 3)
            right.axvline(best["epoch"], color="#555555", linewidth=1.2, linestyle=":")
        else:
            _curve(left, epochs, run, "val_loss", name, i)
            _curve(right, epochs, run, "val_auc", name, i)
        told.append(
            (f"{name}: " if name else "") + f"best validation AUC {best['val_auc']:.3f} in epoch "
            f"{best['epoch']} (ACC {best['val_acc']:.3f})"
        )
    left.set(title="Loss" if len(runs) == 1 else "Validation loss", xlabel="epoch", ylim=(0, None))
    right.set(title="Validation score" if len(runs) == 1 else "Validation AUC", xlabel="epoch")
    for ax in (left, right):
        ax.legend()
        ax.xaxis.get_major_locator().set_params(integer=True)
    caption = "; ".join(told) + "."
    caption = caption[0].upper() + caption[1:]
    first, last = next(iter(runs.values()))[0], next(iter(runs.values()))[-1]
    alt = "Learning curves. "
    if len(runs) == 1:
        alt += (
            f"From epoch {first['epoch']} to {last['epoch']} the training loss goes from "
            f"{first['train_loss']:.3f} to {last['train_loss']:.3f}, the validation loss from "
            f"{first['val_loss']:.3f} to {last['val_loss']:.3f}. "
        )
    return plate.describe(alt + caption, caption, banner)


def _curve(ax, epochs, run, key, label, i):
    ax.plot(epochs, [row[key] for row in run], label=label, **figures.look(i))


def confusion_matrix(
    y: np.ndarray, predicted: np.ndarray, labels: Sequence[str], *, ax: Axes | None = None, banner: str = ""
) -> Plate | Axes:
    """Draw how often each true class was called each class: counts, and shares of the true class.

    Args:
        y: true class numbers, `(N,)`.
        predicted: predicted class numbers, `(N,)`, such as `probs.argmax(1)`.
        labels: the class names.
        ax: axes to draw on instead of a new plate.
        banner: the dataset's banner.
    """
    counts = matrix(y, predicted, len(labels))
    shares = counts / np.maximum(1, counts.sum(1, keepdims=True))
    k = len(labels)
    side = max(4.5, 0.85 * k + 2)
    given, ax = ax, figures.place(ax, (min(figures.WIDTH, side + 2), min(figures.WIDTH, side)))
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    size = 14 if k <= 5 else 10
    for (row, column), n in np.ndenumerate(counts):
        text = f"{n:,}\n{100 * shares[row, column]:.0f} %" if k <= 9 else f"{n:,}"
        colour = "white" if shares[row, column] > 0.55 else figures.INK
        ax.text(column, row, text, ha="center", va="center", size=size, color=colour)
    names = [textwrap.fill(label, 16) for label in labels]
    ax.set_xticks(range(k), names, rotation=0 if k <= 5 else 90)
    ax.set_yticks(range(k), names)
    ax.set(xlabel="predicted class", ylabel="true class")
    ax.grid(visible=False)
    right = int(np.trace(counts))
    caption = f"{right:,} of {counts.sum():,} right. Shares are of the true class (a row adds up to 100 %)."
    rows = ". ".join(
        f"Of {counts[i].sum():,} {labels[i]}: "
        + ", ".join(f"{n:,} called {labels[j]}" for j, n in enumerate(counts[i]) if n)
        for i in range(k)
    )
    return figures.finish(ax, given, f"Confusion matrix. {caption} {rows}.", caption, banner)
