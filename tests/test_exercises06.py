"""Tests of lesson 06's rules: the right answer passes, each misconception gets its sentence."""

import numpy as np
import pytest

from course_utils import checks

HEADS = {"binary": "softmax", "multi-class": "softmax", "multi-label": "sigmoid", "ordinal": "softmax"}


def says(name, answer, sentence, **context):
    feedback = checks.check(name, answer, **context)
    assert feedback.ok is (sentence is None), feedback
    assert sentence is None or sentence in feedback.message


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (HEADS, None),
        (HEADS | {"multi-label": "softmax"}, "own sigmoid"),
        (HEADS | {"multi-class": "sigmoid"}, "exactly one kind"),
        (HEADS | {"ordinal": "sigmoid"}, "one grade"),
        (HEADS | {"binary": "sigmoid"}, "two logits"),
        (HEADS | {"binary": "relu"}, "relu"),
        ({"binary": "softmax"}, "four keys"),
        ("softmax", "four keys"),
    ],
)
def test_heads(answer, sentence):
    says("06.heads", answer, sentence)


def test_heads_with_dots_are_unanswered():
    assert checks.check("06.heads", HEADS | {"ordinal": ...}).ok is None


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda a, b: 1 / (1 + np.exp(a - b)), None),
        (lambda a, b: np.exp(b) / (np.exp(a) + np.exp(b)), None),
        (lambda a, b: 1 / (1 + np.exp(b - a)), "class 0"),
        (lambda a, b: 1 / (1 + np.exp(-b)), "z1 alone"),
        (lambda a, b: b - a, "still has to"),
        (lambda a, b: 2.5, "no probability"),
        (lambda a, b: 0.3, "softmax gives"),
        (lambda a, b: 1 / (1 + np.exp(-1.5)), "not for (3, -1)"),
    ],
)
def test_two(answer, sentence):
    says("06.two", answer, sentence)


def test_balanced():
    table = np.array([[8, 2, 0], [30, 60, 10], [1, 1, 2]])
    recalls = [0.8, 0.6, 0.5]
    cases = {
        np.mean(recalls): None, 70 / 114: "accuracy", 100 * np.mean(recalls): "percentage", 1.9: "summed",
        0.5: "worst", np.mean([8 / 39, 60 / 63, 2 / 12]): "precision", 0.123: "diagonal",
    }  # fmt: skip
    for answer, sentence in cases.items():
        says("06.balanced", float(answer), sentence, table=table)


def test_nothing():
    y = np.array([[1, 0, 0, 0], [0, 0, 0, 0], [1, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]])
    cases = {0.8: None, 0.2: "are there", 0.4: "no finding", 80: "percentage", 16: "number", 0.55: "Compare"}
    for answer, sentence in cases.items():
        says("06.nothing", answer, sentence, y=y)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda p: (p.cumsum(1) >= 0.5).argmax(1), None),
        (lambda p: p.argmax(1), "likeliest"),
        (lambda p: p @ np.arange(5), "mean grade"),
        (lambda p: (p @ np.arange(5)).round(), "rounded mean"),
        (lambda p: (p.cumsum(1) >= 0.5).argmax(1) + 1, "One grade too high"),
        (lambda p: (p.cumsum(1) > 0.5).argmax(1), ">= instead"),
        (lambda p: np.zeros(5), "the sums are"),
        (lambda p: 2, "shape"),
    ],
)
def test_median(answer, sentence):
    says("06.median", answer, sentence)


def test_kappa():
    for answer, sentence in {
        0: None,
        0.435: "accuracy",
        1: "perfect",
        0.5: "AUC",
        -1: "worse",
        3: "measures",
    }.items():
        says("06.kappa", answer, sentence)


def test_quiz():
    right = {"q1": "b", "q2": "c", "q3": "b", "q4": "b"}
    assert all(item.ok for item in checks.quiz("06", **right))
    for name, letter in right.items():
        for wrong in set("abc") - {letter}:
            (item,) = (item for item in checks.quiz("06", **{name: wrong}) if item.ok is not None)
            assert item.ok is False
            assert "none of the letters" not in item.message
