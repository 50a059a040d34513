"""Tests of `course_utils.look.volumes`."""

import io

import numpy as np
import pytest

from course_utils import load, volumes, voxels
from course_utils.errors import ChoiceError, CourseError
from course_utils.look.figures import Plate

SHAPE = (9, 12, 20)  # three different edges: a mixed-up axis can't hide


@pytest.fixture(scope="module")
def case():
    """Return a grey case whose every voxel tells where it is."""
    d, h, w = np.indices(SHAPE)
    return voxels.Case((20 * d + 3 * h + w).astype(np.uint8), "ramp", banner="SAMPLE")


@pytest.fixture(scope="module")
def data():
    """Return sample masks."""
    return load("adrenalmnist3d", source="sample")


def pictures(plate):
    """Return the arrays a plate shows, in order."""
    return [image.get_array() for ax in plate.axes for image in ax.get_images()]


def pixels(plate):
    """Return a plate as it is saved, as an array."""
    from matplotlib.image import imread

    return imread(io.BytesIO(plate.png()))


FIGURES = (volumes.show_slices, volumes.show_planes, volumes.show_projections, volumes.show_surface)


@pytest.mark.parametrize("draw", FIGURES)
def test_every_figure_names_case_axes_unit_and_banner(case, draw):
    plate = draw(case)
    assert isinstance(plate, Plate)
    assert "ramp" in plate.alt and "9 x 12 x 20 voxels" in plate.alt and "SAMPLE" in plate.alt
    said = " ".join(text.get_text() for text in plate.texts).replace("\n", " ")
    assert "axes D, H, W in voxels" in said and "does not document" in said and "SAMPLE" in said
    assert pixels(plate).std() > 0.05


def test_the_planes_are_the_planes_at_equal_scale_without_smoothing(case):
    plate = volumes.show_planes(case, (3, 7, 15))
    for shown, plane in zip(pictures(plate), voxels.cut(case.volume, (3, 7, 15)), strict=True):
        np.testing.assert_array_equal(shown, plane)
    assert [ax.get_title("left") or ax.get_title() for ax in plate.axes] == ["D = 3", "H = 7", "W = 15"]
    assert [(ax.get_ylabel()[0], ax.get_xlabel()[0]) for ax in plate.axes] == [
        ("H", "W"),
        ("D", "W"),
        ("D", "H"),
    ]
    assert all(ax.get_aspect() == 1 for ax in plate.axes)
    assert all(image.get_interpolation() == "nearest" for ax in plate.axes for image in ax.get_images())


def test_the_cross_hair_is_where_the_other_planes_cut(case):
    plate = volumes.show_planes(case, (3, 7, 15))
    lines = [[(list(line.get_xdata()), list(line.get_ydata())) for line in ax.lines] for ax in plate.axes]
    assert [(y[0], x[0]) for (_, y), (x, _) in lines] == [(7, 15), (3, 15), (3, 7)]


def test_the_text_of_planes_names_voxel_value_and_window(case):
    plate = volumes.show_planes(case, (3, 7, 15), level=100, width=50)
    assert "voxel D = 3, H = 7, W = 15, whose value is 96." in plate.alt
    assert "Window: level 100, width 50." in plate.alt
    np.testing.assert_array_equal(pictures(plate)[0], voxels.window(case.volume[3], 100, 50))
    assert "Window" not in volumes.show_planes(case).alt


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_slices_lie_in_the_montage_in_order(case, axis):
    plate = volumes.show_slices(case, axis=axis, n=4)
    numbers = [int(text.get_text()) for text in plate.axes[0].texts]
    assert numbers == np.linspace(0, SHAPE[axis] - 1, 4).round().astype(int).tolist()
    first = case.volume.take(0, axis)
    (montage,) = pictures(plate)
    np.testing.assert_array_equal(montage[: first.shape[0], : first.shape[1]], first)
    assert f"4 of {SHAPE[axis]} slices across axis {axis} ({voxels.AXES[axis]})" in plate.alt


def test_no_more_slices_than_there_are(case):
    assert len(volumes.show_slices(case, n=500).axes[0].texts) == 9


def test_projections_stand_in_a_row_of_maxima_and_one_of_means(case):
    shown = pictures(volumes.show_projections(case))
    for axis in range(3):
        np.testing.assert_array_equal(shown[axis], case.volume.max(axis))
        np.testing.assert_allclose(shown[3 + axis], case.volume.mean(axis))


def test_cases_stand_in_rows_of_their_class(data):
    plate = volumes.show_cases(data, "test", per_class=3)
    assert "3 normal, 3 hyperplasia" in plate.alt and data.banner in plate.alt
    shown = pictures(plate)
    assert len(shown) == 6
    for i, picture in enumerate(shown):
        own = data.test.images[data.test.y == i // 3]
        assert any((picture == volume).all((1, 2)).any() for volume in own)


def test_cases_are_drawn_the_same_way_twice(data):
    one, two, other = (pictures(volumes.show_cases(data, "val", 4, seed=seed)) for seed in (5, 5, 6))
    assert all((a == b).all() for a, b in zip(one, two, strict=True))
    assert not all((a == b).all() for a, b in zip(one, other, strict=True))


def test_a_mask_shows_its_fullest_slice(data):
    shown = pictures(volumes.show_cases(data, "val", 1))[0]
    own = data.val.images[data.val.y == 0]
    areas = (own > 0).sum((2, 3))
    assert (shown > 0).sum() in areas.max(1)


def test_the_surface_is_not_mirrored():
    """The corner nearest index 0 must stand at the top left."""
    volume = np.zeros((20, 20, 20), np.uint8)
    volume[2:8, 2:8, 2:8] = 255  # near the viewer, at the top, on the left
    picture = pixels(volumes.show_surface(voxels.Case(volume, "corner", mask=True)))
    blue = (picture[..., 2] - picture[..., 0]) > 0.2
    rows, columns = np.nonzero(blue[: int(0.8 * len(blue))])
    assert columns.mean() < picture.shape[1] / 2
    assert rows.mean() < 0.8 * picture.shape[0] / 2


def test_surfaces_stand_side_by_side_and_keep_a_secret_label(data):
    cases = [voxels.take(data, "val", i).renamed(f"gland {i}") for i in (0, 1)]
    plate = volumes.show_surfaces(cases, ["a", "b"])
    assert [ax.get_title("left") or ax.get_title() for ax in plate.axes] == ["a", "b"]
    assert "normal" not in plate.alt and "hyperplasia" not in plate.alt
    assert all(f"{(data.val.images[i] > 0).sum():,} of them inside" in plate.alt for i in (0, 1))
    with pytest.raises(CourseError, match="one title a case"):
        volumes.show_surfaces(cases, ["a"])


def test_wrong_axes_and_2d_data_are_refused(case):
    with pytest.raises(ChoiceError, match="Unknown axis: 3"):
        volumes.show_slices(case, axis=3)
    with pytest.raises(CourseError, match="holds 2D images"):
        volumes.show_cases(load("breastmnist", source="sample"))
