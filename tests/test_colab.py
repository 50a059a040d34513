"""Colab, simulated: packages that are there already, no course, a module `google.colab`.

The setup cell must bring the course. Then every lesson runs there on sample data with its folded answers,
and must cost what its header says.
"""

import json
import os
import subprocess
from pathlib import Path

import pytest
from anatomy import BINDER_MB, LAB_MB, LESSONS, Notebook

from course_utils import expenses, lessons, links

ROOT = Path(__file__).parents[1]
pytestmark = [
    pytest.mark.skipif(os.name == "nt", reason="Colab is a Linux machine"),
    pytest.mark.skipif(
        not (ROOT / ".git").exists(), reason="the setup cell installs from git; this is no clone"
    ),
]
PROBE = """
import json, sys
exec(compile({setup!r}, "setup", "exec"))
import course_utils, numpy, torch
from course_utils import load, solids, volumes, voxels
data = load("adrenalmnist3d", source="sample")
shown, _ = solids.show_surface(voxels.take(data, "test"))._repr_mimebundle_()
print(json.dumps([course_utils.__file__, torch.__file__, numpy.__file__, sorted(shown)]))
"""


@pytest.fixture(scope="module")
def colab(borrowed_python):
    """Return a Python as Colab's: torch, numpy and the rest are there, the course is not."""
    library = next((borrowed_python.parents[1] / "lib").glob("python3*/site-packages"))
    (library / "google" / "colab").mkdir(parents=True)
    (library / "google" / "colab" / "__init__.py").write_text("")
    (library / "colab.pth").write_text("import google.colab\n")  # Colab's kernels start with it
    return borrowed_python


def ask(python, code, **environment):
    return subprocess.run(
        [python, "-c", code], cwd="/", env=os.environ | environment, capture_output=True, text=True
    )


def test_the_setup_cell_brings_the_course_and_touches_nothing_else(colab, monkeypatch):
    assert ask(colab, "import course_utils").returncode != 0, "the course must not be there yet"
    before = ask(colab, "import torch, numpy; print(torch.__file__, numpy.__file__)").stdout.split()
    setup = links.setup_cell().replace(links.repository(), f"file://{ROOT}")  # what is committed here
    done = ask(colab, PROBE.format(setup=setup))
    assert done.returncode == 0, done.stderr
    assert "Runtime > Change runtime type > GPU" in done.stdout
    home, *after, shown = json.loads(done.stdout.splitlines()[-1])
    assert after == before
    assert Path(home).is_relative_to(colab.parents[1])
    assert "text/html" in shown  # Colab draws plotly's HTML, not its JSON


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_solved_lessons_run_on_sample_data(path, colab, tmp_path):
    lesson = Notebook(path)
    solved = lesson.write_solved(tmp_path)
    work = tmp_path / "work"
    work.mkdir()
    copy = lessons.copy_fast(solved, work)
    copy.write_text(copy.read_text().replace(f"git+{links.repository()}", f"git+file://{ROOT}"))
    command = [colab, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", copy]
    cost = tmp_path / "cost.json"
    # No data file may be read or written.
    environment = os.environ | {"MEDMNIST_ROOT": os.devnull, "COURSE_COST": str(cost)}
    done = subprocess.run(command, cwd=work, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Runtime > Change runtime type > GPU" in copy.read_text()
    lesson.assert_all_correct(copy)
    assert "SAMPLE DATA" in copy.read_text()
    spent = json.loads(cost.read_text())
    assert spent["memory_mb"] < BINDER_MB - LAB_MB, "with JupyterLab beside it this would not fit on Binder"
    if solved.measured:
        old = expenses.stale(solved.measured["fast"], spent)
        assert not old, f"{old}: run --measure again"
