"""Rows of the performance table on scores: bootstrap draws against scikit-learn in a loop."""

import time

import numpy as np

from .bench import row
from .judge import intervals
from .measure import metrics

CASES, FINDINGS = 22_433, 14  # ChestMNIST's test split
DRAWS, LOOPED = 1000, 10


def chest_like(seed: int = 0):
    """Return labels and probabilities of ChestMNIST's size: rare findings, a system of AUC 0.76."""
    rng = np.random.default_rng(seed)
    y = (rng.random((CASES, FINDINGS)) < np.linspace(0.002, 0.18, FINDINGS)).astype(int)
    return y, 1 / (1 + np.exp(-(rng.normal(size=y.shape) + y - 2)))


@row
def bootstrap() -> dict:
    """Measure 1,000 bootstrap AUCs of 22,433 cases x 14 findings, as scikit-learn in a loop does.

    scikit-learn's time is that of 10 draws, times 100: a full loop takes minutes. Ten of our draws are
    checked against the AUCs of the drawn cases within 1e-9.
    """
    from sklearn.metrics import roc_auc_score

    y, probs = chest_like()
    times = []
    for _ in range(2):
        start = time.perf_counter()
        counts = intervals.draw(y, DRAWS)
        ours = intervals.resampled_aucs(y, probs, "multi-label", counts)
        times.append(time.perf_counter() - start)
    start = time.perf_counter()
    rng = np.random.default_rng(0)
    for _ in range(LOOPED):
        i = rng.integers(0, CASES, CASES)
        [roc_auc_score(y[i, k], probs[i, k]) for k in range(FINDINGS)]
    theirs = (time.perf_counter() - start) / LOOPED * DRAWS
    for count, aucs in zip(counts[:LOOPED], ours, strict=False):
        again = np.repeat(y, count, axis=0), np.repeat(probs, count, axis=0)
        if not np.allclose(aucs, metrics.column_aucs(*again, "multi-label"), atol=1e-9, rtol=0):
            raise AssertionError("The bootstrap's AUCs differ from those of the drawn cases.")
    return {
        "name": f"{DRAWS:,} bootstrap AUCs of {CASES:,} x {FINDINGS} against scikit-learn in a loop",
        "ours": round(min(times), 3),
        "peer": round(theirs, 3),
        "unit": "s",
        "ratio": round(theirs / min(times), 2),
        "goal": 20,
    }
