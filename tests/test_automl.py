"""AutoML: FLAML on tiny samples of every task, missing systems, AutoKeras where it is installed."""

import importlib.util
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from course_utils import data
from course_utils.__main__ import main
from course_utils.data import Split
from course_utils.errors import ChoiceError, CourseError
from course_utils.judge import automl, board, results

REPO = Path(__file__).parent.parent


def small(flag, n=60, **parts):
    """Return sample data with n images a split."""
    whole = data.load(flag, source="sample")
    made = {
        s: Split(s, whole[s].images[:n], whole[s].labels[:n], whole.card) for s in ("train", "val", "test")
    }
    return replace(whole, **made | parts)


@pytest.fixture
def quick(monkeypatch):
    """Let automl load a small dataset, and search with one core for seconds."""

    def use(flag, **options):
        monkeypatch.setattr(automl, "load", lambda *args, **_: small(flag, **options))
        monkeypatch.setenv("OMP_NUM_THREADS", "1")

    return use


def test_flaml_searches_and_its_files_enter_the_board(tmp_path):
    words = f"automl breastmnist --source sample --minutes 0.05 --seed 3 --out {tmp_path} --json"
    answer = CliRunner().invoke(main, words.split())
    assert answer.exit_code == 0, answer.output
    document = json.loads(answer.stdout)
    for split in ("val", "test"):
        report = results.evaluate(document[split]["result_file"])
        assert report["split"] == split and report["run"] == "flaml-seed3-sample"
        assert report["auc"] == pytest.approx(document[split]["auc"])
        assert report["acc"] == pytest.approx(document[split]["acc"])
    assert document["test"]["auc"] > 0.6 and document["version"] == "2.7.0"
    assert document["choice"].split()[0] in automl.LEARNERS
    row = board.build("breastmnist", runs=tmp_path, source="sample", baseline=False).rows[-1]
    assert (row.method, row.kind) == ("flaml", "own") and row.auc == pytest.approx(document["test"]["auc"])
    text = automl.text(document)
    assert "published (on real data): auto-sklearn" in text and "SAMPLE DATA" in text


@pytest.mark.parametrize("flag", ["dermamnist", "chestmnist", "adrenalmnist3d"])
def test_every_task_gives_probabilities_in_the_course_s_layout(quick, tmp_path, flag):
    quick(flag, n=40)
    document = automl.run(flag, minutes=0.04, out=tmp_path)
    probs = results.read(document["test"]["result_file"]).probs
    card = small(flag).card
    assert probs.shape == (40, card.n_outputs) and (probs >= 0).all() and (probs <= 1).all()
    if card.task != "multi-label":
        np.testing.assert_allclose(probs.sum(1), 1)


def test_a_split_with_one_class_needs_no_search(quick, tmp_path):
    whole = small("breastmnist")
    one = whole.train.y == 1
    quick("breastmnist", train=Split("train", whole.train.images[one], whole.train.labels[one], whole.card))
    document = automl.run("breastmnist", minutes=0.01, out=tmp_path)
    assert document["choice"] == "a class that never changes"
    assert document["test"]["acc"] == pytest.approx(document["constant_guess"]["acc"])


def test_the_search_sees_train_and_val_and_not_test(quick, tmp_path, monkeypatch):
    quick("breastmnist")
    seen = []
    pixels = automl.baselines.pixels
    monkeypatch.setattr(automl.baselines, "pixels", lambda split: seen.append(split.name) or pixels(split))
    monkeypatch.setattr(automl, "_flaml_one", lambda *args: seen.append("search") or (None, [1]))
    automl.run("breastmnist", out=tmp_path)
    assert seen == ["train", "val", "search", "val", "test"]


@pytest.mark.parametrize("system", automl.NEEDS)
def test_a_missing_system_says_what_to_install(monkeypatch, system, tmp_path):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        automl, "find_spec", lambda name: None if name in automl.NEEDS[system] else found(name)
    )
    words = ["automl", "breastmnist", "--source", "sample", "--system", system, "--out", str(tmp_path)]
    answer = CliRunner().invoke(main, words)
    assert answer.exit_code == 1 and "pip install -r requirements-automl.txt" in answer.output
    assert system in answer.output and not list(tmp_path.iterdir())


def test_wrong_words(tmp_path):
    with pytest.raises(ChoiceError, match="Did you mean 'flaml'"):
        automl.run("breastmnist", system="flamel", source="sample", out=tmp_path)
    with pytest.raises(CourseError, match="minutes is 0"):
        automl.run("breastmnist", minutes=0, source="sample", out=tmp_path)


def test_the_extra_pins_what_the_tested_environment_pins():
    def pins(name):
        return set(re.findall(r"^([\w-]+==[\d.]+)", (REPO / name).read_text(), flags=re.M))

    shared = {"flaml", "lightgbm", "xgboost-cpu", "xgboost"}
    extra, tested = pins("requirements-automl.txt"), pins("requirements.txt")
    assert {pin for pin in extra if pin.split("==")[0] in shared} == extra & tested
    assert len(extra & tested) == 4


@pytest.mark.skipif(not importlib.util.find_spec("autokeras"), reason="an extra: requirements-automl.txt")
@pytest.mark.parametrize("flag", ["breastmnist", "dermamnist", "chestmnist", "adrenalmnist3d"])
def test_autokeras_where_it_is_installed(quick, tmp_path, flag):
    quick(flag)
    document = automl.run(flag, system="autokeras", minutes=0.1, out=tmp_path)
    assert results.read(document["test"]["result_file"]).probs.shape == (60, small(flag).card.n_outputs)
    assert re.match(r"attempt \d+ of \d+, epoch \d+: .*Conv2D", document["choice"])
