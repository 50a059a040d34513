"""Brushes of the sample data: the same random scene, painted sharper on a finer grid."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

PSF = 0.45  # a pixel's blur (standard deviation) in pixel widths


@dataclass(frozen=True)
class Canvas:
    """Hold `n` blank images of one size and the generator that decides what gets painted on them.

    Coordinates run from -1 to 1 along every axis, whatever the size. Random numbers never depend on the
    size, so one seed gives one scene at any resolution. All arrays are float32; a "column" has the shape
    `(n, 1, ..., 1)` and broadcasts over the pixels.

    Example:
        >>> canvas = Canvas(n=2, size=28, ndim=2, rng=np.random.default_rng(0))
        >>> canvas.noise(4).shape
        (2, 28, 28)
    """

    n: int
    size: int
    ndim: int
    rng: np.random.Generator

    @property
    def pixel(self) -> float:
        """Return a pixel's width."""
        return 2 / self.size

    @cached_property
    def axes(self) -> tuple[np.ndarray, ...]:
        """Return the pixel centres along each image axis (y, x or z, y, x), ready to broadcast."""
        centres = ((np.arange(self.size) + 0.5) * self.pixel - 1).astype(np.float32)
        return tuple(
            centres.reshape(1, *(-1 if i == axis else 1 for i in range(self.ndim)))
            for axis in range(self.ndim)
        )

    def column(self, values) -> np.ndarray:
        """Return one value a case as a column `(n, 1, ..., 1)`."""
        return np.asarray(values, np.float32).reshape(-1, *(1,) * self.ndim)

    def uniform(self, low: float = 0, high: float = 1) -> np.ndarray:
        """Draw one number a case, evenly spread, as a column."""
        return self.column(low + (high - low) * self.rng.random(self.n, np.float32))

    def normal(self, mean: float = 0, deviation: float = 1) -> np.ndarray:
        """Draw one normal number a case, as a column."""
        return self.column(mean + deviation * self.rng.standard_normal(self.n, np.float32))

    def sign(self) -> np.ndarray:
        """Draw -1 or 1 for each case, as a column."""
        return np.sign(self.uniform(-1, 1))

    def chance(self, probability) -> np.ndarray:
        """Draw 1 with the given probability (a number or a column), else 0, as a column."""
        return (self.uniform() < probability).astype(np.float32)

    def spread(self, count: int, low: float = -1, high: float = 1) -> np.ndarray:
        """Draw numbers `(n, count)`, evenly spread."""
        return (low + (high - low) * self.rng.random((self.n, count), np.float32)).astype(np.float32)

    def pick(self, table, labels: np.ndarray) -> np.ndarray:
        """Return each case's entry in a table with one number a class, as a column."""
        return self.column(np.asarray(table, np.float32)[labels])

    def noise(self, *cells: int) -> np.ndarray:
        """Paint smooth random clouds of about unit variance, averaged over each pixel.

        Args:
            cells: how many bumps fit along the axes: one number, or one for each axis.

        Returns:
            `(n, *pixels)`.
        """
        cells = cells * self.ndim if len(cells) == 1 else cells
        field = self.rng.standard_normal((self.n, *(c + 3 for c in cells)), np.float32)
        for count in cells:  # contract the first lattice axis, append the pixel axis: ends up in order again
            field = np.tensordot(field, _splines(self.size, count), axes=(1, 1))
        return field

    def only(self, chosen: np.ndarray, paint: Callable[["Canvas"], np.ndarray]) -> np.ndarray:
        """Paint only the chosen cases, a bool `(n,)`, on a canvas of their own; the others get zeros."""
        part = paint(replace(self, n=int(chosen.sum())))
        field = np.zeros((self.n, *part.shape[1:]), np.float32)
        field[chosen] = part
        return field

    def edge(self, depth: np.ndarray, soft: float = 0.0) -> np.ndarray:
        """Paint 1 where `depth` (signed distance, positive inside) is positive, with a soft edge."""
        width = np.sqrt(np.square(np.float32(soft)) + np.float32(1.2 * PSF * self.pixel) ** 2)
        t = np.clip(0.5 + depth / (2 * width), 0, 1)
        return t * t * (3 - 2 * t)

    def stroke(self, distance: np.ndarray, width) -> np.ndarray:
        """Paint a line with a Gaussian profile; thinner than a pixel it fades and does not break."""
        sharp = np.square(np.float32(width))
        blurred = sharp + np.float32(PSF * self.pixel) ** 2
        return np.sqrt(sharp / blurred) * np.exp(distance * distance * (np.float32(-0.5) / blurred))

    def dots(self, *centres: np.ndarray, radius, weight=1.0) -> np.ndarray:
        """Paint the sum of Gaussian dots.

        Args:
            centres: one array `(n, k)` for each axis, in the order of `axes`.
            radius: standard deviation, a number or `(n, k)`.
            weight: peak height, a number or `(n, k)`; 0 hides a dot.

        Returns:
            `(n, *pixels)`; a dot's height is that after the pixel's blur.
        """
        sharp = np.square(np.float32(radius))
        blurred = sharp + np.float32(PSF * self.pixel) ** 2
        fade = np.sqrt(sharp / blurred) ** self.ndim
        grid = self.axes[-1].reshape(-1, 1)
        centres = [np.asarray(c, np.float32) for c in centres]
        parts = [np.exp(-np.square(grid - c[:, None]) / (2 * _rows(blurred))) for c in centres]
        parts[0] = parts[0] * (weight * fade * np.ones_like(centres[0])).astype(np.float32)[:, None]
        left = parts[0]
        for part in parts[1:-1]:
            left = (left[:, :, None] * part[:, None]).reshape(self.n, -1, part.shape[-1])
        field = left @ parts[-1].transpose(0, 2, 1)
        return field.reshape(self.n, *(self.size,) * self.ndim)

    def star(
        self, y: np.ndarray, x: np.ndarray, radius, wobble, first: int = 2, count: int = 5
    ) -> np.ndarray:
        """Return the signed distance (about) to a round outline with `count` random harmonics.

        Args:
            y, x: coordinates relative to the centre.
            radius: mean radius, a number or column.
            wobble: relative strength of the harmonics, a number or column.
            first: the lowest harmonic: 2 gives lobes, 7 spikes.
        """
        away = length(y, x)
        inverse = 1 / (away + np.float32(1e-6))
        cos, sin = x * inverse, y * inverse
        cos_k, sin_k = np.ones_like(cos), np.zeros_like(sin)
        outline = np.ones_like(away)
        for k in range(1, first + count):  # cos and sin of k times the angle, without an arctangent
            cos_k, sin_k = cos_k * cos - sin_k * sin, sin_k * cos + cos_k * sin
            if k >= first:
                height = wobble * (first / k / np.sqrt(count).astype(np.float32))
                outline += height * self.normal() * cos_k + height * self.normal() * sin_k
        return radius * np.clip(outline, 0.35, 2) - away

    def turn(self, *coordinates: np.ndarray) -> tuple[np.ndarray, ...]:
        """Rotate coordinates, y, x or z, y, x, each case its own way, all ways equally likely."""
        if self.ndim == 2:
            return self.turn_by(*coordinates, self.uniform(0, 2 * np.pi))
        q = self.rng.standard_normal((4, self.n))
        a, b, c, d = (self.column(v) for v in q / np.linalg.norm(q, axis=0))  # a random quaternion
        rows = (
            (a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)),
            (2 * (b * c + a * d), a * a - b * b + c * c - d * d, 2 * (c * d - a * b)),
            (2 * (b * d - a * c), 2 * (c * d + a * b), a * a - b * b - c * c + d * d),
        )
        z, y, x = coordinates
        return tuple(r[0] * z + r[1] * y + r[2] * x for r in rows)

    def turn_by(self, y: np.ndarray, x: np.ndarray, angle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Rotate two coordinates by each case's angle."""
        cos, sin = np.cos(angle), np.sin(angle)
        return y * cos - x * sin, y * sin + x * cos


def length(*parts: np.ndarray) -> np.ndarray:
    """Return the length of vectors given by their parts; several times as fast as np.hypot.

    Example:
        >>> float(length(np.float32(3), np.float32(4)))
        5.0
    """
    return np.sqrt(sum(part * part for part in parts))


def mix(below, above, cover: np.ndarray) -> np.ndarray:
    """Lay `above` over `below` where `cover` is 1; colours `(..., 3)` need a cover `(n, H, W, 1)`.

    Example:
        >>> float(mix(0.0, 1.0, np.float32(0.25)))
        0.25
    """
    return below + (above - below) * cover


def colour(*rgb: int) -> np.ndarray:
    """Return a colour given as 0-255 numbers as `(3,)` float32 in 0-1."""
    return np.array(rgb, np.float32) / 255


def _rows(blurred: np.ndarray) -> np.ndarray:
    """Return dots' variances, a number or `(n, k)`, so that they broadcast over `(n, pixels, k)`."""
    return blurred[:, None] if blurred.ndim else blurred


@lru_cache(maxsize=64)
def _splines(size: int, cells: int) -> np.ndarray:
    """Return weights `(size, cells + 3)` that blend a random lattice into pixels (cubic B-splines)."""
    fine = max(1, -(-4 * cells // size))  # sample points in a pixel, whose mean the pixel shows
    points = (np.arange(size * fine) + 0.5) / (size * fine) * cells
    distance = np.abs(points[:, None] - (np.arange(cells + 3) - 1))
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.clip(2 - distance, 0, None) ** 3 / 6
    weights = np.where(distance < 1, near, far).reshape(size, fine, -1).mean(1)
    return (weights / np.sqrt(151 / 315)).astype(np.float32)  # 151/315: the spline's mean square
