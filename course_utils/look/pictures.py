"""Which images to show and how to put them together: the pure part of `plots`."""

import math

import numpy as np

from ..data import Split
from ..errors import CourseError, choose

ORDERS = ("random", "class", "balanced", "score", "index")
WHITE = 255
MONTAGE_PIXELS = 860  # a montage is at most about this wide, so that a page column needn't shrink it


def compose(
    images: np.ndarray, columns: int, gap: int | tuple[int, int] = 1, fill: int = WHITE
) -> np.ndarray:
    """Put images side by side into one picture, row by row, with no loop over images.

    Args:
        images: `(N, H, W)` or `(N, H, W, C)`, any dtype, N at least 1.
        columns: images a row; the last row may be shorter.
        gap: pixels below and right of each image (not at the outer edge): one number or (below, right).
        fill: value of gaps and of the places no image is left for.

    Returns:
        The picture, `(rows * (H + gap) - gap, columns * (W + gap) - gap)`, plus the channels if any.

    Raises:
        CourseError: when there is no image or no column.

    Example:
        >>> compose(np.arange(3, dtype=np.uint8).reshape(3, 1, 1), columns=2, gap=0, fill=9)
        array([[0, 1],
               [2, 9]], dtype=uint8)
    """
    if len(images) == 0 or columns < 1:
        raise CourseError(
            f"A montage needs an image and a column; got {len(images)} images, {columns} columns."
        )
    n, h, w, *channels = images.shape
    below, right = (gap, gap) if isinstance(gap, int) else gap
    rows = math.ceil(n / columns)
    canvas = np.empty((rows, h + below, columns, w + right, *channels), images.dtype)
    canvas[:, h:], canvas[:, :h, :, w:] = fill, fill
    cells = canvas[:, :h, :, :w].swapaxes(1, 2)  # a view: (rows, columns, h, w, ...)
    full = n // columns
    cells[:full] = images[: full * columns].reshape(full, columns, h, w, *channels)
    if full < rows:
        rest = n - full * columns
        cells[full, :rest], cells[full, rest:] = images[full * columns :], fill
    picture = canvas.reshape(rows * (h + below), columns * (w + right), *channels)
    return picture[: rows * (h + below) - below, : columns * (w + right) - right]


def choose_columns(n: int, run: int, width: int) -> int:
    """Choose how many images a row a montage gets.

    Args:
        n: how many images there are.
        run: a number of images that should fill whole rows, such as the images of each class.
        width: of one image, in pixels.

    Returns:
        The number nearest to "twice as wide as high" that divides `run` (if none near does, itself); never
        more than fit into MONTAGE_PIXELS.

    Example:
        >>> choose_columns(40, 40, 28), choose_columns(40, 20, 28), choose_columns(31, 31, 28)
        (8, 10, 8)
    """
    n = max(1, n)
    ideal = math.ceil(math.sqrt(2 * n))
    most = max(1, min(n, MONTAGE_PIXELS // (width + 1)))
    near = range(min(most, math.ceil(ideal / 1.5)), min(most, int(ideal * 1.5)) + 1)
    return min(near, key=lambda columns: (run % columns > 0, abs(columns - ideal)))


def flat(split: Split, index=slice(None)) -> np.ndarray:
    """Return images as pictures: as they are in 2D, the middle slice along axis 0 of volumes.

    Returns:
        uint8 `(N, H, W)` or `(N, H, W, 3)`.
    """
    if split.card.ndim == 3:
        return split.images[index, split.images.shape[1] // 2]
    return split.images[index]


def pick(split: Split, n: int = 32, *, by: str = "random", score=None, seed: int = 0) -> np.ndarray:
    """Choose which images to look at.

    Args:
        split: where from.
        n: how many; fewer come back where there are fewer.
        by: "random"; "class" (as many of each class as fit into n, class after class); "balanced" (the same,
            the classes taking turns); "score" (highest `score` first); "index" (the file's order).
        score: for "score", one number an image, `(N,)`, such as a loss.
        seed: fixes the draw.

    Returns:
        int64 positions in the split. For multi-label data an image's class is its first finding, and images
        without a finding are a class of their own.

    Raises:
        ChoiceError: for an unknown `by`.
        CourseError: when `score` is missing or has another length than the split.
    """
    choose(by, ORDERS, "order")
    n = min(n, len(split))
    if by == "index":
        return np.arange(n)
    if by == "score":
        if score is None or np.shape(score) != (len(split),):
            raise CourseError(
                f'by="score" needs one score an image, shape ({len(split)},); got '
                f"{'none' if score is None else np.shape(score)}."
            )
        return np.argsort(-np.asarray(score, float), kind="stable")[:n]
    order = np.random.default_rng(seed).permutation(len(split))
    if by == "random":
        return order[:n]
    classes = first_class(split)[order]
    # Rank within the class: 0 for the first drawn of each class, 1 for the second ...
    by_class = np.argsort(classes, kind="stable")
    starts = np.searchsorted(classes[by_class], classes[by_class])
    rank = np.empty(len(order), np.int64)
    rank[by_class] = np.arange(len(order)) - starts
    taken = np.lexsort((classes, rank))[:n]
    return order[taken if by == "balanced" else taken[np.argsort(classes[taken], kind="stable")]]


def first_class(split: Split) -> np.ndarray:
    """Return one class number an image, `(N,)`; for multi-label its first finding, K where there is none."""
    if split.card.task != "multi-label":
        return split.y
    return np.where(split.y.any(1), split.y.argmax(1), len(split.card.labels))


def find_starts(values: np.ndarray) -> np.ndarray:
    """Return where each run of equal values begins.

    Example:
        >>> find_starts(np.array([0, 0, 3, 3, 3, 1]))
        array([0, 2, 5])
    """
    return np.flatnonzero(np.diff(values, prepend=values[:1] - 1))


def class_name(split: Split, i: int) -> str:
    """Return one image's class in words; for multi-label all its findings."""
    labels, y = split.card.labels, split.y[i]
    if split.card.task == "multi-label":
        return " and ".join(label for label, there in zip(labels, y, strict=True) if there) or "no finding"
    return labels[y]


def count_words(split: Split, index=slice(None)) -> str:
    """Return how many of each class are among the images, in words: "12 normal, 20 pneumonia"."""
    card, y = split.card, split.y[index]
    if card.task == "multi-label":
        counts = [*y.sum(0), int((~y.any(1)).sum())]
        names = [*card.labels, "without finding"]
    else:
        counts, names = np.bincount(y, minlength=len(card.labels)), card.labels
    comma = "; " if any("," in name for name in names) else ", "
    return comma.join(f"{c:,} {name}" for c, name in zip(counts, names, strict=True) if c)
