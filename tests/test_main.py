"""The command line: exit codes, one-sentence errors, nothing but JSON where JSON was asked for."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from course_utils.__main__ import main


def call(*args):
    result = CliRunner().invoke(main, args)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["data", "info", "brestmnist"], ["Did you mean 'breastmnist'", "pathmnist"]),
        (["data", "fetch", "breastmnist", "--size", "29"], ["28, 64, 128, 224"]),
        (["train", "brestmnist"], ["Did you mean 'breastmnist'"]),
        (["train", "breastmnist", "--size", "63"], ["28, 64, 128, 224"]),
        (["train", "adrenalmnist3d", "--size", "128"], ["28, 64."]),
        (["train", "breastmnist", "--source", "reel"], ["Did you mean 'real'", "auto, real, sample"]),
        (["train", "breastmnist", "--model", "resnet19"], ["resnet18"]),
        (["train", "adrenalmnist3d", "--conv", "4d", "--source", "sample"], ["3d, 2.5d, acs"]),
        (["train", "breastmnist", "--device", "gpu"], ["cuda"]),
        (["run", "99_nothing"], ["01_meet_medmnist"]),
        (["run", "--source", "reel"], ["Did you mean 'real'"]),
        (["tran"], ["Did you mean 'train'", "doctor"]),
        (["train", "breastmnist", "--epochs", "0"], ["0"]),
    ],
)
def test_wrong_words_exit_with_2_and_list_what_is_possible(args, words):
    result = call(*args)
    assert result.exit_code == 2
    assert "Traceback" not in result.output
    for word in words:
        assert word in result.output


def test_data_list_and_info():
    assert len([line for line in call("data", "list").output.splitlines() if "mnist" in line]) == 18
    assert "not the recall of cancer" in call("data", "info", "breastmnist").output


def test_verify_names_every_damaged_file_and_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path))
    arrays = {
        f"{split}_{part}": np.zeros((4, 28, 28) if part == "images" else (4, 1), np.uint8)
        for split in ("train", "val", "test")
        for part in ("images", "labels")
    }
    np.savez(tmp_path / "breastmnist.npz", **arrays)  # sound inside, but not the published file
    whole = (tmp_path / "breastmnist.npz").read_bytes()
    (tmp_path / "pneumoniamnist.npz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "bloodmnist.npz").write_text("I am a text file")
    np.savez(tmp_path / "octmnist.npz", **arrays | {"train_images": np.array([{"a": 1}], dtype=object)})
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    result = call("data", "verify")
    lines = {line.split(".npz")[0]: line for line in result.output.splitlines()}
    assert result.exit_code == 1
    assert "checksum" in lines["breastmnist"]
    assert "cut short" in lines["pneumoniamnist"]
    assert "not an .npz archive" in lines["bloodmnist"]
    assert "Python objects" in lines["octmnist"]
    assert all("fetch" in line for line in lines.values())
    assert before == {path: path.read_bytes() for path in tmp_path.iterdir()}


@pytest.mark.real
def test_verify_finds_the_real_files_sound(real_root):
    result = call("data", "verify")
    assert result.exit_code == 0 and result.output.count("sound") >= 4


def test_verify_of_an_empty_folder_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path))
    result = call("data", "verify")
    assert result.exit_code == 1 and "data fetch" in result.output


def test_doctor_reports_the_environment():
    result = call("doctor")
    assert result.exit_code == 0, result.output
    assert "torch 2." in result.output and "Python 3." in result.output


def test_lessons_prints_the_table():
    assert "01_meet_medmnist" in call("lessons").output


def test_train_prints_one_json_document(tmp_path):
    args = (
        "train",
        "breastmnist",
        "--source",
        "sample",
        "--epochs",
        "1",
        "--seeds",
        "2",
        "--out",
        str(tmp_path),
    )
    result = CliRunner().invoke(main, [*args, "--json"])
    document = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [run["seed"] for run in document["runs"]] == [0, 1]
    assert document["source"] == "sample" and document["flag"] == "breastmnist"
    assert document["constant_guess"]["acc"] > 0.5
    assert {"method", "auc", "acc"} <= document["published"][0].keys()
    assert document["mean"]["auc"] == pytest.approx(np.mean([run["auc"] for run in document["runs"]]))
    text = CliRunner().invoke(main, args)
    assert text.exit_code == 0 and "ResNet-18" in text.stdout and "SAMPLE DATA" in text.stdout
