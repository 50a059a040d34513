"""Errors a student can act on: what came, what was expected, what to do next."""

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
    """Return `value` if it is one of `choices`, else raise an error that lists them.

    Args:
        value: what the caller asked for.
        choices: what is possible.
        what: the noun for the message, such as "flag".

    Raises:
        ChoiceError: with the list and the nearest match.

    Example:
        >>> choose("val", ["train", "val", "test"], "split")
        'val'
    """
    choices = list(choices)
    # An unhashable or array-like value can't equal a choice, and == on it might not be a bool.
    if isinstance(value, str | int) and value in choices:
        return value
    near = get_close_matches(str(value), [str(choice) for choice in choices], n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    listed = ", ".join(str(choice) for choice in choices)
    raise ChoiceError(f"Unknown {what} {value!r}. {hint}Possible: {listed}.")
