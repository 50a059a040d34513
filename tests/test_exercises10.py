"""Tests of lesson 10's rules: the right answer passes, each misconception gets its sentence."""

import numpy as np
import pytest
import torch

from course_utils import card, checks
from course_utils.learn.models import small_cnn

TABLE = {"a": (80.0, 83.0, 86.0, 86.5), "b": (70.0, 74.0, 78.0, 78.1)}
RNG = np.random.default_rng(0)


def says(name, *answers, sentence, **context):
    feedback = checks.check(name, *answers, **context)
    assert feedback.ok is (sentence is None), feedback
    assert sentence is None or sentence in feedback.message


@pytest.mark.parametrize(
    ("name", "cases", "context"),
    [
        (
            "10.voxels",
            {
                (64 / 28) ** 3: None,
                11.94: None,
                64 / 28: "one edge",
                (64 / 28) ** 2: "third edge",
                64**3 - 28**3: "difference",
                (28 / 64) ** 3: "other way round",
                3: "Divide",
            },
            {},
        ),
        (
            "10.probe",
            {33: None, 66: None, 32: "offset", 54_000: "frozen", 7: "One number for each"},
            {"features": 32, "classes": 2},
        ),
        ("10.half", {256: None, 257: "needs 9", 258: "even", 1: "Ask torch"}, {}),
    ],
)
def test_numbers(name, cases, context):
    for answer, sentence in cases.items():
        says(name, answer, sentence=sentence, **context)


def test_half_is_what_torch_says():
    assert torch.tensor(257.0).bfloat16().item() == 256


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (lambda n, s, c: n * s * s * c * 4, None),
        (lambda n, s, c: n * s * s * c, "four bytes"),
        (lambda n, s, c: n * s * s * 4, "three numbers"),
        (lambda n, s, c: n * s * c * 4, "two edges"),
        (lambda n, s, c: s * s * c * 4, "one image"),
        (lambda n, s, c: n * s * s * c * 32, "bits"),
        (lambda n, s, c: 1, "expected 77,070,336"),
        (lambda n, s, c: 77_070_336, "not for 2, 3, 5"),
        (5, "Expected a function"),
    ],
)
def test_bytes(function, sentence):
    says("10.bytes", function, sentence=sentence)


def block_shuffle(n):
    blocks = RNG.permutation(np.arange(n).reshape(-1, 8))
    return np.concatenate([RNG.permutation(window.ravel()) for window in np.split(blocks, 2)])


def in_file_order_of_blocks(n):
    windows = np.split(np.arange(n), 2)
    return np.concatenate([RNG.permutation(window) for window in windows])


@pytest.mark.parametrize(
    ("function", "sentence"),
    [
        (np.arange, "nothing is shuffled"),
        (lambda n: RNG.permutation(np.arange(n).reshape(-1, 8)).ravel(), "one after the other"),
        (lambda n: RNG.permutation(n), "jumps at every row"),
        (in_file_order_of_blocks, "in the file's order"),
        (lambda n: np.arange(n - 1), "Expected 512 row numbers"),
        (lambda n: np.zeros(n, int), "exactly once"),
        (lambda n: None, "returns nothing"),
    ],
)
def test_wrong_orders(function, sentence):
    says("10.order", function, sentence=sentence, n=512)


def test_right_orders():
    for _ in range(50):
        says("10.order", block_shuffle, sentence=None, n=512)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ((7, 0.3), None),
        (np.array([7, 0.3]).tolist(), None),
        ((0.3, 7), "other order"),
        ((3.5, 0.3), "28 to 64"),
        ((14, 0.6), "sum"),
        ((5, 0.3), "third number minus the first"),
        ((7, 2), "fourth number minus the third"),
        (7, "Expected two numbers"),
    ],
)
def test_gain(answer, sentence):
    says("10.gain", answer, sentence=sentence, table=TABLE)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (["stage1.0.weight"], None),
        ("stage1.0.weight", None),
        (1, "their names"),
        ([], "does not fit"),
        (["head.weight"], "Compare"),
        ("all", "most of them do fit"),
    ],
)
def test_misfit(answer, sentence):
    one = card("adrenalmnist3d")
    old, new = small_cnn(one).state_dict(), small_cnn(one, size=64).state_dict()
    says("10.misfit", list(new) if answer == "all" else answer, sentence=sentence, old=old, new=new)


def test_unanswered():
    for name, context in (("10.voxels", {}), ("10.gain", {"table": TABLE})):
        assert checks.check(name, ..., **context).ok is None


def test_quiz():
    marks = checks.quiz("10", q1="b", q2="c", q3="a", q4="b")
    assert all(mark.ok for mark in marks) and len(marks) == 4
    assert not any(mark.ok for mark in checks.quiz("10", q1="a", q2="a", q3="b", q4="c"))
