"""Ways out: where every student stands, as a table and as CSV that no spreadsheet runs as a formula."""

import csv
import io
from dataclasses import dataclass

from nbgrader.api import MissingEntry

from .course import Course
from .grading import recall

STATES = ("graded", "needs a human", "failed", "not graded", "missing")
COLUMNS = ("student_id", "last_name", "first_name", "email", "assignment", "score", "max_score", "status")
COLUMNS += ("score_so_far", "late", "note")


@dataclass
class Standing:
    """One student's assignment.

    Args:
        student: the id.
        state: one of `STATES`.
        score: points after penalties, only if final; None otherwise, never 0 for want of a grade.
        so_far: points that stand already, if a person still has to mark something.
        maximum: the points there are.
        late: seconds after the due date.
        note: what was unusual, or why grading failed.
        last_name, first_name, email: from the roster, "" if unknown.
    """

    student: str
    state: str
    score: float | None
    so_far: float | None
    maximum: float
    late: float = 0.0
    note: str = ""
    last_name: str = ""
    first_name: str = ""
    email: str = ""


def standings(course: Course, assignment: str) -> list[Standing]:
    """Return how everybody stands who is on the roster or has handed in."""
    known = recall(course, assignment)
    handed_in = set(course.submitted(assignment))
    with course.gradebook() as book:
        people = {student.id: student for student in book.students}
        maximum = book.find_assignment(assignment).max_score
        rows = []
        for student in sorted({*people, *handed_in}):
            try:
                entry = book.find_submission(assignment, student)
            except MissingEntry:
                entry = None
            outcome = known.get(student)
            note = "; ".join(filter(None, [outcome.reason, *outcome.notes])) if outcome else ""
            row = Standing(student, "missing", None, None, maximum, note=note)
            if entry is not None:
                row.late = float(entry.total_seconds_late or 0)
            if outcome is not None and not outcome.ok:
                row.state = "failed"
                if entry is not None and any(course.folder("autograded", student, assignment).glob("*")):
                    row.note += " (an earlier version has a score in the gradebook)"
            elif entry is None or not any(course.folder("autograded", student, assignment).glob("*.ipynb")):
                row.state = "not graded" if student in handed_in else "missing"
            else:
                score = max(0.0, entry.score - (entry.late_submission_penalty or 0))
                row.state = "needs a human" if entry.needs_manual_grade else "graded"
                row.score, row.so_far = (None, score) if entry.needs_manual_grade else (score, score)
            if person := people.get(student):
                row.last_name, row.first_name = person.last_name or "", person.first_name or ""
                row.email = person.email or ""
            rows.append(row)
    return rows


def table(rows: list[Standing]) -> str:
    """Return the standings as text, with a summary line."""
    lines = []
    for row in rows:
        points = "-" if row.so_far is None else f"{row.so_far:g}"
        late = f"late by {_span(row.late)}" if row.late else ""
        extra = "; ".join(filter(None, [late, row.note]))
        lines.append(f"{row.student:<16}{row.state:<15}{points:>6} / {row.maximum:<6g}{extra}".rstrip())
    counts = [f"{sum(row.state == state for row in rows)} {state}" for state in STATES]
    return "\n".join([*lines, "", ", ".join(counts)])


def to_csv(rows: list[Standing], assignment: str) -> str:
    """Return the standings as CSV; a score stands there only if it is final.

    Example:
        >>> row = Standing("=1+1", "failed", None, None, 8.0, note="no notebook")
        >>> print(to_csv([row], "a1").splitlines()[1])
        '=1+1,,,,a1,,8,failed,,,no notebook
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        words = [row.student, row.last_name, row.first_name, row.email, assignment, _number(row.score)]
        words += [_number(row.maximum), row.state, _number(row.so_far), _span(row.late), row.note]
        writer.writerow([escape(word) for word in words])
    return out.getvalue()


def escape(word: str) -> str:
    """Return a word that a spreadsheet shows and does not run (OWASP: CSV injection).

    Example:
        >>> escape("=cmd|' /C calc'!A0"), escape("Ada")
        ("'=cmd|' /C calc'!A0", 'Ada')
    """
    word = " ".join(word.replace("\0", "").splitlines())
    return f"'{word}" if word.lstrip()[:1] in tuple("=+-@") or word[:1] == "\t" else word


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _span(seconds: float) -> str:
    """Return a time span in the largest fitting unit.

    Example:
        >>> _span(7200), _span(0)
        ('2 h', '')
    """
    if not seconds:
        return ""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.0f} s"
