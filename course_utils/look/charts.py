"""Bars with their numbers written on them: the quickest picture of a handful of amounts."""

from matplotlib.axes import Axes

from ..errors import CourseError
from . import figures


def bars(
    amounts: dict[str, float],
    xlabel: str,
    *,
    log: bool = False,
    limit: tuple[str, float] | None = None,
    form: str = "{:,.0f}",
    caption: str = "",
    banner: str = "",
    ax: Axes | None = None,
) -> figures.Plate | Axes:
    """Draw one horizontal bar an amount, in the given order, with its number at its end.

    Args:
        amounts: name -> amount, none below 0 (above 0 on a logarithmic axis).
        xlabel: what the amounts are, with the unit.
        log: let the axis go up by factors of ten.
        limit: a name and an amount, drawn as an upright line.
        form: how a number is written.
        caption: text below; the alt text gives every number in any case.
        banner: the dataset's banner.
        ax: axes to draw on instead of a new plate.

    Returns:
        The plate, or `ax` where it was given.

    Raises:
        CourseError: when there is nothing to draw, or an amount that has no bar.

    Example:
        >>> bars({"train": 546, "val": 78}, "images").alt
        'images: train 546, val 78.'
    """
    floor = min(amounts.values(), default=None)
    if floor is None or floor < 0 or (log and floor == 0):
        raise CourseError(
            f"Bars need amounts {'above' if log else 'of at least'} 0; got {list(amounts.values())}."
        )
    given, ax = ax, figures.place(ax, (figures.WIDTH, 1.1 + 0.34 * len(amounts)))
    drawn = ax.barh(list(amounts), list(amounts.values()), color=figures.COLOURS[0])
    ax.bar_label(drawn, [form.format(amount) for amount in amounts.values()], padding=4, size=12)
    ax.invert_yaxis()
    ax.margins(x=0.12)
    ax.grid(axis="y", visible=False)
    ax.set(xlabel=xlabel, xscale="log" if log else "linear")
    ax.xaxis.set_major_formatter("{x:,.10g}")
    told = f"{xlabel}: " + ", ".join(f"{name} {form.format(amount)}" for name, amount in amounts.items())
    if limit:
        name, amount = limit
        ax.axvline(amount, color=figures.COLOURS[1], linestyle="--")
        ax.annotate(
            name, (amount, 0), (5, 0), textcoords="offset points", va="center", color=figures.BANNER_INK
        )
        told += f"; line at {form.format(amount)}: {name}"
    return figures.finish(ax, given, f"{told}.", caption, banner)
