"""Grade everything handed in for an assignment: in parallel, each submission where it can hurt no other."""

import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

from . import sandbox
from .collection import ID
from .course import Course
from .worker import Job, work

PRELOAD = ["nbgrader.converters", "nbgrader.exchange.default", "course_utils.classroom.kernels"]
PRELOAD += ["course_utils.classroom.execute", "course_utils.classroom.staging", "ipykernel.kernelspec"]
SLACK = 90  # seconds a worker may take beyond its student's code


@dataclass
class Outcome:
    """What became of one submission.

    Args:
        student, assignment: whose, and which.
        ok: whether it was graded.
        reason: why it was not.
        notes: what was unusual, though it was graded.
        seconds: how long it took.
        time: when the submission was handed in, as its time stamp says.
        digest: of the files as they were handed in, to see a newer version.
    """

    student: str
    assignment: str
    ok: bool
    reason: str = ""
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    time: str = ""
    digest: str = ""


def grade(
    course: Course,
    assignment: str,
    *,
    students: list[str] | None = None,
    force: bool = False,
    jobs: int | None = None,
    walled: bool = True,
    report: Callable[[str, Outcome | None], None] = lambda student, outcome: None,
) -> list[Outcome]:
    """Grade what was handed in and is not graded yet, or has a newer version.

    Each submission is graded by a process of its own, in a folder of its own, with a copy of the gradebook;
    only scores of a run that ended well are written into the gradebook, by this process.

    Args:
        course: see `open_course`.
        assignment: its name.
        students: only these.
        force: grade again what is graded.
        jobs: submissions at a time; default: one for each core.
        walled: False runs student code without a sandbox.
        report: told when one starts (outcome None) and ends.

    Returns:
        one outcome for each submission graded now, in the order of the students.

    Raises:
        CourseError: for an unknown assignment or without bubblewrap.
    """
    course.register(assignment)
    if walled:
        sandbox.require()
    known = recall(course, assignment)
    waiting = []
    for student in course.submitted(assignment):
        if students is not None and student not in students:
            continue
        folder = course.folder("submitted", student, assignment)
        stamp, digest = _stamp(folder), _digest(folder)
        old = known.get(student)
        if (
            force
            or old is None
            or not old.ok
            or old.digest != digest
            or not _is_graded(course, student, assignment)
        ):
            waiting.append((student, stamp, digest))
    done = {}
    with tempfile.TemporaryDirectory(prefix="mcg") as folder:
        book = Path(folder) / "gradebook.db"
        _copy_database(course, book)
        fonts = str(sandbox.font_list()) if walled else ""
        expected = _expected(course, assignment)
        running: dict[str, tuple] = {}
        context = multiprocessing.get_context("forkserver" if os.name != "nt" else "spawn")
        if os.name != "nt":
            context.set_forkserver_preload(PRELOAD)
        limit = course.config.SandboxedExecute.get("total", 600) + SLACK
        queue, places = list(waiting), jobs or cores()
        try:
            while queue or running:
                while queue and len(running) < places:
                    student, stamp, digest = queue.pop(0)
                    report(student, None)
                    if not ID.match(student):
                        done[student] = Outcome(student, assignment, False, "this is no possible student id")
                        report(student, done[student])
                        continue
                    room = Path(folder) / student
                    room.mkdir()
                    submission = course.folder("submitted", student, assignment)
                    job = Job(str(course.root), student, assignment, str(submission), str(room), str(book),
                              expected, walled, fonts)  # fmt: skip
                    process = context.Process(target=work, args=(job,), daemon=False)
                    process.start()
                    running[student] = process, room, (stamp, digest), time.monotonic() + limit
                for student, (process, room, version, end) in list(running.items()):
                    if process.is_alive() and time.monotonic() < end:
                        continue
                    del running[student]
                    outcome = _finish(course, assignment, student, process, room, version, limit)
                    done[student] = outcome
                    _remember(course, assignment, {**recall(course, assignment), student: outcome})
                    shutil.rmtree(room, ignore_errors=True)
                    report(student, outcome)
                time.sleep(0.02)
        finally:
            for process, *_ in running.values():
                _end(process)
    return [done[student] for student, *_ in waiting]


