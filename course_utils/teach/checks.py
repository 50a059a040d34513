"""Instant feedback on exercises and quizzes: one sentence per misconception, the same in every front end."""

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

from ..errors import ChoiceError, choose

_EXERCISES: dict[str, Callable] = {}
_QUIZZES: dict[str, dict[str, "Question"]] = {}


class Wrong(Exception):  # noqa: N818 - a verdict on an answer, not an error
    """Carry the one sentence that answers a misconception."""


class Unanswered(Exception):  # noqa: N818
    """Say that the dots are still there."""


@dataclass(frozen=True)
class Feedback:
    """Hold what a student reads after a check: `ok` is True, False, or None while unanswered."""

    ok: bool | None
    message: str

    def __str__(self) -> str:
        """Return the feedback as one line."""
        return f"{_MARKS[self.ok]}: {self.message}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        box = f"border-left: 4px solid {_COLOURS[self.ok]}; padding: .3em .8em"
        return f"<div style='{box}'><strong>{_MARKS[self.ok]}</strong>: {escape(self.message)}</div>"


_MARKS = {True: "Correct", False: "Not yet", None: "Not answered yet"}
_COLOURS = {True: "#0072b2", False: "#d55e00", None: "#767676"}  # told apart by the word first, colour second


class FeedbackList(tuple):
    """Hold the feedback of a quiz, one a question."""

    def __str__(self) -> str:
        """Return one line a question."""
        return "\n".join(map(str, self))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return "".join(item._repr_html_() for item in self)


@dataclass(frozen=True)
class Question:
    """Hold a multiple-choice question's key: the right letter, why, and a sentence for each wrong letter."""

    right: str
    why: str
    wrong: dict[str, str] = field(default_factory=dict)


def exercise(name: str) -> Callable:
    """Register a rule as the exercise `name` ("01.shares"): it raises `Wrong` or returns the praise.

    The number before the dot is the lesson; its rules stand in `exercises/lesson01.py`.
    """

    def register(rule: Callable) -> Callable:
        _EXERCISES[name] = rule
        return rule

    return register


def quiz_key(lesson: str, **questions: Question) -> None:
    """Register a lesson's quiz: `quiz_key("01", q1=Question(...))`."""
    _QUIZZES[lesson] = questions


def check(name: str, *answers, **context) -> Feedback:
    """Return feedback on an answer. Never raises for what a student wrote, so a run goes on.

    Args:
        name: which exercise, such as "01.shares".
        answers: the student's values or functions; `...` means not answered yet.
        context: what the rule needs to know, such as `data=data`.

    Raises:
        ChoiceError: for an exercise that does not exist (an author's mistake).
    """
    rule = _find(_EXERCISES, name, name.split(".")[0], "exercise")
    try:
        if any(answer is ... for answer in answers):
            raise Unanswered
        return Feedback(True, rule(*answers, **context))
    except Unanswered:
        return Feedback(None, "replace the dots (...) by your answer and run the cell again.")
    except Wrong as wrong:
        return Feedback(False, str(wrong))
    except Exception as error:  # whatever a student's value or function does is feedback, not a crash
        return Feedback(False, f"checking your answer stopped with {type(error).__name__}: {error}")


def quiz(lesson: str, **answers) -> FeedbackList:
    """Return feedback on a lesson's quiz, one line a question.

    Args:
        lesson: its number, such as "01".
        answers: a letter for each question, `q1="b"`; `...` means not answered yet.

    Raises:
        ChoiceError: for a lesson or question that does not exist (an author's mistake).
    """
    questions = _find(_QUIZZES, lesson, lesson, "quiz")
    for name in answers:
        choose(name, questions, f"question of quiz {lesson}")
    return FeedbackList(_grade(name, one, answers.get(name, ...)) for name, one in questions.items())


def _grade(name: str, question: Question, answer) -> Feedback:
    if answer is ...:
        return Feedback(None, f"{name}: replace the dots by a letter in quotes.")
    letter = str(answer).strip().lower()
    if letter == question.right:
        return Feedback(True, f"{name}: {question.why}")
    letters = ", ".join(sorted([question.right, *question.wrong]))
    unknown = f"{answer!r} is none of the letters {letters}."
    return Feedback(False, f"{name}: {question.wrong.get(letter, unknown)}")


def _find(registry: dict, name: str, lesson: str, what: str):
    module = f"{__package__}.exercises.lesson{lesson}"
    if name not in registry:
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if error.name != module:  # a package the rules need is missing: say that instead
                raise
            raise ChoiceError(
                f"Unknown {what}: {name!r}. There is no exercises/lesson{lesson}.py."
            ) from error
    return registry[choose(name, registry, what)]


# What rules are written with.


def wrong_if(condition, sentence: str) -> None:
    """Raise `Wrong` with the sentence if the misconception holds."""
    if condition:
        raise Wrong(sentence)


def number(answer, what: str = "a number") -> float:
    """Return the answer as a float, or say that a number is expected.

    Example:
        >>> number(3)
        3.0
    """
    kind = type(answer).__name__
    if kind.startswith("bool") or not hasattr(answer, "__float__"):
        raise Wrong(f"Your answer is of type {kind}; expected {what}.")
    try:
        value = float(answer.item() if hasattr(answer, "item") else answer)
    except (TypeError, ValueError, RuntimeError):
        raise Wrong(f"Your answer is of type {kind} and not a single value; expected {what}.") from None
    wrong_if(math.isnan(value), f"Your answer is not a number (NaN); expected {what}.")
    return value


def near(a: float, b: float, tolerance: float = 1e-3) -> bool:
    """Return whether two numbers are equal within a relative or absolute tolerance.

    Example:
        >>> near(0.3333, 1 / 3)
        True
    """
    return math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance)


def call(function, *args):
    """Call a student's function; unfinished dots count as unanswered, a non-function as a named mistake."""
    if not callable(function):
        raise Wrong(f"Expected a function, but this is of type {type(function).__name__}.")
    result = function(*args)
    if result is ...:
        raise Unanswered
    wrong_if(result is None, "Your function returns nothing: does it end with `return`?")
    return result
