import json
import os
import random
import subprocess
import sys
import types

import numpy as np
import pytest
import torch

from course_utils import env
from course_utils.errors import ChoiceError


def test_auto_takes_the_best_device(monkeypatch):
    for cuda, mps, best in [(False, False, "cpu"), (False, True, "mps"), (True, True, "cuda")]:
        monkeypatch.setattr(torch.cuda, "is_available", lambda cuda=cuda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda mps=mps: mps)
        assert env.pick_device() == best
        assert env.pick_device("cpu") == "cpu"


def test_a_device_that_is_not_here_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ChoiceError, match=r"This machine has no cuda device\. Possible: auto, cpu\."):
        env.pick_device("cuda")
    with pytest.raises(ChoiceError, match=r"Unknown device: 'gpu'\. .*Possible: auto, cpu, cuda, mps\."):
        env.pick_device("gpu")


def test_seed_all_repeats_all_three_generators():
    def draw():
        env.seed_all(7)
        return random.random(), np.random.rand(), torch.rand(1).item()  # noqa: NPY002

    first = draw()
    assert draw() == first
    env.seed_all(8)
    assert (random.random(), np.random.rand(), torch.rand(1).item()) != first  # noqa: NPY002


def test_describe_is_one_line_with_versions():
    line = env.describe()
    assert "\n" not in line
    for part in (
        f"Python {sys.version.split()[0]}",
        f"numpy {np.__version__}",
        f"torch {torch.__version__}",
        "cores",
    ):
        assert part in line


def test_describe_survives_a_missing_package(monkeypatch):
    def version(name):
        raise env.PackageNotFoundError(name)

    monkeypatch.setattr(env, "version", version)
    assert "torch missing" in env.describe()


def test_start_prints_the_environment_and_on_colab_how_to_get_a_gpu(monkeypatch, capsys):
    env.start()
    assert capsys.readouterr().out == env.describe() + "\n"
    monkeypatch.setitem(sys.modules, "google.colab", types.ModuleType("google.colab"))
    env.start()
    assert env.COLAB_HINT in capsys.readouterr().out


def child(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True
    )


def test_a_kernel_notes_what_it_cost(tmp_path):
    code = "import os; from course_utils import env; env.start(); x = b'x' * 300 * 2**20; os.chdir('/')"
    assert child(code, COURSE_COST=str(tmp_path / "cost.json")).returncode == 0
    cost = json.loads((tmp_path / "cost.json").read_text())
    assert 300 < cost["memory_mb"] < 700 and 0 < cost["cpu_seconds"] < 60
