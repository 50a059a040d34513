"""The README's picture: a few sample images of every dataset, on one sheet."""

import numpy as np

from .. import data
from ..cards import cards
from . import figures, pictures

COLUMNS = 12


def draw(n: int = COLUMNS) -> figures.Plate:
    """Draw one row of `n` sample images a dataset: twelve rows in 2D, six in 3D (middle slices).

    Returns:
        The plate; its alt text names the datasets.
    """
    flags = [card.flag for card in cards()]
    plate = figures.Plate(figsize=(9.2, 10.2), layout="constrained")
    for flag, ax in zip(flags, plate.subplots(len(flags), 1), strict=True):
        split = data.load(flag, source="sample").test
        index = pictures.pick(split, n, by="balanced", seed=1)
        ax.imshow(
            np.concatenate(list(pictures.flat(split, index)), axis=1), cmap="gray", interpolation="nearest"
        )
        ax.set_axis_off()
        ax.text(-8, 14, split.card.name, ha="right", va="center", size=11)
    return plate.describe(
        f"Eighteen rows of {n} small sample images each, one row a dataset: "
        + ", ".join(card.name for card in cards())
        + ".",
        banner=data.load("breastmnist", source="sample").banner,
    )
