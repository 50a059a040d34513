"""The instructor's guide: its commands exist, its snippets parse, its counts are true."""

import ast
import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hostile import CASES

from course_utils.commands import main

GUIDE = (Path(__file__).parent.parent.parent / "docs" / "instructor.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", GUIDE, re.S | re.M)


def test_commands_exist():
    for command in set(re.findall(r"python -m course_utils ([a-z]+)", GUIDE)):
        assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0, command
    makefile = (Path(__file__).parent.parent.parent / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"`make ([a-z]+)", GUIDE)):
        assert re.search(rf"^{target}:", makefile, re.M), target


def test_nbgraders_commands_exist():
    from nbgrader.apps.nbgraderapp import NbGraderApp

    for command in set(re.findall(r"nbgrader ([a-z]+(?:_[a-z]+)?)\b", GUIDE)) & {
        "release_assignment", "release_feedback", "generate_feedback", "collect", "autograde", "export", "db",
        "zip_collect",
    }:  # fmt: skip
        assert command in NbGraderApp.subcommands


def test_snippets_parse():
    kinds = [kind for kind, _ in BLOCKS]
    assert "yaml" in kinds
    for kind, text in BLOCKS:
        if kind == "yaml":
            values = yaml.safe_load(text)
            ast.parse(values["singleuser"]["extraFiles"]["nbgrader"]["stringData"])
        if kind == "python":
            ast.parse(text)
        for inner in re.findall(r"<<'PYTHON'\n(.*?)^PYTHON", text, re.S | re.M):
            ast.parse(inner)


def test_shell_snippets_parse(tmp_path):
    import shutil
    import subprocess

    if not shutil.which("bash"):
        pytest.skip("no bash")
    for kind, text in BLOCKS:
        if kind in ("bash", ""):
            done = subprocess.run(["bash", "-n"], input=text, text=True, capture_output=True)
            assert done.returncode == 0, done.stderr


def test_the_count_of_hostile_submissions_is_true():
    assert "more than sixty" in GUIDE
    assert len(CASES) > 60
