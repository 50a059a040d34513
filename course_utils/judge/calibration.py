"""From probabilities to decisions one can defend: thresholds, calibration, temperature.

Everything that is chosen here is chosen on validation cases. Choosing it on test cases reports luck as skill.
"""

from dataclasses import dataclass

import numpy as np

from ..errors import ScoreError, choose
from ..measure import metrics


def pick_threshold(y, probs, rule: str = "youden", *, at_least: float = 0.95) -> float:
    """Choose the threshold of a binary decision from labelled cases: give it validation, never test.

    Args:
        y: 0/1 labels `(N,)`.
        probs: probability of class 1: `(N,)`, `(N, 1)` or `(N, 2)`.
        rule: "youden" makes sensitivity + specificity largest (Youden 1950); "accuracy" the accuracy;
            "sensitivity" and "specificity" reach `at_least` with as much of the other as possible.
        at_least: for the last two rules.

    Returns:
        A threshold halfway between two scores; say yes strictly above it. Among equals the one nearest 0.5.

    Raises:
        ScoreError: see `metrics.checked`; also when a class is missing.
        ChoiceError: on an unknown rule.

    Example:
        >>> pick_threshold([0, 0, 1, 1], [0.1, 0.4, 0.6, 0.9])
        0.5
    """
    choose(rule, ("youden", "accuracy", "sensitivity", "specificity"), "rule")
    thresholds, sensitivity, specificity = operating_points(y, probs)
    share = np.mean(np.asarray(y))
    gain = {
        "youden": sensitivity + specificity,
        "accuracy": share * sensitivity + (1 - share) * specificity,
        "sensitivity": np.where(sensitivity >= at_least, specificity, -1.0),
        "specificity": np.where(specificity >= at_least, sensitivity, -1.0),
    }[rule]
    best = np.flatnonzero(gain >= gain.max() - 1e-12)
    return float(thresholds[best[np.argmin(abs(thresholds[best] - 0.5))]])


def operating_points(y, probs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return every threshold that changes a decision, with its sensitivity and specificity.

    Returns:
        Three float arrays `(T,)`, thresholds ascending from "all yes" to "all no". Drawn as sensitivity over
        1 - specificity they are the ROC curve.

    Raises:
        ScoreError: see `metrics.checked`; also when a class is missing.
    """
    y, probs = metrics.checked(y, probs, "binary")
    n_pos = int(y.sum())
    if not 0 < n_pos < len(y):
        raise ScoreError(f"A threshold needs cases of both classes, found {n_pos} of class 1 among {len(y)}.")
    score = probs[:, 0].astype(float)
    values, place = np.unique(score, return_inverse=True)
    pos = np.bincount(place, weights=y, minlength=len(values))
    neg = np.bincount(place, weights=1 - y, minlength=len(values))
    sensitivity = np.append(n_pos, n_pos - np.cumsum(pos)) / n_pos
    specificity = np.append(0, np.cumsum(neg)) / (len(y) - n_pos)
    # Ends just outside the scores, and inside [0, 1] where that is possible.
    inner = (values[1:] + values[:-1]) / 2
    thresholds = np.concatenate([[np.nextafter(values[0], -1)], inner, [values[-1]]])
    return thresholds, sensitivity, specificity


@dataclass(frozen=True)
class Reliability:
    """Hold a reliability table: per bin the mean predicted probability, the observed share, and the cases.

    `ece` is the expected calibration error, the mean distance of the two, weighted by cases (Naeini 2015;
    Guo 2017): 0 for a system whose "80 %" comes true in 80 % of cases.
    """

    predicted: np.ndarray
    observed: np.ndarray
    n: np.ndarray
    ece: float
    what: str


def reliability(y, probs, task: str, bins: int = 10) -> Reliability:
    """Compare how sure a system says it is with how often it is right.

    Binary and multi-label: the probability of "yes" against how often it was yes. Multi-class and ordinal:
    the probability of the decided class against how often that was right.

    Args:
        y, probs, task: as in `metrics.checked`.
        bins: how many equally wide bins of probability; empty ones are left out.

    Returns:
        Arrays `(B,)` with B <= bins.
    """
    y, probs = metrics.checked(y, probs, task)
    if task in ("binary", "multi-label"):
        predicted, came_true = probs.ravel(), metrics.one_vs_rest(y, probs.shape[1], task).ravel()
        what = "probability of class 1" if task == "binary" else "probability of a finding"
    else:
        predicted, came_true = probs.max(axis=1), metrics.decide(probs, task) == y
        what = "probability of the decided class"
    place = np.minimum((predicted.astype(float) * bins).astype(int), bins - 1).clip(0)
    n = np.bincount(place, minlength=bins)
    used = n > 0
    mean = np.bincount(place, weights=predicted, minlength=bins)[used] / n[used]
    share = np.bincount(place, weights=came_true, minlength=bins)[used] / n[used]
    ece = float((n[used] * abs(mean - share)).sum() / n.sum())
    return Reliability(mean, share, n[used], ece, what)


def ece(y, probs, task: str, bins: int = 10) -> float:
    """Measure the expected calibration error, in [0, 1]; see `Reliability`."""
    return reliability(y, probs, task, bins).ece


def fit_temperature(y, probs, task: str) -> float:
    """Find the temperature that fits labelled cases best: give it validation, never test.

    Dividing the logits by T > 1 makes an over-confident network modest, T < 1 a timid one bold; which class
    is likeliest never changes (Guo et al., ICML 2017). Logits are recovered from the probabilities.

    Returns:
        T in [0.05, 20], the one with the lowest log loss.

    Raises:
        ScoreError: see `metrics.checked`.
    """
    from scipy.optimize import minimize_scalar

    y, probs = metrics.checked(y, probs, task)
    hit = metrics.one_vs_rest(y, probs.shape[1], task)

    def loss(log_t: float) -> float:
        p = np.clip(_heated(probs, float(np.exp(log_t)), task), 1e-12, 1)
        if task in ("binary", "multi-label"):
            return -float(np.where(hit, np.log(p), np.log(np.clip(1 - p, 1e-12, 1))).mean())
        return -float(np.log(p[hit]).mean())

    found = minimize_scalar(
        loss, bounds=(np.log(0.05), np.log(20)), method="bounded", options={"xatol": 1e-4}
    )
    return float(np.exp(found.x))


def apply_temperature(probs, temperature: float, task: str) -> np.ndarray:
    """Return the probabilities at a temperature, in the shape they came; 1 changes nothing.

    Args:
        probs: `(N, K)`; binary also `(N,)`, `(N, 1)`.
        temperature: above 0.
        task: the task.
    """
    choose(task, metrics.TASKS, "task")
    if not temperature > 0:
        raise ScoreError(f"A temperature must be above 0, found {temperature}.")
    probs = np.asarray(probs, float)
    if task == "binary" and probs.ndim == 2 and probs.shape[1] == 2:
        yes = _heated(probs[:, 1:], temperature, task)
        return np.concatenate([1 - yes, yes], axis=1)
    return _heated(probs, temperature, task)


def _heated(probs: np.ndarray, temperature: float, task: str) -> np.ndarray:
    p = np.clip(probs.astype(float), 1e-12, 1 - 1e-12)
    if task in ("binary", "multi-label"):
        return 1 / (1 + np.exp(-(np.log(p) - np.log1p(-p)) / temperature))
    logits = np.log(p) / temperature
    heated = np.exp(logits - logits.max(axis=1, keepdims=True))
    return heated / heated.sum(axis=1, keepdims=True)
