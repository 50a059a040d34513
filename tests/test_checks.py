import sys
import types

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_utils import checks
from course_utils.errors import ChoiceError
from course_utils.teach.checks import (
    Feedback,
    Question,
    Unanswered,
    Wrong,
    call,
    check,
    near,
    number,
    quiz,
    wrong_if,
)


@pytest.fixture(autouse=True)
def rules(monkeypatch):
    """Register two rules and a quiz of an invented lesson 77."""
    monkeypatch.setattr(checks, "_EXERCISES", dict(checks._EXERCISES))
    monkeypatch.setattr(checks, "_QUIZZES", dict(checks._QUIZZES))

    @checks.exercise("77.half")
    def half(answer, whole=1):
        value = number(answer, "a share")
        wrong_if(value > whole, "A share can't exceed the whole.")
        wrong_if(not near(value, whole / 2), "That is not the half.")
        return "Both halves are equal."

    @checks.exercise("77.double")
    def double(function):
        wrong_if(call(function, 2) != 4, "Twice 2 is 4.")
        return "It doubles."

    checks.quiz_key(
        "77",
        q1=Question("b", "Because b.", {"a": "Not a: think of c.", "c": "Not c."}),
        q2=Question("a", "Because a.", {"b": "Not b."}),
    )


@pytest.mark.parametrize(
    ("answer", "ok", "words"),
    [
        (0.5, True, "Both halves are equal."),
        (2, False, "A share can't exceed the whole."),
        (0.1, False, "That is not the half."),
        (..., None, "replace the dots"),
        ("0.5", False, "type str; expected a share"),
        (True, False, "type bool; expected a share"),
        (np.True_, False, "expected a share"),
        (None, False, "type NoneType"),
        (float("nan"), False, "not a number (NaN)"),
        (np.float32(0.5), True, "Both"),
        (np.array([0.5]), True, "Both"),
        (torch.tensor(0.5), True, "Both"),
        (np.array([0.5, 0.5]), False, "not a single value; expected a share"),
        (torch.tensor([0.5, 0.5]), False, "not a single value; expected a share"),
        ([0.5], False, "type list"),
        (1 + 2j, False, "type complex"),
    ],
)
def test_feedback_on_a_value(answer, ok, words):
    feedback = check("77.half", answer)
    assert feedback.ok is ok
    assert words in feedback.message and "\n" not in feedback.message


def test_context_reaches_the_rule():
    assert check("77.half", 5, whole=10).ok


def test_several_answers_may_each_be_missing():
    assert check("77.half", 0.5, ...).ok is None


@pytest.mark.parametrize(
    ("function", "ok", "words"),
    [
        (lambda x: 2 * x, True, "It doubles."),
        (lambda x: x, False, "Twice 2 is 4."),
        (lambda x: ..., None, "replace the dots"),
        (lambda x: None, False, "does it end with `return`?"),
        (lambda x: 1 / 0, False, "ZeroDivisionError: division by zero"),
        (lambda: 4, False, "TypeError"),
        (4, False, "Expected a function, but this is of type int."),
    ],
)
def test_feedback_on_a_function(function, ok, words):
    feedback = check("77.double", function)
    assert feedback.ok is ok and words in feedback.message


@given(
    st.one_of(
        st.integers(), st.floats(), st.text(), st.binary(), st.none(), st.lists(st.integers()), st.booleans()
    )
)
def test_no_answer_breaks_a_run(answer):
    assert check("77.half", answer).ok in (True, False)
    assert [one.ok for one in quiz("77", q1=answer)] in ([False, None], [True, None])


def test_an_interrupt_is_not_swallowed():
    def stopped(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("77.double", stopped)


def test_feedback_shows_the_same_verdict_as_text_and_as_page():
    for ok, mark in [(True, "Correct"), (False, "Not yet"), (None, "Not answered yet")]:
        feedback = Feedback(ok, "a < b & c")
        assert str(feedback) == repr(feedback) == f"{mark}: a < b & c"
        assert mark in feedback._repr_html_() and "a &lt; b &amp; c" in feedback._repr_html_()


def test_quiz_answers_each_letter_with_its_own_sentence():
    assert [str(one) for one in quiz("77", q1="b", q2="b")] == [
        "Correct: q1: Because b.",
        "Not yet: q2: Not b.",
    ]
    assert quiz("77", q1=" B ", q2="a")[0].ok
    assert "Not a: think of c." in str(quiz("77", q1="a"))
    assert "'x' is none of the letters a, b, c." in str(quiz("77", q1="x"))


def test_quiz_not_answered():
    feedback = quiz("77", q1=..., q2=...)
    assert [one.ok for one in feedback] == [None, None]
    assert quiz("77") == feedback
    assert feedback._repr_html_().count("replace the dots") == str(feedback).count("replace the dots") == 2


def test_authors_mistakes_are_errors(monkeypatch):
    # Pretend that the rules of lesson 77 stand in a module.
    monkeypatch.setitem(sys.modules, "course_utils.teach.exercises.lesson77", types.ModuleType("lesson77"))
    with pytest.raises(ChoiceError, match=r"Unknown exercise: '77\.hlaf'\. Did you mean '77\.half'\?"):
        check("77.hlaf", 1)
    with pytest.raises(ChoiceError, match=r"There is no exercises/lesson78\.py"):
        check("78.any", 1)
    with pytest.raises(ChoiceError, match=r"There is no exercises/lesson78\.py"):
        quiz("78", q1="a")
    with pytest.raises(ChoiceError, match="Unknown question of quiz 77: 'q3'"):
        quiz("77", q3="a")


def test_a_package_that_the_rules_miss_is_named(monkeypatch):
    def missing(name):
        raise ModuleNotFoundError("No module named 'plotly'", name="plotly")

    monkeypatch.setattr(checks.importlib, "import_module", missing)
    with pytest.raises(ModuleNotFoundError, match="plotly"):
        check("78.any", 1)


def test_near():
    assert near(0.3333, 1 / 3) and near(0, 1e-4) and near(1000, 1000.5)
    assert not near(0.33, 1 / 3) and not near(1000, 1002)


def test_verdicts_are_not_answers():
    with pytest.raises(Wrong):
        wrong_if(True, "no")
    wrong_if(False, "no")
    with pytest.raises(Unanswered):
        call(lambda: ...)
