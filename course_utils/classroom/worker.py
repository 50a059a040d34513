"""Grade one submission in a course folder of its own, in a process of its own."""

import copy
import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from . import sandbox


@dataclass(frozen=True)
class Job:
    """One submission to grade.

    Args:
        root: the course's folder, for its settings.
        student, assignment: whose, and which.
        submission: the folder as it was handed in.
        room: an empty folder; the graded files and `result.json` are written below it.
        gradebook: a copy of the gradebook that knows the assignment.
        expected: notebook name -> ids of its graded cells.
        walled: whether student code is locked in.
        fonts: where `sandbox.font_list` is, if it has been tried that the sandbox works.
    """

    root: str
    student: str
    assignment: str
    submission: str
    room: str
    gradebook: str
    expected: dict
    walled: bool
    fonts: str = ""


def work(job: Job) -> None:
    """Stage, grade, and write what happened to `result.json`; raise nothing."""
    start = time.monotonic()
    if job.fonts:
        sandbox.adopt(job.fonts)
    room = Path(job.room)
    hush(room / "log.txt")
    try:
        result = {"reason": "", "notes": _grade(job, room)}
    except Exception as error:
        result = {"reason": str(error) or type(error).__name__, "notes": []}
    result["seconds"] = time.monotonic() - start
    (room / "result.part").write_text(json.dumps(result), encoding="utf-8")
    (room / "result.part").rename(room / "result.json")


def _grade(job: Job, room: Path) -> list[str]:
    import nbformat
    from nbgrader.converters import Autograde
    from nbgrader.coursedir import CourseDirectory

    from ..errors import CourseError
    from .course import open_course
    from .log import errors_of
    from .staging import stage

    course = open_course(job.root)
    grading = room / "grading"
    expected = {name: set(ids) for name, ids in job.expected.items()}
    notes = stage(Path(job.submission), grading / "submitted" / job.student / job.assignment, expected)
    shutil.copy(job.gradebook, room / "gradebook.db")
    config = copy.deepcopy(course.config)
    places = config.CourseDirectory
    # The assignment's own files; the masters' notebooks are of no use for grading.
    places.source_directory = str(_own_files(course, job.assignment, room / "source"))
    places.release_directory = str(course.folder("release", ".", job.assignment).parent)
    places.root = str(room)
    places.submitted_directory, places.autograded_directory = "grading/submitted", "grading/autograded"
    places.db_url = f"sqlite:///{room}/gradebook.db"
    places.assignment_id, places.student_id = job.assignment, job.student
    config.SandboxedExecute.sandbox = job.walled
    config.Autograde.pre_convert_hook = None
    if reason := errors_of(Autograde(coursedir=CourseDirectory(config=config), config=config)):
        raise CourseError(reason)
    for path in sorted((grading / "autograded" / job.student / job.assignment).glob("*.ipynb")):
        meta = nbformat.read(path, as_version=4).metadata
        notes += meta.get("classroom", {}).get("notes", [])
        if missing := meta.get("restored"):
            notes.append(f"put back: {', '.join(missing)}")
    return notes


def _own_files(course, assignment: str, target: Path) -> Path:
    """Copy what stands beside the masters, such as data, and return the new source folder."""
    source = course.folder("source", ".", assignment)
    ignore = shutil.ignore_patterns("*.ipynb", ".*", "__pycache__")
    shutil.copytree(source, target / assignment, ignore=ignore)
    return target


def hush(path: Path) -> None:
    """Send this process's output to a file, and make it the head of a group that can be ended as one."""
    if hasattr(os, "setsid"):
        os.setsid()
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(handle, 1)
    os.dup2(handle, 2)
