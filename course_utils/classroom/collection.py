"""Ways in: submissions from the exchange, and from a folder or zip that a learning platform gives."""

import os
import re
import shutil
import zipfile
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from nbgrader.exchange.default import ExchangeCollect

from ..errors import CourseError

FILE_LIMIT = 64 * 1024 * 1024  # bytes of one submitted file
TOTAL_LIMIT = 256 * 1024 * 1024  # bytes of one submission
# Who and when, from the names that platforms give; the first that fits counts.
PATTERNS = {
    # Moodle, folder per student: "Ada Lovelace_1234567_assignsubmission_file_/a1_explore.ipynb"
    "moodle": r"^(?P<name>[^_/]+)_(?P<student>\d+)_assignsubmission_file_?/(?P<file>[^/]+)$",
    # Moodle, one flat folder: "Ada Lovelace_1234567_assignsubmission_file_a1_explore.ipynb"
    "moodle-flat": r"^(?P<name>[^_/]+)_(?P<student>\d+)_assignsubmission_file_(?P<file>[^/]+)$",
    # Canvas: "lovelaceada_LATE_4711_998877_a1_explore-2.ipynb" (name, late, user, submission, file, resubmission)
    "canvas": r"^(?P<name>[^_/]+)_(?P<late>LATE_)?(?P<student>\d+)_(?P<submission>\d+)_(?P<file>[^/]+)$",
    # A folder per student: "ada/a1_explore.ipynb"
    "folders": r"^(?P<student>[\w.@+-]+)/(?P<file>[^/]+)$",
    # nbgrader's zip_collect: "a1_explore_ada_attempt_2026-11-24-10-30-00_a1_explore.ipynb"
    "attempt": r"^(?P<assignment>\w+?)_(?P<student>[^_/]+)_attempt_(?P<time>[0-9-]+)_(?P<file>[^/]+)$",
    # One file per student: "ada_a1_explore.ipynb"
    "plain": r"^(?P<student>[^_/]+)_(?P<file>[^/]+)$",
}
ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")  # fit for a folder's name and for CSV


@dataclass(frozen=True)
class Found:
    """One submitted file: whose it is, where it lies, what it is called, when it came."""

    student: str
    path: Path
    file: str
    name: str = ""
    time: datetime | None = None


def copy_plain(source: Path, target: Path) -> list[str]:
    """Copy a folder's regular files; leave out links and devices and what is too big.

    Returns:
        one sentence for each thing left out.
    """
    left, total = [], 0
    for folder, names, files in os.walk(source, followlinks=False):
        here = Path(folder)
        names[:] = [name for name in names if not name.startswith(".") and name != "__pycache__"]
        for name in [n for n in names if (here / n).is_symlink()]:
            left.append(f"the link {name} was left out")
            names.remove(name)
        for name in files:
            path = here / name
            if path.is_symlink() or not path.is_file():
                left.append(f"{name} was left out: it is a link, no file")
                continue
            total += path.stat().st_size
            if path.stat().st_size > FILE_LIMIT or total > TOTAL_LIMIT:
                left.append(f"{name} was left out: it has {path.stat().st_size / 1e6:.0f} MB")
                continue
            goal = target / path.relative_to(source)
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, goal, follow_symlinks=False)
    return left


def drop_links(folder: Path) -> None:
    """Delete links below a folder; a link could lead out of the submission to the solutions."""
    for here, names, files in os.walk(folder, followlinks=False):
        for name in (*names, *files):
            if (path := Path(here) / name).is_symlink():
                path.unlink()


def drop_links_before_grading(assignment: str, student: str, notebooks: list) -> None:
    """Do the same for everything submitted, when nbgrader is about to grade by itself (its hook)."""
    for folder in Path("grading/submitted").glob(f"{student}/{assignment}"):
        drop_links(folder)


class SafeCollect(ExchangeCollect):
    """Collect from the exchange without following links, which nbgrader's own copy does."""

    def do_copy(self, src, dest, log=None):
        """Copy one submission."""
        for sentence in copy_plain(Path(src), Path(dest)):
            self.log.warning("%s: %s", src, sentence)
