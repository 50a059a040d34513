"""The performance table: the peer does the same work, the ratio points the right way."""

import time

import numpy as np
import pytest

from course_utils import bench, load
from course_utils.errors import ChoiceError
from course_utils.look.pictures import compose


@pytest.mark.parametrize("flag", ["pneumoniamnist", "pathmnist"])
def test_the_peer_composes_the_same_picture(flag):
    split = load(flag, source="sample").train
    np.random.seed(3)  # noqa: NPY002 - medmnist draws from it
    theirs = np.asarray(bench.as_medmnist(split).montage(length=20))
    np.random.seed(3)  # noqa: NPY002
    index = np.random.choice(len(split), size=400, replace=False)  # noqa: NPY002
    assert np.array_equal(compose(split.images[index], 20, gap=0), theirs)


def test_a_ratio_above_one_means_ours_is_faster():
    row = bench.compare("sleeping", lambda: time.sleep(0.001), lambda: time.sleep(0.005), goal=2.0, repeats=3)
    assert set(row) == {"name", "ours", "peer", "unit", "ratio", "goal"}
    assert row["unit"] == "ms" and row["ours"] >= 1 and row["peer"] >= 5
    assert 1.5 < row["ratio"] == pytest.approx(row["peer"] / row["ours"], rel=0.02)


def test_rows_are_chosen_by_name(monkeypatch):
    def nap():
        return {"name": "nap"}

    bench.run([])  # lets every module register its rows first
    monkeypatch.setattr(bench, "ROWS", [])
    assert bench.row(nap) is nap
    assert (
        bench.run() == bench.run(["nap"]) == {"rows": [{"name": "nap"}], "environment": bench.env.describe()}
    )
    assert bench.run([])["rows"] == []
    with pytest.raises(ChoiceError, match="nap"):
        bench.run(["map"])


def test_montage_rows_are_faster_than_medmnists():
    for row in bench.run(["montage_grey", "montage_colour"])["rows"]:
        assert row["ratio"] > 1.5, row  # the goals are for a quiet machine
