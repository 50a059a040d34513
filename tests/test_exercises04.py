"""Tests of lesson 04's rules: the right answer passes, each misconception gets its sentence."""

import numpy as np
import pytest

from course_utils import checks, load


@pytest.fixture(scope="module")
def data():
    return load("pneumoniamnist", source="sample")


def test_constant(data):
    train, test = data.train.counts, data.test.counts
    guess = train.argmax()
    right = test[guess] / test.sum()
    assert checks.check("04.constant", right, data=data).ok
    cases = {
        100 * right: "percentage",
        train[guess] / train.sum(): "training split",
        1 - right: "how often the constant guess is wrong",
        int(test[guess]): "divide it",
        0.5: "coin",
        0.123: "Count how many",
    }
    for answer, sentence in cases.items():
        feedback = checks.check("04.constant", answer, data=data)
        assert feedback.ok is False
        assert sentence in feedback.message


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        (
            "04.parameters",
            4608,
            {288: "all 16", 144: "one kernel", 512: "pairs", 4640: "bias", 9**6: "size", 3: "times"},
        ),
        (
            "04.interval",
            2,
            {4: "square root", 16: "not the square", 0.5: "divided", 1: "narrower", 7: "Compute"},
        ),
        ("04.interval", 1.993, {}),
    ],
)
def test_numbers(name, right, wrong):
    assert checks.check(name, right).ok
    for answer, sentence in wrong.items():
        feedback = checks.check(name, answer)
        assert feedback.ok is False
        assert sentence in feedback.message


def test_weights(data):
    assert checks.check("04.weights", 785, data=data).ok
    for answer, sentence in {
        784: "offset",
        1570: "mirror",
        29: "height times width",
        10**6: "grow",
        5: "Multiply",
    }.items():
        assert sentence in checks.check("04.weights", answer, data=data).message


@pytest.mark.parametrize(
    ("kernel", "sentence"),
    [
        ([[-1, -2, -1], [0, 0, 0], [1, 2, 1]], None),
        ([[0, -1, 0], [0, 0, 0], [0, 1, 0]], None),
        ([[-1, 0, 1]] * 3, "vertical edges. Turn"),
        ([[1, 2, 1], [0, 0, 0], [-1, -2, -1]], "wrong sign"),
        ([[0, 0, 0], [0, 0, 0], [1, 2, 1]], "add up to 0"),
        ([[-2, -1, 0], [-1, 0, 1], [0, 1, 2]], "also answers vertical"),
        ([[1, -1, 0], [-1, 1, 0], [0, 0, 0]], "does not answer"),
        ([[0, 0, 0]] * 3, "zeros"),
        ([1, 2, 3], "shape (3,)"),
        ("sobel", "three lists"),
    ],
)
def test_kernel(kernel, sentence):
    feedback = checks.check("04.kernel", kernel)
    assert feedback.ok is (sentence is None)
    assert sentence is None or sentence in feedback.message


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        (lambda w, g, lr: w - lr * g, None),
        (lambda w, g, lr: w + lr * g, "uphill"),
        (lambda w, g, lr: w - g, "learning rate"),
        (lambda w, g, lr: lr * g, "step alone"),
        (lambda w, g, lr: w - lr, "use the gradient"),
        (lambda w, g, lr: 1.7, "Right for one example"),
        (lambda w, g, lr: 12, "not 2 - 0.1"),
        (lambda w, g, lr: None, "return"),
        (3, "function"),
    ],
)
def test_step(step, sentence):
    feedback = checks.check("04.step", step)
    assert feedback.ok is (sentence is None)
    assert sentence is None or sentence in feedback.message


def test_unfinished_step_is_unanswered():
    assert checks.check("04.step", lambda w, g, lr: ...).ok is None


def test_best():
    keys = ("epoch", "train_loss", "val_auc", "val_acc")
    history = [
        dict(zip(keys, row, strict=True))
        for row in [
            (1, 0.9, 0.5, 0.6),
            (2, 0.7, 0.8, 0.7),
            (3, 0.5, 0.9, 0.8),
            (4, 0.4, 0.85, 0.95),
            (5, 0.1, 0.7, 0.7),
            (6, 0.2, 0.6, 0.7),
        ]
    ]
    assert checks.check("04.best", 3, history=history).ok
    cases = {
        6: "last",
        5: "training loss",
        4: "accuracy",
        1: "lowest validation AUC",
        0.9: "AUC itself",
        2: "highest",
    }
    for answer, sentence in cases.items():
        feedback = checks.check("04.best", answer, history=history)
        assert feedback.ok is False
        assert sentence in feedback.message


def test_missed():
    y = np.array([1] * 10 + [0] * 8)
    p = np.array([0.9] * 7 + [0.1] * 3 + [0.2] * 6 + [0.8] * 2)
    probs = np.stack([1 - p, p], 1)
    assert checks.check("04.missed", 3, y=y, probs=probs).ok
    cases = {2: "false alarms", 5: "all errors", 7: "found", 9: "Not everyone", 1: "two conditions"}
    for answer, sentence in cases.items():
        feedback = checks.check("04.missed", answer, y=y, probs=probs)
        assert feedback.ok is False
        assert sentence in feedback.message


def test_quiz():
    right = dict(q1="b", q2="c", q3="a", q4="b", q5="c")
    assert all(item.ok for item in checks.quiz("04", **right))
    for name, letter in right.items():
        for wrong in set("abc") - {letter}:
            (item,) = [item for item in checks.quiz("04", **{name: wrong}) if item.ok is not None]
            assert item.ok is False
            assert "none of the letters" not in item.message
