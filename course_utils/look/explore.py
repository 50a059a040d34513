"""Explorers: menus and sliders over the plot functions, with the picture's text below it.

Each is a thin shell: pure functions choose what to show, a plot function draws it, ipywidgets only listen.
Where no kernel runs, an explorer is its first picture.
"""

import base64
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from ..data import Dataset
from ..errors import CourseError
from ..files import SPLITS
from . import plots, volumes, voxels
from .figures import Plate
from .selection import ORDERS, count_pages, cut_page, find_nearest, rank, select, select_cell

if TYPE_CHECKING:
    from ipywidgets import Widget

ALL = "all"


class Explorer:
    """Hold controls, the picture they ask for and its text; redraw when a control changes.

    In a notebook it shows the controls; its saved output also holds the first picture, which is what a page
    without a kernel shows.
    """

    def __init__(self, controls: dict[str, "Widget"], draw: Callable[..., Plate]):
        """Connect the controls' values, by name, to the keyword arguments of `draw`."""
        import ipywidgets

        self.controls, self._draw, self._busy = controls, draw, False
        self.picture, self.words = ipywidgets.HTML(), ipywidgets.HTML()
        wide = ipywidgets.Layout(flex_flow="row wrap")
        self.box = ipywidgets.VBox(
            [ipywidgets.Box(list(controls.values()), layout=wide), self.picture, self.words]
        )
        for control in controls.values():
            if hasattr(control, "description_allow_html"):
                control.style.description_width = "initial"
            control.observe(self._redraw, "value")
        self._redraw()

    @property
    def text(self) -> str:
        """Return what the picture shows, in words."""
        return self.plate.alt

    def __repr__(self) -> str:
        """Return the text: what the picture shows."""
        return self.text

    def _redraw(self, change=None):
        if self._busy:  # a control set by `draw` itself, such as the last page's number
            return
        self._busy = True
        try:
            self.plate = self._draw(**{name: control.value for name, control in self.controls.items()})
        finally:
            self._busy = False
        image = base64.b64encode(self.plate.png()).decode()
        text = escape(self.text)
        self.picture.value = f'<img style="max-width: 100%" alt="{text}" src="data:image/png;base64,{image}">'
        self.words.value = f'<p role="status" style="line-height: 1.4">{text}</p>'

    def _repr_mimebundle_(self, include=None, exclude=None):
        data, metadata = self.plate._repr_mimebundle_()
        return self.box._repr_mimebundle_() | data, metadata


def explore_images(*datasets: Dataset, per_page: int = 24) -> Explorer:
    """Page through a dataset class by class, or look up an image and its nearest of the same class.

    Args:
        datasets: one or more; of 3D datasets middle slices are shown.
        per_page: images a page.

    Returns:
        The explorer; show it by ending a cell with it.
    """
    import ipywidgets

    if not datasets:
        raise CourseError("Nothing to explore: give at least one dataset, such as explore_images(data).")
    by_name = {f"{data.card.name} ({data.size})": data for data in datasets}
    controls = {
        "dataset": ipywidgets.Dropdown(options=list(by_name), description="Dataset"),
        "split": ipywidgets.Dropdown(options=SPLITS, description="Split"),
        "label": _class_menu(datasets[0], "Class"),
        "page": ipywidgets.IntSlider(description="Page", min=1, max=1),
        "index": ipywidgets.BoundedIntText(
            description="Image number (-1: page)", value=-1, min=-1, max=10**6
        ),
    }
    if len(by_name) == 1:
        controls["dataset"].disabled = True

    def draw(dataset, split, label, page, index):
        data = by_name[dataset]
        part = data[split]
        labels = _class_options(data)
        if controls["label"].options != labels:
            controls["label"].options, label = labels, ALL
        positions = select(part, None if label == ALL else label)
        _limit(controls["page"], 1, count_pages(positions, per_page))
        index = _limit(controls["index"], -1, len(part) - 1)
        if index >= 0:
            near, far = find_nearest(part, index)
            titles = [f"#{index}", *(f"#{i}: {d:.0f}" for i, d in zip(near, far, strict=True))]
            plate = plots.montage(data, split, index=[index, *near], columns=6, titles=titles)
            plate.alt = f"Image {index}, then its nearest of the same class with their distance. {plate.alt}"
            return plate
        if not len(positions):
            return _say(f"No {split} image of this class in {data.card.name}.")
        shown = cut_page(positions, page - 1, per_page)
        titles = [f"#{i}" for i in shown]
        plate = plots.montage(data, split, index=shown, columns=min(8, per_page), titles=titles)
        plate.alt = f"Page {controls['page'].value} of {controls['page'].max}. {plate.alt}"
        return plate

    return Explorer(controls, draw)