def _finish(course, assignment, student, process, room: Path, version: tuple, limit: float) -> Outcome:
    """Read what a worker says and write its scores into the gradebook."""
    late = process.is_alive()
    _end(process)
    stamp, digest = version
    outcome = Outcome(student, assignment, False, time=stamp, digest=digest)
    try:
        result = json.loads((room / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        how = f"didn't end within {limit:.0f} seconds" if late else f"ended with code {process.exitcode}"
        outcome.reason = f"the grading process {how}"
        return outcome
    outcome.reason, outcome.notes, outcome.seconds = result["reason"], result["notes"], result["seconds"]
    if not outcome.reason:
        try:
            _merge(course, assignment, student, room, stamp)
            outcome.ok = True
        except Exception as error:
            outcome.reason = f"its scores could not be saved: {error}"
    return outcome


def _merge(course: Course, assignment: str, student: str, room: Path, stamp: str) -> None:
    """Write one submission's scores into the gradebook with nbgrader's own steps; keep its files."""
    import warnings

    import nbformat
    from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades

    graded = room / "grading" / "autograded" / student / assignment
    target = course.folder("autograded", student, assignment)
    spare = target.with_name(f".{target.name}.new")
    spare.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(spare, ignore_errors=True)
    shutil.copytree(graded, spare)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with course.gradebook() as book:
            book.update_or_create_student(student)
            when = {"timestamp": _parse(stamp)} if stamp else {}
            book.update_or_create_submission(assignment, student, **when)
        for path in sorted(graded.glob("*.ipynb")):
            where = {"notebook": path.stem, "assignment": assignment, "student": student}
            resources = {"nbgrader": where | {"db_url": course.folders.db_url}}
            nb = nbformat.read(path, as_version=4)
            for step in (SaveAutoGrades, AssignLatePenalties):
                nb, resources = step(config=course.config).preprocess(nb, resources)
    shutil.rmtree(target, ignore_errors=True)
    spare.rename(target)


def _end(process) -> None:
    """End a worker with all its children."""
    if process.is_alive():
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except (AttributeError, OSError):
            process.kill()
    process.join(10)


def _expected(course: Course, assignment: str) -> dict[str, list[str]]:
    """Return the notebooks of an assignment and the ids of their graded cells."""
    with course.gradebook() as book:
        notebooks = book.find_assignment(assignment).notebooks
        return {nb.name: [cell.name for cell in nb.grade_cells] for nb in notebooks}


def _copy_database(course: Course, target: Path) -> None:
    """Copy the gradebook, without catching it half written."""
    path = course.folders.db_url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as here, sqlite3.connect(target) as there:
        here.backup(there)
    here.close()
    there.close()


def _is_graded(course: Course, student: str, assignment: str) -> bool:
    return any(course.folder("autograded", student, assignment).glob("*.ipynb"))


def _stamp(submission: Path) -> str:
    """Return when a submission was handed in, in UTC, or "" if nothing readable says so."""
    try:
        return str(_parse((submission / "timestamp.txt").read_text(encoding="utf-8").strip()))
    except Exception:
        return ""


def _digest(submission: Path) -> str:
    """Return what tells one version of a submission from another."""
    found = hashlib.sha256()
    for path in sorted(submission.rglob("*")):
        if path.is_file() and not path.is_symlink():
            found.update(f"{path.relative_to(submission)}\0".encode())
            with path.open("rb") as file:
                found.update(hashlib.file_digest(file, "sha256").digest())
    return found.hexdigest()


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _parse(text: str) -> datetime:
    from nbgrader.utils import parse_utc

    return parse_utc(text)


def recall(course: Course, assignment: str) -> dict[str, Outcome]:
    """Return what is known about earlier gradings of an assignment."""
    path = course.outcomes / f"{assignment}.json"
    if not path.exists():
        return {}
    return {row["student"]: Outcome(**row) for row in json.loads(path.read_text(encoding="utf-8"))}


def _remember(course: Course, assignment: str, outcomes: dict[str, Outcome]) -> None:
    course.outcomes.mkdir(parents=True, exist_ok=True)
    path = course.outcomes / f"{assignment}.json"
    text = json.dumps([asdict(outcomes[student]) for student in sorted(outcomes)], indent=1)
    path.with_suffix(".part").write_text(text, encoding="utf-8")
    path.with_suffix(".part").replace(path)
