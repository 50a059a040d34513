"""The house rules that no single module can check."""

import ast
import doctest
import importlib
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import course_utils

PACKAGE = Path(course_utils.__file__).parent
SOURCES = sorted(PACKAGE.rglob("*.py"))
MODULES = [info.name for info in pkgutil.walk_packages([str(PACKAGE)], "course_utils.")]
HEAVY = ("torch", "torchvision", "medmnist", "pandas", "matplotlib", "sklearn", "scipy", "skimage", "plotly")
HEAVY += ("ipywidgets", "IPython", "papermill", "nbformat", "requests", "filelock")


def run(code: str) -> tuple[str, float]:
    """Run code in a fresh interpreter; return what it printed and the processor seconds it took.

    Not the seconds on the wall: a busy machine stretches those at will.
    """
    before = os.times()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return done.stdout, used


@pytest.mark.parametrize(
    "code",
    [
        "import course_utils",
        "import course_utils; str(course_utils.cards()); course_utils.card('breastmnist')",
        "from course_utils import files; files.verify('nothing.npz')",
        "from course_utils import checks, links; links.setup_cell()",
    ],
)
def test_looking_around_imports_nothing_heavy(code):
    printed, _ = run(f"{code}\nimport sys; print(*[name for name in {HEAVY} if name in sys.modules])")
    assert printed.split() == []


def test_sample_data_needs_no_torch():
    code = "import course_utils, sys; course_utils.load('breastmnist', source='sample').train.counts"
    printed, _ = run(
        f"{code}\nprint(*[name for name in ('torch', 'medmnist', 'pandas') if name in sys.modules])"
    )
    assert printed.split() == []


def test_import_is_quick():
    bare = min(run("pass")[1] for _ in range(5))
    ours = min(run("import course_utils")[1] for _ in range(5))
    assert ours - bare < 0.4  # 0.3 s is the goal, the rest is for a slow or busy machine


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_source_keeps_the_house_rules(path):
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 300, "split this module"
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "a module says in one line what it is for"
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            continue
        banned = {name.split(".")[0] for name in names} & {"torchvision", "pickle", "dill", "cloudpickle"}
        assert not banned, f"{banned} at line {node.lineno}"


@pytest.mark.parametrize("name", [name for name in MODULES if not name.endswith("__main__")])
def test_examples_in_docstrings_are_true(name):
    result = doctest.testmod(importlib.import_module(name), optionflags=doctest.ELLIPSIS)
    assert result.failed == 0


def test_the_public_face_is_complete():
    assert sorted(course_utils.__all__) == course_utils.__all__
    assert all(hasattr(course_utils, name) for name in course_utils.__all__)
    citation = (PACKAGE.parent / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {course_utils.__version__}\n" in citation


LAYERS = ["storage", "measure", "look", "learn", "judge", "teach", "classroom", "commands"]


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_go_one_way(layer):
    """A layer imports only from those before it: storage, measure, look, learn, judge, teach, classroom,
    commands."""
    above = set(LAYERS[LAYERS.index(layer) + 1 :])
    for path in (PACKAGE / layer).rglob("*.py"):
        depth = len(path.relative_to(PACKAGE).parts)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.level == depth:
                names = [node.module] if node.module else [alias.name for alias in node.names]
                wrong = above & {name.split(".")[0] for name in names}
                assert not wrong, f"{path.name} line {node.lineno} imports {wrong}"
