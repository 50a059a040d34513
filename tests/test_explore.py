"""Tests of `course_utils.look.explore`: the shells without a browser (which `browser/` adds)."""

import base64
import re

import nbformat
import numpy as np
import pytest

from course_utils import explore, load, pages
from course_utils.errors import CourseError


@pytest.fixture(scope="module")
def pneumonia():
    """Return 2D sample data."""
    return load("pneumoniamnist", source="sample")


@pytest.fixture(scope="module")
def adrenal():
    """Return 3D sample data."""
    return load("adrenalmnist3d", source="sample")


@pytest.fixture(scope="module")
def probs(pneumonia):
    """Return made-up probabilities for the test split."""
    p = np.random.default_rng(0).random(len(pneumonia.test))
    return np.stack([1 - p, p], 1)


@pytest.fixture(params=["images", "volumes", "predictions"])
def explorer(request, pneumonia, adrenal, probs):
    """Return each of the three explorers."""
    if request.param == "images":
        return explore.explore_images(pneumonia, adrenal)
    if request.param == "volumes":
        return explore.explore_volumes(adrenal)
    return explore.explore_predictions(pneumonia, probs)


def shown(explorer):
    """Return the picture the widget holds, as bytes."""
    return base64.b64decode(re.search(r"base64,([^\"]+)", explorer.picture.value)[1])


def set_to(explorer, **values):
    """Set controls and return the explorer's text."""
    for name, value in values.items():
        explorer.controls[name].value = value
    return explorer.text


def test_controls_are_labelled_and_the_text_says_what_is_shown(explorer):
    assert all(control.description for control in explorer.controls.values())
    assert explorer.text in explorer.words.value.replace("&gt;", ">")
    assert 'role="status"' in explorer.words.value and 'alt="' in explorer.picture.value
    assert "SAMPLE DATA" in explorer.text


def test_its_output_holds_widget_picture_and_text(explorer):
    data, metadata = explorer._repr_mimebundle_()
    assert pages.WIDGET_MIME in data
    assert base64.b64decode(data["image/png"]) == shown(explorer)
    assert metadata["image/png"]["alt"] == data["text/plain"] == explorer.text


def test_a_page_without_kernel_and_widget_state_shows_the_picture(explorer, tmp_path):
    data, metadata = explorer._repr_mimebundle_()
    output = nbformat.v4.new_output("execute_result", data, metadata=metadata, execution_count=1)
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("explorer", outputs=[output])])
    nbformat.write(nb, tmp_path / "nb.ipynb")
    page = pages.render(tmp_path / "nb.ipynb", tmp_path / "page.html").read_text()
    assert data["image/png"][:200] in page and "widget-view" not in page
    assert explorer.text[:40] in page

    from nbconvert import HTMLExporter

    plain, _ = HTMLExporter().from_notebook_node(nb)
    assert data["image/png"][:200] in plain.replace("\n", "")


def test_every_control_redraws(explorer):
    for name, control in explorer.controls.items():
        if control.disabled or not hasattr(control, "max") or control.max == control.min:
            continue
        before, text = shown(explorer), explorer.text
        control.value = control.min if control.value != control.min else control.value + 1
        assert explorer.text != text or shown(explorer) != before, name


def test_paging_and_classes_of_images(pneumonia):
    e = explore.explore_images(pneumonia, per_page=10)
    assert e.text.startswith(f"Page 1 of {-(-len(pneumonia.train) // 10)}. Montage of 10 train images")
    text = set_to(e, split="val", label=1)
    count = (pneumonia.val.y == 1).sum()
    assert (
        text.startswith(f"Page 1 of {-(-count // 10)}. ") and "10 pneumonia" in text and "normal" not in text
    )
    first = np.flatnonzero(pneumonia.val.y == 1)[:3]
    assert ", ".join(f"#{i}" for i in first) in text
    assert set_to(e, page=2).startswith("Page 2 of")
    assert e.controls["dataset"].disabled


def test_a_number_shows_the_image_and_its_nearest(pneumonia):
    e = explore.explore_images(pneumonia)
    text = set_to(e, split="test", index=7)
    assert text.startswith("Image 7, then its nearest of the same class") and "Under them: #7, #" in text
    assert f"12 {pneumonia.card.labels[pneumonia.test.y[7]]}" in text
    set_to(e, index=10**6)
    assert e.controls["index"].value == len(pneumonia.test) - 1


def test_another_dataset_brings_its_own_classes(pneumonia, adrenal):
    e = explore.explore_images(pneumonia, adrenal)
    set_to(e, label=1)
    text = set_to(e, dataset="AdrenalMNIST3D (28)")
    assert "AdrenalMNIST3D" in text and "hyperplasia" in str(e.controls["label"].options)
    assert e.controls["label"].value == explore.ALL


def test_the_volume_explorer_moves_planes_and_window(adrenal):
    e = explore.explore_volumes(adrenal)
    text = set_to(e, at_d=3, at_h=4, at_w=5)
    assert f"voxel D = 3, H = 4, W = 5, whose value is {adrenal.test.images[0, 3, 4, 5]}." in text
    assert "Window: level 40, width 30." in set_to(e, level=40, width=30)
    assert "hyperplasia" in set_to(e, label=1, case=2)
    third = np.flatnonzero(adrenal.test.y == 1)[2]
    assert f"test case {third} (hyperplasia)" in e.text
    assert "val case" in set_to(e, split="val", case=10**6)
    assert e.controls["case"].value == (adrenal.val.y == 1).sum() - 1


def test_the_prediction_explorer_filters_and_sorts(pneumonia, probs):
    e = explore.explore_predictions(pneumonia, probs)
    text = set_to(e, true=1, guess=0, by="largest error first")
    wrong = np.flatnonzero((pneumonia.test.y == 1) & (probs[:, 1] < 0.5))
    assert text.startswith(f"{len(wrong)} of {len(pneumonia.test)} cases, largest error first, page 1 of")
    worst = wrong[probs[wrong, 1].argmin()]
    assert f"Under them: 1>0 {probs[worst, 0]:.2f}" in text


def test_an_empty_cell_is_said(pneumonia):
    certain = np.eye(2)[pneumonia.test.y]
    e = explore.explore_predictions(pneumonia, certain)
    assert "No test case of PneumoniaMNIST lies in this cell" in set_to(e, true=1, guess=0)
    assert shown(e).startswith(b"\x89PNG")


def test_findings_are_read_one_at_a_time():
    chest = load("chestmnist", source="sample")
    p = np.random.default_rng(0).random((len(chest.test), 14))
    e = explore.explore_predictions(chest, p)
    text = set_to(e, finding=3, true=1)
    assert text.startswith(f"{chest.test.y[:, 3].sum()} of {len(chest.test)} cases")
    assert f"Finding: {chest.card.labels[3]}. Classes: 0 = absent; 1 = present." in text


def test_wrong_arguments_are_named(pneumonia, probs):
    with pytest.raises(CourseError, match="at least one dataset"):
        explore.explore_images()
    with pytest.raises(CourseError, match="holds 2D images"):
        explore.explore_volumes(pneumonia)
    with pytest.raises(CourseError, match="one column a class"):
        explore.explore_predictions(pneumonia, probs[:, :1])
