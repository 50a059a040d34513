"""Tests of panels: what is drawn, in which colours, and what it says about itself."""

import numpy as np
import pytest

from course_utils import panels
from course_utils.errors import CourseError


def axes_of(plate):
    return [ax for ax in plate.axes if ax.images]


def test_one_panel_a_picture_with_its_title():
    plate = panels.row([np.zeros((9, 9)), np.ones((8, 8, 3), np.uint8)], ["left", "right"])
    assert [ax.get_title(loc="left") or ax.get_title() for ax in axes_of(plate)] == ["left", "right"]
    assert "left: values 0 to 0. right: values 1 to 1." in plate.alt


def test_colours_follow_the_values():
    grey = np.full((9, 9), 7, np.uint8)
    signed = np.linspace(-2, 1, 81).reshape(9, 9)
    positive = np.linspace(0, 3, 81).reshape(9, 9)
    limits = [ax.images[0].get_clim() for ax in axes_of(panels.row([grey, signed, positive], list("abc")))]
    assert limits == [(0, 255), (-2, 2), (0, 3)]


def test_small_arrays_show_their_numbers_and_large_ones_do_not():
    small, large = axes_of(panels.row([np.arange(9.0).reshape(3, 3), np.zeros((20, 20))], ["s", "l"]))
    assert [text.get_text() for text in small.texts] == [str(i) for i in range(9)]
    assert not large.texts


def test_window_is_marked_on_the_first_picture():
    first, second = axes_of(panels.row([np.zeros((9, 9)), np.zeros((9, 9))], ["a", "b"], window=(2, 4, 3)))
    (patch,) = first.patches
    assert (patch.get_x(), patch.get_y(), patch.get_width(), patch.get_height()) == (3.5, 1.5, 3, 3)
    assert not second.patches


@pytest.mark.parametrize(("pictures", "titles"), [([], []), ([np.zeros((3, 3))], ["a", "b"])])
def test_a_wrong_number_of_titles_is_named(pictures, titles):
    with pytest.raises(CourseError, match="a title a picture"):
        panels.row(pictures, titles)
