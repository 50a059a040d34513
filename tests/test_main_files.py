"""`data convert` and `data clean`: list first, delete only what the course made."""

import numpy as np
import pytest
from click.testing import CliRunner

from course_utils.__main__ import main
from course_utils.cards import card


@pytest.fixture
def root(tmp_path, tiny, monkeypatch):
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path))
    np.savez(tmp_path / "breastmnist.npz", **tiny(card("breastmnist")))
    return tmp_path


def call(*args, **kwargs):
    return CliRunner().invoke(main, args, **kwargs)


def test_convert_then_clean(root):
    result = call("data", "convert", "breastmnist")
    home = root / "breastmnist.store"
    assert result.exit_code == 0 and str(home) in result.output and home.is_dir()
    asked = call("data", "clean", input="n\n")
    assert str(home) in asked.output and "Nothing was deleted" in asked.output and home.is_dir()
    (home / "notes.txt").write_text("mine")
    done = call("data", "clean", "breastmnist", "--yes")
    assert "notes.txt is not ours and was kept" in done.output
    assert [p.name for p in home.iterdir()] == ["notes.txt"]
    assert (root / "breastmnist.npz").exists()
    assert "Nothing to clean" in call("data", "clean").output


def test_convert_of_what_is_not_there_says_how_to_fetch_it(root):
    result = call("data", "convert", "pathmnist", "--size", "64")
    assert result.exit_code == 1 and "data fetch pathmnist --size 64" in result.output


def test_clean_knows_its_flags(root):
    assert call("data", "clean", "brestmnist").exit_code == 2
