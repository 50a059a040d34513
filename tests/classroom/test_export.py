"""Grades leave as CSV: no formula runs, nothing ungraded looks like a zero."""

import csv
import io

from course_utils.classroom.export import STATES, Standing, escape, standings, table, to_csv
from course_utils.classroom.grading import Outcome, _remember


def rows_of(text):
    return {row["student_id"]: row for row in csv.DictReader(io.StringIO(text))}


def test_formulas_are_escaped():
    for word in ("=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "\n=1"):
        assert escape(word)[0] == "'"
    assert "\n" not in escape("a\nb")
    assert escape("Lovelace") == "Lovelace"


def test_only_final_scores_stand_in_the_score_column():
    rows = [
        Standing("ada", "graded", 7.5, 7.5, 10),
        Standing("bob", "needs a human", None, 6.0, 10),
        Standing("eve", "failed", None, None, 10, note='=HYPERLINK("http://x")'),
        Standing("joe", "missing", None, None, 10),
        Standing("zoe", "graded", 0.0, 0.0, 10, late=7200),
    ]
    got = rows_of(to_csv(rows, "a1"))
    assert {name: row["score"] for name, row in got.items()} == {
        "ada": "7.5", "bob": "", "eve": "", "joe": "", "zoe": "0",
    }  # fmt: skip
    assert got["bob"]["score_so_far"] == "6"
    assert got["eve"]["note"].startswith("'=")
    assert got["zoe"]["late"] == "2 h"


def test_the_table_counts_every_state():
    text = table([Standing("ada", state, None, None, 10) for state in STATES])
    assert text.splitlines()[-1] == "1 graded, 1 needs a human, 1 failed, 1 not graded, 1 missing"


def test_standings_of_a_course_nobody_graded(tiny_course):
    course = tiny_course.course
    with course.gradebook() as book:
        book.add_student("ada", last_name="=Lovelace", email="ada@example.org")
        book.add_student("bob")
    tiny_course.hand_in("bob", tiny_course.released())
    tiny_course.hand_in("eve", b"junk")
    _remember(course, "tiny", {"eve": Outcome("eve", "tiny", False, "no notebook")})
    rows = standings(course, "tiny")
    assert {row.student: row.state for row in rows} == {
        "ada": "missing",
        "bob": "not graded",
        "eve": "failed",
    }
    assert all(row.score is None for row in rows)
    got = rows_of(to_csv(rows, "tiny"))
    assert got["ada"]["last_name"] == "'=Lovelace"
    assert got["eve"]["note"] == "no notebook"
