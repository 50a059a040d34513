"""The confusion matrix, and every score that is read off it.

A matrix is `(K, K)`: rows are the truth, columns the decision. All scores take `(..., K, K)` too, a matrix
per bootstrap resample, and answer with an array of the leading shape. Own code because scikit-learn takes one
resample at a time; it is the tested reference.
"""

import numpy as np

from ..errors import ScoreError


def matrix(y, decided, classes: int, counts=None) -> np.ndarray:
    """Count which class was decided for which.

    Args:
        y: true classes, integers `(N,)` in 0..classes-1.
        decided: decided classes, `(N,)`.
        classes: K.
        counts: how often each case counts, `(N,)` or `(B, N)` for B resamples; None counts each once.

    Returns:
        `(K, K)`, or `(B, K, K)`: rows the truth, columns the decision.

    Raises:
        ScoreError: when the shapes differ or a label is out of range.

    Example:
        >>> matrix([0, 0, 1], [0, 1, 1], 2).tolist()
        [[1, 1], [0, 1]]
    """
    y, decided = np.asarray(y), np.asarray(decided)
    if y.shape != decided.shape or y.ndim != 1:
        raise ScoreError(f"A confusion matrix needs two arrays (N,), found {y.shape} and {decided.shape}.")
    cell = y * classes + decided
    if len(y) and not (min(y.min(), decided.min()) >= 0 and max(y.max(), decided.max()) < classes):
        raise ScoreError(f"Classes must lie in 0..{classes - 1}: do labels and decisions belong together?")
    if counts is None:
        return np.bincount(cell, minlength=classes**2).reshape(classes, classes)
    counts = np.asarray(counts)
    sums = np.zeros((*counts.shape[:-1], classes**2))
    for one in np.unique(cell):
        sums[..., one] = counts[..., cell == one].sum(axis=-1)
    return sums.reshape(*counts.shape[:-1], classes, classes)


def _ratio(part, whole) -> np.ndarray:
    part, whole = np.broadcast_arrays(np.asarray(part, float), whole)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)


def accuracy(m) -> np.ndarray:
    """Return the share of right decisions."""
    return _ratio(np.trace(m, axis1=-2, axis2=-1), np.sum(m, axis=(-2, -1)))[()]


def recalls(m) -> np.ndarray:
    """Return each class's recall `(..., K)`, the share of its cases that was found; NaN if it has none."""
    m = np.asarray(m)
    return _ratio(np.diagonal(m, axis1=-2, axis2=-1), m.sum(axis=-1))


def precisions(m) -> np.ndarray:
    """Return each class's precision `(..., K)`, how often deciding for it is right; NaN if never decided."""
    m = np.asarray(m)
    return _ratio(np.diagonal(m, axis1=-2, axis2=-1), m.sum(axis=-2))


def balanced_accuracy(m) -> np.ndarray:
    """Return the mean recall of the classes that occur: 1/K for a constant guess, however skewed they are."""
    recall = recalls(m)
    return _ratio(np.nansum(recall, axis=-1), (~np.isnan(recall)).sum(axis=-1))[()]


def macro_f1(m) -> np.ndarray:
    """Return the mean F1 (2 x hits / (cases + decisions)) over the classes that occur or were decided."""
    m = np.asarray(m)
    f1 = _ratio(2 * np.diagonal(m, axis1=-2, axis2=-1), m.sum(axis=-1) + m.sum(axis=-2))
    return _ratio(np.nansum(f1, axis=-1), (~np.isnan(f1)).sum(axis=-1))[()]


def kappa(m) -> np.ndarray:
    """Return the quadratic weighted kappa for ordered classes (Cohen 1968): 1 is perfect, 0 is chance.

    A decision two grades off costs four times one grade off. NaN when truth and decision are one single
    class.
    """
    m = np.asarray(m, float)
    k = m.shape[-1]
    cost = (np.arange(k)[:, None] - np.arange(k)) ** 2
    chance = m.sum(axis=-1)[..., :, None] * m.sum(axis=-2)[..., None, :]
    n = m.sum(axis=(-2, -1))
    return (1 - _ratio((m * cost).sum(axis=(-2, -1)) * n, (chance * cost).sum(axis=(-2, -1))))[()]


def mae(m) -> np.ndarray:
    """Return the mean absolute error in grades, for ordered classes: 0 is perfect."""
    m = np.asarray(m)
    k = m.shape[-1]
    off = np.abs(np.arange(k)[:, None] - np.arange(k))
    return _ratio((m * off).sum(axis=(-2, -1)), m.sum(axis=(-2, -1)))[()]


def sensitivity(m) -> np.ndarray:
    """Return the recall of class 1 of a 2 x 2 matrix: the share of positives that was found."""
    return recalls(m)[..., 1]


def specificity(m) -> np.ndarray:
    """Return the recall of class 0 of a 2 x 2 matrix: the share of negatives that was left in peace."""
    return recalls(m)[..., 0]
