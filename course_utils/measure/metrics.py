"""Scores of a classifier: AUC and ACC as MedMNIST's Evaluator defines them, and what they leave out.

Every function takes `y`, integer labels `(N,)` or, for multi-label, 0/1 findings `(N, L)`, and `probs`, the
probabilities `(N, K)` of the K columns of `card.labels`. A binary task may also give the positive class's
probability alone, `(N,)` or `(N, 1)`.
"""

import numpy as np

from ..errors import ScoreError, choose
from . import confusion

TASKS = ("binary", "multi-class", "multi-label", "ordinal")


def checked(y, probs, task: str) -> tuple[np.ndarray, np.ndarray]:
    """Return labels and probabilities in one layout, or say what can't be scored.

    Args:
        y: integer labels `(N,)` or `(N, 1)`; for multi-label 0/1 `(N, L)`.
        probs: `(N, K)` in [0, 1]; binary also `(N,)` or `(N, 1)`, the positive class alone.
        task: "binary", "multi-class", "multi-label" or "ordinal".

    Returns:
        `y` as int64 `(N,)` or `(N, L)`, and float `probs` `(N, K)`; for binary K is 1, the positive class.

    Raises:
        ScoreError: on a wrong shape, labels that are no classes, NaN, or values outside [0, 1].
        ChoiceError: on an unknown task.
    """
    choose(task, TASKS, "task")
    y, probs = np.asarray(y), np.asarray(probs)
    if probs.dtype.kind not in "fiub" or y.dtype.kind not in "fiub":
        raise ScoreError(f"Labels and probabilities must be numbers, found {y.dtype} and {probs.dtype}.")
    if not len(y):
        raise ScoreError("There is no case to score: the labels are empty.")
    probs = probs if probs.dtype.kind == "f" else probs.astype(float)
    if task == "multi-label":
        if y.ndim != 2 or probs.shape != y.shape:
            raise ScoreError(
                "Multi-label scoring needs labels and probabilities of one shape (N, L), "
                f"found {y.shape} and {probs.shape}."
            )
    else:
        if y.ndim == 2 and y.shape[1] == 1:
            y = y[:, 0]
        if task == "binary" and probs.ndim == 1:
            probs = probs[:, None]
        if y.ndim != 1:
            raise ScoreError(f"A {task} task has one label a case, shape (N,) or (N, 1); found {y.shape}.")
        wide = probs.ndim == 2 and (probs.shape[1] in (1, 2) if task == "binary" else probs.shape[1] >= 2)
        if not wide or len(probs) != len(y):
            columns = "2 (or 1, the positive class)" if task == "binary" else "K, one a class"
            raise ScoreError(
                f"Probabilities must be ({len(y)}, columns) with columns = {columns}, found {probs.shape}."
            )
    n_classes = 2 if task in ("binary", "multi-label") else probs.shape[1]
    if not np.all((y >= 0) & (y < n_classes) & (y == np.floor(y))):
        raise ScoreError(
            f"Labels must be whole numbers 0..{n_classes - 1}, found {np.min(y)}..{np.max(y)}: "
            "do labels and probabilities belong to the same dataset?"
        )
    if not np.isfinite(probs).all():
        bad = int((~np.isfinite(probs)).sum())
        raise ScoreError(
            f"{bad} of {probs.size} probabilities are NaN or infinite: look at the training loss."
        )
    if probs.min() < -1e-6 or probs.max() > 1 + 1e-6:
        raise ScoreError(
            f"Probabilities must lie in [0, 1], found {probs.min():.3g}..{probs.max():.3g}: "
            "these look like logits, so apply softmax (one label) or sigmoid (multi-label) first."
        )
    return y.astype(np.int64), probs[:, -1:] if task == "binary" else probs


def one_vs_rest(y, columns: int, task: str) -> np.ndarray:
    """Return bool `(N, columns)`: is this case positive for this column of the probabilities?"""
    if task == "multi-label":
        return y == 1
    return (y == 1)[:, None] if task == "binary" else y[:, None] == np.arange(columns)


