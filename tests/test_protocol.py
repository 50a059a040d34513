"""The protocol: what it demands, that it stays frozen, and that readings of test are counted."""

from dataclasses import replace

import pytest

from course_utils import intervals, protocol
from course_utils.errors import CourseError

PLAN = protocol.Protocol(
    question="Does the small CNN beat logistic regression on BreastMNIST?",
    flag="breastmnist",
    model="small_cnn",
    epochs=3,
    seeds=(0, 1, 2),
    measure="auc",
    rival="logistic regression on pixels",
    margin=0.03,
    not_done="No larger network, no other size of image.",
)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"question": "Beat it."}, "question mark"),
        ({"measure": "luck"}, "none of auc"),
        ({"measure": "sensitivity", "flag": "pathmnist"}, "two classes"),
        ({"measure": "kappa", "flag": "chestmnist"}, "several findings"),
        ({"seeds": (0, 0, 1)}, "2 different seeds"),
        ({"margin": 0}, "margin"),
        ({"epochs": 0}, "epochs"),
        ({"rival": " "}, "better than what"),
        ({"not_done": ""}, "left out"),
    ],
)
def test_each_gap_has_its_sentence(change, sentence, tmp_path):
    assert PLAN.gaps() == []
    (gap,) = replace(PLAN, **change).gaps()
    assert sentence in gap
    with pytest.raises(CourseError, match="can't be frozen"):
        protocol.freeze(replace(PLAN, **change), tmp_path)


def test_a_frozen_protocol_stays(tmp_path):
    with pytest.raises(CourseError, match="No protocol was frozen"):
        protocol.open_test(tmp_path)
    path = protocol.freeze(PLAN, tmp_path / "study")
    before = path.read_bytes()
    assert protocol.freeze(PLAN, tmp_path / "study") == path and path.read_bytes() == before
    with pytest.raises(CourseError, match="new study in a new folder"):
        protocol.freeze(replace(PLAN, margin=0.01), tmp_path / "study")
    assert path.read_bytes() == before
    assert protocol.readings(path.parent) == 0
    assert [protocol.open_test(path.parent) for _ in range(3)] == [1, 2, 3]
    assert protocol.readings(path.parent) == 3


def test_every_field_changes_the_fingerprint():
    changes = {"question": "Is it so, or is it not so?", "epochs": 4, "seeds": (0, 1, 3), "margin": 0.04,
               "rule": "accuracy", "not_done": "Nothing else was left out here."}  # fmt: skip
    prints = {replace(PLAN, **{name: value}).fingerprint() for name, value in changes.items()}
    assert len(prints | {PLAN.fingerprint()}) == len(changes) + 1
    assert replace(PLAN).fingerprint() == PLAN.fingerprint() and PLAN.fingerprint() in str(PLAN)


def test_width_is_wilsons():
    interval = intervals.wilson(0.85 * 156, 156)
    assert PLAN.width(0.85) == pytest.approx(interval.value - interval.low)


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [(0.001, 0.1, "better"), (-0.1, -0.001, "worse"), (-0.02, 0.05, "undecided"),
     (-0.02, 0.02, "no lead that matters"), (0.0, 0.05, "undecided")],
)  # fmt: skip
def test_verdict(low, high, word):
    assert protocol.verdict(low, high, 0.03) == word
