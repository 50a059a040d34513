"""A plate shows itself with its words; the style is legible, neutral and told apart without colour."""

import base64
import html
import io
from itertools import pairwise

import matplotlib as mpl
import nbformat
import numpy as np
import pytest
from matplotlib import colors
from PIL import Image

from course_utils import figures
from course_utils.look.figures import Plate


@pytest.fixture
def style():
    """Give the course's style for one test only."""
    with mpl.rc_context():
        figures.use_style()
        yield mpl.rcParams


def contrast(a, b="white"):
    """Return WCAG 2's contrast ratio of two colours."""

    def luminance(colour):
        rgb = np.array(colors.to_rgb(colour))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_a_plate_shows_a_png_and_its_text():
    plate = Plate(figsize=(2, 1)).describe("A grey square, one voxel wide.", "Caption", "SAMPLE DATA")
    data, metadata = plate._repr_mimebundle_()
    assert metadata["image/png"]["alt"] == data["text/plain"] == "A grey square, one voxel wide. SAMPLE DATA"
    image = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert image.format == "PNG" and image.text["Description"] == plate.alt


def test_alt_text_reaches_the_page():
    from nbconvert import HTMLExporter

    data, metadata = Plate(alt='Montage of 2 images: 1 "normal", 1 <odd>.')._repr_mimebundle_()
    output = nbformat.v4.new_output("execute_result", data=data, metadata=metadata, execution_count=1)
    cell = nbformat.v4.new_code_cell("plate", outputs=[output], execution_count=1)
    exporter = HTMLExporter(template_name="basic")  # the one the course's pages use
    page, _ = exporter.from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    assert html.unescape(page.split("alt=")[1]).startswith("'Montage of 2 images: 1 \"normal\", 1 <odd>.'")


def test_caption_and_banner_are_in_the_picture_below_the_axes():
    def height(*words):
        plate = Plate(figsize=(5, 1))
        plate.subplots()
        return Image.open(io.BytesIO(plate.describe("alt", *words).png())).height

    assert height() < height("One line.") < height("One line.", "SAMPLE DATA") < height("Long line. " * 20)


def test_long_captions_do_not_widen_the_figure():
    plate = Plate(figsize=(9, 1), dpi=50)
    plate.add_axes((0, 0, 1, 1))
    image = Image.open(io.BytesIO(plate.describe("alt", "wide words " * 60).png()))
    assert image.width <= 1.1 * 9 * 50


def test_a_plate_belongs_to_no_pyplot_state():
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    Plate().subplots().plot([1, 2])
    assert pyplot.get_fignums() == before


def test_given_axes_are_drawn_on_and_their_words_kept():
    plate = Plate(alt="Two panels.")
    ax = plate.subplots()
    assert figures.place(ax) is ax
    assert figures.finish(ax, ax, "Left: bars.") is ax
    assert plate.alt == "Two panels. Left: bars."
    own = figures.place(None, (3, 2))
    assert tuple(own.figure.get_size_inches()) == (3, 2)
    assert figures.finish(own, None, "Bars.").alt == "Bars."


def test_style_is_white_readable_and_never_smooths(style):
    assert style["savefig.facecolor"] == style["figure.facecolor"] == style["axes.facecolor"] == "white"
    assert style["image.interpolation"] == "nearest" and style["image.cmap"] == "gray"
    assert (
        min(style[key] for key in ("font.size", "xtick.labelsize", "ytick.labelsize", "legend.fontsize"))
        >= 13
    )


@pytest.mark.parametrize("ink", [figures.INK, figures.BANNER_INK])
def test_words_stand_out_from_white(ink):
    assert contrast(ink) >= 4.5


def test_lines_are_told_apart_without_colour(style):
    shapes = {(look["linestyle"], look["marker"]) for look in map(figures.look, range(14))}
    assert len(shapes) == 14
    cycle = list(style["axes.prop_cycle"])
    assert [colors.to_hex(entry["color"]) for entry in cycle] == list(figures.COLOURS)
    assert all(a["linestyle"] != b["linestyle"] for a, b in pairwise(cycle))


# Machado, Oliveira and Fernandes 2009: how full protanopia and deuteranopia change linear RGB.
BLINDNESS = {
    "none": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}


@pytest.mark.parametrize("kind", BLINDNESS)
def test_the_first_colours_stay_apart_for_the_colour_blind(kind):
    rgb = np.array([colors.to_rgb(colour) for colour in figures.COLOURS[:3]]) ** 2.2
    seen = np.clip(rgb @ np.array(BLINDNESS[kind]).T, 0, 1) ** (1 / 2.2)
    gaps = [np.abs(a - b).max() for i, a in enumerate(seen) for b in seen[:i]]
    assert min(gaps) > 0.15
