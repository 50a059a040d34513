"""Result files: both directions against MedMNIST's Evaluator, and every way a file can be wrong."""

import numpy as np
import pytest
from medmnist import Evaluator

from course_utils import data, metrics, results
from course_utils.cards import card
from course_utils.errors import ChoiceError, DataError, ScoreError

FLAGS = ("breastmnist", "retinamnist", "chestmnist", "bloodmnist")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Return a folder in which the sample labels pass for MedMNIST files, so that Evaluator can read them."""
    folder = tmp_path_factory.mktemp("root")
    for flag in FLAGS:
        dataset = data.load(flag, source="sample")
        np.savez(folder / f"{flag}.npz", test_labels=dataset.test.labels)
        np.savez(folder / f"{flag}_64.npz", test_labels=dataset.test.labels)
    return folder


def scores(flag, n, seed=0):
    the_card = card(flag)
    rng = np.random.default_rng(seed)
    if the_card.task == "multi-label":
        return rng.random((n, the_card.n_outputs)).astype(np.float32)
    return rng.dirichlet(np.ones(the_card.n_outputs), n).astype(np.float32)


@pytest.mark.parametrize("flag", FLAGS)
@pytest.mark.parametrize("size", [28, 64])
def test_medmnist_reads_what_we_write(flag, size, root, tmp_path):
    class Here(Evaluator):  # parse_and_evaluate ignores a custom root, so bend the constructor
        def __init__(self, flag, split, size=None):
            super().__init__(flag, split, size and int(size), root=root)

    labels = np.load(root / f"{flag}.npz")["test_labels"]
    probs = scores(flag, len(labels))
    path = results.write(tmp_path, flag, "test", labels, probs, "ours", size=size)
    theirs = Here.parse_and_evaluate(str(path))
    mine = metrics.evaluate(labels, probs, card(flag).task)
    assert pytest.approx(mine["auc"], abs=1e-9) == theirs.AUC
    assert pytest.approx(mine["acc"], abs=1e-9) == theirs.ACC
    assert list(tmp_path.glob("*")) == [path]  # it wrote its own file under the very same name


@pytest.mark.parametrize("flag", FLAGS)
def test_we_read_what_medmnist_writes(flag, root, tmp_path):
    evaluator = Evaluator(flag, "test", size=64, root=root)
    probs = scores(flag, len(evaluator.labels), seed=1)
    theirs = evaluator.evaluate(probs, save_folder=tmp_path, run="v1.2-seed3")
    (path,) = tmp_path.iterdir()
    result = results.read(path)
    assert (result.flag, result.size, result.split, result.run) == (flag, 64, "test", "v1.2-seed3")
    np.testing.assert_array_equal(result.probs.astype(np.float32), probs)
    assert metrics.evaluate(evaluator.labels, result.probs, card(flag).task) == {
        "auc": pytest.approx(theirs.AUC, abs=1e-9),
        "acc": pytest.approx(theirs.ACC, abs=1e-9),
    }
    assert result.claimed == {"auc": round(theirs.AUC, 3), "acc": round(theirs.ACC, 3)}


def test_round_trip_and_evaluate(tmp_path):
    dataset = data.load("breastmnist", source="sample")
    probs = scores("breastmnist", len(dataset.test))
    path = results.write(tmp_path, "breastmnist", "test", dataset.test.y, probs, "cnn", source=dataset.source)
    assert path.name.endswith("@cnn-sample.csv")
    np.testing.assert_array_equal(results.read(path).probs, probs.astype(np.float64))
    report = results.evaluate(path)
    assert report["source"] == "sample"
    assert report["n"] == len(dataset.test)
    assert report["auc"] == metrics.auc(dataset.test.y, probs, "binary")
    assert list(tmp_path.iterdir()) == [path]


def test_lines_in_any_order_and_one_column(tmp_path):
    path = tmp_path / "breastmnist_val@other.system.csv"
    path.write_text("2,0.75\n0,0.25\n1,0.5\n")
    result = results.read(path)
    assert (result.run, result.claimed) == ("other.system", {})
    np.testing.assert_array_equal(result.probs, [[0.25], [0.5], [0.75]])


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("breastmnist_test@x.csv", "", "is empty"),
        ("breastmnist_test@x.csv", "0,0.1\n1,0.2,0.3\n", "line 2: 3 columns"),
        ("breastmnist_test@x.csv", "index,score\n0,0.1\n", "'index' is no number"),
        ("breastmnist_test@x.csv", "1,0.1\n2,0.2\n", "each of 0..1 once"),
        ("breastmnist_test@x.csv", "0,0.1\n0,0.2\n", "each of 0..1 once"),
        ("breastmnist_test@x.csv", "0,.1,.2,.7\n1,.1,.2,.7\n", "needs 1 or 2 score columns"),
        ("retinamnist_test@x.csv", "0,.1,.2,.7\n1,.1,.2,.7\n", "needs 5 score columns, one a class, found 3"),
        ("breastmnist_test@x.csv", "0\n1\n", "1 columns, expected 2"),
        ("results.csv", "0,0.1\n", "no result file name"),
        ("breastmnist@x.csv", "0,0.1\n", "no result file name"),
    ],
)
def test_what_is_wrong_is_named(name, text, says, tmp_path):
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError) as error:
        results.read(tmp_path / name)
    assert says in str(error.value)


def test_other_errors(tmp_path):
    with pytest.raises(DataError, match="Can't read"):
        results.read(tmp_path / "breastmnist_test@x.csv")
    (tmp_path / "breastmnist_test@x.csv").write_bytes(b"\xff\xfe\x00\x80")
    with pytest.raises(DataError, match="no text table"):
        results.read(tmp_path / "breastmnist_test@x.csv")
    (tmp_path / "breastmnis_test@x.csv").write_text("0,0.1\n")
    with pytest.raises(ChoiceError, match="breastmnist"):
        results.read(tmp_path / "breastmnis_test@x.csv")
    (tmp_path / "breastmnist_65_test@x.csv").write_text("0,0.1\n")
    with pytest.raises(ChoiceError, match="64"):
        results.read(tmp_path / "breastmnist_65_test@x.csv")
    (tmp_path / "breastmnist_test@y-sample.csv").write_text("0,0.1\n1,0.2\n")
    with pytest.raises(DataError, match="has 2 cases"):
        results.evaluate(tmp_path / "breastmnist_test@y-sample.csv")
    with pytest.raises(DataError, match="part of a file name"):
        results.write(tmp_path, "breastmnist", "test", [0, 1], [0.1, 0.2], "a/b")
    with pytest.raises(ScoreError, match="logits"):
        results.write(tmp_path / "new", "breastmnist", "test", [0, 1], [-3.0, 2], "logits")
    assert not (tmp_path / "new").exists()
