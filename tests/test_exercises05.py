"""Tests of lesson 05's rules: the right answer passes, each misconception gets its sentence."""

import numpy as np
import pytest
import torch

from course_utils import checks

SCORES = {
    "everything": [0.90, 0.92],
    "without augmentation": [0.80, 0.82],
    "without smoothing": [0.91, 0.93],
    "without averaging": [0.88, 0.90],
    "none of the three": [0.70, 0.72],
}


def says(name, answer, sentence, **context):
    feedback = checks.check(name, answer, **context)
    assert feedback.ok is (sentence is None), feedback
    assert sentence is None or sentence in feedback.message


def test_spread():
    values = [0.90, 0.94, 0.97]
    sd = np.std(values, ddof=1)
    cases = {
        sd: None, np.std(values): "ddof=1", 0.07: "range", sd**2: "variance", sd / 3**0.5: "standard error",
        np.mean(values): "mean", 3: "np.std",
    }  # fmt: skip
    for answer, sentence in cases.items():
        says("05.spread", float(answer), sentence, scores=values)


def right_triangle(step, steps, top):
    peak = 0.3 * steps
    return top * min(step / peak, (steps - step) / (steps - peak))


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (right_triangle, None),
        (lambda s, n, top: s / n, "highest rate is `top`"),
        (lambda s, n, top: top * s / (0.3 * n), "never falls"),
        (lambda s, n, top: top * min(1, s / (0.3 * n)), "never falls"),
        (lambda s, n, top: top * min(1, s / (0.3 * n)) * (s < n), "stays at the top"),
        (lambda s, n, top: top * (1 - s / n), "start at 0"),
        (lambda s, n, top: top * min(s, n - s) / (n / 2), "highest, 0.5"),
        (lambda s, n, top: right_triangle(s, 100, 0.5), "Right for 100 steps"),
        (lambda s, n, top: top * min(s / (0.3 * n), 1 - (s - 0.3 * n) / n), "fallen to 0"),
        ("up and down", "function"),
    ],
)
def test_triangle(answer, sentence):
    says("05.triangle", answer, sentence)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda x: x.flip(-1), None),
        (lambda x: x.flip(3), None),
        (lambda x: x.flip(-2), "upside down"),
        (lambda x: x.flip(1), "channels"),
        (lambda x: x.flip(0), "order of the images"),
        (lambda x: x.flip((-1, -2)), "half turn"),
        (lambda x: x, "as they were"),
        (lambda x: x.transpose(-1, -2), "shape"),
        (lambda x: torch.zeros_like(x), "last axis"),
        (lambda x: x.numpy(), "tensor"),
    ],
)
def test_mirror(answer, sentence):
    says("05.mirror", answer, sentence)


@pytest.mark.parametrize(
    ("name", "cases"),
    [
        ("05.sides", {6: None, 3: "two classes", 2: "one pair", 4: "third", 11: "liver", 7: "Count"}),
        (
            "05.width",
            {4: None, 3.95: None, 2: "incoming", 8: "3 x 3", 16: "3 x 3", 1: "more kernels", 5: "product"},
        ),
        (
            "05.amdahl",
            {1.22: None, 10: "fifth", 1.25: "no time", 82: "time left", 2: "Divide the old", 5: "80 of 100"},
        ),
    ],
)
def test_numbers(name, cases):
    for answer, sentence in cases.items():
        says(name, answer, sentence)


def test_costs():
    cases = {
        "without augmentation": None,
        "without smoothing": "cost least",
        "without averaging": "another one is lower",
        "everything": "not a single trick",
        "none of the three": "not a single trick",
        "dropout": "one of these names",
    }
    for answer, sentence in cases.items():
        says("05.costs", answer, sentence, scores=SCORES)
    assert "0.100 below" in checks.check("05.costs", "without augmentation", scores=SCORES).message


def test_quiz():
    right = {"q1": "b", "q2": "a", "q3": "c", "q4": "b", "q5": "b"}
    assert all(item.ok for item in checks.quiz("05", **right))
    for name, letter in right.items():
        for wrong in set("abc") - {letter}:
            (item,) = (item for item in checks.quiz("05", **{name: wrong}) if item.ok is not None)
            assert item.ok is False
            assert "none of the letters" not in item.message
