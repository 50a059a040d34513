"""What goes wrong with images of each modality, in five severities: noise, motion, exposure, stains, hairs.

In the spirit of MedMNIST-C (Di Salvo, Doerrich & Ledig 2024, arXiv 2406.17536) and ImageNet-C (Hendrycks &
Dietterich 2019): every corruption is one that a device of that kind really makes. Own code in numpy and
scipy, because the published package needs ImageMagick and an older scikit-image; its levels are not copied.
"""

import math

import numpy as np

from ..cards import DatasetCard
from ..errors import CourseError, choose

SEVERITIES = (1, 2, 3, 4, 5)
# What a level means stands in the function of that name; lengths are in pixels of a 28-pixel image.
LEVELS = {
    "noise": (0.04, 0.08, 0.12, 0.18, 0.26),
    "few photons": (250, 120, 60, 25, 12),
    "speckle": (0.15, 0.25, 0.4, 0.6, 0.8),
    "blur": (0.5, 0.8, 1.1, 1.5, 2.0),
    "motion": (2, 3, 4, 6, 8),
    "low resolution": (20, 16, 12, 9, 7),
    "thick slices": (2, 3, 4, 6, 8),
    "too dark": (1.3, 1.6, 2.0, 2.6, 3.4),
    "too bright": (1.3, 1.6, 2.0, 2.6, 3.4),
    "flat contrast": (0.75, 0.6, 0.45, 0.3, 0.2),
    "compression": (0.5, 1, 2, 4, 8),
    "shadow": (0.10, 0.15, 0.2, 0.28, 0.36),
    "dark corners": (0.3, 0.5, 0.7, 0.9, 1.1),
    "colour cast": (0.08, 0.16, 0.24, 0.34, 0.45),
    "stain": (0.15, 0.3, 0.45, 0.6, 0.8),
    "pale colours": (0.8, 0.6, 0.4, 0.2, 0.0),
    "hairs": (1, 2, 4, 6, 9),
    "bubble": (0.10, 0.15, 0.21, 0.28, 0.36),
    "shrunken mask": (0.55, 0.62, 0.69, 0.76, 0.83),
    "swollen mask": (0.45, 0.36, 0.27, 0.18, 0.09),
    "holes in mask": (1, 2, 4, 7, 11),
    "coarse mask": (20, 16, 12, 9, 7),
}
_XRAY = ("few photons", "too dark", "flat contrast", "motion", "low resolution", "compression")
_CT = ("noise", "flat contrast", "too bright", "motion", "blur", "low resolution")
_CT_3D = ("noise", "flat contrast", "too bright", "motion", "thick slices", "low resolution")
_MASK = ("shrunken mask", "swollen mask", "holes in mask", "coarse mask")
KINDS = {
    "pathmnist": ("stain", "blur", "bubble", "pale colours", "too bright", "compression"),
    "chestmnist": _XRAY,
    "dermamnist": ("hairs", "colour cast", "dark corners", "blur", "too bright", "compression"),
    "octmnist": ("speckle", "shadow", "flat contrast", "motion", "blur", "low resolution"),
    "pneumoniamnist": _XRAY,
    "retinamnist": ("dark corners", "too bright", "colour cast", "blur", "too dark", "compression"),
    "breastmnist": ("speckle", "shadow", "too bright", "flat contrast", "blur", "low resolution"),
    "bloodmnist": ("stain", "blur", "bubble", "pale colours", "too bright", "compression"),
    "tissuemnist": ("few photons", "blur", "too dark", "too bright", "flat contrast", "low resolution"),
    "organamnist": _CT,
    "organcmnist": _CT,
    "organsmnist": _CT,
    "organmnist3d": _CT_3D,
    "nodulemnist3d": _CT_3D,
    "adrenalmnist3d": _MASK,
    "fracturemnist3d": _CT_3D,
    "vesselmnist3d": _MASK,
    "synapsemnist3d": ("noise", "blur", "thick slices", "flat contrast", "too dark", "low resolution"),
}


def names(card: DatasetCard) -> tuple[str, ...]:
    """Return the corruptions that fit a dataset's modality.

    Example:
        >>> from course_utils import card
        >>> names(card("breastmnist"))[:2]
        ('speckle', 'shadow')
    """
    return KINDS[card.flag]