def column_aucs(y, probs, task: str) -> np.ndarray:
    """Measure the AUC of each column on its own: each class against the rest, or each finding.

    The AUC is the share of (positive, negative) pairs that the score puts in the right order, ties counting
    half (Mann-Whitney U; Hanley & McNeil 1982). Own code because ranks give all columns in one sort: about
    20 times faster than scikit-learn's ROC curve per column, which stays the tested reference.

    Returns:
        float64 `(K,)`, or `(1,)` for binary; NaN where a column has no positive or no negative case, since
        then there is no pair to order.

    Raises:
        ScoreError: see `checked`.

    Example:
        >>> column_aucs([0, 0, 1, 1], [.1, .4, .35, .8], "binary")
        array([0.75])
    """
    y, probs = checked(y, probs, task)
    positive = one_vs_rest(y, probs.shape[1], task)
    order = np.argsort(probs, axis=0)
    positive = np.take_along_axis(positive, order, axis=0)
    score = np.take_along_axis(probs, order, axis=0)
    # A run of equal scores shares the mean rank: (first index + last index) / 2, counted from 0.
    index = np.arange(len(y))[:, None]
    new = np.ones(score.shape, bool)
    new[1:] = score[1:] != score[:-1]
    first = np.maximum.accumulate(np.where(new, index, 0), axis=0)
    end = np.ones(score.shape, bool)
    end[:-1] = new[1:]
    last = np.minimum.accumulate(np.where(end, index, len(y))[::-1], axis=0)[::-1]
    n_pos = positive.sum(axis=0).astype(float)
    n_neg = len(y) - n_pos
    twice_rank_sum = np.where(positive, first + last, 0).sum(axis=0)
    u = twice_rank_sum / 2 - n_pos * (n_pos - 1) / 2
    pairs = n_pos * n_neg
    return np.divide(u, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)


def auc(y, probs, task: str, *, absent: str = "nan") -> float:
    """Measure the AUC as MedMNIST's Evaluator does: the plain mean over columns (binary: the positive class).

    Args:
        y, probs, task: see `checked`. Ordinal labels count as plain classes, as in MedMNIST.
        absent: what to do with a class or finding that no case (or every case) has: "nan" makes the whole
            AUC NaN, as scikit-learn does; "skip" averages the columns that can be measured (NaN if none can).

    Returns:
        AUC in [0, 1]; 0.5 is chance.

    Raises:
        ScoreError: see `checked`.

    Example:
        >>> auc([0, 1, 2], [[.8, .1, .1], [.2, .5, .3], [.1, .6, .3]], "multi-class")
        0.75
    """
    choose(absent, ("nan", "skip"), "absent")
    aucs = column_aucs(y, probs, task)
    if absent == "skip":
        aucs = aucs[~np.isnan(aucs)]
    return float(aucs.mean()) if len(aucs) else float("nan")


def decide(probs, task: str, threshold: float = 0.5) -> np.ndarray:
    """Turn probabilities into decisions as MedMNIST does.

    Args:
        probs: `(N, K)`; binary also `(N,)` or `(N, 1)`.
        task: the task; multi-class and ordinal take the likeliest class, the lowest on ties.
        threshold: binary and multi-label say yes strictly above it.

    Returns:
        int64 `(N,)`, or `(N, L)` for multi-label.
    """
    choose(task, TASKS, "task")
    probs = np.asarray(probs)
    if task == "binary":
        probs = probs if probs.ndim == 1 else probs[:, -1]
    return (probs > threshold).astype(np.int64) if task in ("binary", "multi-label") else probs.argmax(axis=1)


def acc(y, probs, task: str, threshold: float = 0.5) -> float:
    """Measure the accuracy as MedMNIST's Evaluator does.

    Args:
        y, probs, task: see `checked`.
        threshold: for binary and multi-label; the official value is 0.5.

    Returns:
        Share of right decisions in [0, 1]; multi-label counts every case x finding cell.

    Raises:
        ScoreError: see `checked`.

    Example:
        >>> acc([0, 1, 1], [[.9, .1], [.5, .5], [.2, .8]], "binary")
        0.6666666666666666
    """
    y, probs = checked(y, probs, task)
    return float((decide(probs, task, threshold) == y).mean())


def evaluate(y, probs, task: str) -> dict[str, float]:
    """Measure AUC and ACC, equal to `medmnist.Evaluator` within rounding.

    Returns:
        {"auc": in [0, 1] or NaN when a class is absent, "acc": in [0, 1]}.

    Raises:
        ScoreError: see `checked`.
    """
    return {"auc": auc(y, probs, task), "acc": acc(y, probs, task)}


