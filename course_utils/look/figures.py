"""Figures that describe themselves: a `Plate` carries its own text, the style sheet its look."""

import base64
import io
import textwrap
from pathlib import Path

from matplotlib import rc_context, style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

STYLE = Path(__file__).with_name("course.mplstyle")
# Okabe and Ito's colour-blind-safe palette without its yellow, and what tells it apart in grey.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
LINES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
HATCHES = ("", "///", "...", "xx", "\\\\\\", "++", "oo")
INK, BANNER_INK = "#1a1a1a", "#a34700"
WIDTH, HEIGHT = 9.0, 4.5  # inches, at 100 dots per inch
CAPTION_SIZE, BANNER_SIZE = 13, 12
NARROWEST = 5.5  # inches a caption may take below a narrower figure


class Plate(Figure):
    """Be a matplotlib figure that shows itself in a notebook together with a text of what is on it.

    It belongs to no pyplot state, so it is drawn once, exactly where a cell returns it. `alt` is what a
    screen reader reads; nbconvert writes it into the page.

    Example:
        >>> plate = Plate(alt="An empty figure.")
        >>> plate
        An empty figure.
    """

    def __init__(self, *args, alt: str = "", **kwargs):
        super().__init__(*args, **kwargs)
        FigureCanvasAgg(self)
        self.alt = alt
        self.caption = ""

    def describe(self, alt: str, caption: str = "", banner: str = "") -> "Plate":
        """Set the alt text, write the caption below the figure and the banner in another colour, return self.

        Args:
            alt: what the figure shows, in words.
            caption: text below the figure; wrapped to its width.
            banner: the dataset's `banner`; empty for real data.
        """
        self.alt = " ".join(filter(None, [alt, banner]))
        self.caption = "\n".join(filter(None, [caption, banner]))
        width, height = self.get_size_inches()
        y = -0.12 / height
        for text, size, colour, weight in (
            (caption, CAPTION_SIZE, INK, "normal"),
            (banner, BANNER_SIZE, BANNER_INK, "bold"),
        ):
            if text:
                # 0.55 em is a generous mean width of a letter in the style's font.
                text = text.replace(" %", "\N{NO-BREAK SPACE}%")
                lines = textwrap.wrap(text, int(max(width, NARROWEST) * 72 / (0.55 * size)))
                drawn = self.text(
                    0, y, "\n".join(lines), va="top", ha="left", size=size, color=colour, weight=weight
                )
                drawn.set_in_layout(True)
                y -= len(lines) * size * 1.4 / 72 / height
        return self

    def png(self) -> bytes:
        """Return the figure as a PNG file's bytes, its text included."""
        buffer = io.BytesIO()
        metadata = {"Description": self.alt} if self.alt else None
        # After a tight save matplotlib gives a figure without a layout the default one: have no default here.
        with rc_context({"figure.constrained_layout.use": False}):
            self.savefig(buffer, format="png", dpi=self.dpi, bbox_inches="tight", metadata=metadata)
        return buffer.getvalue()

    def __repr__(self) -> str:
        """Return the alt text: what the figure shows is what it is."""
        return self.alt or super().__repr__()

    def _repr_mimebundle_(self, include=None, exclude=None):
        data = {"image/png": base64.b64encode(self.png()).decode(), "text/plain": repr(self)}
        return data, {"image/png": {"alt": repr(self)}}


def use_style() -> None:
    """Give every figure made from now on the course's look."""
    style.use(STYLE)


def place(ax: Axes | None, size: tuple[float, float] = (WIDTH, HEIGHT)) -> Axes:
    """Return the axes to draw on: `ax` if given, else those of a new `Plate` of that size in inches."""
    return Plate(figsize=size).subplots() if ax is None else ax


def finish(ax: Axes, given: Axes | None, alt: str, caption: str = "", banner: str = "") -> "Plate | Axes":
    """Close a plot function that takes `ax=`: describe and return its own `Plate`, or return the given axes.

    The alt text of axes drawn into somebody's `Plate` is added to that plate's own.
    """
    if given is None:
        return ax.figure.describe(alt, caption, banner)
    if isinstance(ax.figure, Plate):
        ax.figure.alt = " ".join(filter(None, [ax.figure.alt, alt]))
    return ax


def look(i: int) -> dict:
    """Return the i-th colour, line and marker as keywords for `Axes.plot`; they repeat only after many."""
    return {
        "color": COLOURS[i % len(COLOURS)],
        "linestyle": LINES[i % len(LINES)],
        "marker": MARKERS[(i + i // len(COLOURS)) % len(MARKERS)],
    }
