"""Images that occur twice: exact duplicates and near twins, within a split and across splits."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from ..data import Dataset, Split
from ..errors import CourseError
from ..files import SPLITS
from . import figures
from .pictures import WHITE, class_name, flat
from .plots import tiles

CHUNK = 512
PAIRS_A_ROW = 6


@dataclass(frozen=True)
class Twins:
    """Hold two places where the same image stands: (split, position) each, and whether the labels agree."""

    first: tuple[str, int]
    second: tuple[str, int]
    same_label: bool

    @property
    def where(self) -> str:
        """Return "within train" or "between train and test"."""
        a, b = self.first[0], self.second[0]
        return f"within {a}" if a == b else f"between {a} and {b}"


def find_duplicates(data: Dataset, splits: Sequence[str] = SPLITS) -> list[Twins]:
    """Find all pairs of pixel-identical images.

    Each image becomes a 16-byte digest; equal digests are equal images. So the cost grows with the number of
    images, not with the number of pairs.

    Args:
        data: the dataset.
        splits: where to look; pairs across these splits count too.

    Returns:
        All pairs, in the file's order. An image that stands in three places gives three pairs.
    """
    places = defaultdict(list)
    for split in splits:
        for i, image in enumerate(np.ascontiguousarray(data[split].images)):
            places[hashlib.blake2b(image, digest_size=16).digest()].append((split, i))
    return [
        Twins(a, b, bool(np.array_equal(data[a[0]].labels[a[1]], data[b[0]].labels[b[1]])))
        for group in places.values()
        for a, b in combinations(group, 2)
    ]


def count_places(pairs: Sequence[Twins]) -> dict[str, int]:
    """Count pairs by where they stand.

    Example:
        >>> count_places([Twins(("train", 1), ("train", 2), True), Twins(("train", 1), ("val", 0), True)])
        {'within train': 1, 'between train and val': 1}
    """
    counts: dict[str, int] = {}
    for pair in pairs:
        counts[pair.where] = counts.get(pair.where, 0) + 1
    return counts


def find_twins(queries: np.ndarray, pool: np.ndarray, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Find each query image's k most similar images of a pool, by Pearson correlation of their pixels.

    Args:
        queries: `(N, ...)` images.
        pool: `(M, ...)` images of the same shape, M at least k.
        k: how many.

    Returns:
        index: int64 `(N, k)` positions in the pool, most similar first.
        similarity: float32 `(N, k)` in [-1, 1]; an image of one single value has similarity 0 to all.

    Raises:
        CourseError: when the shapes differ or the pool is smaller than k.
    """
    if queries.shape[1:] != pool.shape[1:]:
        raise CourseError(
            f"Queries have shape {queries.shape[1:]}, the pool {pool.shape[1:]}; expected the same."
        )
    if not 1 <= k <= len(pool):
        raise CourseError(f"k is {k}; expected 1 to {len(pool)}, the number of images in the pool.")
    pool = _standardise(pool)
    index = np.empty((len(queries), k), np.int64)
    similarity = np.empty((len(queries), k), np.float32)
    for start in range(0, len(queries), CHUNK):
        chunk = slice(start, start + CHUNK)
        r = _standardise(queries[chunk]) @ pool.T
        best = np.argpartition(-r, k - 1, axis=1)[:, :k]
        r = np.take_along_axis(r, best, 1)
        order = np.lexsort((best, -r))
        index[chunk] = np.take_along_axis(best, order, 1)
        similarity[chunk] = np.take_along_axis(r, order, 1)
    return index, similarity.clip(-1, 1)


def _standardise(images):
    x = images.reshape(len(images), -1).astype(np.float32)
    x -= x.mean(1, keepdims=True)
    length = np.linalg.norm(x, axis=1, keepdims=True)
    return np.divide(x, length, out=np.zeros_like(x), where=length > 0)


def duplicate_panel(data: Dataset, pairs: Sequence[Twins], n: int = PAIRS_A_ROW) -> figures.Plate:
    """Show pairs of images, the second below the first, with place and label.

    Args:
        data: the dataset.
        pairs: from `find_duplicates`.
        n: how many pairs at most.

    Raises:
        CourseError: when there is no pair to show.
    """
    shown = list(pairs[:n])
    if not shown:
        raise CourseError("There is no pair to show: find_duplicates found none.")
    width = min(len(shown), PAIRS_A_ROW)
    places: list[tuple[str, int] | None] = []
    for start in range(0, len(shown), PAIRS_A_ROW):
        row = shown[start : start + PAIRS_A_ROW]
        blank = [None] * (width - len(row))  # keeps seconds below firsts in a shorter last row
        places += [pair.first for pair in row] + blank + [pair.second for pair in row] + blank
    white = np.full_like(flat(data["train"], [0]), WHITE)
    images = np.concatenate([white if at is None else flat(data[at[0]], [at[1]]) for at in places])
    titles = ["" if at is None else _title(data[at[0]], at[1]) for at in places]
    ax = tiles(images, max(2, width), titles)
    counts = ", ".join(f"{count} {where}" for where, count in count_places(pairs).items())
    differ = sum(not pair.same_label for pair in pairs)
    caption = f"Pixel-identical pairs of {data.card.name} ({len(shown)} of {len(pairs)}): {counts}."
    caption += f" The labels differ in {differ} of them." if differ else " The labels agree."
    told = "; ".join(
        " equals ".join(
            f"{split} number {i} ({class_name(data[split], i)})" for split, i in (pair.first, pair.second)
        )
        for pair in shown
    )
    return ax.figure.describe(f"{caption} Shown: {told}.", caption, data.banner)


def neighbours(data: Dataset, i: int, split: str = "test", pool: str = "train", k: int = 5) -> figures.Plate:
    """Show an image beside its most similar images of another split (or of its own, itself left out).

    Args:
        data: the dataset.
        i: position of the image in `split`.
        split: where the image is.
        pool: where to look.
        k: how many neighbours.
    """
    query, others = data[split], data[pool]
    index, similarity = find_twins(flat(query, [i]), flat(others), k + (split == pool))
    found = [(j, r) for j, r in zip(index[0], similarity[0], strict=True) if (pool, j) != (split, i)][:k]
    images = np.concatenate([flat(query, [i]), flat(others, [j for j, _ in found])])
    titles = [_title(query, i), *(f"{_title(others, j)}\nr = {r:.3f}" for j, r in found)]
    ax = tiles(images, len(images), titles)
    same = sum(class_name(query, i) == class_name(others, j) for j, _ in found)
    caption = (
        f"{data.card.name}, {split} image {i} and its {len(found)} most similar {pool} images (r: "
        f"correlation of pixels); {same} of {len(found)} have its label."
    )
    told = "; ".join(f"number {j}, {class_name(others, j)}, r = {r:.3f}" for j, r in found)
    alt = f"{caption} The image: {class_name(query, i)}. Neighbours: {told}."
    return ax.figure.describe(alt, caption, data.banner)


def _title(split: Split, i: int) -> str:
    return f"{split.name} #{i}\n{class_name(split, i)}"
