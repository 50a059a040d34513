"""Expenses: what a lesson took is written into it once, read back, and noticed when it is no longer true."""

import json

import nbformat
import pytest
from anatomy import BINDER_MB, LAB_MB

from course_utils import expenses, lessons

COST = {"seconds": 12.4, "cpu_seconds": 20.2, "memory_mb": 431.7}
TEXT = "## What you will be able to do\n\n- x\n\n## Time and what you need\n\nAn hour.\n\nMore."


@pytest.fixture
def notebook(tmp_path):
    nb = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell(TEXT)], metadata={"course": {"minutes": 9}}
    )
    nbformat.write(nb, tmp_path / "nb.ipynb")
    return tmp_path / "nb.ipynb"


def test_figures_are_written_and_a_second_measure_replaces_the_first(notebook):
    expenses.record(notebook, "fast", COST)
    expenses.record(notebook, "full", COST | {"seconds": 200})
    expenses.record(notebook, "fast", COST | {"seconds": 15})
    nb = nbformat.read(notebook, 4)
    course = nb.metadata["course"]
    assert course["measured"]["fast"] == {"seconds": 15, "cpu_seconds": 20, "memory_mb": 432}
    assert course["minutes"] == 4  # 200 s, rounded up
    assert nb.cells[0].source == TEXT.replace("An hour.", "An hour.\n\n" + expenses.line(course["measured"]))
    assert nb.cells[0].source.count(expenses.MARK) == 1
    assert "3.3 minutes (15 s in the fast profile) and holds up to 432 MB" in nb.cells[0].source


def test_the_file_keeps_its_form(notebook):
    expenses.record(notebook, "fast", COST)
    text = notebook.read_text()
    assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


@pytest.mark.parametrize(
    ("now", "word"),
    [
        ({"cpu_seconds": 20, "memory_mb": 432}, ""),
        ({"cpu_seconds": 47, "memory_mb": 600}, ""),
        ({"cpu_seconds": 49, "memory_mb": 432}, "cpu_seconds"),
        ({"cpu_seconds": 1, "memory_mb": 432}, "cpu_seconds"),
        ({"cpu_seconds": 20, "memory_mb": 1000}, "memory_mb"),
        ({"cpu_seconds": 20, "memory_mb": 100}, "memory_mb"),
    ],
)
def test_more_than_a_factor_of_two_is_stale(now, word):
    found = expenses.stale({"cpu_seconds": 20, "memory_mb": 432}, now)
    assert found.startswith(word) and bool(found) == bool(word)


@pytest.mark.parametrize("lesson", lessons.find(), ids=lambda lesson: lesson.name)
def test_every_lesson_tells_what_was_measured(lesson):
    assert "fast" in lesson.measured and set(lesson.measured) <= set(expenses.PROFILES)
    nb = nbformat.read(lesson.path, 4)
    assert expenses.line(lesson.measured) in nb.cells[1].source
    if "full" in lesson.measured:
        assert lesson.minutes == max(1, -(-lesson.measured["full"]["seconds"] // 60))


@pytest.mark.parametrize("lesson", lessons.find(), ids=lambda lesson: lesson.name)
def test_every_lesson_was_measured_and_fits_on_binder_beside_jupyterlab(lesson):
    assert set(lesson.measured) == {"fast", "full"}, "run --measure and run --full --measure"
    assert (
        max(figures["memory_mb"] for figures in lesson.measured.values()) <= BINDER_MB - LAB_MB
    )  # Binder, JupyterLab
