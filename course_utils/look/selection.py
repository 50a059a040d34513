"""Which cases an explorer shows: pages of a class, nearest images, predictions in order: its pure part."""

import math

import numpy as np

from ..data import Split
from ..errors import CourseError, choose
from . import pictures

CHUNK = 2000  # images compared at once: bounds the memory
ORDERS = ("least sure first", "most sure first", "largest error first")


def select(split: Split, label: int | None = None) -> np.ndarray:
    """Return the positions of a class's images (a finding's, for multi-label), or of all for None."""
    if label is None:
        return np.arange(len(split))
    choose(label, range(len(split.card.labels)), "class")
    return np.flatnonzero(split.y[:, label] if split.y.ndim == 2 else split.y == label)


def cut_page(positions: np.ndarray, page: int, per_page: int) -> np.ndarray:
    """Return page number `page` (from 0) of the positions; pages beyond the last give the last.

    Example:
        >>> cut_page(np.arange(5), 1, 3).tolist(), cut_page(np.arange(5), 9, 3).tolist()
        ([3, 4], [3, 4])
    """
    page = min(page, count_pages(positions, per_page) - 1)
    return positions[page * per_page : (page + 1) * per_page]


def count_pages(positions: np.ndarray, per_page: int) -> int:
    """Return how many pages the positions fill, at least 1."""
    return max(1, math.ceil(len(positions) / per_page))


def find_nearest(split: Split, index: int, n: int = 11) -> tuple[np.ndarray, np.ndarray]:
    """Find the images of the same class that differ least from one image, pixel by pixel.

    Args:
        split: where to search; of volumes, middle slices are compared.
        index: the image.
        n: how many neighbours; fewer where the class has fewer.

    Returns:
        positions: int64 `(n,)`, nearest first, without the image itself.
        distances: float64 `(n,)`, root of the mean squared grey-value difference, 0 to 255.
    """
    classes = pictures.first_class(split)
    same = np.flatnonzero(classes == classes[index])
    same = same[same != index]
    image = pictures.flat(split, [index]).astype(np.float32)
    pieces = (same[i : i + CHUNK] for i in range(0, len(same), CHUNK))
    squares = [((pictures.flat(split, p) - image) ** 2).reshape(len(p), -1).mean(1) for p in pieces]
    distances = np.sqrt(np.concatenate(squares)) if squares else np.zeros(0)
    order = np.argsort(distances, kind="stable")[:n]
    return same[order], distances[order].astype(float)


def rank(y: np.ndarray, probs: np.ndarray, by: str = ORDERS[0]) -> np.ndarray:
    """Order cases by how sure a prediction is or by how wrong.

    Args:
        y: class numbers `(N,)`.
        probs: `(N, K)`, rows sum to 1.
        by: "least sure first", "most sure first" (by the highest probability) or "largest error first" (by 1
            minus the true class's probability).

    Returns:
        int64 positions `(N,)`.

    Example:
        >>> rank(np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]]), "largest error first").tolist()
        [1, 0]
    """
    choose(by, ORDERS, "order")
    if np.ndim(probs) != 2 or len(probs) != len(y):
        raise CourseError(f"Expected one row of probabilities a case, ({len(y)}, K); got {np.shape(probs)}.")
    sure = probs.max(1)
    key = {ORDERS[0]: sure, ORDERS[1]: -sure, ORDERS[2]: probs[np.arange(len(y)), y]}[by]
    return np.argsort(key, kind="stable")


def select_cell(
    y: np.ndarray, probs: np.ndarray, true: int | None = None, guess: int | None = None
) -> np.ndarray:
    """Return which cases, bool `(N,)`, lie in a confusion cell; None is a whole row or column."""
    keep = np.ones(len(y), bool)
    if true is not None:
        keep &= y == true
    if guess is not None:
        keep &= probs.argmax(1) == guess
    return keep
