"""The training rows of the performance table: they run, and their ratios are of the promised kind."""

from pathlib import Path

import pytest

from course_utils import bench, bench_train, load
from course_utils.learn import recipes

KEYS = ["name", "ours", "peer", "unit", "ratio", "goal"]


@pytest.mark.parametrize("name", ["batches_grey", "batches_colour", "import_memory"])
def test_cheap_rows_reach_a_good_part_of_their_goal(name):
    (row,) = bench.run([name])["rows"]
    assert list(row) == KEYS
    assert row["ratio"] == pytest.approx(row["peer"] / row["ours"], rel=0.02)
    assert row["ratio"] > row["goal"] / 4  # the machine may be busy


def test_a_child_reports_its_own_peak_not_its_parents():
    ballast = bytearray(300 * 2**20)
    ballast[:: 2**12] = b"x" * len(ballast[:: 2**12])
    small, large = (bench_train._child(f"x = b'x' * {mb} * 2**20")[1] for mb in (1, 100))
    assert small < 100
    assert 80 < large - small < 120


@pytest.mark.parametrize(("published_auc", "reached"), [(0.0, True), (1.1, False)])
def test_a_missed_score_counts_as_no_speed(monkeypatch, published_auc, reached):
    data = load("pneumoniamnist", source="sample")
    monkeypatch.setattr(bench_train, "load", lambda flag, source: data)
    monkeypatch.setattr(Path, "is_file", lambda path: True)
    monkeypatch.setattr(bench_train.published, "row", lambda flag, method: {"auc": published_auc})
    monkeypatch.setattr(recipes, "MOST_EPOCHS", 1)
    row = bench_train.time_to_published()
    assert (row["ratio"] > 0) is reached and f"published {published_auc:.3f}" in row["name"]
