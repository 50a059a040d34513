"""Shortcuts: the marker lies where it should, and colour features count what is there."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import load, shortcuts
from course_utils.errors import CourseError


@settings(max_examples=20, deadline=None)
@given(
    shape=st.sampled_from([(5, 28, 28), (4, 28, 28, 3), (3, 6, 28, 28), (2, 64, 64)]), seed=st.integers(0, 9)
)
def test_stamps_only_where_asked_and_only_in_the_corner(shape, seed):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 200, shape).astype(np.uint8)
    where = rng.random(len(images)) < 0.5
    out = shortcuts.stamp(images, where)
    assert np.array_equal(out[~where], images[~where])
    new = (out != images)[where]
    assert (out[where][new] == 255).all()
    scale, colour = shape[2] // 28, 3 if shape[-1] == 3 else 1
    deep = shape[1] if len(shape) == 4 and shape[-1] != 3 else 1
    assert new.sum() == where.sum() * shortcuts.LETTER.sum() * scale**2 * colour * deep
    axes = (1, 2) if shape[-1] == 3 or len(shape) == 3 else (2, 3)
    for axis in axes:
        assert not new.take(range(7 * scale, new.shape[axis]), axis).any()


def test_plants_in_the_asked_shares():
    data = load("breastmnist", source="sample")
    for share in (0, 0.5, 0.9, 1):
        split = shortcuts.plant(data.train, share)
        marked = (split.images != data.train.images).reshape(len(split), -1).any(1)
        assert marked[split.y == 1].mean() == pytest.approx(share, abs=0.06)
        assert marked[split.y == 0].mean() == pytest.approx(1 - share, abs=0.1)
        assert np.array_equal(split.labels, data.train.labels)
    whole = shortcuts.plant_all(data, 1)
    for name in ("train", "val", "test"):
        assert (whole[name].images != data[name].images).any()
    assert whole.banner == data.banner


def test_colour_histogram_equals_counting_by_hand():
    split = load("pathmnist", source="sample").val
    table = shortcuts.colour_histogram(split, bins=3)
    assert table.shape == (len(split), 27) and np.allclose(table.sum(1), 1)
    level = (split.images[4].reshape(-1, 3).astype(int) * 3) // 256
    for code in range(27):
        r, g, b = code % 3, code // 3 % 3, code // 9
        assert table[4, code] == pytest.approx((level == [r, g, b]).all(1).mean())
    grey = load("breastmnist", source="sample").val
    assert shortcuts.colour_histogram(grey, bins=8).shape == (len(grey), 8)
    assert np.allclose(shortcuts.mean_colour(split)[4] * 255, split.images[4].mean((0, 1)))


def test_forgetting_places_is_enough_to_classify_sample_tissue():
    data = load("pathmnist", source="sample")
    probs = shortcuts.classify(shortcuts.colour_histogram(data.train), data.train.y,
                               shortcuts.colour_histogram(data.test), 9)  # fmt: skip
    assert probs.shape == (len(data.test), 9) and np.allclose(probs.sum(1), 1)
    assert (probs.argmax(1) == data.test.y).mean() > 0.6


def test_says_what_is_wrong():
    with pytest.raises(CourseError, match="binary"):
        shortcuts.plant(load("pathmnist", source="sample").val, 0.9)
    with pytest.raises(CourseError, match="0 to 1"):
        shortcuts.plant(load("breastmnist", source="sample").val, 1.5)
    with pytest.raises(CourseError, match="one an image"):
        shortcuts.stamp(np.zeros((3, 28, 28), np.uint8), np.array([1, 0, 1]))
