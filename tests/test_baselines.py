"""The dull baseline: scikit-learn's logistic regression on pixels, whatever the task and the size."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from course_utils import baselines, load
from course_utils.measure import metrics


@pytest.mark.parametrize("flag", ["breastmnist", "bloodmnist", "chestmnist", "retinamnist", "nodulemnist3d"])
def test_every_task_gets_probabilities_and_beats_guessing(flag):
    data = load(flag, source="sample")
    probs = baselines.logistic(data)
    assert probs.shape == (len(data.test), data.card.n_outputs)
    assert (probs >= 0).all() and (probs <= 1).all()
    if data.card.task != "multi-label":
        assert np.allclose(probs.sum(1), 1)
    assert metrics.auc(data.test.y, probs, data.card.task) > 0.55


def test_it_is_scikit_learns_model_on_pixels():
    data = load("breastmnist", source="sample")
    x, target = (split.images.reshape(len(split), -1) / 255 for split in (data.train, data.test))
    theirs = LogisticRegression(C=0.01, max_iter=200).fit(x, data.train.y).predict_proba(target)
    assert np.allclose(baselines.logistic(data), theirs, atol=1e-3)


def test_large_images_are_read_as_means_of_blocks():
    split = load("breastmnist", source="sample").test
    large = replace(split, images=np.repeat(np.repeat(split.images, 2, 1), 2, 2))
    assert np.allclose(baselines.pixels(large), baselines.pixels(split), atol=1e-6)


def test_no_more_than_the_limit_is_learnt_from(monkeypatch):
    data = load("breastmnist", source="sample")
    seen = []
    fit = LogisticRegression.fit
    monkeypatch.setattr(LogisticRegression, "fit", lambda self, x, y: seen.append(len(x)) or fit(self, x, y))
    monkeypatch.setattr(baselines, "LIMIT", 50)
    baselines.logistic(data)
    assert seen == [50]


@pytest.mark.parametrize("flag", ["breastmnist", "chestmnist"])
def test_a_label_that_never_changes_is_predicted_for_sure(flag):
    data = load(flag, source="sample")
    train = replace(data.train, labels=np.ones_like(data.train.labels))
    probs = baselines.logistic(replace(data, train=train))
    assert (probs[:, 1] == 1).all()
