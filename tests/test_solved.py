"""Every lesson once more with its own folded answers filled in: each must earn a "Correct"."""

import os

import nbformat
import papermill
import pytest
from anatomy import LESSONS, Notebook

from course_utils import lessons


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_folded_answers_are_correct(path, tmp_path, monkeypatch):
    lesson = Notebook(path)
    nbformat.write(lesson.solved(), tmp_path / "solved.ipynb")
    values = lessons.fast_parameters(lessons.find([lesson.name])[0]) | {"source": "sample"}
    monkeypatch.setenv("MEDMNIST_ROOT", os.devnull)  # no file may be read or written
    done = papermill.execute_notebook(
        str(tmp_path / "solved.ipynb"),
        str(tmp_path / "done.ipynb"),
        values,
        cwd=str(tmp_path),
        kernel_name="python3",
        progress_bar=False,
        execution_timeout=300,
    )
    by_id = {cell.id: cell for cell in done.cells}  # papermill adds a cell, so positions move
    for one in lesson.exercises:
        verdict = text(by_id[lesson.cells[one.cell].id])
        assert verdict.startswith("Correct:"), f"{one.name}: {verdict}"
    marks = text(by_id[lesson.cells[lesson.quiz_cell[0]].id]).splitlines()
    assert len(marks) == len(lesson.quiz) and all(mark.startswith("Correct:") for mark in marks), marks


def text(cell) -> str:
    """Return the plain text of a cell's last result."""
    return [out.data["text/plain"] for out in cell.outputs if out.output_type == "execute_result"][-1]
