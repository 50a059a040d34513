"""Robustness: the table against scores computed one by one, and pictures that tell what they show."""

import numpy as np
import pytest

from course_utils import corruptions, load, metrics, robustness


@pytest.fixture(scope="module")
def data():
    return load("breastmnist", source="sample")


def brightness(split):
    share = split.images.reshape(len(split), -1).mean(1) / 255
    return np.stack([1 - share, share], axis=1)


def test_table_equals_scores_one_by_one(data):
    table = robustness.measure(brightness, data.test, ["too dark"], seed=3)
    for severity, value in enumerate(table["too dark"]):
        images = corruptions.corrupt(data.test.images, "too dark", severity, seed=3)
        probs = brightness(robustness.changed(data.test, images))
        assert value == pytest.approx(metrics.auc(data.test.y, probs, "binary"))
    balanced = robustness.measure(brightness, data.test, ["too dark"], score="balanced_acc")["too dark"]
    assert balanced[0] == pytest.approx(
        metrics.summary(data.test.y, brightness(data.test), "binary")["balanced_acc"]
    )


def test_takes_the_corruptions_of_the_modality(data):
    assert list(robustness.measure(brightness, data.test)) == list(corruptions.names(data.card))


def test_mean_drop():
    assert robustness.mean_drop({"a": [1, 1, 1, 1, 1, 0.5], "b": [0.5] * 6}) == {"a": 0.1, "b": 0.0}


@pytest.mark.parametrize("flag", ["breastmnist", "pathmnist", "adrenalmnist3d"])
def test_sheet_names_its_rows(flag):
    data = load(flag, source="sample")
    plate = robustness.sheet(data, 2)
    for name in corruptions.names(data.card):
        assert name in plate.alt
    assert "test image 2" in plate.alt and "SAMPLE DATA" in plate.alt


def test_curves_tell_their_ends():
    plate = robustness.curves({"blur": [0.9, 0.8, 0.7, 0.6, 0.5, 0.4]}, "AUC")
    assert "clean 0.900" in plate.alt and "blur 0.400" in plate.alt
    assert len(plate.axes[0].lines) == 2
