"""Tests of lesson 07's rules: the right answer passes, each misconception gets its sentence."""

import pytest

from course_utils import checks
from course_utils.judge.intervals import Interval

OVERLAPPING = {
    "3d": Interval(0.86, 0.80, 0.92),
    "2.5d": Interval(0.80, 0.7, 0.85),
    "acs": Interval(0.88, 0.82, 0.93),
}
APART = {
    "3d": Interval(0.86, 0.80, 0.90),
    "2.5d": Interval(0.60, 0.5, 0.7),
    "acs": Interval(0.95, 0.92, 0.97),
}
ROWS = [
    {"method": "a", "auc": 0.8, "acc": 0.72},
    {"method": "b", "auc": 0.9, "acc": 0.74},
    {"method": "c", "auc": 0.9, "acc": 0.76},
    {"method": "d", "auc": 0.9, "acc": 0.80},
]


def says(name, *answers, sentence, **context):
    feedback = checks.check(name, *answers, **context)
    assert feedback.ok is (sentence is None), feedback
    assert sentence is None or sentence in feedback.message


@pytest.mark.parametrize(
    ("name", "cases"),
    [
        (
            "07.weights",
            {
                3456: None,
                1152: "flat",
                432: "all 8",
                216: "16 of them",
                27: "one window",
                3472: "bias",
                5: "Multiply",
            },
        ),
        ("07.split", {10: None, 11: "3 x 11", 32: "2.5D", 32 / 3: "whole kernels", 9: "in turn"}),
    ],
)
def test_numbers(name, cases):
    for answer, sentence in cases.items():
        says(name, answer, sentence=sentence)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((13824, 4608), None),
        ((4608, 13824), "other way round"),
        ((4608, 4608), "3 x 3 x 3"),
        ((4608 * 9, 4608), "not two"),
        ((4608 * 28, 4608), "not as deep"),
        ((5, 4608), "depth"),
        ((13824, 13824), "three copies"),
        ((13824, 1536), "one third"),
        ((13824, 5), "other planes"),
    ],
)
def test_inflate(answer, sentence):
    says("07.inflate", *answer, sentence=sentence)


def test_inflate_with_dots_is_unanswered():
    assert checks.check("07.inflate", ..., 4608).ok is None


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (lambda v, o, i, w: v * o * i * w, None),
        (lambda v, o, i, w: o * i * w, "every output voxel"),
        (lambda v, o, i, w: v * o * w, "all incoming"),
        (lambda v, o, i, w: v * i * w, "one outgoing"),
        (lambda v, o, i, w: v * o * i, "window has weights"),
        (lambda v, o, i, w: v + o + i + w, "do not add"),
        (lambda v, o, i, w: 17, "expected"),
        (lambda v, o, i, w: 3_456_000, "not for 2, 3, 5, 7"),
    ],
)
def test_macs(answer, sentence):
    says("07.macs", answer, sentence=sentence)


@pytest.mark.parametrize(
    ("answer", "aucs", "sentence"),
    [
        ("can't tell", OVERLAPPING, None),
        ("Cannot tell", OVERLAPPING, None),
        ("acs", OVERLAPPING, "overlap"),
        ("3d", OVERLAPPING, "does not even"),
        ("acs", APART, None),
        ("can't tell", APART, "You can"),
        ("3d", APART, "does not even"),
        ("4d", APART, "Answer with one of"),
    ],
)
def test_verdict(answer, aucs, sentence):
    says("07.verdict", answer, sentence=sentence, aucs=aucs)


def test_below():
    for answer, sentence in {3: None, 1: "above", 0: "AUCs", 4: "all rows", 2: "smaller"}.items():
        says("07.below", answer, sentence=sentence, rows=ROWS, guess=0.77)


def test_quiz():
    right = {"q1": "b", "q2": "a", "q3": "c", "q4": "b"}
    assert all(item.ok for item in checks.quiz("07", **right))
    for name, letter in right.items():
        for wrong in set("abc") - {letter}:
            (item,) = (item for item in checks.quiz("07", **{name: wrong}) if item.ok is not None)
            assert item.ok is False
            assert "none of the letters" not in item.message
