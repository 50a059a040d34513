"""The storage rows of the performance table: the right archive, the same work, the right direction."""

import numpy as np
import pytest

from course_utils import bench, bench_storage, load
from course_utils.cards import card


@pytest.fixture(scope="module")
def tiny_archive():
    return bench_storage.archive(0.01)


def test_the_archive_has_pathmnists_layout(tiny_archive):
    data = load("pathmnist", size=224, source="real", root=tiny_archive)
    for split in ("train", "val", "test"):
        images, labels = data[split].images, data[split].labels
        assert images.shape == (128, 224, 224, 3) and images.dtype == np.uint8 and labels.shape == (128, 1)
        assert (images[..., 2] == 20 * labels[:, :, None]).all()
    assert (tiny_archive / card("pathmnist").file_name(224)).stat().st_size < data.train.images.nbytes / 5


def test_a_row_compares_the_same_work():
    result = bench_storage.measured(0.01)
    assert set(result) == {"unpack", "ours", "peer"}
    assert result["ours"]["check"] and result["peer"]["check"]
    assert result["ours"]["seconds"] < result["peer"]["seconds"]


def test_big_rows_are_measured_only_by_name(monkeypatch):
    bench.run([])
    called = []
    rows = [lambda: called.append("always"), lambda: called.append("named")]
    rows[0].__name__, rows[1].__name__ = "always", "named"
    monkeypatch.setattr(bench, "ROWS", [])
    monkeypatch.setattr(bench, "BY_NAME", set())
    bench.row(rows[0])
    bench.row(rows[1], by_name=True)
    bench.run()
    assert called == ["always"]
    bench.run(["named"])
    assert called == ["always", "named"]


def test_epochs_read_every_image(tmp_path, tiny_archive):
    from course_utils import files

    files.convert("pathmnist", size=224, root=tiny_archive)
    split = load("pathmnist", size=224, source="real", root=tiny_archive).train
    for floats in (False, True):
        assert bench_storage._ours(split, floats=floats) == bench_storage._numpy(split, floats=floats) == 128
    row = bench_storage._epoch_row(
        "x", split, lambda: bench_storage._ours(split), lambda: bench_storage._numpy(split)
    )
    assert row["ratio"] > 0 and row["unit"] == "s"
    with pytest.raises(AssertionError, match="5 images were read"):
        bench_storage._epoch_row("x", split, lambda: 5, lambda: 128)
