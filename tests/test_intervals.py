"""Intervals: every draw against scikit-learn on the drawn cases, ends against scipy and published values."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss, roc_auc_score

from course_utils import intervals, metrics
from course_utils.errors import ChoiceError, ScoreError


def cases(task, n=120, k=4, seed=0, decimals=2):
    rng = np.random.default_rng(seed)
    if task == "multi-label":
        y = (rng.random((n, k)) < 0.3).astype(int)
        return y, np.round(np.clip(0.3 + 0.2 * y + 0.2 * rng.normal(size=(n, k)), 0, 1), decimals)
    k = 2 if task == "binary" else k
    y = np.concatenate([np.arange(k), np.arange(k), rng.integers(0, k, n - 2 * k)])
    logits = rng.normal(size=(n, k)) + 1.2 * np.eye(k)[y]
    probs = np.exp(logits)
    return y, np.round(probs / probs.sum(1, keepdims=True), decimals)


# 95 % Wilson intervals of published accuracies, computed elsewhere.
@pytest.mark.parametrize(
    ("acc", "n", "low", "high"),
    [
        (0.863, 156, 0.800, 0.908),
        (0.854, 624, 0.824, 0.880),
        (0.721, 298, 0.668, 0.769),
        (0.524, 400, 0.475, 0.572),
    ],
)
def test_wilson(acc, n, low, high):
    interval = intervals.wilson(acc * n, n)
    assert (interval.low, interval.high) == (pytest.approx(low, abs=6e-4), pytest.approx(high, abs=6e-4))


@given(n=st.integers(1, 500), share=st.floats(0, 1), level=st.sampled_from([0.8, 0.95, 0.99]))
def test_wilson_is_scipys(n, share, level):
    from scipy.stats import binomtest

    right = round(share * n)
    reference = binomtest(right, n).proportion_ci(level, method="wilson")
    interval = intervals.wilson(right, n, level)
    assert (interval.low, interval.high) == pytest.approx(tuple(reference), abs=1e-9)


@pytest.mark.parametrize("task", metrics.TASKS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 999), n=st.integers(30, 90), decimals=st.integers(1, 6))
def test_each_draw_is_scikit_learns(task, seed, n, decimals):
    y, probs = cases(task, n, seed=seed, decimals=decimals)
    counts = intervals.draw(y, 4, seed=seed)
    draws = intervals.resampled_aucs(y, probs, task, counts)
    truth = metrics.one_vs_rest(y, probs.shape[1], task)
    scores = probs[:, -1:] if task == "binary" else probs
    for i, count in enumerate(counts):
        for j in range(truth.shape[1]):
            drawn = np.repeat(truth[:, j], count)
            expected = np.nan
            if 0 < drawn.sum() < len(drawn):
                expected = roc_auc_score(drawn, np.repeat(scores[:, j], count))
            assert draws[i, j] == pytest.approx(expected, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("task", metrics.TASKS)
def test_every_score_on_draws(task):
    y, probs = cases(task)
    counts = intervals.draw(y, 5)
    reference = [
        metrics.summary(np.repeat(y, c, axis=0), np.repeat(probs, c, axis=0), task, threshold=0.4)
        for c in counts
    ]
    for score in reference[0]:
        draws = intervals.resampled(y, probs, task, score, counts, threshold=0.4)
        np.testing.assert_allclose(draws, [r[score] for r in reference], atol=1e-9, err_msg=score)


def test_blocks_change_nothing(monkeypatch):
    y, probs = cases("multi-label", n=50)
    whole = intervals.resampled_aucs(y, probs, "multi-label", intervals.draw(y, 20))
    monkeypatch.setattr(intervals, "BLOCK", 150)
    np.testing.assert_array_equal(
        whole, intervals.resampled_aucs(y, probs, "multi-label", intervals.draw(y, 20))
    )


def test_draws_keep_the_classes():
    y = np.array([0] * 30 + [1] * 5 + [2])
    counts = intervals.draw(y, 50)
    assert (counts[:, :30].sum(1) == 30).all()
    assert (counts[:, 35] == 1).all()
    assert counts.std(0)[0] > 0.5
    plain = intervals.draw(y, 50, stratified=False)
    assert (plain.sum(1) == 36).all()
    assert plain[:, :30].sum(1).std() > 0
    np.testing.assert_array_equal(counts, intervals.draw(y, 50))
    assert (counts != intervals.draw(y, 50, seed=1)).any()


def test_percentile_and_bca_against_scipy():
    from scipy.stats import bootstrap

    y, probs = cases("multi-class", n=200, k=3)
    right = (probs.argmax(1) == y).astype(float)
    for method, theirs in (("percentile", "percentile"), ("bca", "BCa")):
        ours = intervals.bootstrap(
            y, probs, "multi-class", "acc", resamples=4000, method=method, stratified=False
        )
        reference = bootstrap((right,), np.mean, n_resamples=4000, method=theirs, rng=1).confidence_interval
        assert ours.low == pytest.approx(reference.low, abs=0.008)
        assert ours.high == pytest.approx(reference.high, abs=0.008)
        assert ours.low < ours.value < ours.high
        assert ours.value == pytest.approx(right.mean())


def test_bca_of_a_skewed_score_moves_down():
    y, probs = cases("binary", n=60, seed=3)
    probs = np.clip(probs + 0.15 * (2 * y - 1)[:, None] * [-1, 1], 0, 1)
    plain = intervals.bootstrap(y, probs, "binary", resamples=2000)
    bca = intervals.bootstrap(y, probs, "binary", resamples=2000, method="bca")
    assert plain.value > 0.9
    assert bca.low < plain.low
    perfect = intervals.bootstrap(y, y.astype(float), "binary", method="bca", resamples=50)
    assert (perfect.low, perfect.high) == (1, 1)


def test_groups_stand_in_for_single_cases_when_there_are_many():
    y, probs = cases("binary", n=1500)
    interval = intervals.bootstrap(y, probs, "binary", method="bca", resamples=300)
    plain = intervals.bootstrap(y, probs, "binary", resamples=300)
    assert interval.low == pytest.approx(plain.low, abs=0.01)


def test_coverage_is_near_what_it_says():
    """Of intervals from 200 fresh test sets, about 90 % hold the true AUC."""
    rng = np.random.default_rng(0)
    truth, hits = 0.7602499, 0  # Phi(1 / sqrt 2): scores N(0, 1) against N(1, 1)
    y = np.repeat([0, 1], 60)
    for trial in range(200):
        scores = 1 / (1 + np.exp(-(rng.normal(size=120) + y)))
        interval = intervals.bootstrap(y, scores, "binary", resamples=300, level=0.9, seed=trial)
        hits += interval.low <= truth <= interval.high
    assert 165 <= hits <= 195


def test_brier():
    y, probs = cases("binary")
    assert metrics.brier(y, probs, "binary") == pytest.approx(brier_score_loss(y, probs[:, 1]))
    y, probs = cases("multi-class")
    assert metrics.brier(y, probs, "multi-class") == pytest.approx(
        ((probs - np.eye(4)[y]) ** 2).sum(1).mean()
    )


def test_errors():
    y, probs = cases("binary")
    with pytest.raises(ChoiceError, match="balanced_acc"):
        intervals.bootstrap(y, probs, "binary", "balanced_accuracy")
    with pytest.raises(ChoiceError, match="bca"):
        intervals.bootstrap(y, probs, "binary", method="BCA")
    with pytest.raises(ScoreError, match="undefined on these 3 cases"):
        intervals.bootstrap([1, 1, 1], [0.1, 0.2, 0.3], "binary")
    with pytest.raises(ScoreError, match="0 <= right <= n"):
        intervals.wilson(5, 4)
    with pytest.raises(ScoreError, match="multi-label tasks have auc"):
        intervals.bootstrap(*cases("multi-label"), "multi-label", "macro_f1")
    with pytest.raises(ScoreError, match="needs a binary task"):
        intervals.bootstrap(*cases("ordinal"), "ordinal", "sensitivity")
    assert str(intervals.Interval(0.8612, 0.83, 0.888)) == "0.861 [0.830, 0.888]"
