"""Tests of `course_utils.look.voxels`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from course_utils import load, voxels
from course_utils.errors import ChoiceError, CourseError

SHAPES = hnp.array_shapes(min_dims=3, max_dims=3, min_side=2, max_side=7)
VOLUMES = hnp.arrays(np.uint8, SHAPES)


def ball(size=16, radius=5.0):
    """Return a ball as a mask, with the squared distances from its centre."""
    away = ((np.indices((size,) * 3) - (size - 1) / 2) ** 2).sum(0)
    return np.where(away <= radius**2, 255, 0).astype(np.uint8)


@given(VOLUMES, st.data())
def test_three_planes_hold_the_voxels_they_should(volume, data):
    at = tuple(data.draw(st.integers(0, n - 1)) for n in volume.shape)
    hw, dw, dh = voxels.cut(volume, at)
    for d, h, w in np.ndindex(volume.shape):
        if d == at[0]:
            assert hw[h, w] == volume[d, h, w]
        if h == at[1]:
            assert dw[d, w] == volume[d, h, w]
        if w == at[2]:
            assert dh[d, h] == volume[d, h, w]


@pytest.mark.parametrize("at", [(4, 0, 0), (0, -1, 0), (0, 0), (0, 0, 99)])
def test_a_voxel_outside_is_named(at):
    with pytest.raises(CourseError, match=r"not inside a volume of shape \(4, 4, 4\)"):
        voxels.cut(np.zeros((4, 4, 4)), at)


@given(VOLUMES, st.sampled_from([0, 1, 2]))
def test_projections_equal_loops_over_rays(volume, axis):
    rays = np.moveaxis(volume, axis, -1)
    brightest = [[max(int(v) for v in ray) for ray in row] for row in rays]
    means = [[sum(int(v) for v in ray) / len(ray) for ray in row] for row in rays]
    assert voxels.project(volume, axis, "max").tolist() == brightest
    np.testing.assert_allclose(voxels.project(volume, axis, "mean"), means)


def test_an_unknown_projection_is_refused():
    with pytest.raises(ChoiceError, match="Unknown projection"):
        voxels.project(np.zeros((2, 2, 2)), 0, "median")
    with pytest.raises(ChoiceError, match="Unknown axis"):
        voxels.project(np.zeros((2, 2, 2)), 3)


def test_the_full_window_changes_nothing():
    values = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(voxels.window(values), values)


@given(st.floats(0, 255), st.floats(0.5, 300))
def test_a_window_keeps_order_and_maps_its_ends(level, width):
    shown = voxels.window(np.linspace(0, 255, 511), level, width).astype(int)
    assert (np.diff(shown) >= 0).all()
    low, middle, high = voxels.window(np.array([level - width, level, level + width]), level, width)
    assert (low, high) == (0, 255)
    assert middle in (127, 128)


def test_a_window_needs_a_width():
    with pytest.raises(CourseError, match="more than 0"):
        voxels.window(np.zeros(3), 100, 0)


def test_the_mesh_of_a_ball_has_its_area_and_is_closed():
    vertices, faces = voxels.mesh(ball(32, 12))
    corners = vertices[faces].astype(float)
    area = (
        np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1).sum()
        / 2
    )
    assert area == pytest.approx(4 * np.pi * 12**2, rel=0.12)  # a staircase is a little larger than a sphere
    edges = np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1)
    assert (np.unique(edges, axis=0, return_counts=True)[1] == 2).all()
    np.testing.assert_allclose(vertices.mean(0), 15.5, atol=0.1)


def test_the_mesh_stands_where_the_voxels_are():
    volume = np.zeros((9, 12, 20), np.uint8)
    volume[2:5, 6:9, 15:18] = 255
    vertices, _ = voxels.mesh(volume)
    np.testing.assert_allclose(vertices.min(0), [1.5, 5.5, 14.5])
    np.testing.assert_allclose(vertices.max(0), [4.5, 8.5, 17.5])


def test_a_shape_at_the_border_is_closed():
    vertices, faces = voxels.mesh(np.full((4, 4, 4), 255, np.uint8))
    assert vertices.min() == -0.5 and vertices.max() == 3.5
    assert len(faces) > 0


@pytest.mark.parametrize("level", [0, 255, 300])
def test_no_surface_is_said_plainly(level):
    with pytest.raises(CourseError, match="No surface at grey value"):
        voxels.mesh(np.full((4, 4, 4), 200, np.uint8), level)


def test_a_case_knows_its_name_and_its_middle():
    data = load("adrenalmnist3d", source="sample")
    case = voxels.take(data, "val", 2)
    label = data.card.labels[data.val.y[2]]
    assert case.name == f"AdrenalMNIST3D val case 2 ({label})"
    assert case.mask and case.banner == data.banner
    centre = np.mean(np.nonzero(case.volume), axis=1)
    np.testing.assert_allclose(case.middle, centre, atol=0.5)
    flipped = case.changed(case.volume[..., ::-1], "mirrored along W")
    assert flipped.name.endswith("mirrored along W") and flipped.mask
    assert case.name == f"AdrenalMNIST3D val case 2 ({label})"


def test_an_empty_mask_has_a_middle_and_a_description():
    case = voxels.Case(np.zeros((4, 6, 8), np.uint8), "nothing", mask=True)
    assert case.middle == (2, 3, 4)
    assert voxels.describe(case) == "nothing: 4 x 6 x 8 voxels, an empty mask."


def test_a_description_counts_and_places_the_mask():
    volume = np.zeros((4, 6, 8), np.uint8)
    volume[1:3, 2, 3:7] = 255
    said = voxels.describe(voxels.Case(volume, "bar", mask=True))
    assert said == "bar: a mask of 4 x 6 x 8 voxels, 8 of them inside (D 1 to 2, H 2 to 2, W 3 to 6)."
    assert voxels.describe(voxels.Case(volume, "bar")).endswith("grey values 0 to 255.")


def test_2d_data_and_missing_cases_are_refused():
    with pytest.raises(CourseError, match="holds 2D images"):
        voxels.take(load("breastmnist", source="sample"))
    with pytest.raises(CourseError, match="it has cases 0 to"):
        voxels.take(load("adrenalmnist3d", source="sample"), "val", 10**6)
