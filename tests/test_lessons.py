"""The lesson runner, on tiny notebooks; the lessons themselves run in test_solved.py and test_colab.py."""

import json

import nbformat
import pytest

from course_utils import lessons
from course_utils.errors import ChoiceError, CourseError

ALL = lessons.find()


def run(lesson, tmp_path, **options):
    outcome = lessons.run([lesson], tmp_path, **options)[0]
    assert outcome.ok, f"{outcome.error}\n{outcome.cell}"
    return outcome


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Let the module see a folder of tiny notebooks made by `add`."""
    monkeypatch.setattr(lessons, "FOLDER", tmp_path)
    (tmp_path / "fast.toml").write_text("[01_tiny]\nepochs = 1\n")

    def add(name, *sources, course=None):
        nb = nbformat.v4.new_notebook()
        nb.cells = [nbformat.v4.new_code_cell(source) for source in ("epochs = 9\nsource = 'auto'", *sources)]
        nb.cells[0].metadata["tags"] = ["parameters"]
        nb.metadata = {
            "course": course or dict.fromkeys(lessons.FIELDS, "x") | {"minutes": 1, "datasets": []},
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
        }
        nbformat.write(nb, tmp_path / f"{name}.ipynb")

    return add


def test_profiles_set_parameters(folder, tmp_path):
    folder("01_tiny", "print('epochs', epochs, source)")
    [lesson] = lessons.find()

    def printed(outcome):
        return json.dumps(nbformat.read(outcome.notebook, 4).cells[-1].outputs)

    assert "epochs 1 sample" in printed(run(lesson, tmp_path / "out"))
    assert "epochs 9 real" in printed(run(lesson, tmp_path / "out", full=True, source="real"))


def test_failure_names_cell_and_error_and_keeps_the_notebook(folder, tmp_path):
    folder("01_tiny", "print('before')", "1 / 0  # the culprit", "print('never')")
    folder("02_fine", "print('unharmed')")
    broken, fine = lessons.run(lessons.find(), tmp_path / "out")
    assert not broken.ok and fine.ok
    assert "ZeroDivisionError" in broken.error and "the culprit" in broken.cell
    assert "before" in broken.notebook.read_text() and broken.page.exists()
    assert "ZeroDivisionError" in (tmp_path / "out" / "index.html").read_text()


def test_endless_lesson_ends_at_its_limit(folder, tmp_path):
    folder("01_tiny", "import time\nwhile True: time.sleep(.1)")
    [outcome] = lessons.run(lessons.find(), tmp_path / "out", limit=4)
    assert "longer than its limit of 4 s" in outcome.error and "while True" in outcome.cell
    assert outcome.seconds < 60


def test_dead_kernel_is_named(folder, tmp_path):
    folder("01_tiny", "import os\nos._exit(1)")
    [outcome] = lessons.run(lessons.find(), tmp_path / "out")
    assert "kernel died" in outcome.error and "os._exit" in outcome.cell


def test_parallel_lessons_get_one_thread_each(folder, tmp_path):
    for name in ("01_tiny", "02_tiny"):
        folder(name, "import os\nprint('threads', os.environ['OMP_NUM_THREADS'])")
    outcomes = lessons.run(lessons.find(), tmp_path / "out", jobs=2)
    assert all(o.ok for o in outcomes)
    assert all("threads 1" in o.notebook.read_text() for o in outcomes)


def test_a_second_run_keeps_the_first_ones_pages_in_reach(folder, tmp_path):
    folder("01_tiny", "1")
    folder("02_tiny", "2")
    out = tmp_path / "out"
    lessons.run(lessons.find(["1"]), out)
    lessons.run(lessons.find(["2"]), out)
    index = (out / "index.html").read_text()
    assert 'href="01_tiny.html"' in index and 'href="02_tiny.html"' in index and "not in this run" in index
    assert "Before: " in (out / "02_tiny.html").read_text()


def test_find_by_name_number_and_nearest(folder):
    folder("01_tiny")
    folder("02_tiny")
    assert [lesson.name for lesson in lessons.find(["2", "01_tiny"])] == ["02_tiny", "01_tiny"]
    with pytest.raises(ChoiceError, match="Did you mean '01_tiny'"):
        lessons.find(["01_tyni"])


def test_missing_metadata_is_named(folder):
    folder("01_tiny", course={"title": "T"})
    with pytest.raises(CourseError, match="lacks minutes, level"):
        lessons.find()


def test_table_lists_every_lesson():
    table = lessons.table(ALL)
    assert all(f"notebooks/{lesson.name}.ipynb" in table for lesson in ALL)
