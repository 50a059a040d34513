"""Duplicates against comparing all pairs, near twins against numpy's, and what the real files hold."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import load
from course_utils.errors import CourseError
from course_utils.look.twins import count_places, duplicate_panel, find_duplicates, find_twins, neighbours


@pytest.fixture(scope="module")
def breast():
    return load("breastmnist", source="sample")


def shrink(data, n, images):
    """Return the dataset with n images a split, cut from `images`."""
    parts = {}
    for k, split in enumerate(("train", "val", "test")):
        part = data[split]
        parts[split] = replace(part, images=images[k * n : (k + 1) * n], labels=part.labels[:n])
    return replace(data, **parts)


@settings(max_examples=40, deadline=None)
@given(values=st.lists(st.integers(0, 3), min_size=12, max_size=12))
def test_duplicates_equal_comparing_all_pairs(breast, values):
    images = np.array(values, np.uint8)[:, None, None] * np.ones((28, 28), np.uint8)
    small = shrink(breast, 4, images)
    places = [(split, i) for split in ("train", "val", "test") for i in range(4)]
    expected = {
        (a, b)
        for a, b in combinations(places, 2)
        if (small[a[0]].images[a[1]] == small[b[0]].images[b[1]]).all()
    }
    found = find_duplicates(small)
    assert {(pair.first, pair.second) for pair in found} == expected and len(found) == len(expected)
    for pair in found:
        labels = [small[split].labels[i] for split, i in (pair.first, pair.second)]
        assert pair.same_label == (labels[0] == labels[1]).all()
    assert sum(count_places(found).values()) == len(found)


def test_only_the_asked_splits_are_searched(breast):
    copy = breast.test.images.copy()
    copy[3] = breast.train.images[8]
    planted = replace(breast, test=replace(breast.test, images=copy))
    assert [(p.first, p.second) for p in find_duplicates(planted)] == [(("train", 8), ("test", 3))]
    assert find_duplicates(planted, ["val", "test"]) == []
    panel = duplicate_panel(planted, find_duplicates(planted))
    assert "train number 8" in panel.alt and "test number 3" in panel.alt and breast.banner in panel.caption


@pytest.mark.real
@pytest.mark.parametrize(
    ("flag", "places"),
    [
        ("pneumoniamnist", {"within train": 18, "between train and val": 10, "within test": 3}),
        ("breastmnist", {"between train and test": 1}),
        ("retinamnist", {}),
        ("adrenalmnist3d", {}),
    ],
)
def test_the_lessons_counts_hold_for_the_real_files(flag, places, real_root):
    pairs = find_duplicates(load(flag, source="real"))
    assert count_places(pairs) == places
    if flag == "breastmnist":
        assert (pairs[0].first, pairs[0].second, pairs[0].same_label) == (("train", 115), ("test", 76), False)


@pytest.mark.real
def test_the_lessons_near_twins_hold_for_real_breast(real_root):
    data = load("breastmnist", source="real")
    index, r = find_twins(data.test.images, data.train.images)
    hit, twin = data.train.y[index[:, 0]] == data.test.y, r[:, 0] > 0.995
    assert twin.sum() == 25
    assert hit.mean() == pytest.approx(0.833, abs=5e-4) and hit[twin].mean() == pytest.approx(0.92)


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 6), m=st.integers(2, 9), seed=st.integers(0, 999))
def test_twins_equal_numpys_correlation(n, m, seed):
    rng = np.random.default_rng(seed)
    queries, pool = (rng.integers(0, 256, (size, 4, 5, 3), dtype=np.uint8) for size in (n, m))
    index, r = find_twins(queries, pool, k=2)
    full = np.corrcoef(queries.reshape(n, -1), pool.reshape(m, -1))[:n, n:]
    assert np.take_along_axis(full, index, 1) == pytest.approx(r, abs=1e-5)
    assert r == pytest.approx(-np.sort(-full, axis=1)[:, :2], abs=1e-5)


def test_brightness_and_contrast_do_not_hide_a_twin():
    pool = np.random.default_rng(0).integers(0, 100, (5, 6, 6), dtype=np.uint8)
    index, r = find_twins(pool[[3]] * 2 + 40, pool)
    assert index.tolist() == [[3]] and r == pytest.approx(1)


def test_a_flat_image_resembles_nothing():
    pool = np.random.default_rng(0).integers(0, 100, (5, 6, 6), dtype=np.uint8)
    assert find_twins(np.full((1, 6, 6), 7), pool)[1].tolist() == [[0.0]]


@pytest.mark.parametrize(("shape", "k", "words"), [((1, 5, 6), 1, "the same"), ((1, 6, 6), 9, "1 to 5")])
def test_misfits_are_named(shape, k, words):
    with pytest.raises(CourseError, match=words):
        find_twins(np.zeros(shape), np.zeros((5, 6, 6)), k)


@pytest.mark.parametrize("flag", ["breastmnist", "retinamnist", "chestmnist", "adrenalmnist3d"])
def test_neighbours_leave_the_image_itself_out(flag):
    data = load(flag, source="sample")
    plate = neighbours(data, 4, "test", "test", k=3)
    assert plate.alt.count("number ") == 3 and "number 4," not in plate.alt
    assert len(plate.axes[0].texts) == 4


def test_a_panel_of_nothing_is_refused(breast):
    with pytest.raises(CourseError, match="no pair"):
        duplicate_panel(breast, [])


def test_a_shorter_last_row_keeps_firsts_above_seconds(breast):
    images = np.repeat(breast.train.images[:8], 2, axis=0)
    planted = replace(breast, train=replace(breast.train, images=images, labels=breast.train.labels[:16]))
    pairs = find_duplicates(planted, ["train"])
    assert len(pairs) == 8
    plate = duplicate_panel(planted, pairs, 8)
    texts = [text for text in plate.axes[0].texts if text.get_text()]
    assert len(texts) == 16 and plate.alt.count(" equals ") == 8
    columns = [text.get_position()[0] for text in texts]
    assert columns[:6] == columns[6:12] and columns[12:14] == columns[14:16]  # 6 pairs, then 2
