"""The board: every row is there, own runs are grouped by seed, nobody is called better without reason."""

import numpy as np
import pytest

from course_utils import baselines, board, differences, intervals, load, metrics, published, results
from course_utils.cards import card
from course_utils.data import Split
from course_utils.errors import CourseError, DataError
from course_utils.look.figures import Plate


def scores(y, strength, seed):
    """Return probabilities of class 1 that know a little of the truth."""
    rng = np.random.default_rng(seed)
    yes = np.clip(0.5 + strength * (y - 0.5) + 0.2 * rng.normal(size=len(y)), 0, 1)
    return np.stack([1 - yes, yes], axis=1)


@pytest.fixture(scope="module")
def breast():
    return load("breastmnist", source="sample")


@pytest.fixture
def runs(tmp_path, breast):
    y = breast.test.y
    for seed in range(3):
        results.write(
            tmp_path, "breastmnist", "test", y, scores(y, 0.9, seed), f"cnn-seed{seed}", source="sample"
        )
    results.write(tmp_path, "breastmnist", "test", y, 1 - scores(y, 0.9, 9), "upside.down", source="sample")
    results.write(tmp_path, "breastmnist", "test", y, scores(y, 0.9, 9), "on-real-data")  # another source
    results.write(tmp_path, "breastmnist", "val", breast.val.y, scores(breast.val.y, 1, 1), "cnn-seed0")
    (tmp_path / "notes.csv").write_text("nothing of ours")
    return tmp_path


def test_rows(runs, breast):
    b = board.build("breastmnist", runs=runs, source="sample")
    names = [row.method for row in b.rows]
    assert names[:2] == ["constant guess", "logistic regression on pixels"]
    assert names[2:9] == [row["method"] for row in published.rows("breastmnist")]
    assert names[9:] == ["upside.down", "cnn"] or names[9:] == ["cnn", "upside.down"]
    own = {row.method: row for row in b.rows if row.kind == "own"}
    assert len(own["cnn"].runs) == 3
    expected = [metrics.acc(breast.test.y, scores(breast.test.y, 0.9, s), "binary") for s in range(3)]
    assert own["cnn"].acc.value == pytest.approx(np.mean(expected))
    assert own["upside.down"].below and not own["cnn"].below
    guess = metrics.constant_guess(breast.train.y, breast.test.y, "binary")["acc"]
    assert b.rows[0].acc.value == b.constant == guess
    best = next(row for row in b.rows if row.kind == "published")
    assert best.acc == intervals.wilson(0.863 * 156, 156)


def test_every_face(runs):
    b = board.build("breastmnist", runs=runs, source="sample", baseline=False)
    text, html, frame = str(b), b._repr_html_(), b.frame()
    for shown in (text, html):
        assert "Google AutoML Vision" in shown and "3, ACC +- 0.0" in shown
        assert "SAMPLE DATA" in shown and "do not compare them with ours" in shown
        assert "BELOW the constant guess" in shown
    assert len(frame) == len(b.rows) == html.count("<tr>") - 1
    assert frame.loc[frame.method == "cnn", "seeds"].item() == 3
    assert frame.loc[frame.kind == "published", "like_the_best"].isna().all()
    plate = b.plot()
    assert isinstance(plate, Plate)
    assert "own: cnn" in plate.alt and "reference line constant guess" in plate.alt


def test_who_can_be_told_apart(runs):
    b = board.build("breastmnist", runs=runs, source="sample", baseline=False)
    names, apart = [row.method for row in b.rows], b.apart()
    assert apart[names.index("cnn"), names.index("upside.down")]
    assert not apart[names.index("ResNet-18 (28)"), names.index("Google AutoML Vision")]
    assert not apart.diagonal().any()
    np.testing.assert_array_equal(apart, apart.T)
    tied = dict(zip(names, b.tied(), strict=True))
    assert tied["cnn"] is True and tied["ResNet-18 (28)"] is None
    assert not tied["upside.down"]


def test_damaged_and_foreign_files(runs, breast):
    path = runs / "breastmnist_test@short-sample.csv"
    path.write_text("0,0.5\n1,0.5\n")
    with pytest.raises(CourseError, match="has 2 cases"):
        board.build("breastmnist", runs=runs, source="sample", baseline=False)
    path.write_text("0,0.5\n5,0.5\n")
    with pytest.raises(DataError, match="short-sample"):
        board.build("breastmnist", runs=runs, source="sample", baseline=False)


@pytest.mark.parametrize("flag", ["retinamnist", "chestmnist", "vesselmnist3d"])
def test_other_tasks(flag, tmp_path):
    b = board.build(flag, runs=tmp_path / "none", source="sample")
    assert len(b.rows) == 2 + len(published.rows(flag))
    assert b.rows[1].auc > 0.55
    assert str(b)


def test_pixels_are_block_means():
    def split(flag, *shape):
        images = np.random.default_rng(0).integers(0, 256, (5, *shape), np.uint8)
        return Split("val", images, np.zeros((5, 1), np.uint8), card(flag))

    small = split("adrenalmnist3d", 28, 28, 28)
    assert baselines.pixels(small).shape == (5, 14**3)
    block = small.images[3, :2, 2:4, 4:6].mean() / 255
    assert baselines.pixels(small)[3].reshape(14, 14, 14)[0, 1, 2] == pytest.approx(block, abs=1e-6)
    assert baselines.pixels(split("adrenalmnist3d", 64, 64, 64)).shape == (5, 16**3)
    plain = split("breastmnist", 28, 28)
    np.testing.assert_allclose(baselines.pixels(plain), plain.images.reshape(5, -1) / 255, atol=1e-6)
    assert baselines.pixels(split("retinamnist", 64, 64, 3)).shape == (5, 32 * 32 * 3)


def test_unpaired_by_newcombe():
    """His example (1998, table II): 56 of 70 against 48 of 80, by method 10."""
    result = differences.unpaired(intervals.wilson(56, 70), intervals.wilson(48, 80))
    assert (result.low, result.high) == (pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4))
    assert result.real and result.p < 0.05
    same = differences.unpaired(intervals.wilson(5, 10), intervals.wilson(5, 10))
    assert not same.real and same.p == pytest.approx(1)
