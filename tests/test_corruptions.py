"""Corruptions: shapes, determinism, growing damage, and that each modality has its own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import cards, corruptions, load
from course_utils.errors import ChoiceError, CourseError


def pictures(flag):
    return load(flag, source="sample").test.images[:6]


@pytest.mark.parametrize("flag", ["pneumoniamnist", "breastmnist", "pathmnist", "dermamnist", "organmnist3d",
                                  "adrenalmnist3d"])  # fmt: skip
def test_each_corruption_of_a_modality_damages_more_and_more(flag):
    images = pictures(flag)
    for name in corruptions.names(load(flag, source="sample").card):
        away = [np.abs(corruptions.corrupt(images, name, s).astype(float) - images).mean() for s in range(6)]
        assert away[0] == 0, name
        assert all(a > 0 for a in away[1:]), (name, away)
        assert away[5] > away[3] > away[1], (name, away)


@settings(max_examples=25, deadline=None)
@given(
    shape=st.sampled_from([(1, 28, 28), (2, 9, 30), (2, 28, 28, 3), (1, 17, 12, 3), (1, 8, 8, 8)]),
    name=st.sampled_from(sorted(corruptions.LEVELS)),
    severity=st.sampled_from(corruptions.SEVERITIES),
    seed=st.integers(0, 5),
)
def test_keeps_shape_and_type_and_repeats_exactly(shape, name, severity, seed):
    images = np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)
    before = images.copy()
    colour = shape[-1] == 3
    flat_only = name in ("compression", "thick slices", "holes in mask")
    if (name in ("colour cast", "stain", "pale colours") and not colour) or (
        flat_only and (len(shape) == 4 and not colour) != (name != "compression")
    ):
        return
    once = corruptions.corrupt(images, name, severity, seed=seed)
    assert once.shape == images.shape and once.dtype == np.uint8
    assert np.array_equal(once, corruptions.corrupt(images, name, severity, seed=seed))
    assert np.array_equal(images, before)


def test_every_dataset_has_corruptions_that_exist():
    assert set(corruptions.KINDS) == {one.flag for one in cards()}
    used = {name for names in corruptions.KINDS.values() for name in names}
    assert used == set(corruptions.LEVELS)
    for one in cards():
        assert ("mask" in " ".join(corruptions.names(one))) == one.mask


def test_masks_stay_masks():
    volumes = pictures("adrenalmnist3d")
    for name in corruptions.KINDS["adrenalmnist3d"]:
        assert set(np.unique(corruptions.corrupt(volumes, name, 3))) <= {0, 255}
    sizes = [(corruptions.corrupt(volumes, f"{how} mask", 3) > 0).sum() for how in ("shrunken", "swollen")]
    assert sizes[0] < (volumes > 0).sum() < sizes[1]


def test_some_effects_by_hand():
    grey = np.full((1, 28, 28), 51, np.uint8)  # 0.2 of white
    assert corruptions.corrupt(grey, "too dark", 3)[0, 0, 0] == round(255 * 0.2**2)
    assert corruptions.corrupt(grey, "flat contrast", 5)[0, 3, 3] == 51  # nothing to flatten
    half = np.zeros((1, 28, 28), np.uint8)
    half[:, :, 14:] = 200
    coarse = corruptions.corrupt(half, "low resolution", 5)[0]
    assert len(np.unique(coarse[0])) <= 7 and coarse.mean() == pytest.approx(100, abs=1)
    assert np.ptp(corruptions.corrupt(half, "motion", 2)[0], axis=0).max() == 0  # only along the rows
    colour = np.zeros((1, 4, 4, 3), np.uint8)
    colour[..., 0] = 90
    assert set(np.unique(corruptions.corrupt(colour, "pale colours", 5))) == {30}


def test_says_what_is_wrong():
    image = np.zeros((1, 28, 28), np.uint8)
    with pytest.raises(ChoiceError, match="corruption"):
        corruptions.corrupt(image, "rain", 1)
    with pytest.raises(ChoiceError, match="severity"):
        corruptions.corrupt(image, "blur", 6)
    with pytest.raises(CourseError, match="uint8"):
        corruptions.corrupt(image / 255, "blur", 1)
    with pytest.raises(CourseError, match="colour"):
        corruptions.corrupt(image, "stain", 1)
