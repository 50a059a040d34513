"""Cheats gain nothing, breakage stops nobody else, spies see nothing."""

import socket
from pathlib import Path

import pytest
from conftest import make_course
from hostile import CASES

from course_utils.classroom.grading import grade

NAME = "tiny"


@pytest.fixture(scope="module")
def graded(tmp_path_factory, walled):
    """Grade all of them in one run; return the course and student -> outcome."""
    tiny = make_course(tmp_path_factory.mktemp("hostile"), timeout=5)
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        server.settimeout(0.1)
        tiny.port = server.getsockname()[1]
        for student, case in CASES.items():
            case.make(tiny, student)
        outcomes = grade(tiny.course, NAME)
        try:
            server.accept()
            tiny.called = True
        except TimeoutError:
            tiny.called = False
    return tiny, {outcome.student: outcome for outcome in outcomes}, tiny.scores()


@pytest.mark.parametrize("student", CASES)
def test_each_gets_what_it_earned(graded, student):
    _, outcomes, scores = graded
    case, outcome = CASES[student], outcomes[student]
    told = " ".join([outcome.reason, *outcome.notes])
    assert outcome.ok == (case.score is not None), told
    possible = case.score if isinstance(case.score, tuple) else (case.score,)
    assert scores.get(student) in possible, told
    assert case.says in told


def test_there_are_enough_of_them():
    assert len(CASES) >= 25


def test_spies_saw_only_their_own(graded):
    tiny, *_ = graded
    for student in ("reads_solutions", "reads_the_gradebook", "reads_other_students"):
        text = (tiny.course.folder("autograded", student, NAME) / "tiny.ipynb").read_text()
        assert "LOOT []" in text


def test_nothing_was_written_outside(graded):
    tiny, *_ = graded
    assert not list(tiny.course.root.rglob("owned*"))
    assert not Path("/tmp/owned-by-student").exists()
    assert not Path("/usr/owned").exists()


def test_nobody_was_called(graded):
    assert not graded[0].called


def test_no_process_stays(graded):
    import psutil

    left = [
        p.info["cmdline"] for p in psutil.process_iter(["cmdline"]) if "4242" in (p.info["cmdline"] or [])
    ]
    assert left == []