def brier(y, probs, task: str) -> float:
    """Measure the Brier score: the mean squared distance of probabilities from what happened (Brier 1950).

    Returns:
        0 is perfect. Binary and multi-label: (p - y)^2 per cell, 0.25 for always saying 0.5. Multi-class and
        ordinal: summed over the classes of a case, as in Brier's paper, at most 2.

    Raises:
        ScoreError: see `checked`.
    """
    return float(case_briers(y, probs, task).mean())


def case_briers(y, probs, task: str) -> np.ndarray:
    """Return each case's Brier score, `(N,)`; for multi-label its mean over findings."""
    y, probs = checked(y, probs, task)
    squared = (probs - one_vs_rest(y, probs.shape[1], task)) ** 2
    return squared.mean(axis=1) if task == "multi-label" else squared.sum(axis=1)


def summary(y, probs, task: str, threshold: float = 0.5) -> dict[str, float]:
    """Measure everything this course reports for a task, AUC and ACC first.

    Args:
        y, probs, task: see `checked`.
        threshold: for binary and multi-label decisions; choose it on validation, never on test.

    Returns:
        auc, acc, brier; all but multi-label: balanced_acc, macro_f1; binary: sensitivity and specificity of
        class 1; ordinal: kappa (quadratic weighted) and mae (in grades).

    Raises:
        ScoreError: see `checked`.
    """
    y, probs = checked(y, probs, task)
    scores = {
        "auc": auc(y, probs, task),
        "acc": acc(y, probs, task, threshold),
        "brier": brier(y, probs, task),
    }
    if task == "multi-label":
        return scores
    m = confusion.matrix(y, decide(probs, task, threshold), max(2, probs.shape[1]))
    scores |= {"balanced_acc": confusion.balanced_accuracy(m), "macro_f1": confusion.macro_f1(m)}
    if task == "binary":
        scores |= {"sensitivity": confusion.sensitivity(m), "specificity": confusion.specificity(m)}
    if task == "ordinal":
        scores |= {"kappa": confusion.kappa(m), "mae": confusion.mae(m)}
    return {name: float(value) for name, value in scores.items()}


def by_column(y, probs, task: str, labels=None, threshold: float = 0.5) -> list[dict]:
    """Measure each class, or each finding of a multi-label task, on its own.

    Args:
        y, probs, task: see `checked`.
        labels: names of the columns, such as `card.labels`; default their numbers.
        threshold: for binary and multi-label decisions.

    Returns:
        One dict a column: label, n (its cases), auc, recall, precision; NaN where there is nothing to divide
        by.
    """
    y, probs = checked(y, probs, task)
    aucs, decided = column_aucs(y, probs, task), decide(probs, task, threshold)
    if task == "multi-label":
        ms = [confusion.matrix(y[:, i], decided[:, i], 2) for i in range(y.shape[1])]
        columns = [(m[1].sum(), confusion.recalls(m)[1], confusion.precisions(m)[1]) for m in ms]
    else:
        m = confusion.matrix(y, decided, max(2, probs.shape[1]))
        columns = list(zip(m.sum(axis=1), confusion.recalls(m), confusion.precisions(m), strict=True))
        aucs = np.repeat(aucs, 2) if task == "binary" else aucs  # the same pairs, counted from either side
    labels = labels or range(len(columns))
    return [
        {"label": label, "n": int(n), "auc": float(a), "recall": float(r), "precision": float(p)}
        for label, a, (n, r, p) in zip(labels, aucs, columns, strict=True)
    ]


def constant_guess(y_train, y_test, task: str) -> dict[str, float]:
    """Score the dullest system: whatever the image, answer what is most frequent in training.

    Args:
        y_train, y_test: integer labels `(N,)` or `(N, 1)`; multi-label 0/1 `(N, L)`, one guess a finding.
        task: the task.

    Returns:
        {"auc": 0.5, since one score for all orders nothing, "acc": the share it gets right on `y_test`}.

    Example:
        >>> constant_guess([1, 1, 0], [1, 0, 1, 1], "binary")
        {'auc': 0.5, 'acc': 0.75}
    """
    choose(task, TASKS, "task")
    y_train, y_test = np.asarray(y_train), np.asarray(y_test)
    if not y_train.size or not y_test.size:
        raise ScoreError("A constant guess needs at least one training and one test label.")
    if task == "multi-label":
        guess = (y_train.mean(axis=0) > 0.5).astype(int)
    else:
        y_train, y_test = y_train.reshape(-1), y_test.reshape(-1)
        guess = np.bincount(y_train.astype(int)).argmax()
    return {"auc": 0.5, "acc": float((y_test == guess).mean())}
