"""From what a learning platform gives, a zip or folder, to nbgrader's folders: whose file, and when."""

import os
import re
import shutil
import tempfile
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from ..errors import CourseError
from .collection import FILE_LIMIT, ID, TOTAL_LIMIT
from .course import Course

# Who and when, from the names that platforms give; the first that fits counts.
PATTERNS = {
    # Moodle, a folder each: "Ada Lovelace_1234567_assignsubmission_file_/a1_explore.ipynb"
    "moodle": r"(?P<name>[^_/]+)_(?P<student>\d+)_assignsubmission_file_?/(?P<file>[^/]+)",
    # Moodle, all in one folder: "Ada Lovelace_1234567_assignsubmission_file_a1_explore.ipynb"
    "moodle-flat": r"(?P<name>[^_/]+)_(?P<student>\d+)_assignsubmission_file_(?P<file>[^/]+)",
    # nbgrader's own zip_collect: "a1_explore_ada_attempt_2026-11-24-10-30-00_a1_explore.ipynb"
    "attempt": r"(?P<assignment>\w+)_(?P<student>[^_/]+)_attempt_(?P<time>[0-9-]+)_(?P<file>[^/]+)",
    # Canvas: name, perhaps LATE, user, submission, file: "lovelaceada_LATE_4711_998877_a1_explore-2.ipynb"
    "canvas": r"(?P<name>[^_/]+)_(?:LATE_)?(?P<student>\d+)_\d+_(?P<file>[^/]+)",
    # A folder each: "ada/a1_explore.ipynb"
    "folders": r"(?P<student>[^/]+)/(?P<file>[^/]+)",
    # One file each: "ada_a1_explore.ipynb"
    "files": r"(?P<student>[^_/]+)_(?P<file>[^/]+)",
}
_AGAIN = re.compile(
    r"(-\d+| ?\(\d+\))(?=\.ipynb$)"
)  # what Canvas and browsers add to a file's second version


@dataclass
class Collected:
    """What came of a collection.

    Args:
        students: student -> files taken.
        left: one sentence for each file that was not.
    """

    students: dict[str, list[str]] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def collect(
    course: Course, assignment: str, source: Path, *, roster: dict[str, str] | None = None
) -> Collected:
    """Copy a platform's files to `grading/submitted/STUDENT/ASSIGNMENT`.

    Newer files replace older ones; a file's time is its own in the zip, or the one in its name.

    Args:
        course: see `open_course`.
        assignment: its name.
        source: a zip file or a folder.
        roster: the platform's number or name -> your student id; unlisted ones keep the platform's.

    Raises:
        CourseError: if there is no such file, or no name fits any known pattern.
    """
    course.register(assignment)
    if not source.exists():
        raise CourseError(f"There is no {source}: give the zip file or folder from your learning platform.")
    done = Collected()
    with tempfile.TemporaryDirectory(prefix="mcl") as spare:
        folder = unpack(source, Path(spare), done.left) if source.is_file() else source
        by_student: dict[str, list] = {}
        for path in sorted(p for p in folder.rglob("*") if p.is_file() or p.is_symlink()):
            name = path.relative_to(folder).as_posix()
            if name.startswith((".", "__MACOSX")) or "/." in name:
                continue
            if path.is_symlink() or path.stat().st_size > FILE_LIMIT:
                done.left.append(f"{name}: a link, or too big")
                continue
            who = whose(name)
            student = who and (roster or {}).get(
                who["student"], (roster or {}).get(who["name"], who["student"])
            )
            if not who or not ID.match(student):
                done.left.append(f"{name}: whose is it?")
            elif who["assignment"] and who["assignment"] != assignment:
                done.left.append(f"{name}: belongs to {who['assignment']}")
            else:
                time = who["time"] or datetime.fromtimestamp(path.stat().st_mtime, UTC)
                by_student.setdefault(student, []).append((time, who["file"], path))
        if not by_student:
            raise CourseError(f"No file name in {source} tells whose it is; known: {', '.join(PATTERNS)}.")
        for student, files in by_student.items():
            done.students[student] = _keep(course.folder("submitted", student, assignment), sorted(files))
    return done


def whose(name: str) -> dict | None:
    """Return student, name, file, time and assignment from a path below a platform's folder, None if unclear.

    Example:
        >>> whose("lovelaceada_LATE_4711_998877_a1_explore-2.ipynb")["student"]
        '4711'
    """
    for pattern in PATTERNS.values():
        # Platforms wrap everything in one more folder at times, so the pattern may start at any "/".
        if found := re.search(rf"(?:^|/){pattern}$", name):
            parts = {"name": "", "time": None, "assignment": ""} | found.groupdict()
            if parts["time"]:
                parts["time"] = _time(parts["time"])
            parts["file"] = _AGAIN.sub("", parts["file"])
            return parts
    return None


def unpack(path: Path, target: Path, left: list[str]) -> Path:
    """Unpack a zip's regular files below `target`, within limits; note what was left out.

    Raises:
        CourseError: if it is no zip file, or unpacks to more than is sensible.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            total = 0
            for info in archive.infolist():
                parts = Path(info.filename).parts
                kind = (info.external_attr >> 16) & 0o170000
                if info.is_dir():
                    continue
                if (
                    info.filename.startswith("/")
                    or ".." in parts
                    or kind == 0o120000
                    or "\\" in info.filename
                ):
                    left.append(f"{info.filename}: a path or link that leads out")
                    continue
                total += info.file_size
                if info.file_size > FILE_LIMIT:
                    left.append(f"{info.filename}: too big")
                    continue
                if total > 100 * TOTAL_LIMIT:
                    raise CourseError(f"{path.name} unpacks to more than {total / 1e9:.0f} GB.")
                goal = target / info.filename
                goal.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(info) as here, goal.open("wb") as there:
                    shutil.copyfileobj(here, there)
                moment = datetime(*info.date_time).timestamp()
                os.utime(goal, (moment, moment))
    except zipfile.BadZipFile as error:
        raise CourseError(f"{path.name} is no zip file ({error}).") from None
    return target


def _keep(folder: Path, files: list[tuple]) -> list[str]:
    """Copy one student's files, the newest of equal names last; write the time stamp of the newest."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    names = {}
    for _, name, path in files:
        if name != "timestamp.txt":
            shutil.copyfile(path, folder / name)
            names[name] = None
    stamp = max(time for time, *_ in files).astimezone(UTC)
    (folder / "timestamp.txt").write_text(f"{stamp:%Y-%m-%d %H:%M:%S.%f} UTC", encoding="utf-8")
    return list(names)


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d-%H-%M-%S").replace(tzinfo=UTC)
    except ValueError:
        return None
