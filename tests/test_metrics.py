"""Scores against MedMNIST's Evaluator, scikit-learn and values worked out by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from course_utils import metrics
from course_utils.cards import TASKS
from course_utils.errors import ChoiceError, ScoreError

OFFICIAL = {ours: theirs for theirs, ours in TASKS.items()}


def cases(task, n, k, seed, *, ties=False):
    """Return random labels and scores in which every class occurs."""
    rng = np.random.default_rng(seed)
    if task == "multi-label":
        y = rng.integers(0, 2, (n, k))
        y[0], y[1] = 0, 1
        probs = rng.random((n, k))
    else:
        k = 2 if task == "binary" else k
        y = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
        probs = rng.dirichlet(np.ones(k), n)
    probs = np.round(probs, 1) if ties else probs
    return y, probs.astype(rng.choice([np.float32, np.float64]))


@pytest.mark.parametrize("task", metrics.TASKS)
@settings(max_examples=25, deadline=None)
@given(n=st.integers(12, 80), k=st.integers(3, 9), seed=st.integers(0, 9999), ties=st.booleans())
def test_equal_to_the_official_evaluator(task, n, k, seed, ties):
    from medmnist.evaluator import getACC, getAUC

    y, probs = cases(task, n, k, seed, ties=ties)
    theirs = y if task == "multi-label" else y[:, None]
    assert metrics.auc(y, probs, task) == pytest.approx(getAUC(theirs, probs, OFFICIAL[task]), abs=1e-9)
    assert metrics.acc(y, probs, task) == pytest.approx(getACC(theirs, probs, OFFICIAL[task]), abs=1e-9)
    assert metrics.evaluate(y, probs, task) == {
        "auc": metrics.auc(y, probs, task),
        "acc": metrics.acc(y, probs, task),
    }


def test_column_aucs_are_scikit_learns():
    y, probs = cases("multi-label", 300, 14, 3, ties=True)
    expected = [roc_auc_score(y[:, i], probs[:, i]) for i in range(14)]
    np.testing.assert_allclose(metrics.column_aucs(y, probs, "multi-label"), expected, atol=1e-12)


@given(st.integers(0, 9999))
@settings(max_examples=20, deadline=None)
def test_auc_depends_on_order_only(seed):
    y, probs = cases("binary", 40, 2, seed)
    p = probs[:, 1].astype(float)
    assert metrics.auc(y, p, "binary") == pytest.approx(metrics.auc(y, p**3 / 2, "binary"), abs=1e-12)
    assert metrics.auc(y, 1 - p, "binary") == pytest.approx(1 - metrics.auc(y, p, "binary"), abs=1e-6)


def test_by_hand():
    # Pairs (negative, positive): .1<.35, .1<.8, .4>.35 wrong, .4<.8 -> 3 of 4.
    assert metrics.auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8], "binary") == 0.75
    assert metrics.auc([0, 1], [0.5, 0.5], "binary") == 0.5
    assert metrics.acc([0, 1], [0.5, 0.5], "binary") == 0.5  # exactly 0.5 is a "no"
    assert metrics.acc([1, 0], [[0.5, 0.5], [0.5, 0.5]], "multi-class") == 0.5  # ties go to class 0
    assert metrics.acc([[1, 0], [1, 1]], [[0.9, 0.6], [0.2, 0.7]], "multi-label") == 0.5


def test_binary_shapes_agree():
    y, probs = cases("binary", 50, 2, 7)
    for form in (probs, probs[:, 1], probs[:, 1:]):
        assert metrics.evaluate(y[:, None], form, "binary") == metrics.evaluate(y, probs, "binary")


def test_absent_class_is_nan_or_skipped():
    probs = np.full((4, 3), 1 / 3)
    assert np.isnan(metrics.auc([0, 1, 0, 1], probs, "multi-class"))
    assert metrics.auc([0, 1, 0, 1], probs, "multi-class", absent="skip") == 0.5
    assert np.isnan(metrics.auc([0, 0, 0, 0], probs, "ordinal", absent="skip"))
    assert np.isnan(metrics.auc([1, 1], [0.2, 0.3], "binary"))
    assert metrics.acc([1, 1], [0.2, 0.7], "binary") == 0.5


@pytest.mark.parametrize(
    ("y", "probs", "task", "says"),
    [
        ([0, 1], [[0.1, 0.9]] * 3, "binary", "must be (2, columns)"),
        ([0, 1], [[0.2, 0.3, 0.5]] * 2, "binary", "found (2, 3)"),
        ([0, 1], [0.2, 0.3], "multi-class", "found (2,)"),
        ([[0, 1]], [[0.2, 0.3, 0.1]], "multi-label", "one shape (N, L)"),
        ([[0, 1], [1, 0]], [[0.2, 0.3]] * 2, "ordinal", "one label a case"),
        ([0, 3], [[0.2, 0.3, 0.5]] * 2, "multi-class", "0..2, found 0..3"),
        ([0.5, 1], [0.2, 0.3], "binary", "whole numbers"),
        ([0, 1], [float("nan"), 0.3], "binary", "1 of 2 probabilities are NaN"),
        ([0, 1], [[3.0, -2.0], [0.0, 1.0]], "binary", "look like logits"),
        ([], [], "binary", "no case"),
        (["a"], [0.1], "binary", "must be numbers"),
    ],
)
def test_what_cannot_be_scored_is_named(y, probs, task, says):
    with pytest.raises(ScoreError) as error:
        metrics.evaluate(y, probs, task)
    assert says in str(error.value)


def test_unknown_task():
    with pytest.raises(ChoiceError, match="Did you mean 'binary'"):
        metrics.auc([0, 1], [0.1, 0.2], "binary-class")


def test_constant_guess():
    assert metrics.constant_guess([[2], [2], [0]], [[2], [0], [1]], "multi-class")["acc"] == pytest.approx(
        1 / 3
    )
    chest = metrics.constant_guess([[0, 1], [0, 1], [1, 1]], [[0, 1], [1, 0]], "multi-label")
    assert chest == {"auc": 0.5, "acc": 0.5}
    with pytest.raises(ScoreError):
        metrics.constant_guess([], [1], "binary")
