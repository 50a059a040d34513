"""What students read about their work: scores, comments, results; no hidden test, no answer, no script."""

import copy
import re
from pathlib import Path

from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution

HIDDEN = re.compile(
    r"^[ \t]*#+[ \t]*BEGIN HIDDEN TESTS.*?^[ \t]*#+[ \t]*END HIDDEN TESTS[^\n]*\n?", re.S | re.M
)
SAYS_HIDDEN = (
    "More tests run when the work is graded; one of them failed: the answer is not right for other data."
)


class HideTests(NbGraderPreprocessor):
    """Cut hidden tests out of test cells and out of what failed tests said."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Clean one test cell; other cells stay as they are."""
        if cell.cell_type != "code" or not is_grade(cell) or is_solution(cell):
            return cell, resources
        hidden = hidden_lines(cell.source)
        line = cell.metadata.get("classroom", {}).get("line", 0)
        visible = HIDDEN.sub("", cell.source)
        for output in cell.outputs:
            if output.output_type == "error":
                told = not hidden or (line and line not in hidden)
                text = f"{output.ename}: {output.evalue}" if told else SAYS_HIDDEN
                output.update(traceback=[text], evalue=output.evalue if told else SAYS_HIDDEN)
        if hidden:
            # What a hidden test prints or shows could be its data.
            cell.outputs = [output for output in cell.outputs if output.output_type == "error"]
            cell.source = visible.rstrip() + "\n# (More tests run here when the work is graded.)"
        return cell, resources


def hidden_lines(source: str) -> set[int]:
    """Return the numbers of the lines that students don't see, counted from 1.

    Example:
        >>> sorted(hidden_lines("a\\n### BEGIN HIDDEN TESTS\\nb\\n### END HIDDEN TESTS\\nc"))
        [2, 3, 4]
    """
    lines = set()
    for match in HIDDEN.finditer(source):
        first = source.count("\n", 0, match.start()) + 1
        lines |= set(range(first, first + match.group().rstrip("\n").count("\n") + 1))
    return lines


def make_feedback(course, assignment: str, out: Path, students: list[str] | None = None) -> dict[str, str]:
    """Write one folder of HTML pages for each graded student, to hand out by any way there is.

    nbgrader's release_feedback needs a secret that only its own exchange makes, and stops at the first
    submission without one; these pages go wherever you put them.

    Args:
        course: see `open_course`.
        assignment: its name.
        out: folder for `STUDENT/ASSIGNMENT/NOTEBOOK.html`.
        students: only these.

    Returns:
        student -> "" or why there is no page.
    """
    from nbgrader.converters import GenerateFeedback
    from nbgrader.coursedir import CourseDirectory

    from .log import errors_of

    done = {}
    folder = course.folder("autograded", "x", assignment).parent.parent
    for path in sorted(folder.glob(f"*/{assignment}")):
        student = path.parent.name
        if students is not None and student not in students:
            continue
        config = copy.deepcopy(course.config)
        config.CourseDirectory.feedback_directory = str(out)
        config.CourseDirectory.student_id, config.CourseDirectory.assignment_id = student, assignment
        made = GenerateFeedback(coursedir=CourseDirectory(config=config), config=config, force=True)
        done[student] = errors_of(made)
    return done
