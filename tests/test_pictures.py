"""Composing and choosing, against slow loops and counts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import card
from course_utils.data import Split
from course_utils.errors import ChoiceError, CourseError
from course_utils.look.pictures import (
    choose_columns,
    class_name,
    compose,
    count_words,
    find_starts,
    first_class,
    flat,
    pick,
)


def split_of(y, flag="retinamnist"):
    """Return a split with these labels and numbered images."""
    y = np.array(y)
    the_card = card(flag)
    images = np.zeros((len(y), *the_card.image_shape()), np.uint8)
    return Split("train", images, y.reshape(len(y), -1), the_card)


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(1, 13), columns=st.integers(1, 8), h=st.integers(1, 5), w=st.integers(1, 5),
    channels=st.sampled_from([(), (1,), (3,)]), gap=st.sampled_from([0, 1, 3, (2, 0), (0, 2)]),
    fill=st.integers(0, 255),
)  # fmt: skip
def test_compose_equals_pasting_one_by_one(n, columns, h, w, channels, gap, fill):
    images = np.random.default_rng(n).integers(0, 256, (n, h, w, *channels), dtype=np.uint8)
    below, right = (gap, gap) if isinstance(gap, int) else gap
    rows = -(-n // columns)
    shape = (rows * (h + below) - below, columns * (w + right) - right, *channels)
    expected = np.full(shape, fill, np.uint8)
    for i, image in enumerate(images):
        y, x = i // columns * (h + below), i % columns * (w + right)
        expected[y : y + h, x : x + w] = image
    assert np.array_equal(compose(images, columns, gap, fill), expected)


def test_compose_equals_scikit_images_montage():
    from skimage.util import montage

    images = np.random.default_rng(0).integers(0, 256, (400, 28, 28, 3), dtype=np.uint8)
    assert np.array_equal(compose(images, 20, gap=0), montage(images, channel_axis=3))


@pytest.mark.parametrize(("n", "columns"), [(0, 3), (4, 0)])
def test_compose_says_what_it_needs(n, columns):
    with pytest.raises(CourseError, match=f"got {n} images, {columns} columns"):
        compose(np.zeros((n, 2, 2)), columns)


@pytest.mark.parametrize("by", ["random", "class", "balanced", "index"])
@settings(max_examples=25, deadline=None)
@given(y=st.lists(st.integers(0, 4), min_size=1, max_size=60), n=st.integers(1, 80), seed=st.integers(0, 99))
def test_pick_draws_without_repeats_and_again(by, y, n, seed):
    split = split_of(y)
    index = pick(split, n, by=by, seed=seed)
    assert len(index) == len(set(index.tolist())) == min(n, len(y))
    assert index.min() >= 0 and index.max() < len(y)
    assert np.array_equal(index, pick(split, n, by=by, seed=seed))


@settings(max_examples=40, deadline=None)
@given(y=st.lists(st.integers(0, 4), min_size=1, max_size=60), n=st.integers(1, 60))
def test_classes_are_shared_out_evenly(y, n):
    split = split_of(y)
    there = np.bincount(y, minlength=5)
    turns, blocks = (pick(split, n, by=by) for by in ("balanced", "class"))
    assert set(turns.tolist()) == set(blocks.tolist())
    taken = np.bincount(split.y[turns], minlength=5)
    left_over = taken < there  # a class that is used up may have fewer
    if left_over.any():
        assert taken.max() - taken[left_over].min() <= 1
    assert (np.diff(split.y[blocks]) >= 0).all()


def test_balanced_takes_turns():
    split = split_of([0] * 9 + [1] * 2 + [2] * 9)
    assert split.y[pick(split, 8, by="balanced")].tolist() == [0, 1, 2, 0, 1, 2, 0, 2]


def test_score_puts_the_highest_first():
    assert pick(split_of([0] * 4), 3, by="score", score=[0.1, 0.9, 0.5, 0.9]).tolist() == [1, 3, 2]


@pytest.mark.parametrize("score", [None, [1, 2], [[1, 2, 3]]])
def test_score_must_fit(score):
    with pytest.raises(CourseError, match=r"shape \(3,\)"):
        pick(split_of([0, 1, 2]), by="score", score=score)


def test_unknown_orders_are_named():
    with pytest.raises(ChoiceError, match="balanced"):
        pick(split_of([0]), by="balance")


def test_findings_are_counted_each_and_none_too():
    y = np.zeros((4, 14), int)
    y[0, [1, 3]] = y[1, 3] = 1
    split = split_of(y, "chestmnist")
    assert first_class(split).tolist() == [1, 3, 14, 14]
    labels = split.card.labels
    assert count_words(split) == f"1 {labels[1]}, 2 {labels[3]}, 2 without finding"
    assert class_name(split, 0) == f"{labels[1]} and {labels[3]}" and class_name(split, 2) == "no finding"


def test_counts_with_commas_in_names_are_parted_by_semicolons():
    split = split_of([0, 1, 1], "breastmnist")
    assert count_words(split) == "1 malignant; 2 normal, benign"
    assert count_words(split, [1]) == "1 normal, benign"


def test_volumes_are_seen_by_their_middle_slice():
    the_card = card("adrenalmnist3d")
    images = np.random.default_rng(0).integers(0, 256, (3, 28, 28, 28), dtype=np.uint8)
    split = Split("test", images, np.zeros((3, 1), int), the_card)
    assert np.array_equal(flat(split, [2, 0]), images[[2, 0], 14])
    assert flat(replace(split, images=images[:, :, :, :])).shape == (3, 28, 28)


@given(n=st.integers(1, 500), width=st.sampled_from([28, 64, 128, 224]))
def test_columns_fill_rows_where_they_can_and_fit_the_page(n, width):
    columns = choose_columns(n, n, width)
    assert 1 <= columns <= n and columns * (width + 1) <= 860
    if n in (24, 32, 40, 60) and width == 28:
        assert n % columns == 0


def test_runs_begin_where_values_change():
    assert find_starts(np.array([4])).tolist() == [0]
    assert find_starts(np.array([1, 1, 0, 0, 2])).tolist() == [0, 2, 4]
