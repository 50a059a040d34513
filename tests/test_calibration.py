"""Thresholds, reliability and temperature: against scikit-learn and systems whose truth is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from sklearn.metrics import roc_curve

from course_utils import calibration, metrics
from course_utils.errors import ChoiceError, ScoreError


def honest(n=4000, seed=0):
    """Return labels drawn from the very probabilities: a perfectly calibrated system."""
    rng = np.random.default_rng(seed)
    probs = rng.random(n)
    return (rng.random(n) < probs).astype(int), probs


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 9999), n=st.integers(6, 50), decimals=st.integers(1, 5))
def test_operating_points_are_the_roc(seed, n, decimals):
    rng = np.random.default_rng(seed)
    y = np.concatenate([[0, 1], rng.integers(0, 2, n - 2)])
    probs = np.round(rng.random(n), decimals)
    thresholds, sensitivity, specificity = calibration.operating_points(y, probs)
    fpr, tpr, _ = roc_curve(y, probs, drop_intermediate=False)
    np.testing.assert_allclose(sensitivity[::-1], tpr, atol=1e-12)
    np.testing.assert_allclose(1 - specificity[::-1], fpr, atol=1e-12)
    for t, sens, spec in zip(thresholds, sensitivity, specificity, strict=True):
        s = metrics.summary(y, probs, "binary", threshold=t)
        assert (s["sensitivity"], s["specificity"]) == (pytest.approx(sens), pytest.approx(spec))


@pytest.mark.parametrize("rule", ["youden", "accuracy", "sensitivity", "specificity"])
def test_rules_find_the_best(rule):
    rng = np.random.default_rng(1)
    y = (rng.random(150) < 0.3).astype(int)
    probs = np.clip(0.4 * y + 0.3 + 0.2 * rng.normal(size=150), 0, 1)
    chosen = metrics.summary(y, probs, "binary", calibration.pick_threshold(y, probs, rule, at_least=0.9))
    every = [metrics.summary(y, probs, "binary", t) for t in np.linspace(0, 1, 501)]
    if rule == "youden":
        assert chosen["balanced_acc"] >= max(s["balanced_acc"] for s in every) - 1e-12
    elif rule == "accuracy":
        assert chosen["acc"] >= max(s["acc"] for s in every) - 1e-12
    else:
        other = "specificity" if rule == "sensitivity" else "sensitivity"
        assert chosen[rule] >= 0.9
        assert chosen[other] >= max(s[other] for s in every if s[rule] >= 0.9) - 1e-12


def test_reliability_is_scikit_learns():
    y, probs = honest()
    table = calibration.reliability(y, probs, "binary")
    share, mean = calibration_curve(y, probs, n_bins=10)
    np.testing.assert_allclose(table.observed, share)
    np.testing.assert_allclose(table.predicted, mean)
    assert table.n.sum() == len(y)
    assert table.ece < 0.03
    assert calibration.ece([0, 1, 1, 1], [1.0, 1, 1, 1], "binary") == pytest.approx(0.25)


def test_multi_class_and_multi_label():
    probs = np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [0.05, 0.05, 0.9], [0.3, 0.3, 0.4]])
    table = calibration.reliability([0, 1, 1, 2], probs, "multi-class")
    assert table.n.tolist() == [1, 1, 2]  # 0.4, 0.8, and twice 0.9
    assert table.observed.tolist() == [1, 1, 0.5]
    assert table.ece == pytest.approx((0.6 + 0.2 + 2 * 0.4) / 4)
    assert calibration.reliability([[0, 1]], [[0.0, 1.0]], "multi-label").ece == 0


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_temperature_is_recovered(true):
    y, probs = honest()
    hot = calibration.apply_temperature(probs, 1 / true, "binary")  # sharpened or flattened on purpose
    found = calibration.fit_temperature(y, hot, "binary")
    assert found == pytest.approx(true, rel=0.08)
    healed = calibration.apply_temperature(hot, found, "binary")
    assert calibration.ece(y, healed, "binary") < 0.03
    assert metrics.auc(y, healed, "binary") == pytest.approx(metrics.auc(y, probs, "binary"), abs=1e-6)


@pytest.mark.parametrize("task", ["multi-class", "multi-label"])
def test_temperature_of_other_tasks(task):
    rng = np.random.default_rng(2)
    logits = rng.normal(size=(3000, 4)) * 2
    if task == "multi-label":
        probs = 1 / (1 + np.exp(-logits))
        y = (rng.random(probs.shape) < probs).astype(int)
    else:
        probs = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
        y = (rng.random((3000, 1)) > probs.cumsum(1)).sum(1)
    sharp = calibration.apply_temperature(probs, 0.4, task)
    assert calibration.fit_temperature(y, sharp, task) == pytest.approx(2.5, rel=0.08)
    np.testing.assert_allclose(calibration.apply_temperature(sharp, 2.5, task), probs, atol=3e-5)
    assert (sharp.argmax(1) == probs.argmax(1)).all()


def test_two_columns_stay_two():
    two = calibration.apply_temperature([[0.9, 0.1], [0.5, 0.5]], 2.0, "binary")
    np.testing.assert_allclose(two, [[0.75, 0.25], [0.5, 0.5]], atol=1e-9)


def test_errors():
    with pytest.raises(ScoreError, match="both classes"):
        calibration.pick_threshold([1, 1], [0.1, 0.2])
    with pytest.raises(ChoiceError, match="youden"):
        calibration.pick_threshold([0, 1], [0.1, 0.2], "yuden")
    with pytest.raises(ScoreError, match="above 0"):
        calibration.apply_temperature([0.1], 0, "binary")
