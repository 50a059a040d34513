"""One course folder as nbgrader sees it: its settings, its gradebook, who should have handed in."""

import copy
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from ..errors import CourseError, choose


@dataclass(frozen=True)
class Course:
    """A folder with `nbgrader_config.py`.

    Args:
        root: the folder.
        config: what the file says.
    """

    root: Path
    config: Config

    @property
    def folders(self) -> CourseDirectory:
        """nbgrader's own view of the folders."""
        return CourseDirectory(config=self.config)

    def folder(self, what: str, student: str, assignment: str) -> Path:
        """Return a folder of one student's assignment.

        Args:
            what: source, release, submitted, autograded or feedback.
            student: "." for source and release.
            assignment: its name.
        """
        folders = self.folders
        return Path(folders.format_path(getattr(folders, f"{what}_directory"), student, assignment))

    @contextmanager
    def gradebook(self):
        """Open the gradebook."""
        folders = self.folders
        with Gradebook(folders.db_url, folders.course_id) as book:
            yield book

    @property
    def assignments(self) -> list[str]:
        """The assignments that have a master."""
        folder = self.folder("source", ".", "")
        return sorted(path.name for path in folder.glob("*") if list(path.glob("*.ipynb")))

    @property
    def outcomes(self) -> Path:
        """The folder where grading notes what became of each submission."""
        return self.root / "grading" / "outcomes"

    def submitted(self, assignment: str) -> list[str]:
        """Return the students who handed in."""
        folder = self.folder("submitted", "x", assignment).parent.parent
        return sorted(path.parent.name for path in folder.glob(f"*/{assignment}") if path.is_dir())

    def register(self, assignment: str) -> None:
        """Make sure that the gradebook knows an assignment's cells and points; `assignments/` stays as it is.

        Raises:
            ChoiceError: if there is no such master.
            CourseError: if nbgrader refuses the master.
        """
        choose(assignment, self.assignments, "assignment")
        try:
            with self.gradebook() as book:
                if book.find_assignment(assignment).notebooks:
                    return
        except MissingEntry:
            pass
        generate(self, assignment, keep_release=True)


def open_course(root: Path | str = ".") -> Course:
    """Read a course folder's settings.

    Raises:
        CourseError: without `nbgrader_config.py`.
    """
    root = Path(root).resolve()
    if not (root / "nbgrader_config.py").exists():
        raise CourseError(f"No nbgrader_config.py in {root}: start this in the course's folder.")
    return Course(root, PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config())


def generate(course: Course, assignment: str, *, keep_release: bool = False) -> None:
    """Write what students get from the master, and register its cells in the gradebook.

    It is made in a spare folder first: nbgrader deletes the old release before it knows that the new one
    works.

    Raises:
        CourseError: with nbgrader's reason, and everything is as it was.
    """
    from nbgrader.converters import GenerateAssignment

    from .log import errors_of

    with tempfile.TemporaryDirectory(prefix="mcr") as spare:
        config = copy.deepcopy(course.config)
        config.CourseDirectory.release_directory = str(Path(spare) / "release")
        config.CourseDirectory.assignment_id = assignment
        folders = CourseDirectory(config=config)
        folders.root, folders.assignment_id = str(course.root), assignment
        reason = errors_of(GenerateAssignment(coursedir=folders, config=config))
        if reason:
            raise CourseError(f"nbgrader can't make {assignment}: {reason}")
        if not keep_release:
            target = course.folder("release", ".", assignment)
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(Path(spare) / "release" / assignment, target)
