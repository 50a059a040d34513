"""Tests of `course_utils.look.selection`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils import load, selection
from course_utils.errors import ChoiceError, CourseError


@given(st.integers(0, 40), st.integers(1, 9))
def test_pages_hold_everything_once(n, per_page):
    positions = np.arange(n) * 3
    pages = [
        selection.cut_page(positions, p, per_page) for p in range(selection.count_pages(positions, per_page))
    ]
    assert np.concatenate(pages).tolist() == positions.tolist()
    assert all(len(page) == per_page for page in pages[:-1])
    assert selection.cut_page(positions, 99, per_page).tolist() == pages[-1].tolist()


def test_a_class_or_finding_is_selected():
    pneumonia = load("pneumoniamnist", source="sample").val
    assert (pneumonia.y[selection.select(pneumonia, 1)] == 1).all()
    assert len(selection.select(pneumonia, 1)) + len(selection.select(pneumonia, 0)) == len(pneumonia)
    chest = load("chestmnist", source="sample").val
    assert (
        chest.y[selection.select(chest, 3), 3].all()
        and len(selection.select(chest, 3)) == chest.y[:, 3].sum()
    )
    assert len(selection.select(chest)) == len(chest)
    with pytest.raises(ChoiceError):
        selection.select(pneumonia, 2)


def test_the_nearest_equal_a_slow_search_within_the_class(monkeypatch):
    monkeypatch.setattr(selection, "CHUNK", 7)
    split = load("bloodmnist", source="sample").val
    near, far = selection.find_nearest(split, 5, 4)
    slow = []
    for i in range(len(split)):
        if i != 5 and split.y[i] == split.y[5]:
            slow.append((np.sqrt(np.mean((split.images[i].astype(float) - split.images[5]) ** 2)), i))
    slow.sort()
    assert near.tolist() == [i for _, i in slow[:4]]
    np.testing.assert_allclose(far, [d for d, _ in slow[:4]], rtol=1e-5)


Y = np.array([0, 1, 1, 0])
PROBS = np.array([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.45, 0.55]])


@pytest.mark.parametrize(
    ("by", "order"),
    [
        ("least sure first", [3, 1, 2, 0]),
        ("most sure first", [0, 2, 1, 3]),
        ("largest error first", [1, 3, 2, 0]),
    ],
)
def test_predictions_are_ordered(by, order):
    assert selection.rank(Y, PROBS, by).tolist() == order


def test_a_confusion_cell_is_selected():
    assert np.flatnonzero(selection.select_cell(Y, PROBS, 1, 0)).tolist() == [1]
    assert np.flatnonzero(selection.select_cell(Y, PROBS, true=0)).tolist() == [0, 3]
    assert np.flatnonzero(selection.select_cell(Y, PROBS, guess=1)).tolist() == [2, 3]
    cells = sum(selection.select_cell(Y, PROBS, t, g).astype(int) for t in (0, 1) for g in (0, 1))
    assert (cells == 1).all()


def test_probabilities_of_another_shape_are_refused():
    with pytest.raises(CourseError, match="one row of probabilities a case"):
        selection.rank(Y, PROBS[:3])
    with pytest.raises(ChoiceError):
        selection.rank(Y, PROBS, "best first")
