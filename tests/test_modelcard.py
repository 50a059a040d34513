"""The model card: its numbers are the run's, its gaps are seen, and it claims nothing it can't."""

import re
from dataclasses import replace

import numpy as np
import pytest
from test_protocol import PLAN

from course_utils import differences, load, metrics, modelcard, protocol
from course_utils.errors import CourseError

SAID = {
    "use": "Students, to learn.",
    "not_for": "Patients of any kind.",
    "limits": "Dark images were missed.",
}


def made_up(split, seed, skill=1.0):
    rng, card = np.random.default_rng(seed), split.card
    y = split.y if split.y.ndim > 1 else np.eye(card.n_outputs)[split.y]
    raw = rng.random(y.shape) + skill * y
    return raw / (2.1 if card.task == "multi-label" else raw.sum(1, keepdims=True))


@pytest.fixture
def study(tmp_path):
    data = load("breastmnist", source="sample")
    protocol.freeze(PLAN, tmp_path)
    protocol.open_test(tmp_path)
    return modelcard.Study(
        PLAN, data, [made_up(data.val, s) for s in PLAN.seeds], [made_up(data.test, s) for s in PLAN.seeds],
        made_up(data.test, 9, 0.3), tmp_path, files=(tmp_path / "breastmnist_test@x.csv",), weights=72_000,
    )  # fmt: skip


def test_numbers_are_those_of_the_run(study):
    text = str(modelcard.fill(study, **SAID))
    y = study.data.test.y
    aucs = [metrics.auc(y, p, "binary") for p in study.test]
    row = next(line for line in text.splitlines() if line.startswith("| auc"))
    assert f"| auc (decides) | {np.mean(aucs):.3f} | {np.std(aucs, ddof=1):.3f} | {aucs[0]:.3f} [" in row
    assert f"{metrics.auc(y, study.rival, 'binary'):.3f} | 0.500 |" in row
    cut = study.threshold(0)
    at = metrics.summary(y, study.test[0], "binary", cut)
    sensitivity = next(line for line in text.splitlines() if line.startswith("| sensitivity"))
    assert f"| {at['sensitivity']:.3f} [" in sensitivity and f"{cut:.2f}" in text
    acc = next(line for line in text.splitlines() if line.startswith("| acc"))
    guess = metrics.constant_guess(study.data.train.y, y, "binary")["acc"]
    assert acc.endswith(f"{guess:.3f} |")


def test_lead_is_the_middle_seeds(study):
    aucs = study.scores("auc")
    middle = int(np.argsort(aucs)[1])
    expected = differences.compare(study.data.test.y, study.test[middle], study.rival, "binary", "auc")
    assert study.lead().value == pytest.approx(expected.value)
    assert study.verdict() == "better"
    assert replace(study, rival=study.test[middle]).verdict() == "no lead that matters"


def test_says_what_every_card_must_say(study):
    text = str(modelcard.fill(study, **SAID))
    assert "Not for clinical use." in text and "SAMPLE DATA" in text and "72,000 weights" in text
    assert "recall of class 1, normal, benign" in text
    for defect in study.data.card.defects:
        assert defect in text
    assert PLAN.fingerprint() in text and "read 1 time." in text and study.data.card.licence in text
    assert "breastmnist_test@x.csv" in text and "Highest published" not in text
    assert "Highest published AUC" in str(
        modelcard.fill(replace(study, data=replace(study.data, source="real")))
    )


def test_gaps_are_what_only_a_person_can_write(study):
    assert modelcard.fill(study, **SAID).gaps() == []
    assert len(modelcard.fill(study).gaps()) == 3
    (gap,) = modelcard.fill(study, **(SAID | {"limits": " "})).gaps()
    assert gap.startswith("what went wrong")


def test_is_markdown_with_headings_below_a_lessons_own(study, tmp_path):
    card = modelcard.fill(study, **SAID)
    levels = [len(marks) for marks in re.findall(r"^(#+) ", card._repr_markdown_(), re.M)]
    assert levels[0] == 3 and set(levels[1:]) == {4}
    assert card.write(tmp_path / "new" / "card.md").read_text().startswith("# Model card: small_cnn")


@pytest.mark.parametrize("flag", ["pathmnist", "retinamnist", "chestmnist", "vesselmnist3d"])
def test_every_task_gets_a_card(flag, tmp_path):
    data = load(flag, source="sample")
    plan = replace(PLAN, flag=flag)
    protocol.freeze(plan, tmp_path)
    study = modelcard.Study(
        plan, data, [made_up(data.val, s) for s in plan.seeds], [made_up(data.test, s) for s in plan.seeds],
        made_up(data.test, 9, 0.3), tmp_path,
    )  # fmt: skip
    text = str(modelcard.fill(study))
    assert ("sensitivity" in text) == (data.card.task == "binary")
    assert ("kappa" in text) == (data.card.task == "ordinal")
    assert "nan" not in text and "no result file" in text


def test_a_missing_seed_or_protocol_is_named(study, tmp_path):
    with pytest.raises(CourseError, match="report all"):
        modelcard.fill(replace(study, test=study.test[:2]))
    with pytest.raises(CourseError, match="No protocol"):
        modelcard.fill(replace(study, folder=tmp_path / "elsewhere"))


def test_the_ceiling_sees_what_a_program_can_see(study):
    card = modelcard.fill(study, **SAID)
    assert modelcard.ceiling(study, card) == {}
    protocol.open_test(study.folder)
    short = replace(study, plan=replace(PLAN, seeds=(0, 1)), files=())
    found = modelcard.ceiling(short, modelcard.fill(study))
    assert {name: points for name, (points, _) in found.items()} == {
        "protocol": 0, "uncertainty": 1, "test once": 1, "limits": 1, "reuse": 1,
    }  # fmt: skip
    assert "2 times" in found["test once"][1]


def test_rubric_names_every_criterion():
    assert all(name in modelcard.rubric() for name in modelcard.RUBRIC)
    assert f"{2 * len(modelcard.RUBRIC)} in all" in modelcard.rubric()
