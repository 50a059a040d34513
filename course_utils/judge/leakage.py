"""Leakage: test images that training has seen, as copies, as near twins, or as another image of a patient."""

from dataclasses import dataclass, replace

import numpy as np

from ..data import Dataset, Split
from ..errors import CourseError
from ..look.twins import find_twins


def plant_twin(data: Dataset, train: int = 115, test: int = 76) -> Dataset:
    """Copy a training image into the test split, with the opposite label.

    The default places are those of the pair that the real BreastMNIST has; see its card.

    Raises:
        CourseError: for tasks that aren't binary: they have no opposite.
    """
    if data.card.task != "binary":
        raise CourseError(
            f"A twin with the opposite label needs a binary task; {data.card.flag} is {data.card.task}."
        )
    images, labels = data.test.images.copy(), data.test.labels.copy()
    images[test], labels[test] = data.train.images[train], 1 - data.train.labels[train]
    return replace(data, test=Split("test", images, labels, data.card))


@dataclass(frozen=True)
class Nearest:
    """Hold each image's nearest image of another split: its position, their correlation, its class."""

    index: np.ndarray
    similarity: np.ndarray
    answer: np.ndarray


def nearest(data: Dataset, split: str = "test", pool: str = "train") -> Nearest:
    """Find each image's most similar image of another split; its class is a guess without any learning."""
    index, similarity = find_twins(data[split].images, data[pool].images)
    return Nearest(index[:, 0], similarity[:, 0], data[pool].y[index[:, 0]])


@dataclass(frozen=True)
class Visits:
    """Hold images of patients who came several times: images, one label a patient, patient numbers."""

    images: np.ndarray
    y: np.ndarray
    patient: np.ndarray


def visits(split: Split, patients: int = 60, each: int = 5, *, seed: int = 0) -> Visits:
    """Make several images of each patient from one, and give each **patient** a label by tossing a coin.

    The images of a patient differ by a shift of a pixel and by noise. As the labels are drawn, nothing about
    them can be learnt from other patients: every score above a half is leakage.

    Args:
        split: where the first image of each patient comes from.
        patients: how many; at most the split's images.
        each: images a patient.
        seed: fixes all draws.

    Returns:
        images uint8 `(patients * each, ...)`, y and patient int64 `(patients * each,)`, in mixed order.
    """
    rng = np.random.default_rng(seed)
    first = split.images[rng.choice(len(split), patients, replace=False)]
    patient = rng.permutation(np.repeat(np.arange(patients), each))
    images = first[patient].astype(np.float32)
    for i, (down, across) in enumerate(rng.integers(-1, 2, (len(images), 2))):
        images[i] = np.roll(images[i], (down, across), (0, 1))
    images += rng.normal(0, 8, images.shape)
    coin = rng.permutation(np.arange(patients) % 2)
    return Visits(np.rint(images.clip(0, 255)).astype(np.uint8), coin[patient], patient)


def vote(images, y, train) -> float:
    """Return the accuracy of the nearest training image's label on the images that are not in `train`.

    Args:
        images: `(N, ...)`.
        y: `(N,)`.
        train: bool `(N,)`: who may be looked up.
    """
    index, _ = find_twins(images[~train], images[train])
    return float((y[train][index[:, 0]] == y[~train]).mean())


def split_images(n: int, share: float = 0.7, *, seed: int = 0) -> np.ndarray:
    """Return a bool `(n,)`: True for a share of the images, drawn without a look at patients."""
    return np.random.default_rng(seed).permutation(n) < round(share * n)


def split_patients(patient, share: float = 0.7, *, seed: int = 0) -> np.ndarray:
    """Return a bool `(N,)`: True for all images of a share of the patients.

    Example:
        >>> split_patients(np.array([7, 7, 9, 9]), 0.5).sum()
        np.int64(2)
    """
    everybody = np.unique(patient)
    order = np.random.default_rng(seed).permutation(everybody)
    return np.isin(patient, order[: round(share * len(everybody))])
