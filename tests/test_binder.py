"""Binder: what it builds from is sound, and its two scripts do their work in an environment of their own."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BINDER = ROOT / "binder"
posix = pytest.mark.skipif(os.name == "nt", reason="Binder's scripts are bash; this is Windows")


def test_the_python_is_named_because_repo2docker_would_take_an_older_one():
    [version] = re.findall(r"^python-(3\.\d+)$", (BINDER / "runtime.txt").read_text(), re.MULTILINE)
    assert version in ("3.11", "3.12", "3.13", "3.14")


def test_requirements_take_the_cpu_build_and_the_tested_pins():
    lines = [line for line in (BINDER / "requirements.txt").read_text().splitlines() if line[0] != "#"]
    assert lines == [
        "--extra-index-url https://download.pytorch.org/whl/cpu",
        "-r ../requirements.txt",
    ]
    assert (BINDER / lines[1].split()[1]).resolve() == ROOT / "requirements.txt"


def test_every_requirement_is_what_is_installed_here():
    """pip, asked what it would change here if it read these lines, says nothing."""
    lines = (ROOT / "requirements.txt").read_text()
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--dry-run",
        "--no-deps",
        "--quiet",
        "--no-index",
        "-r",
    ]
    done = subprocess.run([*command, str(ROOT / "requirements.txt")], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Would install" not in done.stdout
    assert "torch==" in lines


@posix
@pytest.mark.parametrize("name", ["postBuild", "start"])
def test_scripts_are_bash_and_may_be_executed(name):
    assert os.access(BINDER / name, os.X_OK)
    subprocess.run(["bash", "-n", str(BINDER / name)], check=True)


@posix
def test_post_build_prepares_an_environment(borrowed_python, tmp_path):
    environment = os.environ | {"PATH": f"{borrowed_python.parent}{os.pathsep}{os.environ['PATH']}"}
    environment |= {"HOME": str(tmp_path), "JUPYTER_CONFIG_DIR": str(tmp_path / "jupyter")}
    done = subprocess.run(
        ["bash", str(BINDER / "postBuild")], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "01_meet_medmnist.ipynb" in done.stdout  # the package answers in the new environment
    settings = borrowed_python.parents[1] / "etc/jupyter/jupyter_server_config.d/first_lesson.json"
    address = json.loads(settings.read_text())["LabApp"]["default_url"]
    assert (ROOT / address.removeprefix("/lab/tree/")).is_file()


@posix
def test_start_hands_over_with_one_thread():
    done = subprocess.run(
        [str(BINDER / "start"), "sh", "-c", "echo $OMP_NUM_THREADS $0 $1", "a", "b c"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "1 a b c\n"
