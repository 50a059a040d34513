"""Differences of two systems: against hand values, and false alarms where there is no difference."""

import numpy as np
import pytest
from scipy.stats import binomtest

from course_utils import differences, metrics
from course_utils.errors import ScoreError


def two_systems(seed, gain_a=1.0, gain_b=1.0, n=200, shared=0.8):
    """Return labels and two correlated scores: `shared` of the noise is common to both."""
    rng = np.random.default_rng(seed)
    y = np.repeat([0, 1], n // 2)
    common = rng.normal(size=n) * shared**0.5
    noise = rng.normal(size=(2, n)) * (1 - shared) ** 0.5
    scores = np.array([gain_a, gain_b])[:, None] * y + common + noise
    return y, *(1 / (1 + np.exp(-scores)))


def test_delong_by_placements():
    """The textbook sums over all pairs give the same variance as the mid-ranks."""
    y, a, b = two_systems(1, 1.0, 0.6, n=40)
    a, b = np.round(a, 1), np.round(b, 1)  # ties

    def placements(s):
        pairs = (s[y == 1][:, None] > s[y == 0]) + 0.5 * (s[y == 1][:, None] == s[y == 0])
        return pairs.mean(1), pairs.mean(0)

    (va, wa), (vb, wb) = placements(a), placements(b)
    sd = np.sqrt(np.var(va - vb, ddof=1) / 20 + np.var(wa - wb, ddof=1) / 20)
    result = differences.delong(y, a, b)
    assert result.value == pytest.approx(metrics.auc(y, a, "binary") - metrics.auc(y, b, "binary"), abs=1e-12)
    assert result.high - result.value == pytest.approx(1.959964 * sd, rel=1e-6)


def test_bootstrap_agrees_with_delong():
    y, a, b = two_systems(2, 1.2, 0.7)
    exact, drawn = differences.delong(y, a, b), differences.compare(y, a, b, "binary", resamples=3000)
    assert drawn.value == pytest.approx(exact.value, abs=1e-12)
    assert drawn.low == pytest.approx(exact.low, abs=0.01)
    assert drawn.high == pytest.approx(exact.high, abs=0.01)
    assert exact.real == drawn.real == (exact.p < 0.05)


def test_pairing_narrows():
    y, a, b = two_systems(3)
    paired = differences.compare(y, a, b, "binary")
    apart = differences.compare(y, a, two_systems(4)[2], "binary")
    assert paired.high - paired.low < 0.7 * (apart.high - apart.low)


@pytest.mark.parametrize("test", [differences.delong, lambda y, a, b: differences.compare(y, a, b, "binary")])
def test_few_false_alarms(test):
    alarms = sum(test(*two_systems(seed, n=100)).p < 0.05 for seed in range(100))
    assert alarms <= 13


def test_mcnemar():
    a = np.array([1] * 40 + [1] * 12 + [0] * 4 + [0] * 4, bool)
    b = np.array([1] * 40 + [0] * 12 + [1] * 4 + [0] * 4, bool)
    result = differences.mcnemar(a, b)
    assert result.value == pytest.approx(8 / 60)
    assert result.p == pytest.approx(binomtest(12, 16).pvalue)
    assert differences.mcnemar(a, a) == differences.Difference(0, 0, 0, 1.0, "McNemar, exact")
    assert str(result).startswith("+0.133 [")


def test_same_system_never_differs():
    y, a, _ = two_systems(5)
    for result in (differences.compare(y, a, a, "binary"), differences.delong(y, a, a)):
        assert (result.value, result.low, result.high, result.p) == (0, 0, 0, 1)
        assert not result.real


def test_other_scores_and_errors():
    y, a, b = two_systems(6, 2.0, 0.2)
    gain = differences.compare(y, a, b, "binary", "balanced_acc", thresholds=(0.7, 0.5))
    assert gain.real
    with pytest.raises(ScoreError, match="two cases of each class"):
        differences.delong([0, 1, 1], [0.1, 0.2, 0.3], [0.1, 0.2, 0.3])
    with pytest.raises(ScoreError, match="two arrays"):
        differences.mcnemar([True], [True, False])
