"""Shortcuts: a planted marker that gives the answer away, and systems that see colours only."""

from dataclasses import replace

import numpy as np

from ..data import Dataset, Split
from ..errors import CourseError

# A letter R such as radiographers lay on the cassette, 1 where it is white.
LETTER = np.array([[1, 1, 1, 0], [1, 0, 0, 1], [1, 1, 1, 0], [1, 0, 1, 0], [1, 0, 0, 1]], bool)
MARGIN = 1


def stamp(images: np.ndarray, where) -> np.ndarray:
    """Return copies in which the images of `where` carry a small white R in the upper left corner.

    Args:
        images: uint8 `(N, H, W)`, `(N, H, W, 3)` or `(N, D, H, W)` (then on every slice).
        where: bool `(N,)`.

    Returns:
        uint8, the same shape.

    Raises:
        CourseError: when `where` is not one bool an image.
    """
    where = np.asarray(where)
    if where.dtype != bool or where.shape != (len(images),):
        raise CourseError(
            f"where must be bool ({len(images)},), one an image; got {where.dtype} {where.shape}."
        )
    out = images.copy()
    first = images.ndim - (3 if images.shape[-1] == 3 and images.ndim == 4 else 2)
    scale = max(1, images.shape[first] // 28)
    letter = LETTER.repeat(scale, 0).repeat(scale, 1)
    rows, columns = np.nonzero(letter)
    place = (where, *[slice(None)] * (first - 1))
    corner = out[place]  # a copy: the stamped images
    corner[(slice(None), *[slice(None)] * (first - 1), rows + MARGIN * scale, columns + MARGIN * scale)] = 255
    out[place] = corner
    return out


def plant(split: Split, share: float, *, seed: int = 0) -> Split:
    """Stamp a share of class 1, and one minus that share of class 0.

    Args:
        split: of a binary task.
        share: 1 means: all of class 1, none of class 0. 0.5: it says nothing. 0: it says the opposite.
        seed: fixes which.

    Raises:
        CourseError: for other tasks, or a share outside 0 to 1.
    """
    if split.card.task != "binary" or not 0 <= share <= 1:
        raise CourseError(
            f"A marker is planted with a share of 0 to 1 in a binary task; got {share}, {split.card.task}."
        )
    chance = np.where(split.y == 1, share, 1 - share)
    where = np.random.default_rng(seed).random(len(split)) < chance
    return replace(split, images=stamp(split.images, where))


def plant_all(data: Dataset, share: float, *, seed: int = 0) -> Dataset:
    """Plant the marker in train, validation and test alike, see `plant`."""
    return replace(
        data,
        **{name: plant(data[name], share, seed=seed + i) for i, name in enumerate(("train", "val", "test"))},
    )


def mean_colour(split: Split) -> np.ndarray:
    """Return each image as its mean red, green and blue (or mean grey), `(N, C)` in [0, 1]."""
    x = split.images.reshape(len(split), -1, split.card.channels)
    return x.mean(1) / 255


def colour_histogram(split: Split, bins: int = 6) -> np.ndarray:
    """Return how many of each image's pixels have which colour: where they are is forgotten.

    Args:
        split: colour or grey images.
        bins: steps a channel, so that there are bins ** 3 colours (or bins greys).

    Returns:
        Shares `(N, bins ** C)`; each row adds up to 1.
    """
    channels = split.card.channels
    levels = split.images.reshape(len(split), -1, channels).astype(np.int64) * bins // 256
    code = levels @ (bins ** np.arange(channels))
    size = bins**channels
    flat = code + size * np.arange(len(split))[:, None]
    return np.bincount(flat.ravel(), minlength=size * len(split)).reshape(len(split), size) / code.shape[1]


def classify(train_features, y, features, classes: int, *, seed: int = 0) -> np.ndarray:
    """Learn from a table of features by a random forest (Breiman 2001); return `(N, classes)`."""
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(200, random_state=seed).fit(train_features, y)
    probs = np.zeros((len(features), classes))
    probs[:, forest.classes_] = forest.predict_proba(features)
    return probs
