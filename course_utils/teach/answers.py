"""What the tests of graded assignments are written with: plain values in, one kind sentence out.

A student's function may return anything, also an object whose `==` always says yes. So a test never compares
the answer itself: `plain` copies it into plain Python values first, by exact type. All names that decide are
bound when this module is imported, in the assignment's first cell, so that later changes to builtins or NumPy
don't reach them.
"""

import sys
from builtins import (  # noqa: UP029
    abs,
    all,
    bool,
    callable,
    dict,
    float,
    getattr,
    int,
    len,
    list,
    map,
    max,
    repr,
    str,
    tuple,
    type,
    zip,
)
from math import isfinite

from numpy import generic, ndarray, sctypeDict

SCALARS = frozenset(kind for kind in sctypeDict.values() if issubclass(kind, generic))
TOLERANCE = 1e-6
OPEN = "`{}` is still open: replace the dots by your code, run that cell, then this one."


class NotYet(AssertionError):  # noqa: N818 - a verdict on an answer, not an error
    """Carry one sentence for the student; a notebook shows it without a traceback."""

    def _render_traceback_(self) -> list[str]:
        return [f"Not yet: {self}"]


def wrong_if(condition, sentence: str) -> None:
    """Raise `NotYet` with the sentence if a misconception shows."""
    if condition:
        raise NotYet(sentence)


def call(function, *args):
    """Call a student's function and return what it returns, such as a network, not yet made plain.

    Raises:
        NotYet: while the dots are there, or when nothing is returned.
    """
    name = getattr(function, "__name__", "The answer")
    wrong_if(function is ..., OPEN.format(name))
    wrong_if(not callable(function), f"Expected a function, but found a {type(function).__name__}.")
    value = function(*args)
    wrong_if(value is ..., OPEN.format(name))
    wrong_if(value is None, f"{name} returns nothing: does it end with a line that starts with `return`?")
    return value


def result(function, *args):
    """Call a student's function and return its result as plain values.

    Args:
        function: what the student wrote.
        args: what it is called with.

    Returns:
        Numbers, strings, and lists and dicts of them, see `plain`.

    Raises:
        NotYet: while the dots are there, when nothing is returned, or when the result is of no plain type.

    Example:
        >>> result(len, "abc")
        3
    """
    return plain(call(function, *args), getattr(function, "__name__", "The answer"))


def plain(value, name: str = "The answer"):
    """Copy a value into plain Python: bool, int, float, str, and lists and dicts of them.

    Only exact types count. A subclass, which may overload comparison, is refused.

    Raises:
        NotYet: for anything else, or a number that is not finite.

    Example:
        >>> import numpy as np
        >>> plain((np.float32(0.5), np.array([1, 2])))
        [0.5, [1, 2]]
    """
    kind = type(value)
    if kind is bool or kind is str or kind is int:
        return value
    if kind is float:
        wrong_if(not isfinite(value), f"{name} gives {value}, which is not a finite number.")
        return value
    if kind in SCALARS:
        return plain(generic.item(value), name)
    if kind is ndarray:
        return plain(ndarray.tolist(value), name)
    if kind is list or kind is tuple:
        return [plain(one, name) for one in value]
    if kind is dict:
        return {plain(key, name): plain(one, name) for key, one in dict.items(value)}
    torch = sys.modules.get("torch")
    if torch and (kind is torch.Tensor or kind is torch.nn.Parameter):
        return plain(value.detach().cpu().numpy(), name)
    wrong_if(value is ..., OPEN.format(name))
    raise NotYet(f"{name} gives a {kind.__name__}; expected numbers, a string, a list, a dict or an array.")


def same(a, b, tolerance: float = TOLERANCE) -> bool:
    """Return whether two plain values are equal, numbers within a tolerance (absolute and relative).

    Example:
        >>> same([1, {"x": 0.5}], [1.0, {"x": 0.5000001}])
        True
    """
    a, b = plain(a), plain(b)
    if type(a) is str or type(b) is str:
        return type(a) is type(b) and a == b
    if type(a) is list or type(b) is list:
        alike = type(a) is type(b) and len(a) == len(b)
        return alike and all(same(x, y, tolerance) for x, y in zip(a, b, strict=True))
    if type(a) is dict or type(b) is dict:
        return type(a) is type(b) and a.keys() == b.keys() and all(same(a[k], b[k], tolerance) for k in a)
    return abs(a - b) <= tolerance * max(1.0, abs(b))


def expect(value, right, sentence: str, tolerance: float = TOLERANCE) -> None:
    """Raise `NotYet` with the sentence unless a value is the right one.

    Args:
        value: a student's result, as `result` returns it.
        right: what it should be; numbers, strings, lists, dicts, arrays.
        sentence: what to say; `{value}` and `{right}` in it are filled in.
        tolerance: how far numbers may be off, absolute below 1 and relative above.
    """
    if not same(value, right, tolerance):
        raise NotYet(sentence.replace("{value}", _short(value)).replace("{right}", _short(plain(right))))


def _short(value) -> str:
    """Write a value for a sentence: few digits, not too long."""
    if type(value) is float:
        return f"{value:.4g}"
    text = f"[{', '.join(map(_short, value))}]" if type(value) is list else repr(value)
    return text if len(text) < 80 else text[:76] + " ..."
