"""Each real assignment through the real grading: the master's answers earn all, an empty release nothing."""

import re
import shutil
from pathlib import Path

import nbformat
import pytest

from course_utils.classroom import release
from course_utils.classroom.course import generate, open_course
from course_utils.classroom.export import standings
from course_utils.classroom.feedback import make_feedback
from course_utils.classroom.grading import grade

REPO = Path(__file__).parent.parent.parent


def hidden_lines(master):
    """Return the longer lines of hidden tests and answers that stand nowhere else."""
    secret = set()
    for cell in master.cells:
        for part in re.findall(r"### BEGIN (?:HIDDEN TESTS|SOLUTION)\n(.*?)### END", cell.source, re.S):
            secret |= {line.strip() for line in part.splitlines() if len(line.strip()) > 30}
    return secret


@pytest.mark.parametrize("name", release.names())
def test_full_marks_for_the_master_none_for_the_release(name, tmp_path, walled):
    shutil.copy(REPO / "nbgrader_config.py", tmp_path)
    shutil.copytree(REPO / "solutions" / name, tmp_path / "solutions" / name)
    course = open_course(tmp_path)
    generate(course, name)
    made, committed = (root / "assignments" / name / f"{name}.ipynb" for root in (tmp_path, REPO))
    assert made.read_bytes() == committed.read_bytes()  # nbgrader's own command makes the same bytes
    for student, path in (("ada", tmp_path / "solutions" / name), ("bob", tmp_path / "assignments" / name)):
        shutil.copytree(path, course.folder("submitted", student, name))
    outcomes = grade(course, name)
    assert [(o.ok, o.reason, o.notes) for o in outcomes] == [(True, "", [])] * 2
    rows = {row.student: row for row in standings(course, name)}
    master = nbformat.read(tmp_path / "solutions" / name / f"{name}.ipynb", as_version=4)
    by_machine = sum(
        cell.metadata.nbgrader.get("points", 0)
        for cell in master.cells
        if cell.metadata.get("nbgrader", {}).get("grade") and not cell.metadata.nbgrader.solution
    )
    assert rows["ada"].so_far == by_machine
    assert rows["ada"].state == "needs a human"
    assert rows["bob"].so_far == 0
    make_feedback(course, name, tmp_path / "pages", ["bob"])
    page = (tmp_path / "pages" / "bob" / name / f"{name}.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", "", page).replace("&quot;", '"').replace("&#39;", "'").replace("&gt;", ">")
    text = text.replace("&lt;", "<").replace("&amp;", "&")
    visible = made.read_text(encoding="utf-8")
    secret = {line for line in hidden_lines(master) if line.replace('"', '\\"') not in visible}
    assert secret
    assert [line for line in secret if line in text] == []
