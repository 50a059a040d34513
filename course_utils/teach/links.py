"""Addresses of the course: all derive from `[project.urls]` in pyproject.toml, and from nowhere else."""

import json
import re
import tomllib
from functools import cache
from importlib.metadata import metadata
from pathlib import Path

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
SETUP_CELL = """\
import importlib.util, subprocess, sys

if importlib.util.find_spec("course_utils") is None:  # Colab: add the course, keep its torch and numpy
    packages = ["medmnist==3.0.2", "git+{repository}"]
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", *packages], check=True)
from course_utils import env

env.start()"""


@cache
def repository() -> str:
    """Return the repository's address, such as `https://github.com/owner/name`."""
    if PYPROJECT.exists():
        return tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]["urls"]["Repository"]
    urls = metadata("medmnist-course").get_all("Project-URL")
    return next(url.split(", ")[1] for url in urls if url.startswith("Repository, "))


def colab(lesson: str) -> str:
    """Return the address that opens a lesson in Colab."""
    path = repository().removeprefix("https://github.com/")
    return f"https://colab.research.google.com/github/{path}/blob/main/notebooks/{lesson}.ipynb"


def binder(lesson: str) -> str:
    """Return the address that opens a lesson in JupyterLab on Binder."""
    path = repository().removeprefix("https://github.com/")
    return f"https://mybinder.org/v2/gh/{path}/main?urlpath=lab/tree/notebooks/{lesson}.ipynb"


def badges(lesson: str) -> str:
    """Return the Markdown line of a lesson's launch links."""
    return f"[Open in Colab]({colab(lesson)}) · [Open in Binder]({binder(lesson)})"


def setup_cell() -> str:
    """Return the source of the setup cell, the same in every lesson."""
    return SETUP_CELL.format(repository=repository())


def rewrite(root: Path) -> list[Path]:
    """Write the repository's address, as it stands in pyproject.toml now, into every file that needs it.

    Args:
        root: the course's folder: its lessons' launch links and setup cells, and CITATION.cff.

    Returns:
        The files that changed.
    """
    changed = []
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        nb = json.loads(path.read_text(encoding="utf-8"))
        for cell in nb["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code" and 'find_spec("course_utils")' in source:
                source = setup_cell()
            else:
                source = re.sub(r"^\[Open in Colab\].*$", badges(path.stem), source, flags=re.MULTILINE)
            cell["source"] = source.splitlines(keepends=True)
        changed += _put(path, json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    citation = root / "CITATION.cff"
    text = citation.read_text(encoding="utf-8")
    line = f"repository-code: {repository()}"
    return changed + _put(citation, re.sub(r"^repository-code:.*$", line, text, flags=re.MULTILINE))


def _put(path: Path, text: str) -> list[Path]:
    """Write a text where it differs; return the file if it did."""
    if path.read_text(encoding="utf-8") == text:
        return []
    path.write_text(text, encoding="utf-8")
    return [path]