def corrupt(images: np.ndarray, name: str, severity: int, *, seed: int = 0) -> np.ndarray:
    """Return corrupted copies of images.

    Args:
        images: uint8 `(N, H, W)`, `(N, H, W, 3)` or `(N, D, H, W)`.
        name: one of `LEVELS`; those of `names(card)` fit a modality.
        severity: 1 (hardly seen) to 5 (heavy); 0 returns the images as they are.
        seed: fixes what is drawn: grains, places, angles.

    Returns:
        uint8, the same shape.

    Raises:
        ChoiceError: for an unknown name or severity.
        CourseError: for images that are no uint8 pictures, or a colour corruption of grey images.

    Example:
        >>> corrupt(np.full((2, 28, 28), 100, np.uint8), "too dark", 5).max()
        np.uint8(11)
    """
    choose(name, LEVELS, "corruption")
    choose(severity, (0, *SEVERITIES), "severity")
    images = np.asarray(images)
    if images.dtype != np.uint8 or images.ndim not in (3, 4):
        raise CourseError(
            f"Expected uint8 images (N, H, W[, 3]) or (N, D, H, W); got {images.dtype} {images.shape}."
        )
    if severity == 0:
        return images.copy()
    colour = images.ndim == 4 and images.shape[-1] == 3
    if name in _COLOUR and not colour:
        raise CourseError(f"The corruption {name!r} needs colour images (N, H, W, 3); got {images.shape}.")
    x = images.astype(np.float32) / 255
    x = x if colour else x[..., None]  # (N, *space, C) from here on
    out = _FUNCTIONS[name](x, LEVELS[name][severity - 1], np.random.default_rng(seed))
    return np.rint(np.clip(out, 0, 1) * 255).astype(np.uint8).reshape(images.shape)


def noise(x, sigma, rng):
    """Add normal noise of that standard deviation (electronics, low dose)."""
    return x + sigma * rng.standard_normal(x.shape, np.float32)


def few_photons(x, photons, rng):
    """Count photons: a white pixel gets that many on average (Poisson)."""
    return rng.poisson(x * photons) / photons


def speckle(x, sigma, rng):
    """Multiply by grains, as interfering waves do in ultrasound and OCT."""
    return x * (1 + sigma * rng.standard_normal(x.shape, np.float32))


def blur(x, sigma, rng):
    """Smooth by a normal curve: out of focus."""
    from scipy.ndimage import gaussian_filter

    return gaussian_filter(x, [0, *[sigma * _unit(x)] * (x.ndim - 2), 0], mode="nearest")


def motion(x, length, rng):
    """Average along the rows: the patient moved sideways."""
    return _smear(x, length, x.ndim - 2)


def thick_slices(x, length, rng):
    """Average along the first axis of a volume: slices thicker than they are apart."""
    return _smear(x, length, 1)


def low_resolution(x, pixels, rng):
    """Show that many pixels an edge, each the mean of what it covers."""
    for axis in range(1, x.ndim - 1):
        edge = x.shape[axis]
        cell = np.arange(edge) * min(edge, pixels) // edge
        same = (cell[:, None] == cell).astype(np.float32)
        x = np.moveaxis(np.tensordot(x, same / same.sum(1, keepdims=True), (axis, 1)), -1, axis)
    return x


def too_dark(x, gamma, rng):
    """Raise to a power above 1: under-exposed."""
    return x**gamma


def too_bright(x, gamma, rng):
    """Take a root: over-exposed."""
    return x ** (1 / gamma)


def flat_contrast(x, share, rng):
    """Keep that share of the distance from the image's mean: fog, scatter, a wide window."""
    mean = x.mean(tuple(range(1, x.ndim)), keepdims=True)
    return mean + share * (x - mean)


