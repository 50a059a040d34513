"""Executed lessons made ready for the site: pictures as files, plotly from one local script, no widget."""

import base64
import hashlib
import struct
from html import escape
from pathlib import Path

import nbformat

from ..sample import BANNER
from ..teach.pages import replace_views

ON_SAMPLE = (
    "```{admonition} Sample data\n:class: warning sample-data\n"
    "This page was run on the course's built-in sample data: drawn by a program, not medical images. Its "
    "pictures and scores show how the lesson works, and say nothing about medicine. Open the lesson yourself "
    "to run it on the real data.\n```"
)
PLOTLY_SCRIPT = '<script src="../_static/plotly.min.js"></script>'


def stand_alone(notebook: Path, target: Path, static: Path) -> None:
    """Write a copy of an executed notebook that shows everything without a kernel or a network.

    Args:
        notebook: an executed lesson.
        target: where the copy goes.
        static: the site's folder of files; pictures go into its `figures`.
    """
    nb = nbformat.read(notebook, as_version=4)
    uses_plotly = replace_views(nb)
    nb.metadata.pop("widgets", None)
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            _picture_to_file(output, static / "figures")
            _mend_tables(output)
    if uses_plotly:
        _load_plotly(nb)
    if ran_on_sample(nb):
        nb.cells.insert(1, nbformat.v4.new_markdown_cell(ON_SAMPLE, id="sample-data"))
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nb, target)


def ran_on_sample(nb) -> bool:
    """Return whether a lesson was run on sample data: by its parameter, or by a banner in an output."""
    if nb.metadata.get("papermill", {}).get("parameters", {}).get("source") == "sample":
        return True
    outputs = (output for cell in nb.cells for output in cell.get("outputs", []))
    return any(BANNER in str(output.get("data", output.get("text", ""))) for output in outputs)


def picture(png: bytes, alt: str, folder: Path) -> str:
    """Save a PNG under its digest and return the `<img>` for a page one folder below the site's root.

    Returns:
        HTML with alternative text, and width and height in pixels so that a page doesn't jump as it loads.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{hashlib.sha256(png).hexdigest()[:16]}.png"
    (folder / name).write_bytes(png)
    width, height = struct.unpack(">II", png[16:24])
    return (
        f'<img class="course-figure" src="../_static/figures/{name}" alt="{escape(alt)}" '
        f'width="{width}" height="{height}">'
    )


def _picture_to_file(output, folder: Path) -> None:
    """Replace an embedded PNG by a file with its alternative text, which MyST-NB would drop."""
    data = output.get("data", {})
    if "image/png" in data:
        alt = output.get("metadata", {}).get("image/png", {}).get("alt") or data.get("text/plain", "")
        html = picture(base64.b64decode(data["image/png"]), alt, folder)
        output["data"] = {"text/html": html}
        output["metadata"] = {}


def _mend_tables(output) -> None:
    """Let a wide table scroll inside the page, for the keyboard as well."""
    html = output.get("data", {}).get("text/html", "")
    if "<table" in html:
        html = html.replace("<style scoped>", "<style>")
        label = 'role="group" aria-label="Table" tabindex="0"'
        output["data"]["text/html"] = f'<div class="wide-table" {label}>{html}</div>'


def _load_plotly(nb) -> None:
    """Load plotly's script before the first figure."""
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            if 'role="figure"' in output.get("data", {}).get("text/html", ""):
                output["data"]["text/html"] = PLOTLY_SCRIPT + output["data"]["text/html"]
                return
