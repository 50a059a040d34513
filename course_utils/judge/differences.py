"""Is one system really better than another? Paired bootstrap, DeLong's test for AUC, McNemar's for accuracy.

All three compare two systems on the same cases. None of them knows about other training seeds: run several.
"""

from dataclasses import dataclass, field

import numpy as np

from ..errors import ScoreError
from ..measure import metrics
from . import intervals


@dataclass(frozen=True)
class Difference:
    """Hold by how much system A beats system B on the same cases, with its interval and p-value."""

    value: float
    low: float
    high: float
    p: float
    method: str
    level: float = 0.95
    draws: np.ndarray | None = field(default=None, repr=False, compare=False)

    @property
    def real(self) -> bool:
        """Say whether the interval leaves out zero."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        """Return the difference, its interval and p-value."""
        p = "p < 0.001" if self.p < 0.001 else f"p = {self.p:.3f}"
        return f"{self.value:+.3f} [{self.low:+.3f}, {self.high:+.3f}], {p}"


def compare(
    y,
    probs_a,
    probs_b,
    task: str,
    score: str = "auc",
    *,
    resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
    thresholds: tuple[float, float] = (0.5, 0.5),
) -> Difference:
    """Return score(A) - score(B) on the same cases, with its paired bootstrap interval.

    Both systems are scored on the same draws, so that a hard draw is hard for both: the interval is narrower
    than two separate ones suggest.

    Returns:
        `p` is two-sided: twice the share of draws on the other side of zero, at least 2 / (B + 1).

    Raises:
        ScoreError: see `metrics.checked`.
    """
    y = metrics.checked(y, probs_a, task)[0]
    once = np.ones((1, len(y)), np.uint16)
    counts = np.concatenate([once, intervals.draw(y, resamples, seed=seed)])
    pairs = zip((probs_a, probs_b), thresholds, strict=True)
    a, b = (intervals.resampled(y, probs, task, score, counts, threshold) for probs, threshold in pairs)
    value, draws = float(a[0] - b[0]), a[1:] - b[1:]
    low, high = np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2])
    other_side = min((draws <= 0).sum(), (draws >= 0).sum())
    p = min(1.0, 2 * (other_side + 1) / (resamples + 1))
    return Difference(value, float(low), float(high), p, f"paired bootstrap of {score}", level, draws)


def delong(y, probs_a, probs_b, *, level: float = 0.95) -> Difference:
    """Return AUC(A) - AUC(B) of two binary systems on the same cases, by DeLong's test.

    DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988), with the mid-ranks of Sun & Xu, IEEE Signal
    Processing Letters 21 (2014). No resampling: quick and exact to repeat, but for the AUC of two classes
    only.

    Args:
        y: 0/1 labels `(N,)`.
        probs_a, probs_b: probabilities of the positive class, `(N,)`, `(N, 1)` or `(N, 2)`.
        level: of the interval.

    Raises:
        ScoreError: see `metrics.checked`; also with fewer than two cases of a class.
    """
    from scipy.stats import norm, rankdata

    y, a = metrics.checked(y, probs_a, "binary")
    b = metrics.checked(y, probs_b, "binary")[1]
    m, n = int((y == 1).sum()), int((y == 0).sum())
    if min(m, n) < 2:
        raise ScoreError(
            f"DeLong's test needs two cases of each class, found {n} of class 0 and {m} of class 1."
        )
    scores = np.concatenate([a, b], axis=1).T.astype(float)
    # A case's placement: the share of the other class that it outranks.
    among_all = rankdata(scores, axis=1)
    pos = (among_all[:, y == 1] - rankdata(scores[:, y == 1], axis=1)) / n
    neg = 1 - (among_all[:, y == 0] - rankdata(scores[:, y == 0], axis=1)) / m
    covariance = np.cov(pos) / m + np.cov(neg) / n
    aucs = pos.mean(axis=1)
    value = float(aucs[0] - aucs[1])
    sd = float(np.sqrt(max(0.0, covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])))
    half = norm.ppf((1 + level) / 2) * sd
    p = float(2 * norm.sf(abs(value) / sd)) if sd else float(value == 0)
    return Difference(value, value - half, value + half, p, "DeLong", level)


def mcnemar(right_a, right_b, *, level: float = 0.95) -> Difference:
    """Return accuracy(A) - accuracy(B) on the same cases, by McNemar's exact test.

    Only cases that one system got right and the other wrong tell them apart (McNemar 1947); under "no
    difference" each such case is a coin toss, so that the p-value is the binomial's.

    Args:
        right_a, right_b: bool `(N,)`: was the decision right?
        level: of the interval, which is Wald's for paired shares.

    Raises:
        ScoreError: when the shapes differ.
    """
    from scipy.stats import binomtest, norm

    a, b = np.asarray(right_a, bool), np.asarray(right_b, bool)
    if a.shape != b.shape or a.ndim != 1 or not len(a):
        raise ScoreError(
            f"McNemar's test needs two arrays (N,) of right or wrong, found {a.shape}, {b.shape}."
        )
    only_a, only_b, n = int((a & ~b).sum()), int((b & ~a).sum()), len(a)
    p = binomtest(only_a, only_a + only_b).pvalue if only_a + only_b else 1.0
    value = (only_a - only_b) / n
    sd = np.sqrt(max(0.0, (only_a + only_b) / n - value**2) / n)
    half = float(norm.ppf((1 + level) / 2) * sd)
    return Difference(value, value - half, value + half, float(p), "McNemar, exact", level)


def unpaired(a: intervals.Interval, b: intervals.Interval) -> Difference:
    """Return the difference of two shares of which only the Wilson intervals are known, such as
    published accuracies.

    Newcombe's hybrid score interval, Statistics in Medicine 17 (1998), method 10. It takes the two as
    measured on
    different cases; for two systems on the same cases it is too wide, so that "real" is said too rarely.

    Args:
        a, b: from `intervals.wilson`, at one level.
    """
    from statistics import NormalDist

    value = a.value - b.value
    low = value - float(np.hypot(a.value - a.low, b.high - b.value))
    high = value + float(np.hypot(a.high - a.value, b.value - b.low))
    z = NormalDist().inv_cdf((1 + a.level) / 2)
    half = (value - low) if value > 0 else (high - value)
    p = 2 * NormalDist().cdf(-abs(value) * z / half) if half else 1.0
    return Difference(value, low, high, p, "two independent shares (Newcombe)", a.level)
