"""One command grades a class: what it says, what it keeps, what students then read."""

import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from click.testing import CliRunner
from conftest import SECRET, make_course
from hostile import CASES, cell

from course_utils.classroom import sandbox
from course_utils.classroom.export import standings
from course_utils.classroom.feedback import SAYS_HIDDEN, make_feedback
from course_utils.classroom.grading import grade
from course_utils.commands import main
from course_utils.errors import CourseError

NAME = "tiny"


@pytest.fixture(scope="module")
def graded(tmp_path_factory, walled):
    """Grade a small class by command; return the course and what the command said."""
    tiny = make_course(tmp_path_factory.mktemp("class"))
    full = tiny.solved("mean", "total", "scale")
    cell(full, "why").source = "Outliers pull it."
    tiny.hand_in("ada", full)
    tiny.hand_in("bob", tiny.solved("mean", "scale"))
    guess = tiny.solved("mean")
    cell(guess, "total").source = "total = 7"
    tiny.hand_in("gus", guess)
    tiny.hand_in("eve", b"junk")
    CASES["malicious_html"].make(tiny, "mal")
    tiny.hand_in("zed", tiny.released(), time="2026-11-03 14:00:00.000000 UTC")
    with tiny.course.gradebook() as book:
        book.add_student("joe", last_name="Absent")
        book.update_or_create_assignment(NAME, duedate="2026-11-03 12:00:00.000000 UTC")
    done = CliRunner().invoke(main, ["grade", NAME, "--course", str(tiny.course.root)])
    return tiny, done


def states(tiny):
    return {row.student: (row.state, row.so_far) for row in standings(tiny.course, NAME)}


def test_the_command_ends_with_a_table(graded):
    tiny, done = graded
    assert done.exit_code == 1, done.output  # one failed
    assert states(tiny) == {
        "ada": ("needs a human", 8), "bob": ("graded", 5), "eve": ("failed", None), "gus": ("graded", 2),
        "joe": ("missing", None), "mal": ("needs a human", 5), "zed": ("graded", 0),
    }  # fmt: skip
    assert "eve: FAILED: tiny.ipynb is no notebook" in done.output
    assert re.search(r"zed +graded +0 / 10 +late by 2 h", done.output)
    assert done.output.rstrip().endswith("3 graded, 2 needs a human, 1 failed, 0 not graded, 1 missing")


def test_a_second_run_grades_what_is_new(graded):
    tiny, _ = graded
    tiny.hand_in("bob", tiny.solved("mean", "total", "scale"), time="2026-11-02 12:00:00.000000 UTC")
    again = grade(tiny.course, NAME)
    assert [(outcome.student, outcome.ok) for outcome in again] == [("bob", True), ("eve", False)]
    assert states(tiny)["bob"] == ("graded", 8)


def test_a_persons_points_stay_and_a_failure_is_told(graded):
    tiny, _ = graded
    with tiny.course.gradebook() as book:
        mark = book.find_grade("why", NAME, NAME, "ada")
        mark.manual_score, mark.needs_manual_grade = 1.5, False
        book.db.commit()
    assert states(tiny)["ada"] == ("graded", 9.5)
    grade(tiny.course, NAME, students=["ada"], force=True)
    assert states(tiny)["ada"] == ("needs a human", 9.5)  # for review, as nbgrader does
    tiny.hand_in("gus", b"", time="2026-11-03 10:00:00.000000 UTC")
    grade(tiny.course, NAME, students=["gus"])
    row = next(row for row in standings(tiny.course, NAME) if row.student == "gus")
    assert (row.state, row.score) == ("failed", None)
    assert "earlier version has a score" in row.note


def text_of(folder, student):
    page = (folder / student / NAME / f"{NAME}.html").read_text(encoding="utf-8")
    return page, re.sub(r"<[^>]+>", "", page)


