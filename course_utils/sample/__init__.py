"""The built-in sample data: a drawn stand-in for every MedMNIST dataset, in its exact layout."""

import os
import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from ..cards import DatasetCard, card
from ..errors import choose
from .brushes import Canvas
from .scenes_colour import paint_blood, paint_derma, paint_path, paint_retina
from .scenes_grey import paint_breast, paint_chest, paint_oct, paint_pneumonia, paint_tissue
from .scenes_organ import paint_organ
from .scenes_volume import paint_adrenal, paint_fracture, paint_nodule, paint_synapse, paint_vessel

BANNER = "SAMPLE DATA: drawn by a program, not medical images."
SPLITS = ("train", "val", "test")
MOST = {2: (600, 150, 150), 3: (240, 60, 60)}  # images per split, by dimension
LEAST = 3  # of every class or finding, in every split
BLOCK = 8  # cases painted together: bounds the memory
# Shares of wrong labels, where the pictures alone would be too easy: real data has them too.
MISTAKES = {
    "pathmnist": 0.06,
    "bloodmnist": 0.06,
    "octmnist": 0.04,
    "tissuemnist": 0.04,
    "organamnist": 0.06,
    "organcmnist": 0.05,
    "organmnist3d": 0.05,
    "synapsemnist3d": 0.04,
}

SCENES: dict[str, Callable] = {
    "pathmnist": paint_path,
    "chestmnist": paint_chest,
    "dermamnist": paint_derma,
    "octmnist": paint_oct,
    "pneumoniamnist": paint_pneumonia,
    "retinamnist": paint_retina,
    "breastmnist": paint_breast,
    "bloodmnist": paint_blood,
    "tissuemnist": paint_tissue,
    "organamnist": partial(paint_organ, plane="axial"),
    "organcmnist": partial(paint_organ, plane="coronal"),
    "organsmnist": partial(paint_organ, plane="sagittal"),
    "organmnist3d": paint_organ,
    "nodulemnist3d": paint_nodule,
    "adrenalmnist3d": paint_adrenal,
    "fracturemnist3d": paint_fracture,
    "vesselmnist3d": paint_vessel,
    "synapsemnist3d": paint_synapse,
}


def counts(flag: str) -> dict[str, int]:
    """Return how many images each split of a sample dataset has: never more than the real one.

    Example:
        >>> counts("breastmnist")
        {'train': 546, 'val': 78, 'test': 150}
    """
    c = card(flag)
    return {split: min(n, c.n_samples[split]) for split, n in zip(SPLITS, MOST[c.ndim], strict=True)}


def make(flag: str, size: int = 28, *, seed: int = 0) -> dict[str, np.ndarray]:
    """Make a sample dataset; the same seed gives the same scenes at any size.

    The classes overlap by design, and in a few datasets some labels are wrong: `MISTAKES` says how many.

    Args:
        flag: a dataset's flag, such as "breastmnist".
        size: a published edge length.
        seed: another seed gives another dataset of the same kind.

    Returns:
        MedMNIST's six arrays by name, `train_images` to `test_labels`: images uint8 `(N, H, W)`,
        `(N, H, W, 3)` or `(N, D, H, W)`, shapes made of 0 and 255 where the card says mask;
        labels uint8 `(N, 1)`, or `(N, 14)` of 0 and 1 for chestmnist.

    Raises:
        ChoiceError: when the flag or the size isn't published.

    Example:
        >>> make("breastmnist")["val_images"].shape
        (78, 28, 28)
    """
    c = card(flag)
    choose(size, c.sizes, f"size for {flag}")
    arrays = {}
    for split, n in counts(flag).items():
        labels = draw_labels(c, n, _generator(flag, split, seed))
        arrays[f"{split}_images"] = _paint(c, labels, size, partial(_generator, flag, split, seed))
        arrays[f"{split}_labels"] = labels
    return arrays


def draw_labels(c: DatasetCard, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw labels with the real class balance (equal where it isn't known), at least three of each class.

    Args:
        c: the dataset's card.
        n: how many.
        rng: decides the order, and for multi-label tasks who has what.

    Returns:
        uint8 `(n, 1)`, or `(n, L)` of 0 and 1 for a multi-label task.
    """
    if c.task == "multi-label":
        return _draw_findings(np.array(c.counts) / c.counts_of, n, rng)
    shares = np.array(c.counts or [1] * len(c.labels), float)
    quota = np.maximum(shares / shares.sum() * n, LEAST)
    quota *= n / quota.sum()
    whole = np.maximum(quota.astype(int), LEAST)
    order = np.argsort(whole - quota, kind="stable")  # the largest remainders take what is left
    for i in np.resize(order, max(0, n - whole.sum())):
        whole[i] += 1
    whole[np.argmax(whole)] -= max(0, whole.sum() - n)
    labels = np.repeat(np.arange(len(whole), dtype=np.uint8), whole)
    return rng.permutation(labels)[:, None]


def _draw_findings(prevalence: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw findings that come together in some patients, so that about half have none."""
    burden = rng.gamma(0.8, size=n)  # how ill each patient is
    labels = np.zeros((n, len(prevalence)), np.uint8)
    for finding, share in enumerate(prevalence):
        number = max(LEAST, round(share * n))
        labels[rng.choice(n, number, replace=False, p=burden / burden.sum()), finding] = 1
    return labels


def _paint(c: DatasetCard, labels: np.ndarray, size: int, generator: Callable) -> np.ndarray:
    """Paint one image for each label, block by block."""
    scene = SCENES[c.flag]
    if c.flag.startswith("organ"):
        scene = partial(scene, names=c.labels)
    looks = _mistake(labels, MISTAKES.get(c.flag, 0), generator(-2))
    images = np.empty((len(labels), *c.image_shape(size)), np.uint8)

    def paint_block(start: int) -> None:
        part = slice(start, start + BLOCK)
        canvas = Canvas(len(looks[part]), size, c.ndim, generator(start))
        images[part] = np.clip(scene(canvas, looks[part]) * 255 + 0.5, 0, 255)

    # Small images are over before a second thread would help.
    threads = min(4, os.cpu_count() or 1) if size**c.ndim > 4096 else 1
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(paint_block, range(0, len(labels), BLOCK)))
    return images


def _mistake(labels: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Swap a share of the labels among the cases: what is painted then isn't what the file says."""
    wrong = rng.random(len(labels)) < share
    looks = labels.copy()
    looks[wrong] = rng.permutation(labels[wrong])
    return looks


def _generator(flag: str, split: str, seed: int, block: int = -1) -> np.random.Generator:
    """Return the random generator of one block of one split, the same on every platform."""
    return np.random.Generator(np.random.PCG64(zlib.crc32(f"{flag} {split} {seed} {block}".encode())))
