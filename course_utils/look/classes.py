"""What sets the classes apart before any network: mean and spread of their images, and their intensities."""

import math
import textwrap

import numpy as np

from ..data import Dataset, Split
from . import figures
from .pictures import flat

CHUNK = 1024  # images at a time: float copies stay small whatever the dataset
COLUMNS = 7
CHANNELS = ("red", "green", "blue")
GREY = {"cmap": "gray", "interpolation": "nearest"}


def members(split: Split) -> np.ndarray:
    """Return which image belongs to which class, bool `(N, K)`; several a row for multi-label data."""
    if split.card.task == "multi-label":
        return split.y.astype(bool)
    return split.y[:, None] == np.arange(len(split.card.labels))


def moments(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Compute each class's mean image and standard-deviation image (population, divisor n).

    Args:
        split: the images; of volumes the middle slices.

    Returns:
        means, stds: float64 `(K, H, W)` or `(K, H, W, 3)` in grey values 0 to 255; NaN for an empty class.
    """
    belongs = members(split).astype(float)
    shape = flat(split, slice(0, 1)).shape[1:]
    sums = np.zeros((2, belongs.shape[1], math.prod(shape)))
    for start in range(0, len(split), CHUNK):
        chunk = slice(start, start + CHUNK)
        x = flat(split, chunk).reshape(-1, sums.shape[2]).astype(float)
        sums += [belongs[chunk].T @ x, belongs[chunk].T @ x**2]
    with np.errstate(invalid="ignore"):
        means, squares = sums / belongs.sum(0)[:, None]
        stds = np.sqrt(np.maximum(squares - means**2, 0))
    return means.reshape(-1, *shape), stds.reshape(-1, *shape)


def intensity_shares(split: Split, bins: int = 32) -> np.ndarray:
    """Count how bright each class's pixels are.

    Args:
        split: the images, volumes whole.
        bins: how many equal ranges 0 to 255 is cut into; a divisor of 256.

    Returns:
        float64 `(K, C, bins)`, each histogram adding up to 1; NaN for a class without images.
    """
    channels = split.card.channels
    shares = []
    for member in members(split).T:
        values = split.images[member].reshape(-1, channels)
        counts = np.stack([np.bincount(values[:, c], minlength=256) for c in range(channels)])
        shares.append(counts.reshape(channels, bins, -1).sum(2))
    shares = np.array(shares, float)
    with np.errstate(invalid="ignore"):
        return shares / shares.sum(2, keepdims=True)


def mean_images(data: Dataset, split: str = "train") -> figures.Plate:
    """Draw each class's mean image above its standard-deviation image.

    Args:
        data: the dataset.
        split: "train", "val" or "test".
    """
    part = data[split]
    means, stds = moments(part)
    labels, counts = data.card.labels, part.counts
    if stds.ndim == 4:
        stds = stds.mean(3)  # spread of colour images: mean of the three channels, shown in grey
    columns = min(COLUMNS, len(labels))
    blocks = math.ceil(len(labels) / columns)
    side = min(figures.WIDTH / columns, 2.6)
    plate = figures.Plate(figsize=(columns * side + 0.5, blocks * (2 * side + 0.7)))
    axes = plate.subplots(2 * blocks, columns, squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    top = max(1.0, float(np.nanmax(stds)))
    size = 14 if columns <= 3 else 11
    for k, label in enumerate(labels):
        block, column = divmod(k, columns)
        pair = axes[2 * block : 2 * block + 2, column]
        pair[0].imshow(np.nan_to_num(means[k] / 255), vmin=0, vmax=1, **GREY)
        pair[1].imshow(np.nan_to_num(stds[k]), vmin=0, vmax=top, **GREY)
        name = textwrap.fill(label, int(side * 72 / (0.6 * size)))
        pair[0].set_title(f"{name}\nn = {counts[k]:,}", size=size, weight="normal", loc="center")
        if column == 0:
            for ax, text in zip(pair, ("mean", "spread"), strict=True):
                ax.text(
                    -0.04, 0.5, text, size=size, rotation=90, ha="right", va="center", transform=ax.transAxes
                )
    levels = ", ".join(f"{name} {mean.mean():.0f}" for name, mean in zip(labels, means, strict=True))
    caption = (
        f"Mean and standard deviation of the {len(part):,} {split} images of {data.card.name}, pixel by "
        f"pixel; spread: black 0, white {top:.0f} grey levels."
    )
    return plate.describe(f"{caption} Mean grey value of each class: {levels}.", caption, data.banner)


def intensities(data: Dataset, split: str = "train", *, bins: int = 32) -> figures.Plate:
    """Draw each class's histogram of pixel values, one panel a colour channel.

    Args:
        data: the dataset.
        split: "train", "val" or "test".
        bins: see `intensity_shares`.
    """
    part = data[split]
    shares = 100 * intensity_shares(part, bins)
    channels = data.card.channels
    plate = figures.Plate(figsize=(figures.WIDTH, 4.6))
    axes = plate.subplots(1, channels, sharey=True, squeeze=False)[0]
    edges = np.linspace(0, 256, bins + 1)
    for c, ax in enumerate(axes):
        for k, label in enumerate(data.card.labels):
            style = {key: value for key, value in figures.look(k).items() if key != "marker"}
            ax.stairs(shares[k, c], edges, label=label, linewidth=2, **style)
        ax.set(xlabel="pixel value", xlim=(0, 256))
        ax.set_xticks([0, 128, 255])
        if channels == 3:
            ax.set_title(CHANNELS[c])
    axes[0].set_ylabel("share of pixels in %")
    # A dark background would squeeze everything else to the floor: cut its peak, and say so.
    peak, inner = np.nanmax(shares), np.nanmax(shares[:, :, 1:-1])
    cut = peak > 1.5 * inner > 0
    axes[0].set_ylim(0, 1.15 * inner if cut else None)
    handles, names = axes[0].get_legend_handles_labels()
    plate.legend(handles, names, loc="outside upper center", ncols=3 if len(names) <= 6 else 2)
    levels = (np.arange(bins) + 0.5) * 256 / bins - 0.5
    means = "; ".join(
        f"{label} {', '.join(f'{m:.0f}' for m in shares[k] @ levels / 100)}"
        for k, label in enumerate(data.card.labels)
    )
    caption = f"How bright the pixels are: {len(part):,} {split} images of {data.card.name}, {bins} bins."
    if cut:
        caption += f" The highest bar, at the edge of the range, is cut off: it reaches {peak:.0f} %."
    what = "red, green, blue means" if channels == 3 else "means"
    return plate.describe(f"{caption} Class {what}: {means}.", caption, data.banner)
