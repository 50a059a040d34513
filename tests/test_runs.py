"""The train document: schema, repeatability, result files, interrupts, undefined scores."""

import json
import statistics
from dataclasses import replace

import numpy as np
import pytest

from course_utils import checkpoints, data, metrics, results, runs, train
from course_utils.data import Split
from course_utils.errors import ChoiceError, CourseError


def quick(tmp_path, flag="breastmnist", **options):
    return runs.train_flag(
        flag, **({"epochs": 1, "source": "sample", "out": tmp_path, "progress": False} | options)
    )


def test_document_has_the_promised_keys_and_repeats_but_for_seconds(tmp_path):
    a, b = (quick(tmp_path, seeds=2) for _ in range(2))
    assert list(a) == [
        "flag", "size", "model", "members", "conv", "source", "runs", "mean", "std",
        "constant_guess", "published", "environment",
    ]  # fmt: skip
    assert [list(run) for run in a["runs"]] == [["seed", "auc", "acc", "seconds", "result_file"]] * 2
    aucs = [run["auc"] for run in a["runs"]]
    assert a["mean"]["auc"] == pytest.approx(statistics.mean(aucs))
    assert a["std"]["auc"] == pytest.approx(statistics.stdev(aucs))
    assert a["published"][0]["method"] == "ResNet-18 (28)"
    for run in a["runs"] + b["runs"]:
        assert run.pop("seconds") > 0
    assert json.dumps(a) == json.dumps(b)


def test_the_result_file_scores_what_the_document_says(tmp_path):
    run = quick(tmp_path)["runs"][0]
    scores = results.evaluate(run["result_file"])
    assert scores["auc"] == pytest.approx(run["auc"], abs=1e-6)
    assert scores["acc"] == pytest.approx(run["acc"])
    assert scores["source"] == "sample"


def test_volumes_name_their_convolution(tmp_path, monkeypatch):
    whole = data.load("nodulemnist3d", source="sample")
    parts = {
        name: Split(name, whole[name].images[:20], whole[name].labels[:20], whole.card)
        for name in ("train", "val", "test")
    }
    monkeypatch.setattr(runs, "load", lambda *args, **options: replace(whole, **parts))
    document = quick(tmp_path, "nodulemnist3d", conv="acs")
    assert document["conv"] == "acs"
    assert "small_cnn-acs-seed0" in document["runs"][0]["result_file"]


def test_an_interrupt_says_where_the_best_weights_are(tmp_path, monkeypatch):
    judge, calls = train._judge, iter(range(9))

    def stop_at_the_second(*args):
        if next(calls) == 1:
            raise KeyboardInterrupt
        return judge(*args)

    monkeypatch.setattr(train, "_judge", stop_at_the_second)
    with pytest.raises(CourseError, match=r"after 1 epochs.*epoch 1\) are in .*safetensors") as caught:
        quick(tmp_path, epochs=3)
    (path,) = tmp_path.glob("*.safetensors")
    assert str(path) in str(caught.value)
    assert checkpoints.notes(path)["epoch"] == "1"


def test_an_interrupt_at_once_has_nothing_to_keep(tmp_path, monkeypatch):
    def stop(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(train, "_judge", stop)
    with pytest.raises(CourseError, match="nothing to keep"):
        quick(tmp_path)


def test_a_test_split_with_one_class_has_an_accuracy_but_no_auc(tmp_path, monkeypatch):
    whole = data.load("breastmnist", source="sample")
    one = whole.test.y == 1
    test = Split("test", whole.test.images[one], whole.test.labels[one], whole.card)
    monkeypatch.setattr(runs, "load", lambda *args, **options: replace(whole, test=test))
    document = quick(tmp_path)
    assert document["mean"]["auc"] is None
    assert document["std"]["auc"] is None
    assert 0 <= document["mean"]["acc"] <= 1
    assert "NaN" not in json.dumps(document)
    assert "none" in runs.text(document)


def test_the_text_shows_every_row_to_compare_with(tmp_path):
    text = runs.text(quick(tmp_path, seeds=2))
    for wanted in (
        "small_cnn, seed 1",
        "mean of 2",
        "standard deviation",
        "constant guess",
        "ResNet-50 (224)",
    ):
        assert wanted in text


def test_the_test_split_is_read_once_a_seed_after_training(tmp_path, monkeypatch):
    seen = []
    fit, predict = train.fit, train.predict
    monkeypatch.setattr(train, "fit", lambda *a, **k: (seen.append("fit"), fit(*a, **k))[1])
    monkeypatch.setattr(train, "predict", lambda m, s, **k: (seen.append(s.name), predict(m, s, **k))[1])
    quick(tmp_path, seeds=2)
    assert seen == (["fit"] * 3 + ["test"] * 3) * 2  # three members a seed, for there are few images


@pytest.mark.parametrize("wrong", [{"model": "vgg"}, {"conv": "4d"}, {"size": 29}, {"source": "moon"}])
def test_unknown_words_are_named(tmp_path, wrong):
    with pytest.raises(ChoiceError, match="Possible"):
        quick(tmp_path, **wrong)


def test_constant_guess_is_that_of_metrics(tmp_path):
    d = data.load("breastmnist", source="sample")
    guess = metrics.constant_guess(d.train.y, d.test.y, "binary")
    assert quick(tmp_path)["constant_guess"] == {"acc": guess["acc"]}


def test_a_large_enough_dataset_takes_one_network_and_a_small_one_the_mean_of_three(tmp_path, monkeypatch):
    made = []
    predict = train.predict
    monkeypatch.setattr(train, "predict", lambda *a, **k: made.append(predict(*a, **k)) or made[-1])
    run = quick(tmp_path)["runs"][0]
    assert "small_cnn-x3-seed0" in run["result_file"]
    saved = results.read(run["result_file"]).probs
    np.testing.assert_allclose(saved, sum(made) / 3, atol=1e-6)
    assert not np.allclose(made[0], made[1], atol=1e-4)
    assert len(list(tmp_path.glob("*.safetensors"))) == 3
    monkeypatch.setattr("course_utils.learn.recipes.FEW_IMAGES", 10)
    assert "small_cnn-seed0" in quick(tmp_path)["runs"][0]["result_file"]
