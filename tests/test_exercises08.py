"""Lesson 08's rules: the right answer passes, each misconception gets its own sentence."""

import numpy as np
import pytest

from course_utils import calibration, checks, load


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("08.balanced", 0.85, {0.895: "accuracy", 0.8: "sensitivity alone", 0.9: "specificity alone",
                               85: "percentage", 0.45: "called ill", 0.3: "Take (found"}),
        ("08.spread", 0.02550, {0.022804: "ddof=1", 0.00065: "variance", 0.06: "range", 0.85: "mean",
                                1: "np.std"}),
        ("08.ece", 0.1, {0: "cancel", 20: "weighted sum", 0.3: "plain sum", 0.2: "Weigh"}),
        ("08.trap", 2, {5: "not below", 7: "Count the rows"}),
    ],
)  # fmt: skip
def test_numbers(name, right, wrong):
    assert checks.check(name, right).ok
    assert checks.check(name, ...).ok is None
    for answer, sentence in wrong.items():
        feedback = checks.check(name, answer)
        assert feedback.ok is False
        assert sentence in feedback.message, (answer, feedback.message)


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("08.pairs", lambda a, b: (a[:, None] > b).mean() + (a[:, None] == b).mean() / 2, {
            "left out": lambda a, b: (a[:, None] > b).mean(),
            "full wins": lambda a, b: (a[:, None] >= b).mean(),
            "turned round": lambda a, b: (a[:, None] < b).mean() + (a[:, None] == b).mean() / 2,
            "number of pairs": lambda a, b: (a[:, None] > b).sum(),
            "Compare each": lambda a, b: 0.123,
            "returns nothing": lambda a, b: None,
        }),
        ("08.draw", lambda right, rng: rng.choice(right, len(right)).mean(), {
            "one number": lambda right, rng: rng.choice(right, len(right)),
            "not the number": lambda right, rng: rng.choice(right, len(right)).sum(),
            "same accuracy": lambda right, rng: rng.permutation(right).mean(),
            "scatter around": lambda right, rng: rng.random(),
            "too much or too little": lambda right, rng: rng.choice(right, 4).mean(),
        }),
        ("08.grades", lambda a, b: np.abs(a - b).mean(), {
            "cancel": lambda a, b: (a - b).mean(),
            "the sum": lambda a, b: np.abs(a - b).sum(),
            "squares": lambda a, b: ((a - b) ** 2).mean(),
            "share of wrong": lambda a, b: (a != b).mean(),
            "Subtract": lambda a, b: 9,
        }),
    ],
)  # fmt: skip
def test_functions(name, right, wrong):
    assert checks.check(name, right).ok
    assert checks.check(name, lambda *a: ...).ok is None
    for sentence, answer in wrong.items():
        feedback = checks.check(name, answer)
        assert feedback.ok is False
        assert sentence in feedback.message, (sentence, feedback.message)


@pytest.fixture(scope="module")
def judged():
    """Return a dataset with noisy probabilities for val and test."""
    data, rng = load("pneumoniamnist", source="sample"), np.random.default_rng(0)

    def probs(y):
        return np.clip(0.3 + 0.35 * y + 0.2 * rng.normal(size=len(y)), 0.001, 0.999)

    return data, probs(data.val.y), probs(data.test.y)


def test_threshold(judged):
    data, val, test = judged

    def ask(answer):
        return checks.check("08.threshold", answer, data=data, val=val, test=test)

    pick = calibration.pick_threshold
    assert ask(pick(data.val.y, val, "specificity", at_least=0.9)).ok
    for answer, sentence in {
        pick(data.test.y, test, "specificity", at_least=0.9): "chosen on test",
        pick(data.val.y, val, "sensitivity", at_least=0.9): "fears false alarms",
        pick(data.val.y, val, "specificity", at_least=0.95): "at least 90 %",
        0.05: "are asked for",
        0.99: "lower threshold",
    }.items():
        assert sentence in ask(answer).message


def test_disagree_and_surest(judged):
    data, _, a = judged
    y, b = data.test.y, np.random.default_rng(1).random(len(data.test))
    right_a, right_b = (a > 0.5) == y, (b > 0.5) == y
    n = (right_a != right_b).sum()
    assert checks.check("08.disagree", n, y=y, a=a, b=b).ok
    for answer, sentence in {
        n / len(y): "their share",
        (right_a & right_b).sum(): "both get right",
        (right_a & ~right_b).sum(): "one direction",
        -1: "Make right_a",
    }.items():
        assert sentence in checks.check("08.disagree", answer, y=y, a=a, b=b).message
    given = np.where(y == 1, a, 1 - a)
    order = np.argsort(given)
    assert checks.check("08.surest", order[0], y=y, probs=a).ok
    for answer, sentence in {
        order[-1]: "confidently right",
        order[-40]: "is right on",
        order[1]: "another error",
        len(y): "Give a position",
    }.items():
        assert sentence in checks.check("08.surest", answer, y=y, probs=a).message


def test_quiz():
    right = {"q1": "b", "q2": "b", "q3": "a", "q4": "c", "q5": "a"}
    assert all(feedback.ok for feedback in checks.quiz("08", **right))
    for name, letter in right.items():
        for other in set("abc") - {letter}:
            (bad,) = [f for f in checks.quiz("08", **(right | {name: other})) if not f.ok]
            assert bad.message.startswith(name) and "none of the letters" not in bad.message
