"""A small site to test: two lessons with outputs of every kind, four datasets, all hand-written pages.

`COURSE_SITE=build/site pytest tests/test_site.py tests/browser/test_site_pages.py` checks a site that was
built before instead, such as the whole one that `make site` leaves.
"""

import base64
import json
import os
from pathlib import Path

import nbformat

from course_utils import data, lessons, pages, plots, site, solids, volumes, voxels

FLAGS = ("chestmnist", "retinamnist", "breastmnist", "adrenalmnist3d")
LESSONS = ("01_meet_medmnist", "03_look_in_3d")
PRINTED = "<b>not bold</b> & $5 and *stars*\n"


def bundle(shown) -> dict:
    """Return what a kernel would have sent for a figure, as an output."""
    if hasattr(shown, "to_plotly_json"):
        return {"data": {pages.PLOTLY_MIME: json.loads(shown.to_json())}, "metadata": {}}
    content = shown._repr_mimebundle_()
    content, metadata = content if isinstance(content, tuple) else (content, {})
    png = content.get("image/png")
    if isinstance(png, bytes):
        content = {**content, "image/png": base64.b64encode(png).decode()}
    return {"data": content, "metadata": metadata}


def executed(folder: Path) -> Path:
    """Write two lessons with outputs put in by hand: no kernel, so it takes seconds."""
    small = data.load("adrenalmnist3d", source="sample")
    case = voxels.take(small, "test", 0)
    still = bundle(plots.montage(data.load("breastmnist", source="sample"), n=8))
    widget = {
        "data": {**still["data"], pages.WIDGET_MIME: {"model_id": "x"}},
        "metadata": still["metadata"],
    }
    table = {"data": {"text/html": small.card._repr_html_(), "text/plain": "a card"}, "metadata": {}}
    outputs = [
        nbformat.v4.new_output("stream", name="stdout", text=PRINTED),
        *(
            nbformat.v4.new_output("display_data", **one)
            for one in (still, widget, table, bundle(volumes.show_slices(case)))
        ),
        nbformat.v4.new_output("display_data", **bundle(solids.show_solid(case))),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for lesson in lessons.find(LESSONS):
        nb = nbformat.read(lesson.path, as_version=4)
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        for cell, output in zip(code[2:], outputs, strict=False):
            cell.outputs = [output]
        nb.cells.append(nbformat.v4.new_markdown_cell("A share $\\frac{1}{2}$ and\n\n$$\\sum_i p_i = 1$$"))
        nb.metadata["papermill"] = {"parameters": {"source": "sample"}}
        nb.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {}}}
        nbformat.write(nb, folder / lesson.path.name)
    return folder


def built(folder: Path) -> Path:
    """Return the folder of a built site."""
    if given := os.environ.get("COURSE_SITE"):
        return Path(given).absolute()
    return site.build(executed(folder / "notebooks"), folder / "site", flags=FLAGS).parent
