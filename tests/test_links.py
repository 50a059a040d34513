import importlib.metadata
import importlib.util
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from course_utils import env, links

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def fresh():
    links.repository.cache_clear()
    yield
    links.repository.cache_clear()


def test_every_address_derives_from_pyproject(monkeypatch, tmp_path):
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["urls"]
    assert links.repository() == urls["Repository"]
    links.repository.cache_clear()
    (tmp_path / "pyproject.toml").write_text('[project.urls]\nRepository = "https://github.com/ada/fork"\n')
    monkeypatch.setattr(links, "PYPROJECT", tmp_path / "pyproject.toml")
    for text in (links.colab("01_x"), links.binder("01_x"), links.badges("01_x")):
        assert "ada/fork" in text and "01_x.ipynb" in text
    assert "git+https://github.com/ada/fork" in links.setup_cell()


def test_an_installed_package_knows_its_repository(monkeypatch, tmp_path):
    monkeypatch.setattr(links, "PYPROJECT", tmp_path / "none.toml")
    fields = importlib.metadata.PathDistribution(tmp_path)
    (tmp_path / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: medmnist-course\nProject-URL: Repository, https://github.com/ada/wheel\n"
    )
    monkeypatch.setattr(links, "metadata", lambda name: fields.metadata)
    assert links.repository() == "https://github.com/ada/wheel"


def test_badges_are_two_markdown_links():
    targets = re.findall(r"\[[^\]]+\]\((\S+)\)", links.badges("04_first_cnn"))
    assert targets == [links.colab("04_first_cnn"), links.binder("04_first_cnn")]
    assert targets[0].startswith("https://colab.research.google.com/github/")
    assert targets[1].startswith("https://mybinder.org/v2/gh/")


def test_setup_cell_is_short_and_starts_the_lesson(monkeypatch):
    called = []
    monkeypatch.setattr(env, "start", lambda: called.append("start"))
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: called.append(args))
    lines = [line for line in links.setup_cell().splitlines() if line.strip()]
    assert len(lines) <= 6
    exec(compile(links.setup_cell(), "setup", "exec"), {})
    assert called == ["start"]  # nothing is installed where the course already is


def test_setup_cell_installs_the_course_on_colab_and_keeps_its_torch(monkeypatch):
    called = []
    monkeypatch.setattr(env, "start", lambda: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(subprocess, "run", lambda command, check: called.append((command, check)))
    exec(compile(links.setup_cell(), "setup", "exec"), {})
    ((command, check),) = called
    assert check and command[1:4] == ["-m", "pip", "install"] and "--no-deps" in command
    assert f"git+{links.repository()}" in command
    pins = (ROOT / "requirements.txt").read_text()
    assert all(part in pins for part in command if "==" in part)  # the same medmnist everywhere


@pytest.fixture
def fork(tmp_path, monkeypatch):
    """Return a copy of what holds the address, whose pyproject.toml names another one."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks", ignore=shutil.ignore_patterns("weights"))
    shutil.copy(ROOT / "CITATION.cff", tmp_path)
    text = (ROOT / "pyproject.toml").read_text().replace(links.repository(), "https://github.com/ada/fork")
    (tmp_path / "pyproject.toml").write_text(text)
    monkeypatch.setattr(links, "PYPROJECT", tmp_path / "pyproject.toml")
    return tmp_path


def test_a_fork_changes_one_line_and_all_links_follow(fork):
    old = links.repository().removeprefix("https://github.com/")
    links.repository.cache_clear()
    changed = links.rewrite(fork)
    assert len(changed) == len(list((fork / "notebooks").glob("*.ipynb"))) + 1
    assert not [path for path in changed if old in path.read_text()]
    for path in (fork / "notebooks").glob("*.ipynb"):
        assert path.read_text().count("ada/fork") == 3  # Colab, Binder, the setup cell
    assert "repository-code: https://github.com/ada/fork" in (fork / "CITATION.cff").read_text()
    assert links.rewrite(fork) == []


def test_the_links_that_stand_here_are_current():
    assert links.rewrite(ROOT) == []


def test_no_other_place_names_the_repository():
    allowed = {ROOT / "pyproject.toml", ROOT / "CITATION.cff", *(ROOT / "notebooks").glob("*.ipynb")}
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout.split("\n")
    path = links.repository().removeprefix("https://github.com/")
    holders = set()
    for name in filter(None, listed):
        file = ROOT / name
        if file.is_file() and file.suffix != ".png" and path in file.read_text(encoding="utf-8"):
            holders.add(file)
    assert holders <= allowed, f"the address stands in {sorted(map(str, holders - allowed))}"


def test_no_launch_link_leads_elsewhere():
    path = links.repository().removeprefix("https://github.com/")
    for lesson in (ROOT / "notebooks").glob("*.ipynb"):
        text = lesson.read_text(encoding="utf-8")
        hosts = r"(?:colab\.research\.google\.com/github|mybinder\.org/v2/gh)/([\w.-]+/[\w.-]+)"
        assert set(re.findall(hosts, text)) == {path}
