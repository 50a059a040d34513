"""Errors a student can act on: what came, what was expected, what to do next."""

import operator
from collections.abc import Iterable
from difflib import get_close_matches


class CourseError(Exception):
    """Say in one sentence what was found, what was expected and what to do next."""


class ChoiceError(CourseError, ValueError):
    """Name a value that is not among the possible ones, and list those."""


class DataError(CourseError, OSError):
    """Name a file that is missing, damaged or not what it claims to be."""


class ScoreError(CourseError, ValueError):
    """Name labels or probabilities that can't be scored: wrong shape, NaN, logits."""


def choose(value, choices: Iterable, what: str):
    """Return the one of `choices` that equals `value`, else raise an error that lists them.

    Args:
        value: what the caller asked for, a word or a whole number.
        choices: what is possible.
        what: the noun for the message, such as "flag".

    Raises:
        ChoiceError: with the list and the nearest match.

    Example:
        >>> choose("val", ["train", "val", "test"], "split")
        'val'
    """
    choices = list(choices)
    for choice in choices:
        if _same(value, choice):
            return choice
    raise ChoiceError(
        f"Unknown {what}: {value!r}. {_hint(value, choices)}Possible: {', '.join(map(str, choices))}."
    )


def _same(value, choice) -> bool:
    # Not a bare `in`: True equals 1, 28.0 equals 28, and an array's == is no yes or no.
    if isinstance(value, bool):
        return False
    if isinstance(value, str) or isinstance(choice, str):
        return isinstance(value, str) and isinstance(choice, str) and value == choice
    try:
        return operator.index(value) == choice  # numpy's integers too
    except TypeError:
        return False


def _hint(value, choices: list) -> str:
    if not isinstance(value, str):
        return ""
    by_lower = {str(choice).lower(): choice for choice in choices}
    near = get_close_matches(value.lower(), by_lower, n=1)
    return f"Did you mean {by_lower[near[0]]!r}? " if near else ""
