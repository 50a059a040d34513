"""Tests of `course_utils.look.solids`."""

import base64
import json
import re

import numpy as np
import pytest

from course_utils import load, pages, solids, volumes, voxels

KB = 1000
LIMITS = {28: 700 * KB, 64: 2000 * KB}
MAKERS = (solids.show_solid, solids.show_planes, solids.show_flight)


def decode(value):
    """Return an array out of plotly's JSON, where arrays are base64 with a type and a shape."""
    if not isinstance(value, dict):
        return np.array(value)
    array = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
    return array.reshape([int(n) for n in value["shape"].split(",")]) if "shape" in value else array


def blob(size, mask, seed=0):
    """Return a case that is hard to store: noise in every voxel, or a mask made of many lumps."""
    from scipy.ndimage import gaussian_filter

    noise = np.random.default_rng(seed).normal(size=(size,) * 3)
    if mask:
        noise = gaussian_filter(noise, 1.5)
    volume = np.where(noise > 0, 255, 0) if mask else (noise * 60 + 128).clip(0, 255)
    return voxels.Case(volume.astype(np.uint8), "blob", mask=mask)


@pytest.fixture(scope="module")
def ramp():
    """Return a grey case with three different edges, whose every voxel tells where it is."""
    d, h, w = np.indices((9, 12, 20))
    return voxels.Case((20 * d + 3 * h + w).astype(np.uint8), "ramp", banner="SAMPLE")


@pytest.mark.parametrize("size", LIMITS)
@pytest.mark.parametrize("mask", [True, False])
@pytest.mark.parametrize("show", MAKERS)
def test_figures_keep_within_their_size(show, mask, size):
    limit = 1000 * KB if show is solids.show_flight else LIMITS[size]
    assert 10 * KB < len(show(blob(size, mask)).json()) < limit


@pytest.mark.real
@pytest.mark.parametrize("size", LIMITS)
@pytest.mark.parametrize("show", MAKERS)
def test_real_adrenal_glands_keep_within_their_size(show, size, real_root):
    if not (real_root / f"adrenalmnist3d{'_64' if size == 64 else ''}.npz").exists():
        pytest.skip("this size of AdrenalMNIST3D is not in MEDMNIST_ROOT")
    data = load("adrenalmnist3d", size=size, source="real")
    biggest = int(data.test.images.any(axis=0).size and (data.test.images > 0).sum((1, 2, 3)).argmax())
    limit = 1000 * KB if show is solids.show_flight else LIMITS[size]
    assert len(show(voxels.take(data, "test", biggest)).json()) < limit


@pytest.mark.parametrize("show", MAKERS)
def test_every_figure_names_axes_unit_case_and_banner(show, ramp):
    scene = show(ramp)
    figure = json.loads(scene.json())
    assert "ramp" in scene.alt and "9 x 12 x 20 voxels" in scene.alt and scene.alt.endswith("SAMPLE")
    assert volumes.ORIENTATION in scene.alt
    title = re.sub("<[^>]*>", " ", figure["layout"]["title"]["text"])
    assert "does not document which way the body lies" in " ".join(title.split())
    assert figure["layout"]["meta"]["alt"] == scene.alt
    assert "ramp" in figure["layout"]["title"]["text"] and "SAMPLE" in figure["layout"]["title"]["text"]
    text = scene.json()
    assert "(voxel)" in text and all(f"{axis} (voxel)" in text for axis in ("H", "W"))


@pytest.mark.parametrize("show", MAKERS)
def test_one_output_holds_figure_still_and_text(show, ramp):
    data, metadata = show(ramp)._repr_mimebundle_()
    assert set(data) == {solids.PLOTLY_MIME, "image/png", "text/plain"}
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert metadata["image/png"]["alt"] == data["text/plain"]
    json.dumps(data)  # a notebook must be able to hold it
    assert solids.PLOTLY_MIME == pages.PLOTLY_MIME


def test_a_mask_becomes_a_surface_and_grey_becomes_fog(ramp):
    assert solids.show_solid(ramp).figure.data[0].type == "volume"
    assert solids.show_solid(blob(12, True)).figure.data[0].type == "mesh3d"


