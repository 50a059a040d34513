"""The commands evaluate, board and bench."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from course_utils import bench, load, results
from course_utils.__main__ import main


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path / "nothing"))
    return lambda *words: CliRunner().invoke(main, list(map(str, words)))


@pytest.fixture
def file(tmp_path):
    data = load("breastmnist", source="sample")
    probs = np.random.default_rng(0).random((len(data.test), 2))
    return results.write(tmp_path, "breastmnist", "test", data.test.y, probs, "cnn-seed0", source="sample")


def test_evaluate(run, file):
    result = run("evaluate", file)
    assert result.exit_code == 0 and "SAMPLE DATA" in result.output and "says" not in result.output
    (report,) = json.loads(run("evaluate", file, "--json").stdout)
    assert report["flag"] == "breastmnist" and report["claimed"]["auc"] == pytest.approx(
        report["auc"], abs=6e-4
    )
    wrong = file.rename(file.with_name("breastmnist_test_[AUC]0.999_[ACC]0.999@cnn-sample.csv"))
    assert "its name says AUC 0.999; its name says ACC 0.999" in run("evaluate", wrong).output
    missing = run("evaluate", "nowhere/breastmnist_test@x.csv")
    assert missing.exit_code == 1 and "Can't read" in missing.output and "Traceback" not in missing.output


def test_board(run, file, tmp_path):
    page, picture = tmp_path / "b.html", tmp_path / "b.png"
    words = ["board", "breastmnist", "--source", "sample", "--runs", tmp_path]
    result = run(*words, "--html", page, "--figure", picture)
    assert result.exit_code == 0, result.output
    assert "cnn" in result.output and "Google AutoML Vision" in result.output
    assert "<img alt='accuracy on test" in page.read_text() and picture.read_bytes()[:4] == b"\x89PNG"
    rows = json.loads(run(*words, "--json").stdout)
    assert [row["kind"] for row in rows].count("published") == 7
    assert run("board", "brestmnist").exit_code == 2


def test_board_overview(run):
    text = run("board").output
    assert "vesselmnist3d" in text and "4 of 8" in text
    assert len(json.loads(run("board", "--json").stdout)) == 18


def test_bench(run, monkeypatch):
    table = {
        "rows": [{"name": "nap", "ours": 1, "peer": 2, "unit": "ms", "ratio": 2, "goal": 3}],
        "environment": "e",
    }
    monkeypatch.setattr(bench, "run", lambda names: table)
    assert "nap  BELOW ITS GOAL" in run("bench").output
    assert json.loads(run("bench", "--json").stdout) == table


def test_bench_names_unknown_rows(run):
    result = run("bench", "bootstrp")
    assert result.exit_code == 2 and "Did you mean 'bootstrap'" in result.output
