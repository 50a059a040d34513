"""Arrays side by side: the small pictures that explain a step."""

import numpy as np
from matplotlib.patches import Rectangle

from ..errors import CourseError
from . import figures

PRINTED = 7  # arrays up to this edge length show their numbers
EDGE = 2.6  # inches a panel at most


def row(
    pictures: list,
    titles: list[str],
    *,
    window: tuple[int, int, int] | None = None,
    caption: str = "",
    alt: str = "",
    banner: str = "",
) -> figures.Plate:
    """Draw arrays side by side, each in the colours its values ask for.

    Args:
        pictures: `(H, W)` or `(H, W, 3)` each. uint8 is shown as grey from 0 to 255 or as colour; floats as
            grey from 0 to their maximum, or, where some are negative, from blue over white to red with 0 at
            white. Arrays of at most 7 x 7 have their numbers printed on them.
        titles: one a picture, shown above it.
        window: (row, column, edge) of a square to mark on the first picture.
        caption: text below.
        alt: what the pictures show; by default the titles and the range of each.
        banner: the dataset's banner.

    Returns:
        The plate.

    Raises:
        CourseError: when there is no picture, or not one title a picture.

    Example:
        >>> row([np.eye(3), -np.eye(3)], ["one", "minus one"]).alt
        'Pictures side by side. one: values 0 to 1. minus one: values -1 to 0.'
    """
    if not pictures or len(pictures) != len(titles):
        raise CourseError(
            f"A row needs a title a picture; got {len(pictures)} pictures, {len(titles)} titles."
        )
    pictures = [np.asarray(picture) for picture in pictures]
    edge = min(EDGE, figures.WIDTH / len(pictures))
    lines = 1 + max(title.count("\n") for title in titles)
    plate = figures.Plate(figsize=(edge * len(pictures), edge + 0.25 * lines))
    axes = np.atleast_1d(plate.subplots(1, len(pictures)))
    for ax, picture, title in zip(axes, pictures, titles, strict=True):
        _draw(ax, picture)
        ax.set_title(title, size=13)
    if window:
        i, j, n = window
        axes[0].add_patch(
            Rectangle((j - 0.5, i - 0.5), n, n, fill=False, color=figures.COLOURS[1], linewidth=3)
        )
    ranges = [  # + 0 turns minus zero into zero
        f"{title.replace(chr(10), ' ')}: values {picture.min() + 0:.3g} to {picture.max() + 0:.3g}."
        for title, picture in zip(titles, pictures, strict=True)
    ]
    return plate.describe(alt or " ".join(["Pictures side by side.", *ranges]), caption, banner)


def _draw(ax, picture):
    top = float(np.abs(picture).max()) or 1.0
    if picture.dtype == np.uint8:
        colours = {"cmap": "gray", "vmin": 0, "vmax": 255}
    elif picture.min() < 0:
        colours = {"cmap": "RdBu_r", "vmin": -top, "vmax": top}
    else:
        colours = {"cmap": "gray", "vmin": 0, "vmax": top}
    ax.imshow(picture, interpolation="nearest", **colours)
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.spines[:].set_visible(False)
    if picture.ndim == 2 and max(picture.shape) <= PRINTED:
        for (i, j), value in np.ndenumerate(picture):
            ink = figures.INK if (picture.min() < 0 or value > colours["vmax"] / 2) else "white"
            if picture.min() < 0 and abs(value) > 0.7 * top:
                ink = "white"
            ax.text(j, i, f"{value:.3g}", ha="center", va="center", size=11, color=ink)
