"""One volume as an array: its planes, projections, grey-value window and surface. The pure part of `volumes`.

A volume is an array `(D, H, W)`: axis 0 is D, axis 1 is H, axis 2 is W.
"""

from dataclasses import dataclass, replace

import numpy as np

from ..data import Dataset
from ..errors import CourseError, choose

AXES = ("D", "H", "W")
PROJECTIONS = ("max", "mean")


@dataclass(frozen=True, eq=False)
class Case:
    """Hold one volume `(D, H, W)` uint8 and what a figure must say about it."""

    volume: np.ndarray
    name: str
    mask: bool = False
    banner: str = ""

    def changed(self, volume: np.ndarray, how: str) -> "Case":
        """Return this case with another volume and a name that says how it came about."""
        return replace(self, volume=volume, name=f"{self.name}, {how}")

    def renamed(self, name: str) -> "Case":
        """Return this case under another name, such as one that keeps its label secret."""
        return replace(self, name=name)

    @property
    def middle(self) -> tuple[int, int, int]:
        """Return the voxel to look at first: of a mask the middle of the shape, else of the volume."""
        if self.mask and self.volume.any():
            return tuple(round(float(where.mean())) for where in np.nonzero(self.volume))
        return tuple(n // 2 for n in self.volume.shape)


def take(data: Dataset, split: str = "train", index: int = 0) -> Case:
    """Take one case out of a 3D dataset.

    Args:
        data: a 3D dataset.
        split: "train", "val" or "test".
        index: its position in the split.

    Raises:
        CourseError: when the dataset is 2D or has no such case.

    Example:
        >>> from course_utils import load
        >>> take(load("adrenalmnist3d", source="sample"), "test", 3).volume.shape
        (28, 28, 28)
    """
    part = data[split]
    if data.card.ndim != 3:
        raise CourseError(f"{data.card.name} holds 2D images; expected a 3D dataset such as adrenalmnist3d.")
    if not 0 <= index < len(part):
        raise CourseError(f"No case {index} in {split}: it has cases 0 to {len(part) - 1}.")
    label = data.card.labels[part.y[index]]
    return Case(
        part.images[index], f"{data.card.name} {split} case {index} ({label})", data.card.mask, data.banner
    )


def cut(volume: np.ndarray, at: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the three planes through a voxel: `(H, W)` at d, `(D, W)` at h, `(D, H)` at w.

    Args:
        volume: `(D, H, W)`.
        at: the voxel (d, h, w).

    Raises:
        CourseError: when the voxel lies outside.

    Example:
        >>> [plane.shape for plane in cut(np.zeros((2, 3, 4)), (0, 0, 0))]
        [(3, 4), (2, 4), (2, 3)]
    """
    if len(at) != 3 or not all(0 <= i < n for i, n in zip(at, volume.shape, strict=True)):
        raise CourseError(f"Voxel {tuple(at)} is not inside a volume of shape {volume.shape}.")
    d, h, w = at
    return volume[d], volume[:, h], volume[:, :, w]


def window(image: np.ndarray, level: float = 127.5, width: float = 255) -> np.ndarray:
    """Stretch a range of grey values over black to white, as radiologists do.

    Args:
        image: grey values of any shape, 0 to 255.
        level: the value that becomes mid-grey.
        width: how many values lie between black and white, above 0.

    Returns:
        uint8 of the same shape.

    Example:
        >>> window(np.array([90, 100, 110]), level=100, width=20).tolist()
        [0, 128, 255]
    """
    if width <= 0:
        raise CourseError(f"The window's width is {width}; expected more than 0.")
    stretched = (np.asarray(image, np.float32) - (level - width / 2)) * (255 / width)
    return np.rint(stretched.clip(0, 255)).astype(np.uint8)


def project(volume: np.ndarray, axis: int, how: str = "max") -> np.ndarray:
    """Look through a volume along one axis: keep the brightest voxel of each ray, or the mean.

    Args:
        volume: `(D, H, W)`.
        axis: 0, 1 or 2.
        how: "max" or "mean".

    Returns:
        The picture without that axis; uint8 for "max", float for "mean".
    """
    choose(how, PROJECTIONS, "projection")
    choose(axis, (0, 1, 2), "axis")
    return volume.max(axis) if how == "max" else volume.mean(axis)


def describe(case: Case) -> str:
    """Return a case in one sentence: its size and, for a mask, its voxels and extent."""
    shape = " x ".join(map(str, case.volume.shape))
    if not case.mask:
        return f"{case.name}: {shape} voxels, grey values {case.volume.min()} to {case.volume.max()}."
    inside = np.nonzero(case.volume)
    if not len(inside[0]):
        return f"{case.name}: {shape} voxels, an empty mask."
    extent = ", ".join(
        f"{axis} {where.min()} to {where.max()}" for axis, where in zip(AXES, inside, strict=True)
    )
    return f"{case.name}: a mask of {shape} voxels, {len(inside[0]):,} of them inside ({extent})."


def mesh(volume: np.ndarray, level: float = 127.5, *, step: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return the triangles where a volume crosses a grey value (marching cubes; Lewiner et al., 2003).

    Args:
        volume: `(D, H, W)`; outside it counts as 0, so that the surface is closed.
        level: the grey value of the surface, above 0.
        step: voxels a cube; 2 gives about a quarter of the triangles.

    Returns:
        vertices: float32 `(V, 3)` in voxels, in array order (d, h, w).
        faces: int32 `(F, 3)` indices into them.

    Raises:
        CourseError: when no voxel reaches the level.
    """
    from skimage.measure import marching_cubes

    if not 0 < level < volume.max():
        raise CourseError(
            f"No surface at grey value {level:g}: the volume has values {volume.min()} to {volume.max()}."
        )
    vertices, faces, *_ = marching_cubes(np.pad(volume, step), level, step_size=step)
    return (vertices - step).astype(np.float32), faces.astype(np.int32)


def others(axis: int) -> tuple[int, int]:
    """Return the two other axes: down and to the right in a picture of the plane across `axis`."""
    down, right = (i for i in range(3) if i != axis)
    return down, right
