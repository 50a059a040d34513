"""Commands for the lecturer: assignments, collect, grade, feedback, export."""

import sys
from pathlib import Path

import click

_COURSE = click.option(
    "--course", "root", type=click.Path(file_okay=False, path_type=Path), default=Path(),
    help="The course's folder (default: this one).",
)  # fmt: skip


@click.command()
@click.argument("names", nargs=-1, metavar="[ASSIGNMENT ...]")
@_COURSE
def assignments(names, root):
    """Make what students get (assignments/) from the masters (solutions/)."""
    from ..classroom.course import generate, open_course
    from ..errors import choose

    course = open_course(root)
    for name in names or course.assignments:
        generate(course, choose(name, course.assignments, "assignment"))
        click.echo(course.folder("release", ".", name))


@click.command()
@click.argument("assignment")
@click.argument("source", type=click.Path(path_type=Path))
@click.option(
    "--roster",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV whose first two columns are the platform's number or name, and your student id.",
)
@_COURSE
def collect(assignment, source, roster, root):
    """Take in a zip file or folder from Moodle, Canvas or elsewhere."""
    import csv

    from ..classroom.course import open_course
    from ..classroom.lms import collect

    known = {}
    if roster:
        with roster.open(newline="", encoding="utf-8-sig") as file:
            known = {row[0].strip(): row[1].strip() for row in csv.reader(file) if len(row) > 1}
    done = collect(open_course(root), assignment, source, roster=known)
    for student, files in sorted(done.students.items()):
        click.echo(f"{student}: {', '.join(files)}")
    for sentence in done.left:
        click.echo(f"left out: {sentence}", err=True)
    click.echo(f"{len(done.students)} students, {len(done.left)} files left out")
    sys.exit(1 if done.left else 0)


@click.command()
@click.argument("assignment")
@click.argument("students", nargs=-1, metavar="[STUDENT ...]")
@click.option("--force", is_flag=True, help="Grade again what is graded already.")
@click.option("--jobs", type=click.IntRange(1), help="Submissions at a time (default: one a core).")
@click.option("--no-sandbox", is_flag=True, help="Trust every submission with your files and network.")
@_COURSE
def grade(assignment, students, force, jobs, no_sandbox, root):
    """Autograde what was handed in; show who is graded, needs a human, failed, or is missing.

    Exit code 0: all that was handed in is graded; 1: something failed.
    """
    from ..classroom import export, grading
    from ..classroom.course import open_course

    course = open_course(root)
    counter = {"done": 0}

    def report(student, outcome):
        if outcome is not None:
            counter["done"] += 1
            told = "graded" if outcome.ok else f"FAILED: {outcome.reason}"
            click.echo(f"{counter['done']:>4}. {student}: {told} ({outcome.seconds:.0f} s)")

    grading.grade(
        course, assignment, students=list(students) or None, force=force, jobs=jobs,
        walled=not no_sandbox, report=report,
    )  # fmt: skip
    rows = export.standings(course, assignment)
    click.echo(f"\n{export.table(rows)}")
    sys.exit(1 if any(row.state in ("failed", "not graded") for row in rows) else 0)


@click.command()
@click.argument("assignment")
@click.argument("students", nargs=-1, metavar="[STUDENT ...]")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="Default: grading/feedback.")
@_COURSE
def feedback(assignment, students, out, root):
    """Write a page for each student: scores, comments, test results, no hidden test."""
    from ..classroom.course import open_course
    from ..classroom.feedback import make_feedback

    course = open_course(root)
    target = (out or course.root / "grading" / "feedback").absolute()
    done = make_feedback(course, assignment, target, list(students) or None)
    for student, reason in done.items():
        if reason:
            click.echo(f"{student}: no page: {reason}", err=True)
    click.echo(f"{sum(not reason for reason in done.values())} students: {target}/STUDENT/{assignment}/")
    sys.exit(1 if any(done.values()) or not done else 0)


@click.command()
@click.argument("assignment")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Default: print.")
@_COURSE
def export(assignment, out, root):
    """Write grades as CSV; a score stands there only if it is final, and a column says why not."""
    from ..classroom import export
    from ..classroom.course import open_course

    course = open_course(root)
    course.register(assignment)
    rows = export.standings(course, assignment)
    text = export.to_csv(rows, assignment)
    if out is None:
        click.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    final = sum(row.score is not None for row in rows)
    click.echo(f"{out}: {final} final grades, {len(rows) - final} without")
