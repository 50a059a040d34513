"""How sure a score is: Wilson and bootstrap intervals.

The bootstrap (Efron & Tibshirani 1993) draws cases with replacement and scores each draw again. Here a draw
is a
row of counts, how often each case was drawn, and all draws are scored at once: one sort a column instead of
one a draw. That is why this is own code; scikit-learn on the drawn cases is the tested reference.
"""

from dataclasses import dataclass, field

import numpy as np

from ..errors import ScoreError, choose
from ..measure import confusion, metrics

BLOCK = 2_000_000  # cells of counts worked on at once: a few MB stay in the processor's cache


@dataclass(frozen=True)
class Interval:
    """Hold a score with its interval; prints as `0.861 [0.832, 0.887]`. `draws`: the bootstrap's scores."""

    value: float
    low: float
    high: float
    level: float = 0.95
    method: str = ""
    draws: np.ndarray | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        """Return value and interval with three decimals."""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def wilson(right: float, n: int, level: float = 0.95) -> Interval:
    """Return Wilson's interval for a share, such as an accuracy, from its counts alone (Wilson 1927).

    Args:
        right: how many of the cases were right; a published accuracy x n may be a fraction.
        n: cases.
        level: how often such intervals hold the true share.

    Raises:
        ScoreError: unless 0 <= right <= n and n > 0.

    Example:
        >>> print(wilson(0.863 * 156, 156))
        0.863 [0.800, 0.908]
    """
    from statistics import NormalDist

    if not 0 <= right <= n or n <= 0:
        raise ScoreError(f"Wilson's interval needs 0 <= right <= n and n > 0, found right={right}, n={n}.")
    z, p = NormalDist().inv_cdf((1 + level) / 2), right / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Interval(p, float(low) if right else 0.0, float(high) if right < n else 1.0, level, "Wilson")


