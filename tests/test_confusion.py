"""The confusion matrix and its scores against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from course_utils import confusion
from course_utils.errors import ScoreError

REFERENCES = {
    confusion.accuracy: sk.accuracy_score,
    confusion.balanced_accuracy: sk.balanced_accuracy_score,
    confusion.macro_f1: lambda y, d: sk.f1_score(y, d, average="macro"),
    confusion.mae: sk.mean_absolute_error,
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=40, deadline=None)
@given(k=st.integers(2, 6), n=st.integers(8, 60), seed=st.integers(0, 9999))
def test_scores_are_scikit_learns(k, n, seed):
    rng = np.random.default_rng(seed)
    y, decided = rng.integers(0, k, n), rng.integers(0, k, n)
    y[:2] = 0, k - 1
    m = confusion.matrix(y, decided, k)
    np.testing.assert_array_equal(m, sk.confusion_matrix(y, decided, labels=range(k)))
    for ours, theirs in REFERENCES.items():
        assert ours(m) == pytest.approx(theirs(y, decided), abs=1e-12)
    kappa = sk.cohen_kappa_score(y, decided, labels=range(k), weights="quadratic")
    assert confusion.kappa(m) == pytest.approx(kappa, abs=1e-12)
    counts = rng.integers(0, 4, (3, n))
    counts[:, :2] = 1
    for i, one in enumerate(confusion.matrix(y, decided, k, counts)):
        again = np.repeat(y, counts[i]), np.repeat(decided, counts[i])
        np.testing.assert_array_equal(one, sk.confusion_matrix(*again, labels=range(k)))
    stack = confusion.matrix(y, decided, k, counts)
    for ours in (*REFERENCES, confusion.kappa):
        np.testing.assert_allclose(ours(stack), [ours(one) for one in stack], atol=1e-12)


def test_by_hand():
    m = np.array([[8, 2], [1, 9]])
    assert confusion.sensitivity(m) == 0.9
    assert confusion.specificity(m) == 0.8
    assert confusion.precisions(m).tolist() == [8 / 9, 9 / 11]
    constant = np.array([[0, 10], [0, 90]])
    assert confusion.accuracy(constant) == 0.9
    assert confusion.balanced_accuracy(constant) == 0.5
    assert confusion.kappa(constant) == 0
    assert np.isnan(confusion.kappa(np.array([[5, 0], [0, 0]])))
    assert np.isnan(confusion.recalls(np.array([[5, 0], [0, 0]]))[1])


def test_errors():
    with pytest.raises(ScoreError, match=r"found \(2,\) and \(3,\)"):
        confusion.matrix([0, 1], [0, 1, 1], 2)
    with pytest.raises(ScoreError, match=r"0\.\.1"):
        confusion.matrix([0, 2], [0, 1], 2)