@pytest.fixture(scope="module")
def pages(graded, tmp_path_factory):
    """Make feedback outside the course; return its folder."""
    folder = tmp_path_factory.mktemp("pages")
    tiny, _ = graded
    done = make_feedback(tiny.course, NAME, folder)
    assert set(done.values()) == {""}
    return folder


@pytest.mark.parametrize("student", ["ada", "gus", "zed", "mal"])
def test_feedback_holds_no_hidden_test_and_no_answer(pages, student):
    _, text = text_of(pages, student)
    told = [
        str(SECRET),
        "mean is off",
        "isclose",
        "no: it is 45",
        "many.copy",
        "wrong scale",
        "memory of outliers",
    ]
    assert [secret for secret in told if secret in text] == []


def test_feedback_tells_what_a_visible_test_says(pages):
    assert SAYS_HIDDEN in text_of(pages, "gus")[1]
    assert "the mean of 0..9 is 4.5" in text_of(pages, "zed")[1]
    assert "Outliers pull it." in text_of(pages, "ada")[1]


def test_feedback_runs_nothing_of_a_students(pages):
    page, _ = text_of(pages, "mal")
    body = page[page.index("<body") :]
    assert re.findall(r"<(?:script|iframe|svg|object|embed)\b", body) == []
    assert re.findall(r"<[^>]+\b(?:on\w+|href|src)\s*=\s*[\"']?(?:javascript|document)[^>]*>", body) == []


def test_feedback_in_a_browser(pages):
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("no Chromium here")
    address = (pages / "mal" / NAME / f"{NAME}.html").as_uri()
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000", "--dump-dom"]
    done = subprocess.run([chromium, *options, address], capture_output=True, text=True, timeout=120)
    [title] = re.findall(r"<title>(.*?)</title>", done.stdout, re.DOTALL)
    assert title.strip() and "owned" not in title


def test_nbgraders_own_command_gives_the_same_scores(graded, tmp_path):
    """The sandbox is a step of nbgrader's, so formgrader and `nbgrader autograde` use it too."""
    tiny = make_course(tmp_path)
    tiny.hand_in("ada", tiny.solved("mean", "total", "scale"))
    cheat = tiny.released()
    cell(cheat, "total").source = "np.isclose = lambda *a: True\ntotal = 1"
    tiny.hand_in("eve", cheat)
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", NAME], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert tiny.scores() == {"ada": 8, "eve": 0}


def test_without_a_sandbox_only_on_request(tiny_course, monkeypatch):
    monkeypatch.setattr(sandbox, "trouble", lambda: "bubblewrap needs Linux, and this is darwin")
    tiny_course.hand_in("ada", tiny_course.solved("mean"))
    with pytest.raises(CourseError, match="--no-sandbox"):
        grade(tiny_course.course, NAME)
    done = CliRunner().invoke(main, ["grade", NAME, "--no-sandbox", "--course", str(tiny_course.course.root)])
    assert done.exit_code == 0, done.output
    assert tiny_course.scores() == {"ada": 2}


def test_words_that_are_wrong(tiny_course, tmp_path_factory):
    root = str(tiny_course.course.root)
    done = CliRunner().invoke(main, ["grade", "tinny", "--course", root])
    assert done.exit_code == 2
    assert "Did you mean 'tiny'?" in done.output
    done = CliRunner().invoke(main, ["grade", NAME, "--course", str(tmp_path_factory.mktemp("x"))])
    assert done.exit_code == 1
    assert "nbgrader_config.py" in done.output


def test_a_master_that_nbgrader_refuses_leaves_the_release(tiny_course):
    path = tiny_course.course.root / "solutions" / NAME / f"{NAME}.ipynb"
    before = tiny_course.released()
    master = nbformat.read(path, as_version=4)
    cell(master, "mean").source = "### BEGIN SOLUTION\npass"
    nbformat.write(master, path)
    done = CliRunner().invoke(main, ["assignments", NAME, "--course", str(tiny_course.course.root)])
    assert done.exit_code == 1
    assert "end solution" in done.output.lower()
    assert tiny_course.released() == before