def test_the_surface_is_the_mesh_with_w_to_the_right_h_down_d_away():
    volume = np.zeros((9, 12, 20), np.uint8)
    volume[2:5, 6:9, 15:18] = 255
    scene = solids.show_surface(voxels.Case(volume, "block", mask=True))
    trace = json.loads(scene.json())["data"][0]
    x, y, z = (decode(trace[axis]) for axis in "xyz")
    assert (x.min(), x.max(), y.min(), y.max(), z.min(), z.max()) == (14.5, 17.5, 5.5, 8.5, 1.5, 4.5)
    faces = voxels.mesh(volume)[1]
    np.testing.assert_array_equal(np.stack([decode(trace[axis]) for axis in "ijk"], 1), faces)
    scene3d = scene.figure.layout.scene
    assert scene3d.aspectmode == "data"  # a voxel is as long in each direction
    right = np.cross([-getattr(scene3d.camera.eye, a) for a in "xyz"], [0, -1, 0])
    assert scene3d.camera.up.y == -1 and right[0] > 0 and scene3d.camera.eye.z < 0


def test_a_large_surface_is_cut_coarser_and_says_so():
    scene = solids.show_surface(blob(64, True))
    assert len(decode(json.loads(scene.json())["data"][0]["i"])) <= solids.MAX_TRIANGLES
    assert "cut from every 3. voxel" in scene.alt


def test_fog_has_every_voxel_at_its_place(ramp):
    trace = json.loads(solids.show_volume(ramp).json())["data"][0]
    x, y, z, value = (decode(trace[name]).astype(int) for name in ("x", "y", "z", "value"))
    np.testing.assert_array_equal(ramp.volume[z, y, x], value)
    assert len(value) == ramp.volume.size
    assert trace["isomin"] > np.median(ramp.volume) and 0 < trace["opacity"] < 1


def test_a_large_fog_is_thinned_and_says_so():
    case = blob(64, False)
    scene = solids.show_volume(case)
    trace = json.loads(scene.json())["data"][0]
    x, y, z, value = (decode(trace[name]).astype(int) for name in ("x", "y", "z", "value"))
    np.testing.assert_array_equal(case.volume[z, y, x], value)
    assert len(value) == 32**3 and "every 2. voxel" in scene.alt


def test_an_even_volume_still_gives_a_figure():
    scene = solids.show_volume(voxels.Case(np.full((5, 5, 5), 255, np.uint8), "flat"))
    trace = json.loads(scene.json())["data"][0]
    assert trace["isomin"] < trace["isomax"]


def test_sliders_have_a_frame_for_every_plane_and_move_the_cross_hair(ramp):
    figure = json.loads(solids.show_planes(ramp).json())
    frames = {frame["name"]: frame for frame in figure["frames"]}
    sliders = figure["layout"]["sliders"]
    assert [len(slider["steps"]) for slider in sliders] == [9, 12, 20]
    assert [slider["active"] for slider in sliders] == list(ramp.middle)
    named = [step["args"][0][0] for slider in sliders for step in slider["steps"]]
    assert named == [f"{axis}{i}" for axis, n in zip("DHW", (9, 12, 20), strict=True) for i in range(n)]
    assert set(named) == set(frames)
    for axis, i in ((0, 8), (1, 3), (2, 19)):
        frame = frames[f"{'DHW'[axis]}{i}"]
        assert frame["traces"][0] == axis
        np.testing.assert_array_equal(decode(frame["data"][0]["z"]), ramp.volume.take(i, axis))
        for trace, line in zip(frame["traces"][1:], frame["data"][1:], strict=True):
            assert line["x"] == [i, i] or line["y"] == [i, i]
            before = figure["data"][trace]
            moved = "x" if line["x"] == [i, i] else "y"
            assert before[moved] == [ramp.middle[axis]] * 2
            # In that panel, the moved coordinate is this axis.
            panel = int(before.get("xaxis", "x")[1:] or 1)
            layout = figure["layout"][f"{moved}axis{panel if panel > 1 else ''}"]
            assert layout["title"]["text"] == f"{'DHW'[axis]} (voxel)"


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_flight_passes_every_slice_in_order(ramp, axis):
    figure = json.loads(solids.show_flight(ramp, axis=axis).json())
    shown = np.stack([decode(frame["data"][0]["z"]) for frame in figure["frames"]])
    np.testing.assert_array_equal(shown, np.moveaxis(ramp.volume, axis, 0))
    assert [b["label"] for b in figure["layout"]["updatemenus"][0]["buttons"]] == ["Play", "Pause"]


def test_colab_gets_html_too(ramp, monkeypatch):
    monkeypatch.setattr(solids.env, "in_colab", lambda: True)
    data, _ = solids.show_flight(ramp)._repr_mimebundle_()
    assert "Plotly.newPlot" in data["text/html"]
