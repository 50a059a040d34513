"""Grade 60 submissions in sandboxes and with plain nbgrader: equal scores? how long? Not in the test suite.

    python tests/classroom/speed.py [--students 60] [--assignment a1_explore]

Without --assignment it takes the tests' small one. Honest submissions only: on hostile ones plain nbgrader
gives points that nobody earned, or stops.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent.parent)]
PLAIN = """
from nbgrader import preprocessors as p
c.Autograde.pre_convert_hook = None
c.Autograde.sanitize_preprocessors = [
    p.ClearOutput, p.DeduplicateIds, p.OverwriteKernelspec, p.OverwriteCells, p.CheckCellMetadata
]
steps = [p.Execute, p.IgnorePattern, p.LimitOutput, p.SaveAutoGrades, p.AssignLatePenalties]
c.Autograde.autograde_preprocessors = [*steps, p.CheckCellMetadata]
c.Execute.timeout = 120
"""


def answered(folder: Path, assignment: str, rng: random.Random):
    """Return the released notebook with a random part of the master's answers."""
    import nbformat

    master = nbformat.read(folder / "solutions" / assignment / f"{assignment}.ipynb", as_version=4)
    nb = nbformat.read(folder / "assignments" / assignment / f"{assignment}.ipynb", as_version=4)
    answers = {
        cell.metadata.nbgrader.grade_id: cell.source for cell in master.cells if "nbgrader" in cell.metadata
    }
    for cell in nb.cells:
        meta = cell.metadata.get("nbgrader", {})
        if meta.get("solution") and not meta.get("grade") and rng.random() < 0.6:
            cell.source = re.sub(r"^ *### (?:BEGIN|END) SOLUTION\n?", "", answers[meta.grade_id], flags=re.M)
    return nb


def prepare(root: Path, assignment: str | None, students: int):
    """Make a course and hand in."""
    import nbformat
    from conftest import NAME, make_course

    from course_utils.classroom import course as courses

    root.mkdir()
    tiny = make_course(root)
    if assignment:
        shutil.copytree(HERE.parent.parent / "solutions" / assignment, root / "solutions" / assignment)
        text = (root / "nbgrader_config.py").read_text()
        (root / "nbgrader_config.py").write_text(re.sub(r"\nc\.ClearSolutions\.code_stub.*\n", "\n", text))
        tiny.course = courses.open_course(root)
        courses.generate(tiny.course, assignment)
    name, rng = assignment or NAME, random.Random(0)
    for number in range(students):
        folder = tiny.course.folder("submitted", f"s{number:02}", name)
        folder.mkdir(parents=True)
        nbformat.write(answered(root, name, rng), folder / f"{name}.ipynb")
    return name


def scores(root: Path, assignment: str) -> dict[str, float]:
    """Return student -> points."""
    from course_utils.classroom.course import open_course

    with open_course(root).gradebook() as book:
        return {entry.student.id: entry.score for entry in book.assignment_submissions(assignment)}


def main():
    """Run both; print figures; exit 1 if the scores differ."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--assignment")
    options = parser.parse_args()
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["PYTHONPATH"] = str(HERE.parent.parent)
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = Path(folder) / "ours", Path(folder) / "plain"
        name = prepare(ours, options.assignment, options.students)
        shutil.copytree(ours, plain)
        with (plain / "nbgrader_config.py").open("a") as file:
            file.write(PLAIN)
        took = {}
        commands = {
            "sandboxed": (ours, ["-m", "course_utils", "grade", name, "--course", str(ours)]),
            "plain": (plain, ["-m", "nbgrader", "autograde", name]),
        }
        for label, (root, words) in commands.items():
            start = time.perf_counter()
            done = subprocess.run([sys.executable, *words], cwd=root, capture_output=True, text=True)
            took[label] = time.perf_counter() - start
            if done.returncode:
                sys.exit(f"{label}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        a, b = scores(ours, name), scores(plain, name)
    print(
        f"{options.students} submissions of {name}, {len(os.sched_getaffinity(0))} cores, "
        f"load {os.getloadavg()[0]:.1f}"
    )
    for label, seconds in took.items():
        print(f"{label:<10} {seconds:6.1f} s  {seconds / options.students:.2f} s a submission")
    print(f"plain / sandboxed: {took['plain'] / took['sandboxed']:.2f}")
    different = {
        student: (a.get(student), b.get(student)) for student in {*a, *b} if a.get(student) != b.get(student)
    }
    print(f"scores equal: {not different} {different or ''}; distinct scores: {sorted(set(a.values()))}")
    sys.exit(bool(different) or len(a) != options.students)


if __name__ == "__main__":
    main()
