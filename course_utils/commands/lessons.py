"""Commands about the course itself: doctor, lessons, run, poster."""

import sys
from pathlib import Path

import click

from ..data import SOURCES
from ..errors import CourseError, choose


@click.command()
def doctor():
    """Report the environment and what is wrong with it."""
    from ..doctor import examine, report

    diagnoses = examine()
    click.echo(report(diagnoses))
    sys.exit(0 if all(d.ok for d in diagnoses) else 1)


@click.command()
@click.option("--readme", is_flag=True, help="Write the table into README.md.")
def lessons(readme):
    """Print the lesson table."""
    from ..teach.lessons import FOLDER, find, table

    if not readme:
        click.echo(table(find()))
        return
    path = FOLDER.parent / "README.md"
    before, _, rest = path.read_text(encoding="utf-8").partition("<!-- lessons:")
    mark, _, rest = rest.partition("-->")
    _, end, after = rest.partition("<!-- end of lessons -->")
    if not end:
        raise CourseError("README.md has no table between <!-- lessons: ... --> and <!-- end of lessons -->.")
    text = f"{before}<!-- lessons:{mark}-->\n{table(find())}\n{end}{after}"
    path.write_text(text, encoding="utf-8")
    click.echo(path)


@click.command()
@click.argument("names", nargs=-1, metavar="[LESSON ...]")
@click.option("--source", default="sample", show_default=True, help=f"{', '.join(SOURCES)}.")
@click.option("--full", is_flag=True, help="Classroom length instead of the fast profile.")
@click.option(
    "--jobs", type=click.IntRange(1), default=1, help="Lessons at a time, one thread each if more than one."
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("build"), show_default=True
)
@click.option("--limit", type=click.IntRange(1), help="Seconds a lesson may take.")
@click.option("--measure", is_flag=True, help="Write time and memory into the lessons that ran well.")
def run(names, source, full, jobs, out, limit, measure):
    """Execute lessons; write executed notebooks, readable pages and an index."""
    from ..teach import expenses, lessons, progress

    chosen = lessons.find(names)
    choose(source, SOURCES, "source")
    with progress.Table([lesson.name for lesson in chosen]) as live:
        outcomes = lessons.run(
            chosen, out, source=source, full=full, jobs=jobs, limit=limit, report=live.update
        )
    for outcome in (o for o in outcomes if o.ok and measure):
        expenses.record(outcome.lesson.path, "full" if full else "fast", outcome.cost)
    for outcome in (o for o in outcomes if not o.ok):
        click.echo(f"\n{outcome.lesson.name} failed: {outcome.error}", err=True)
        if outcome.cell:
            click.echo(
                "In this cell:\n" + "\n".join(f"    {line}" for line in outcome.cell.splitlines()), err=True
            )
        click.echo(f"The notebook as far as it ran: {outcome.notebook}", err=True)
    click.echo(f"Executed notebooks: {(out / 'notebooks').absolute()}")
    click.echo(f"Pages: {(out / 'index.html').absolute()}")
    sys.exit(0 if all(o.ok for o in outcomes) else 1)


@click.command()
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), default=Path("docs/poster.png"))
def poster(path):
    """Draw the README's picture from sample data."""
    from ..look import figures, poster

    figures.use_style()
    path.write_bytes(poster.draw().png())
    click.echo(path)


@click.command()
def links():
    """Write the repository's address from pyproject.toml into launch links, setup cells and CITATION.cff."""
    from ..teach import lessons, links

    changed = links.rewrite(lessons.FOLDER.parent)
    click.echo("\n".join(map(str, changed)) or f"All links lead to {links.repository()} already.")