def explore_volumes(data: Dataset) -> Explorer:
    """Move three planes through the volumes of a 3D dataset, with linked cross-hairs and a grey-value window.

    Args:
        data: a 3D dataset.

    Returns:
        The explorer; show it by ending a cell with it. It starts at the first test case's middle.
    """
    import ipywidgets

    case = voxels.take(data, "test")
    planes = {
        f"at_{axis.lower()}": ipywidgets.IntSlider(description=f"{axis} (voxel)", max=n - 1, value=i)
        for axis, n, i in zip(voxels.AXES, case.volume.shape, case.middle, strict=True)
    }
    controls = {
        "split": ipywidgets.Dropdown(options=SPLITS, value="test", description="Split"),
        "label": _class_menu(data, "Class"),
        "case": ipywidgets.BoundedIntText(description="Case (within the class)", max=10**6),
        **planes,
        "level": ipywidgets.FloatSlider(description="Level", value=127.5, max=255, step=0.5),
        "width": ipywidgets.IntSlider(description="Width", value=255, min=1, max=255),
    }

    def draw(split, label, case, at_d, at_h, at_w, level, width):
        positions = select(data[split], None if label == ALL else label)
        if not len(positions):
            return _say(f"No {split} case of this class in {data.card.name}.")
        case = _limit(controls["case"], 0, len(positions) - 1)
        chosen = voxels.take(data, split, int(positions[case]))
        return volumes.show_planes(chosen, (at_d, at_h, at_w), level=level, width=width)

    return Explorer(controls, draw)


def explore_predictions(
    data: Dataset, probs: np.ndarray, split: str = "test", *, per_page: int = 24
) -> Explorer:
    """Read a network's predictions case by case: sort by confidence or error, filter by confusion cell.

    Args:
        data: the dataset that was predicted.
        probs: `(N, K)` for that split; softmax columns, or one probability a finding for multi-label.
        split: which split they belong to.
        per_page: images a page.

    Returns:
        The explorer. Under each image stands "true>predicted confidence", in class numbers.

    Raises:
        CourseError: when the shape of `probs` does not fit.
    """
    import ipywidgets

    part, labels = data[split], data.card.labels
    probs = np.asarray(probs, float)
    if probs.shape != (len(part), len(labels)):
        raise CourseError(
            f"probs has the shape {probs.shape}; expected ({len(part)}, {len(labels)}): "
            f"one row a {split} case, one column a class."
        )
    many = data.card.task == "multi-label"
    names = ("absent", "present") if many else labels
    options = [(ALL, ALL), *((f"{k} = {name}", k) for k, name in enumerate(names))]
    controls = {
        "by": ipywidgets.Dropdown(options=ORDERS, description="Order"),
        "true": ipywidgets.Dropdown(options=options, description="True class"),
        "guess": ipywidgets.Dropdown(options=options, description="Predicted class"),
        "page": ipywidgets.IntSlider(description="Page", min=1, max=1),
    }
    if many:
        findings = [(name, k) for k, name in enumerate(labels)]
        controls["finding"] = ipywidgets.Dropdown(options=findings, description="Finding")

    def draw(by, true, guess, page, finding=0):
        y, p = part.y, probs
        if many:  # one finding at a time is a two-class question
            y, p = y[:, finding], np.stack([1 - p[:, finding], p[:, finding]], 1)
        order = rank(y, p, by)
        keep = select_cell(y, p, None if true == ALL else true, None if guess == ALL else guess)
        order = order[keep[order]]
        _limit(controls["page"], 1, count_pages(order, per_page))
        if not len(order):
            return _say(f"No {split} case of {data.card.name} lies in this cell of the confusion matrix.")
        shown = cut_page(order, page - 1, per_page)
        titles = [f"{y[i]}>{p[i].argmax()} {p[i].max():.2f}" for i in shown]
        plate = plots.montage(data, split, index=shown, columns=min(8, per_page), titles=titles)
        plate.alt = (
            f"{len(order)} of {len(part)} cases, {by}, "
            f"page {controls['page'].value} of {controls['page'].max}. "
            f"{plate.alt} Read 0>1 0.93 as: true class 0, predicted class 1 with probability 0.93. "
            f"{'Finding: ' + labels[finding] + '. ' if many else ''}"
            f"Classes: {'; '.join(f'{k} = {name}' for k, name in enumerate(names))}."
        )
        return plate

    return Explorer(controls, draw)


def _class_options(data) -> tuple:
    return ((ALL, ALL), *((name, k) for k, name in enumerate(data.card.labels)))


def _class_menu(data, description):
    import ipywidgets

    return ipywidgets.Dropdown(options=_class_options(data), description=description)


def _limit(control, low, high) -> int:
    """Bound a control's range and return its value, now inside."""
    control.max = max(low, high)
    control.value = min(max(control.value, low), control.max)
    return control.value


def _say(text) -> Plate:
    """Return a figure that holds only a sentence."""
    plate = Plate(figsize=(9, 1), layout="none")
    plate.text(0.01, 0.5, text, va="center")
    plate.alt = text
    return plate
