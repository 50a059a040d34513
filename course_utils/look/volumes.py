"""Pictures of 3D data, static: slices, three planes through a voxel, projections, a shaded surface.

Axis 0 is called D, axis 1 H, axis 2 W. Index 0 is drawn at the top and left, every voxel as a square.
"""

import math

import numpy as np

from ..data import Dataset
from ..errors import CourseError, choose
from . import figures, plots
from .pictures import WHITE, compose
from .voxels import AXES, PROJECTIONS, Case, cut, describe, mesh, others, project, take, window

ORIENTATION = (
    "Array axes D, H, W in voxels, index 0 at the top and left. "
    "MedMNIST does not document which way the body lies in a volume."
)
CROSS = (figures.COLOURS[5], figures.COLOURS[4], figures.COLOURS[3])  # light enough for a black picture


def show_slices(case: Case, *, axis: int = 0, n: int = 28) -> figures.Plate:
    """Show a volume as a montage of slices along one axis.

    Args:
        case: what to show.
        axis: the axis the slices are cut across: 0, 1 or 2.
        n: how many, evenly spread; fewer where the volume has fewer.

    Returns:
        The plate; under each slice stands its index.
    """
    choose(axis, (0, 1, 2), "axis")
    depth = case.volume.shape[axis]
    shown = np.unique(np.linspace(0, depth - 1, min(n, depth)).round().astype(int))
    images = np.moveaxis(case.volume, axis, 0)[shown]
    h, w = images.shape[1:]
    zoom = max(1, round(plots.MONTAGE_PIXELS / (7 * (w + 1))))
    columns = max(1, min(len(shown), plots.MONTAGE_PIXELS // (zoom * (w + 1))))
    gap = math.ceil(18 / zoom) + 1
    picture = np.pad(compose(images, columns, (gap, 1)), ((0, gap), (0, 0)), constant_values=WHITE)
    ax = plots.picture_axes(picture, zoom)
    for i, index in enumerate(shown):
        row, column = divmod(i, columns)
        ax.text(column * (w + 1) + w / 2, row * (h + gap) + h, f"{index}", size=12, ha="center", va="top")
    rest = [name for i, name in enumerate(AXES) if i != axis]
    what = f"{len(shown)} of {depth} slices across axis {axis} ({AXES[axis]}) of {case.name}"
    caption = f"{what}; each has {rest[0]} down and {rest[1]} to the right. {ORIENTATION}"
    return ax.figure.describe(f"{what}. {describe(case)}", caption, case.banner)


def show_planes(
    case: Case, at: tuple[int, int, int] | None = None, *, level: float = 127.5, width: float = 255
) -> figures.Plate:
    """Show the three planes through a voxel, each with a cross-hair where the other two cut it.

    Args:
        case: what to show.
        at: the voxel (d, h, w); by default the case's middle.
        level: grey value shown as mid-grey, see `window`.
        width: grey values between black and white.

    Returns:
        The plate; its alt text names the voxel and its value.
    """
    at = case.middle if at is None else tuple(int(i) for i in at)
    planes = [window(plane, level, width) for plane in cut(case.volume, at)]
    plate = figures.Plate(
        figsize=(figures.WIDTH, 3.4), layout="none"
    )  # a layout solver would slow sliders down
    plate.subplots_adjust(left=0.075, right=0.99, bottom=0.19, top=0.91, wspace=0.32)
    for axis, (ax, plane) in enumerate(zip(plate.subplots(1, 3), planes, strict=True)):
        down, right = others(axis)
        _show(ax, plane, axis)
        ax.axhline(at[down], color=CROSS[down], linestyle="--", linewidth=1.5)
        ax.axvline(at[right], color=CROSS[right], linestyle="-.", linewidth=1.5)
        ax.set_title(f"{AXES[axis]} = {at[axis]}")
    value = int(case.volume[at])
    where = ", ".join(f"{axis} = {i}" for axis, i in zip(AXES, at, strict=True))
    seen = "" if (level, width) == (127.5, 255) else f" Window: level {level:g}, width {width:g}."
    alt = f"Three planes of {case.name} through voxel {where}, whose value is {value}.{seen} {describe(case)}"
    caption = f"{case.name}: the planes through voxel {where} (value {value}).{seen} {ORIENTATION}"
    return plate.describe(alt, caption, case.banner)


def show_projections(case: Case) -> figures.Plate:
    """Show what a volume looks like from three sides: the brightest voxel and the mean along each ray."""
    plate = figures.Plate(figsize=(figures.WIDTH, 6.6))
    for row, how in zip(plate.subplots(2, 3), PROJECTIONS, strict=True):
        for axis, ax in enumerate(row):
            picture = project(case.volume, axis, how)
            _show(ax, picture, axis, top=max(float(picture.max()), 1.0))
            ax.set_title(f"{how} along {AXES[axis]}")
    alt = f"Maximum and mean projections of {case.name} along the axes D, H and W. {describe(case)}"
    caption = f"{case.name}, seen through: maximum above, mean below (black to each picture's own maximum). "
    return plate.describe(alt, caption + ORIENTATION, case.banner)


def show_cases(
    data: Dataset, split: str = "train", per_class: int = 8, *, axis: int = 0, seed: int = 0
) -> figures.Plate:
    """Show one slice a case, one row a class: the slice that holds most of a mask, else the middle one.

    Args:
        data: a 3D dataset.
        split: "train", "val" or "test".
        per_class: cases a class; fewer where there are fewer.
        axis: the axis the slices are cut across.
        seed: fixes the draw.

    Returns:
        The plate.
    """
    part, labels = data[split], data.card.labels
    take(data, split)  # refuses 2D data and an empty split
    choose(axis, (0, 1, 2), "axis")
    order = np.random.default_rng(seed).permutation(len(part))
    rows = [order[part.y[order] == k][:per_class] for k in range(len(labels))]
    plate = figures.Plate(figsize=(figures.WIDTH, 0.95 * len(labels) + 0.2))
    axes = plate.subplots(len(labels), per_class, squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    for row, label, chosen in zip(axes, labels, rows, strict=True):
        row[0].text(
            -0.15, 0.5, label.replace("-", "-\n"), transform=row[0].transAxes, ha="right", va="center"
        )
        for ax, index in zip(row, chosen, strict=False):
            ax.imshow(part.images[index].take(_fullest(part.images[index], axis, data.card.mask), axis),
                      cmap="gray", vmin=0, vmax=255, interpolation="nearest")  # fmt: skip
    which = "fullest" if data.card.mask else "middle"
    counts = ", ".join(f"{len(chosen)} {label}" for label, chosen in zip(labels, rows, strict=True))
    what = (
        f"The {which} slice across axis {axis} ({AXES[axis]}) of {split} cases of {data.card.name}: {counts}."
    )
    return plate.describe(what, f"{what} {ORIENTATION}", data.banner)


def show_surface(case: Case, *, level: float = 127.5) -> figures.Plate:
    """Draw the surface where a volume crosses a grey value, lit from one side, as a still picture.

    It is seen as the slices are: slice D = 0 in front, H down, W to the right, turned a little.

    Args:
        case: what to show.
        level: the grey value of the surface; half-way for a mask.

    Returns:
        The plate.

    Raises:
        CourseError: when no voxel lies on the other side of the level.
    """
    plate = figures.Plate(figsize=(6.0, 5.4))
    triangles = _draw_surface(plate.add_subplot(projection="3d"), case, level)
    alt = f"Shaded surface of {case.name} at grey value {level:g}, slice D = 0 in front. {describe(case)}"
    caption = f"Surface of {case.name} at grey value {level:g}: {triangles:,} triangles. {ORIENTATION}"
    return plate.describe(alt, caption, case.banner)


def show_surfaces(cases: list[Case], titles: list[str], *, columns: int = 2) -> figures.Plate:
    """Draw the surfaces of several masks side by side, seen from the same place, for comparing shapes.

    Args:
        cases: what to show.
        titles: one a case.
        columns: surfaces a row.

    Returns:
        The plate; its alt text gives each shape's voxels and extent.

    Raises:
        CourseError: when there is no case, or not one title a case.
    """
    if not cases or len(cases) != len(titles):
        raise CourseError(f"Expected one title a case; got {len(cases)} cases and {len(titles)} titles.")
    rows = -(-len(cases) // columns)
    plate = figures.Plate(figsize=(figures.WIDTH, (figures.WIDTH / columns + 0.3) * rows))
    for i, (case, title) in enumerate(zip(cases, titles, strict=True)):
        ax = plate.add_subplot(rows, columns, i + 1, projection="3d")
        _draw_surface(ax, case, 127.5)
        ax.set_title(title, loc="center")
        if columns > 2:  # no room for numbers
            ax.set(xticklabels=[], yticklabels=[], zticklabels=[], xlabel="W", ylabel="D", zlabel="H")
            for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
                axis.labelpad = -12
    told = [f"{title}: {describe(case)}" for title, case in zip(titles, cases, strict=True)]
    alt = f"Shaded surfaces of {len(cases)} masks, slice D = 0 in front. {' '.join(told)}"
    return plate.describe(
        alt,
        f"Surfaces, slice D = 0 in front. {ORIENTATION}",
        cases[0].banner,
    )


def _draw_surface(ax, case, level) -> int:
    from matplotlib.colors import LightSource
    from matplotlib.ticker import MaxNLocator
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    vertices, faces = mesh(case.volume, level)
    # matplotlib's third axis points up: (W, D, -H) puts W right, D away, H down and doesn't mirror the shape.
    points = np.stack([vertices[:, 2], vertices[:, 0], -vertices[:, 1]], 1)
    light = LightSource(azdeg=225, altdeg=40)
    ax.add_collection3d(
        Poly3DCollection(points[faces], facecolors=figures.COLOURS[5], shade=True, lightsource=light)
    )
    d, h, w = case.volume.shape
    ax.set(xlim=(0, w - 1), ylim=(0, d - 1), zlim=(1 - h, 0))
    ax.set(xlabel="W (voxel)", ylabel="D (voxel)", zlabel="H (voxel)")
    ax.zaxis.set_major_formatter(lambda value, _: f"{abs(value):g}")
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_major_locator(MaxNLocator(4))
    ax.set_box_aspect((w, d, h), zoom=0.95)
    ax.view_init(elev=20, azim=-65)
    return len(faces)


def _fullest(volume, axis, mask) -> int:
    if not mask:
        return volume.shape[axis] // 2
    return int(np.count_nonzero(volume, axis=others(axis)).argmax())


def _show(ax, picture, axis, top=255.0):
    down, right = others(axis)
    ax.imshow(picture, cmap="gray", vmin=0, vmax=top, interpolation="nearest")
    ax.grid(False)
    ax.set(xlabel=f"{AXES[right]} (voxel)", ylabel=f"{AXES[down]} (voxel)")