def draw(y, resamples: int = 1000, *, seed: int = 0, stratified: bool = True) -> np.ndarray:
    """Draw cases with replacement.

    Args:
        y: labels `(N,)`, or `(N, L)` for multi-label.
        resamples: B.
        seed: fixes the draws; two systems scored on the same draws are compared case by case.
        stratified: keep each class's number of cases. Multi-label cases have no one class: always plain.

    Returns:
        uint16 counts `(B, N)`: how often each case was drawn.
    """
    y = np.asarray(y)
    rng = np.random.default_rng(seed)
    groups = [np.arange(len(y))]
    if stratified and y.ndim == 1:
        groups = [np.flatnonzero(y == one) for one in np.unique(y)]
    counts = np.zeros((resamples, len(y)), np.uint16)
    for group in groups:
        step = max(1, BLOCK // len(group))
        for start in range(0, resamples, step):
            rows = min(step, resamples - start)
            flat = rng.integers(0, len(group), (rows, len(group)), dtype=np.int32)
            flat += np.arange(rows, dtype=np.int32)[:, None] * np.int32(len(group))
            drawn = np.bincount(flat.ravel(), minlength=rows * len(group))
            counts[start : start + rows, group] = drawn.reshape(rows, len(group))
    return counts


def resampled_aucs(y, probs, task: str, counts) -> np.ndarray:
    """Measure each column's AUC on each draw.

    Args:
        y, probs, task: as in `metrics.checked`.
        counts: `(B, N)` from `draw`.

    Returns:
        float64 `(B, K)`, `(B, 1)` for binary: what `metrics.column_aucs` gives on the drawn cases; NaN where
        a draw holds no positive or no negative case.
    """
    y, probs = metrics.checked(y, probs, task)
    positive = metrics.one_vs_rest(y, probs.shape[1], task)
    aucs = np.full((len(counts), probs.shape[1]), np.nan)
    step = max(1, BLOCK // len(y))
    for k in range(probs.shape[1]):
        score = probs[:, k]
        pos, neg = np.flatnonzero(positive[:, k]), np.flatnonzero(~positive[:, k])
        if not len(pos) or not len(neg):
            continue
        neg = neg[np.argsort(score[neg], kind="stable")]
        # How many drawn negatives score below a positive, and how many below or equal: ties count half.
        below = np.searchsorted(score[neg], score[pos], "left")
        upto = np.searchsorted(score[neg], score[pos], "right")
        tied = not np.array_equal(below, upto)
        for start in range(0, len(counts), step):
            block = counts[start : start + step]
            cumulated = np.zeros((len(block), len(neg) + 1), np.int32)
            np.cumsum(block.take(neg, axis=1), axis=1, dtype=np.int32, out=cumulated[:, 1:])
            won = cumulated.take(upto, axis=1).astype(float)
            if tied:
                won = (won + cumulated.take(below, axis=1)) / 2
            weight = block.take(pos, axis=1).astype(float)
            pairs = weight.sum(axis=1) * cumulated[:, -1]
            total = np.einsum("bi,bi->b", won, weight)
            out = aucs[start : start + step, k]
            np.divide(total, pairs, out=out, where=pairs > 0)
    return aucs


def resampled(y, probs, task: str, score: str, counts, threshold: float = 0.5) -> np.ndarray:
    """Measure one score on each draw, `(B,)`; see `SCORES` for their names."""
    choose(score, SCORES, "score")
    y, probs = metrics.checked(y, probs, task)
    if score == "auc":
        return resampled_aucs(y, probs, task, counts).mean(axis=1)
    if score in ("acc", "brier"):
        right = (metrics.decide(probs, task, threshold) == y).astype(float)
        each = metrics.case_briers(y, probs, task) if score == "brier" else right.reshape(len(y), -1).mean(1)
        return counts @ each / counts.sum(axis=1)
    if task == "multi-label":
        raise ScoreError(
            f"The score {score!r} needs one class a case; multi-label tasks have auc, acc, brier."
        )
    decided = metrics.decide(probs, task, threshold)
    m = confusion.matrix(y, decided, max(2, probs.shape[1]), counts)
    if score in ("sensitivity", "specificity") and task != "binary":
        raise ScoreError(f"The score {score!r} needs a binary task, this one is {task}.")
    return SCORES[score](m)


SCORES = {
    "auc": None,
    "acc": confusion.accuracy,
    "brier": None,
    "balanced_acc": confusion.balanced_accuracy,
    "macro_f1": confusion.macro_f1,
    "sensitivity": confusion.sensitivity,
    "specificity": confusion.specificity,
    "kappa": confusion.kappa,
    "mae": confusion.mae,
}


def bootstrap(
    y,
    probs,
    task: str,
    score: str = "auc",
    *,
    resamples: int = 1000,
    level: float = 0.95,
    method: str = "percentile",
    seed: int = 0,
    threshold: float = 0.5,
    stratified: bool = True,
) -> Interval:
    """Return a score with its bootstrap interval: how it would vary over other test sets of this size.

    It says nothing about other training runs, other hospitals, or cases that are not independent.

    Args:
        y, probs, task: as in `metrics.checked`.
        score: one of `SCORES`.
        resamples: draws; 1000 fix an end of the interval to about a tenth of its width.
        level: 0.95 leaves 2.5 % of the draws on either side.
        method: "percentile", or "bca", corrected for bias and skewness (Efron 1987).
        seed: fixes the draws.
        threshold: for decisions of binary and multi-label tasks.
        stratified: keep the number of cases of each class; not for multi-label.

    Raises:
        ChoiceError: on an unknown score or method.
        ScoreError: see `metrics.checked`; also when the score is undefined, as AUC is with one class.
    """
    choose(method, ("percentile", "bca"), "method")
    y, probs = metrics.checked(y, probs, task)
    once = np.ones((1, len(y)), np.uint16)
    value = float(resampled(y, probs, task, score, once, threshold)[0])
    if np.isnan(value):
        raise ScoreError(f"{score} is undefined on these {len(y)} cases: does every class occur among them?")
    counts = draw(y, resamples, seed=seed, stratified=stratified)
    draws = resampled(y, probs, task, score, counts, threshold)
    ends = np.array([(1 - level) / 2, (1 + level) / 2])
    if method == "bca":
        ends = _bca_ends(ends, value, draws, _left_out(y, probs, task, score, threshold))
    low, high = np.nanquantile(draws, ends)
    return Interval(value, float(low), float(high), level, f"bootstrap, {method}", draws)


def _left_out(y, probs, task, score, threshold) -> np.ndarray:
    """Return the score without each case (or, beyond 1,000 cases, without each of 500 groups of cases)."""
    n = len(y)
    groups = np.arange(n) if n <= 1000 else np.arange(n) % 500
    values = []
    for start in range(0, groups.max() + 1, 100):
        some = np.arange(start, min(start + 100, groups.max() + 1))
        counts = (groups[None, :] != some[:, None]).astype(np.uint16)
        values.append(resampled(y, probs, task, score, counts, threshold))
    return np.concatenate(values)


def _bca_ends(ends, value, draws, left_out) -> np.ndarray:
    from scipy.special import ndtr, ndtri

    draws, left_out = draws[~np.isnan(draws)], left_out[~np.isnan(left_out)]
    share = ((draws < value).mean() + (draws <= value).mean()) / 2
    if not 0 < share < 1:
        return ends  # all draws on one side, such as an AUC of exactly 1: nothing to correct by
    bias = ndtri(share)
    spread = left_out.mean() - left_out
    size = (spread**2).sum() ** 1.5
    skew = (spread**3).sum() / (6 * size) if size else 0.0
    z = bias + ndtri(ends)
    return ndtr(bias + z / (1 - skew * z))
