"""A dull system that every network should beat: logistic regression on pixels."""

import warnings

import numpy as np

from ..data import Dataset, Split

LIMIT = 5000  # training images: more change the score little and cost minutes
SIDE = {2: 28, 3: 14}  # pixels or voxels an edge, by number of dimensions


def pixels(split: Split) -> np.ndarray:
    """Return each image as a list of numbers in [0, 1], float32 `(N, D)`; large ones as means of blocks."""
    x = split.images
    ndim, edge = split.card.ndim, split.images.shape[1]
    block = max(1, edge // SIDE[ndim])
    if block > 1:
        side = edge // block
        for axis in range(1, ndim + 1):
            shape = (*x.shape[:axis], side, block, *x.shape[axis + 1 :])
            x = x.take(np.arange(side * block), axis=axis).reshape(shape).mean(axis + 1, dtype=np.float32)
    return (x.reshape(len(x), -1) / np.float32(255)).astype(np.float32)


def logistic(data: Dataset, split: str = "test", *, strength: float = 0.01, seed: int = 0) -> np.ndarray:
    """Train a logistic regression on pixels and return its probabilities.

    Args:
        data: the dataset; only its training split is learnt from, at most `LIMIT` images of it.
        split: what to predict.
        strength: scikit-learn's C; small keeps the weights small.
        seed: fixes which training images are drawn where there are more.

    Returns:
        `(N, K)`, as `train.predict`: one column a class, or a finding.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    n, k = len(data.train), data.card.n_outputs
    some = np.random.default_rng(seed).permutation(n)[:LIMIT]
    x, y, target = pixels(data.train)[some], data.train.y[some], pixels(data[split])

    def fitted(labels):
        with warnings.catch_warnings():  # 200 steps are enough for a bar, converged or not
            warnings.simplefilter("ignore", ConvergenceWarning)
            return LogisticRegression(C=strength, max_iter=200).fit(x, labels)

    probs = np.zeros((len(target), k))
    if data.card.task != "multi-label":
        model = fitted(y) if len(np.unique(y)) > 1 else None
        if model is None:
            probs[:, int(y[0])] = 1
        else:
            probs[:, model.classes_] = model.predict_proba(target)
        return probs
    for i in range(k):
        seen = np.unique(y[:, i])
        probs[:, i] = fitted(y[:, i]).predict_proba(target)[:, 1] if len(seen) > 1 else float(seen[0])
    return probs
