import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.errors import ChoiceError, CourseError, DataError, choose

SPLITS = ["train", "val", "test"]


def test_a_possible_value_comes_back():
    assert choose("val", SPLITS, "split") == "val"
    assert choose(28, (28, 64), "size") == 28
    assert choose("b", {"a": 1, "b": 2}, "key") == "b"


def test_a_numpy_integer_counts_as_a_number():
    assert choose(np.int64(64), (28, 64), "size") == 64


@pytest.mark.parametrize("value", [True, 1.0, "1", None, np.arange(3), [1], {"a": 1}, object()])
def test_what_only_looks_like_a_choice_is_refused(value):
    with pytest.raises(ChoiceError, match="Unknown size: "):
        choose(value, (1, 2), "size")


def test_message_names_value_nearest_match_and_all_choices():
    with pytest.raises(ChoiceError) as caught:
        choose("Tset", SPLITS, "split")
    assert str(caught.value) == "Unknown split: 'Tset'. Did you mean 'test'? Possible: train, val, test."


def test_nearest_match_ignores_case():
    with pytest.raises(ChoiceError, match=r"Did you mean 'breastmnist'\?"):
        choose("BREASTMNIST", ["breastmnist", "retinamnist"], "flag")


def test_no_nearest_match_is_guessed_for_nonsense():
    with pytest.raises(ChoiceError) as caught:
        choose("zzz", SPLITS, "split")
    assert "Did you mean" not in str(caught.value)


def test_each_error_is_also_its_builtin_kin():
    assert issubclass(ChoiceError, CourseError) and issubclass(ChoiceError, ValueError)
    assert issubclass(DataError, CourseError) and issubclass(DataError, OSError)


@given(st.lists(st.text(), min_size=1, unique=True), st.text())
def test_either_the_value_comes_back_or_the_message_lists_every_choice(choices, value):
    if value in choices:
        assert choose(value, choices, "word") == value
    else:
        with pytest.raises(ChoiceError) as caught:
            choose(value, choices, "word")
        assert all(choice in str(caught.value) for choice in choices)
