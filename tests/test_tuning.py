"""Tuning: fresh deals of train and validation, and candidates compared on the same ones."""

from dataclasses import replace

import numpy as np
import pytest

from course_utils import load
from course_utils.errors import CourseError
from course_utils.learn import tuning


@pytest.fixture(scope="module")
def data():
    return load("retinamnist", source="sample")


def numbered(data):
    """Return the dataset with each image's first pixels telling its split and place."""
    parts = {}
    for k, name in enumerate(("train", "val", "test")):
        images = data[name].images.copy()
        images[:, 0, 0, 0], images[:, 0, 1, 0], images[:, 0, 2, 0] = (
            k,
            *np.divmod(np.arange(len(images)), 256),
        )
        parts[name] = replace(data[name], images=images)
    return replace(data, **parts)


def places(part):
    return {tuple(image[0, :3, 0]) for image in part.images}


def test_every_pooled_image_is_dealt_once_and_no_test_image_is_touched(data):
    old = numbered(data)
    new = tuning.resplit(old, 3)
    dealt = [places(new[name]) for name in ("train", "val", "test")]
    assert sum(map(len, dealt)) == len(set.union(*dealt)) == len(old.train) + len(old.val)
    assert set.union(*dealt) == places(old.train) | places(old.val)
    for name in ("train", "val", "test"):  # labels stay with their images
        for image, label in zip(new[name].images, new[name].labels, strict=True):
            k, high, low = map(int, image[0, :3, 0])
            assert label == old[("train", "val")[k]].labels[256 * high + low]


def test_shares_and_classes_are_alike_in_every_part(data):
    new = tuning.resplit(data)
    pooled = data.train.counts + data.val.counts
    for name, share in tuning.PARTS.items():
        assert np.abs(new[name].counts - share * pooled).max() <= 2


def test_deals_repeat_and_differ(data):
    one, same, other = (tuning.resplit(data, seed).train.images for seed in (0, 0, 1))
    assert (one == same).all() and not (len(one) == len(other) and (one == other).all())


def test_candidates_are_scored_on_the_same_deals(data):
    rows = tuning.compare(data, [{"epochs": 1}, {"epochs": 1}, {"epochs": 1, "lr": 1e-9}], splits=2)
    assert rows[0]["auc"] == rows[1]["auc"] != rows[2]["auc"]
    assert rows[0]["mean"] == pytest.approx(np.mean(rows[0]["auc"]))
    assert rows[0]["std"] == pytest.approx(np.std(rows[0]["auc"], ddof=1))
    assert "lr=1e-09" in tuning.line(rows[2])


def test_members_are_averaged(data):
    (row,) = tuning.compare(data, [{"epochs": 1, "members": 2}], splits=1)
    assert row["std"] == 0 and 0 < row["auc"][0] < 1


@pytest.mark.parametrize("text", ["dropout=1", "epochs", "epochs=many"])
def test_a_wrong_setting_is_named(text):
    with pytest.raises(CourseError, match=r"NAME=VALUE|takes int"):
        tuning.parse(text)


def test_an_unknown_change_is_named(data):
    with pytest.raises(CourseError, match="dropout"):
        tuning.compare(data, [{"dropout": 1}])