def compression(x, quality, rng):
    """Round the cosine transform of 8 x 8 blocks, as JPEG does, coarser for high frequencies."""
    from scipy.fft import dctn, idctn

    pad = [(0, 0)] + [(0, -n % 8) for n in x.shape[1:-1]] + [(0, 0)]
    wide = np.pad(x, pad, "edge")
    n, h, w, c = wide.shape
    blocks = wide.reshape(n, h // 8, 8, w // 8, 8, c)
    step = quality * (0.02 + 0.012 * np.add.outer(range(8), range(8)))[:, None, :, None]
    waves = np.rint(dctn(blocks, axes=(2, 4), norm="ortho") / step) * step
    return idctn(waves, axes=(2, 4), norm="ortho").reshape(wide.shape)[:, : x.shape[1], : x.shape[2]]


def shadow(x, width, rng):
    """Darken a strip from some depth on, as a rib, gas or a vessel does; width as a share of the edge."""
    down, across = _places(x)
    n = (len(x), *[1] * (x.ndim - 1))
    middle, start = rng.uniform(0.2, 0.8, n), rng.uniform(0.1, 0.5, n)
    strip = np.exp(-(((across - middle) / width) ** 2)) / (1 + np.exp(-(down - start) / 0.04))
    return x * (1 - 0.85 * strip)


def dark_corners(x, amount, rng):
    """Darken with the square of the distance from a middle that is a little off."""
    down, across = _places(x)
    n = (len(x), *[1] * (x.ndim - 1))
    i, j = rng.uniform(0.35, 0.65, n), rng.uniform(0.35, 0.65, n)
    return x * np.clip(1 - amount * 2 * ((down - i) ** 2 + (across - j) ** 2), 0, 1)


def colour_cast(x, amount, rng):
    """Multiply the three colours by different factors: another lamp, another camera."""
    return x * (1 + amount * _colours(x, rng))


def stain(x, amount, rng):
    """Multiply the optical density of the colours by different factors: another laboratory's stain."""
    return np.exp(np.log(np.maximum(x, 1e-3)) * (1 + amount * _colours(x, rng)))


def pale_colours(x, share, rng):
    """Keep that share of the colour's distance from grey."""
    grey = x.mean(-1, keepdims=True)
    return grey + share * (x - grey)


def hairs(x, many, rng):
    """Draw that many dark, slightly bent lines."""
    down, across = _places(x)
    n, width = (len(x), *[1] * (x.ndim - 1)), 0.6 / 28
    for _ in range(many):
        angle, bend = rng.uniform(0, math.pi, n), rng.uniform(-0.6, 0.6, n)
        along = (across - 0.5) * np.cos(angle) + (down - 0.5) * np.sin(angle)
        beside = (down - 0.5) * np.cos(angle) - (across - 0.5) * np.sin(angle)
        gap = np.abs(beside - bend * along**2 - rng.uniform(-0.35, 0.35, n))
        x = x * (1 - 0.8 * np.exp(-((gap / width) ** 2)))
    return x


def bubble(x, radius, rng):
    """Lay an air bubble on the slide: bright inside, with a dark rim."""
    down, across = _places(x)
    n = (len(x), *[1] * (x.ndim - 1))
    r = np.hypot(down - rng.uniform(0.25, 0.75, n), across - rng.uniform(0.25, 0.75, n))
    inside = 1 / (1 + np.exp((r - radius) / 0.015))
    rim = np.exp(-(((r - radius) / 0.03) ** 2))
    return (x + (0.92 - x) * 0.85 * inside) * (1 - 0.6 * rim)


def cut_mask(x, level, rng):
    """Smooth a mask and cut it at another level: above a half it shrinks, below it swells."""
    return (blur(x, 0.7, rng) > level).astype(np.float32)


def holes_in_mask(x, many, rng):
    """Cut that many balls of a tenth of the edge out of a mask, each centred somewhere in it."""
    out, places = x.copy(), np.indices(x.shape[1:-1])
    for one in out:
        inside = np.argwhere(one[..., 0] > 0.5)
        for centre in inside[rng.integers(0, len(inside), many)] if len(inside) else []:
            far = ((places - centre[:, None, None, None]) ** 2).sum(0)
            one[far <= (0.1 * x.shape[1]) ** 2] = 0
    return out


def coarse_mask(x, pixels, rng):
    """Show a mask with that many voxels an edge."""
    return (low_resolution(x, pixels, rng) > 0.5).astype(np.float32)


_COLOUR = ("colour cast", "stain", "pale colours")
_OWN = {"shrunken mask": cut_mask, "swollen mask": cut_mask}
_FUNCTIONS = {name: _OWN.get(name) or globals()[name.replace(" ", "_")] for name in LEVELS}


def _unit(x) -> float:
    return x.shape[2] / 28


def _smear(x, length, axis):
    from scipy.ndimage import uniform_filter1d

    return uniform_filter1d(x, max(2, round(length * x.shape[axis] / 28)), axis, mode="nearest")


def _places(x):
    """Return how far down and across each pixel lies, 0 to 1, to be broadcast over `(N, *space, C)`."""
    h, w = x.shape[-3:-1]
    down, across = (np.linspace(0, 1, n, dtype=np.float32) for n in (h, w))
    return down[:, None, None], across[None, :, None]


def _colours(x, rng):
    """Draw three factors an image between -1 and 1, pushed apart so that the hue really moves."""
    draw = rng.uniform(-1, 1, (len(x), *[1] * (x.ndim - 2), 3))
    draw -= draw.mean(-1, keepdims=True)
    return draw / np.abs(draw).max(-1, keepdims=True)
