"""Pictures of 2D data and of training, static; every plot is a `Plate` that describes itself in words.

What is computed comes from the pure functions of `pictures`; a 3D dataset shows its middle slices.
"""

import math

import numpy as np

from . import figures
from .data import Dataset
from .errors import CourseError
from .figures import Plate
from .pictures import compose, count_words, flat, pick

MONTAGE_PIXELS = 860  # a montage is at most about this wide, so that a page column needn't shrink it
MAX_ZOOM = 8


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
    titles: list[str] | None = None,
) -> Plate:
    """Show many images of a split at once.

    Args:
        data: the dataset.
        split: "train", "val" or "test".
        n: how many images; fewer are shown where there are fewer.
        by: how they are chosen, see `pick`.
        index: positions to show instead, in this order.
        score: one number an image for `by="score"`.
        seed: fixes the draw.
        columns: images a row; by default twice as wide as high.
        titles: a short text under each shown image.

    Returns:
        The plate; its caption and alt text count the classes shown.

    Example:
        >>> from course_utils import load
        >>> montage(load("breastmnist", source="sample"), "test", 8).alt[:42]
        'Montage of 8 test images of BreastMNIST: 2'
    """
    part = data[split]
    if index is None:
        index = pick(part, n, by=by, score=score, seed=seed)
    else:
        index, by = np.asarray(index, int).reshape(-1), "given"
    images = flat(part, index)
    h, w = images.shape[1:3]
    if columns is None:
        columns = math.ceil(math.sqrt(2 * len(images) * h / w))
    columns = max(1, min(columns, len(images), MONTAGE_PIXELS // (w + 1)))
    zoom = min(MAX_ZOOM, max(1, MONTAGE_PIXELS // (columns * (w + 1))))
    gap = math.ceil(17 / zoom) + 1 if titles is not None else 1
    picture = compose(images, columns, (gap, 1))
    ax = picture_axes(picture, zoom)
    for i, title in enumerate(titles or ()):
        row, column = divmod(i, columns)
        ax.text(column * (w + 1) + w / 2, row * (h + gap) + h, title, size=12, ha="center", va="top")
    how = {
        "random": f"drawn at random (seed {seed})",
        "class": f"class after class (seed {seed})",
        "balanced": f"the classes in turn (seed {seed})",
        "score": "highest score first",
        "index": "in the file's order",
        "given": "chosen by number",
    }
    kind = f"{split} volumes (middle slice along axis 0)" if part.card.ndim == 3 else f"{split} images"
    counts = count_words(part, index)
    unbroken = counts.replace(" ", "\N{NO-BREAK SPACE}").replace(",\N{NO-BREAK SPACE}", ", ")
    caption = f"{len(images)} of {len(part):,} {kind} of {data.card.name}, {how[by]}: {unbroken}."
    alt = f"Montage of {len(images)} {kind} of {data.card.name}: {counts}."
    if titles is not None:
        alt += " Under them: " + ", ".join(map(str, titles)) + "."
    return ax.figure.describe(alt, caption, data.banner)


def picture_axes(picture: np.ndarray, zoom: int = 1):
    """Return bare axes of a new `Plate` that show one picture, each pixel `zoom` screen pixels wide."""
    h, w = picture.shape[:2]
    plate = Plate(layout="none")
    plate.set_size_inches(zoom * w / plate.dpi, zoom * h / plate.dpi)
    ax = plate.add_axes((0, 0, 1, 1))
    ax.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest", aspect="auto")
    ax.set_axis_off()
    return ax


def learning_curves(history: list[dict] | dict[str, list[dict]], *, banner: str = "") -> Plate:
    """Draw loss and validation score over the epochs.

    Args:
        history: `Fit.history`, dicts with epoch, train_loss, val_loss, val_auc, val_acc; or several runs under
            names, then only their validation curves are compared.
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
        best = max(run, key=lambda row: row["val_auc"])
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


def confusion(y: np.ndarray, predicted: np.ndarray, k: int) -> np.ndarray:
    """Count how often each true class was called each class.

    Args:
        y: true class numbers, `(N,)`.
        predicted: predicted class numbers, `(N,)`.
        k: number of classes.

    Returns:
        int64 `(K, K)`: row = true class, column = predicted class.

    Example:
        >>> confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2)
        array([[1, 1],
               [0, 1]])
    """
    y, predicted = np.asarray(y).reshape(-1), np.asarray(predicted).reshape(-1)
    if y.shape != predicted.shape:
        raise CourseError(
            f"{len(y)} true and {len(predicted)} predicted classes; expected one of each an image."
        )
    return np.bincount(y * k + predicted, minlength=k * k).reshape(k, k)
