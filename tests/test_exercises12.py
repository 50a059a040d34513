"""Lesson 12's rules: the right answer passes, each misconception gets its own sentence."""

from dataclasses import replace

import numpy as np
import pytest
from test_protocol import PLAN

from course_utils import checks, intervals, load, modelcard, protocol


def look(name, right, wrong, **context):
    assert checks.check(name, right, **context).ok, checks.check(name, right, **context).message
    assert checks.check(name, ..., **context).ok is None
    for sentence, answer in wrong.items():
        feedback = checks.check(name, answer, **context)
        assert feedback.ok is False
        assert sentence in feedback.message, (sentence, feedback.message)


def test_question():
    look("12.question", "C", {"no clinic": "a", "which doctors": "b", "as possible": "d", "one letter": 3})


def test_width():
    one = intervals.wilson(0.85 * 156, 156)
    wrong = {"subtract it": one.low, "whole width": one.high - one.low, "upper part": one.high - 0.85,
             "positive number": one.low - 0.85, "then .value": 0.2}  # fmt: skip
    look("12.width", 0.85 - one.low, wrong, flag="breastmnist")


def test_protocol_and_seeds():
    wrong = {"Expected a protocol": "my plan", "question mark": replace(PLAN, question="Beat it.")}
    look("12.protocol", PLAN, wrong)
    wrong = {"a list": 3, "One seed": [1], "Leaving out": [0, 2], "no others": [0, 1, 5]}
    look("12.seeds", [2, 1, 0], wrong, plan=PLAN)


def test_verdict():
    def right(low, high):
        return "better" if low > 0 else "worse" if high < 0 else "undecided"

    wrong = {
        "three words": lambda low, high: "yes",
        "can't decide": lambda low, high: "better" if low + high > 0 else "worse",
        "one side of 0": lambda low, high: "undecided",
        "returns nothing": lambda low, high: None,
    }
    look("12.verdict", right, wrong)


@pytest.fixture
def study(tmp_path):
    data = load("breastmnist", source="sample")
    protocol.freeze(PLAN, tmp_path)
    protocol.open_test(tmp_path)
    val, test = (
        [np.random.default_rng(s).dirichlet((1, 1), len(split)) for s in PLAN.seeds]
        for split in (data.val, data.test)
    )
    return modelcard.Study(PLAN, data, val, test, test[0], tmp_path, files=(tmp_path / "x.csv",))


SAID = {
    "use": "Students of the course, to learn how to judge; a person decides.",
    "not_for": "Any patient anywhere.",
    "limits": "Large masses near the edge were missed again.",
}


def test_card(study):
    wrong = {
        "Expected modelcard.fill": "text",
        "One text is empty": modelcard.fill(study, **(SAID | {"use": ""})),
        "more about use": modelcard.fill(study, **(SAID | {"use": "All.", "not_for": "None."})),
        "more about limits": modelcard.fill(study, **(SAID | {"limits": "Few."})),
    }
    look("12.card", modelcard.fill(study, **SAID), wrong)


def test_grade(study):
    full = dict.fromkeys(modelcard.RUBRIC, 2)
    card = modelcard.fill(study, **SAID)
    wrong = {
        "a dictionary": 12,
        "No points yet for: reuse": {name: 2 for name in full if name != "reuse"},
        "Not in the rubric: luck": full | {"luck": 2},
        "0, 1 or 2": full | {"bars": 3},
    }
    look("12.grade", full, wrong, study=study, card=card)
    protocol.open_test(study.folder)
    look("12.grade", full | {"test once": 1}, {"read 2 times": full}, study=study, card=card)
