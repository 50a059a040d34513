"""The README tells the truth: its table is current, its links exist, its picture can be made."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from course_utils import lessons
from course_utils.__main__ import main

REPO = Path(__file__).parent.parent
PROSE = [REPO / "README.md", REPO / "CONTRIBUTING.md"]


def test_lesson_table_is_current():
    between = re.search(r"<!-- lessons:.*?-->\n(.*?)<!-- end", (REPO / "README.md").read_text(), re.S)[1]
    assert between.strip() == lessons.table(lessons.find())


@pytest.mark.parametrize("page", PROSE, ids=lambda page: page.name)
def test_relative_links_exist(page):
    targets = re.findall(r"\]\((?!https?://|#)([^)#]+)", page.read_text())
    assert targets or page.name != "README.md"
    for target in targets:
        assert (page.parent / target).exists(), target


def test_pictures_have_alternative_text():
    for alt, _ in re.findall(r"!\[(.*?)\]\((.*?)\)", (REPO / "README.md").read_text()):
        assert len(alt) > 40


def test_every_command_in_the_readme_exists():
    text = (REPO / "README.md").read_text()
    commands = set(re.findall(r"python -m course_utils ((?:data )?[a-z]+)", text))
    assert {"run", "train", "data verify"} <= commands
    for command in commands:
        assert CliRunner().invoke(main, [*command.split(), "--help"]).exit_code == 0, command
    targets = set(re.findall(r"make (?:[A-Z]+=\S+ )?([a-z]+)", text)) - {"a"}
    makefile = (REPO / "Makefile").read_text()
    assert all(re.search(rf"^{target}:", makefile, re.M) for target in targets & {"run", "test", "lab"})


def test_poster_can_be_drawn(tmp_path):
    result = CliRunner().invoke(main, ["poster", str(tmp_path / "poster.png")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "poster.png").read_bytes().startswith(b"\x89PNG")
