"""A small course for the classroom's tests: one assignment, three questions, one text."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from course_utils.classroom import sandbox
from course_utils.classroom.course import Course, generate, open_course

REPO = Path(__file__).parent.parent.parent
NAME = "tiny"
ANSWERS = {
    "mean": "def mean(x):\n    return float(np.asarray(x).sum() / len(x))",
    "total": "total = 45",
    "scale": "def scale(x):\n    return (x - x.min()) / (x.max() - x.min())",
}
SECRET = 41.25  # stands in hidden tests only


@pytest.fixture(scope="session")
def walled():
    """Skip where student code can't be locked in; in CI that is a failure."""
    if why := sandbox.trouble():
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)


def _cell(kind, name, source, **flags):
    make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    meta = {"grade": False, "solution": False, "locked": False, "task": False, "schema_version": 3}
    return make(source, id=name, metadata={"nbgrader": meta | {"grade_id": name, **flags}})


def _answer(name, stub):
    lines = ANSWERS[name].splitlines()
    head = lines[:1] if lines[0].startswith("def") else []
    indent = "    " if head else ""
    body = [f"{indent}### BEGIN SOLUTION", *lines[len(head) :], f"{indent}### END SOLUTION"]
    return _cell("code", name, "\n".join([*head, *body]), solution=True)


def _test(name, points, visible, hidden):
    source = f"{visible}\n### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS"
    return _cell("code", name, source, grade=True, locked=True, points=points)


def master():
    """Return the master notebook: 2 + 3 + 3 points for the computer, 2 for a person."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return nbformat.v4.new_notebook(
        metadata={"kernelspec": kernel},
        cells=[
            nbformat.v4.new_markdown_cell("# Tiny", id="title"),
            _cell("code", "setup", "import numpy as np\n\nnumbers = np.arange(10)", locked=True),
            _answer("mean", "..."),
            _test(
                "mean-test",
                2,
                'assert mean(numbers) == 4.5, "the mean of 0..9 is 4.5"',
                f"secret = [{SECRET}, {SECRET} + 2]\n"
                f"assert abs(mean(secret) - ({SECRET} + 1)) < 1e-9, 'mean is off'",
            ),
            _answer("total", "..."),
            _test(
                "total-test",
                3,
                'assert total != 0, "not yet"',
                'assert np.isclose(total, 45), "no: it is 45"',
            ),
            _answer("scale", "..."),
            _test(
                "scale-test",
                3,
                'assert scale(numbers).max() == 1, "the largest becomes 1"',
                "many = np.array([3.0, 7.0, 5.0])\n"
                "assert np.allclose(scale(many.copy()), [0, 1, 0.5]), 'wrong scale'",
            ),
            _cell(
                "markdown",
                "why",
                "### BEGIN SOLUTION\nBecause of the mean's memory of outliers.\n### END SOLUTION",
                grade=True,
                solution=True,
                points=2,
            ),
        ],
    )


@dataclass
class Tiny:
    """The course and ways to hand in."""

    course: Course

    def released(self):
        """Return the notebook as students get it."""
        return nbformat.read(self.course.folder("release", ".", NAME) / f"{NAME}.ipynb", as_version=4)

    def solved(self, *names):
        """Return the released notebook with some answers filled in."""
        nb = self.released()
        for cell in nb.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in names:
                cell.source = ANSWERS[name]
        return nb

    def hand_in(self, student, nb, *, name=f"{NAME}.ipynb", time="2026-11-01 12:00:00.000000 UTC"):
        """Put a notebook (or bytes) into the folder of what was handed in; return that folder."""
        folder = self.course.folder("submitted", student, NAME)
        folder.mkdir(parents=True, exist_ok=True)
        if isinstance(nb, bytes):
            (folder / name).write_bytes(nb)
        elif nb is not None:
            nbformat.write(nb, folder / name)
        if time:
            (folder / "timestamp.txt").write_text(time)
        return folder

    def scores(self):
        """Return student -> the computer's score."""
        with self.course.gradebook() as book:
            return {
                s.student.id: sum(n.score for n in s.notebooks) for s in book.assignment_submissions(NAME)
            }


def make_course(root: Path, timeout=60) -> Tiny:
    """Make the course in an empty folder, with the repository's own settings."""
    text = (REPO / "nbgrader_config.py").read_text(encoding="utf-8")
    text += f"\nc.SandboxedExecute.timeout = {timeout}\nc.SandboxedExecute.total = {4 * timeout}\n"
    text += "c.SandboxedExecute.memory = 700\nc.ClearSolutions.code_stub = {'python': '...'}\n"
    (root / "nbgrader_config.py").write_text(text, encoding="utf-8")
    folder = root / "solutions" / NAME
    folder.mkdir(parents=True)
    nbformat.write(master(), folder / f"{NAME}.ipynb")
    course = open_course(root)
    generate(course, NAME)
    return Tiny(course)


@pytest.fixture(autouse=True, scope="session")
def _programs_on_path():
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"


@pytest.fixture
def tiny_course(tmp_path):
    """Return a fresh course."""
    yield make_course(tmp_path)
    shutil.rmtree(tmp_path, ignore_errors=True)
