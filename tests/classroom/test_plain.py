"""Plain values cross unchanged; nothing else does."""

import json
from collections import Counter

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import course_utils
from course_utils.classroom import hand, judge
from course_utils.classroom.plain import decode, encode

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
DTYPES = hnp.scalar_dtypes().filter(lambda dtype: dtype.kind in "biufcSUmM")


def through(value):
    return decode(json.loads(json.dumps(encode(value))))


@given(PLAIN)
def test_plain_values_come_back(value):
    got = through(value)
    assert got == value
    assert type(got) is type(value)


@given(hnp.arrays(DTYPES, hnp.array_shapes(min_dims=0, min_side=0, max_side=4)))
def test_arrays_come_back(array):
    got = through(array)
    assert got.dtype == array.dtype
    assert got.shape == array.shape
    np.testing.assert_array_equal(got, array)


def test_other_known_kinds_come_back():
    for value in (
        ...,
        {1, 2},
        frozenset("a"),
        range(3),
        slice(1, None),
        1j,
        Counter("abba"),
        np.float32(0.5),
    ):
        assert through(value) == value
    tensor = torch.arange(4.0).reshape(2, 2)
    assert torch.equal(through(tensor), tensor)
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}, index=[5, 6])
    pd.testing.assert_frame_equal(through(frame), frame, check_index_type=False)
    split = course_utils.load("breastmnist", source="sample").test
    np.testing.assert_array_equal(through(split).images, split.images)
    model = torch.nn.Sequential(torch.nn.Linear(2, 3))
    assert torch.equal(through(model)(tensor), model(tensor))


def test_objects_of_the_students_do_not_cross():
    class Mine(float):
        pass

    for value in (Mine(1), Mine, lambda: 1, open, np.zeros(1).view(type("A", (np.ndarray,), {}))):
        with pytest.raises(TypeError, match="plain"):
            encode(value)


@pytest.mark.parametrize(
    "module", ["os", "course_utils.__main__", "course_utils.classroom.judge", "builtins"]
)
def test_no_other_class_is_built(module):
    state = {"kind": "dict", "items": []}
    with pytest.raises(ValueError, match="may cross"):
        decode({"kind": "object", "module": module, "name": "Bench", "state": state})


class Direct(judge.Line):
    """A line without a kernel between."""

    def __init__(self):
        self.late = False

    def ask(self, **request):
        reply = json.loads(hand.answer(json.dumps(request)))
        if "error" in reply:
            raise judge._error(*reply["error"])
        return reply


@pytest.fixture
def bench(monkeypatch):
    """Return a namespace of the judge's and a function that makes the student's names."""
    import __main__

    space = {}

    def student(**names):
        for name, value in names.items():
            monkeypatch.setattr(__main__, name, value, raising=False)
        judge.Bench(space, Direct()).bind(list(names))
        return space

    return student


def test_functions_are_called_and_change_their_arguments(bench):
    def double(values, table):
        values *= 2
        table["n"] = len(values)
        return values.sum()

    space, values, table = bench(double=double), np.arange(3), {}
    assert space["double"](values, table) == 6
    assert values.tolist() == [0, 2, 4]
    assert table == {"n": 3}


def test_objects_are_looked_into_but_not_compared(bench):
    class Box:
        size = 3

        def __len__(self):
            return 2

        def __eq__(self, other):
            return True

        __hash__ = None

    box = bench(box=Box())["box"]
    assert box.size == 3
    assert len(box) == 2
    for compare in (lambda: box == 1, lambda: box != 1, lambda: bool(box), lambda: 1 in [box]):
        with pytest.raises(TypeError, match="plain values"):
            compare()
    with pytest.raises(AttributeError):
        _ = box.nothing


def test_errors_cross_by_name(bench):
    def fail(name):
        raise {"ValueError": ValueError, "exit": SystemExit, "stop": StopIteration}[name](name)

    fail_there = bench(fail=fail)["fail"]
    with pytest.raises(ValueError, match="ValueError"):
        fail_there("ValueError")
    for name in ("exit", "stop"):
        with pytest.raises(judge.StudentError):
            fail_there(name)


def test_a_name_that_is_missing_is_missing_here(bench):
    space = bench(there=1)
    judge.Bench(space, Direct()).bind(["not_there"])
    assert "not_there" not in space
    assert space["there"] == 1
