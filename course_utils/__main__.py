"""The command line: `python -m course_utils --help`. Each command is a thin shell over one module."""

import json
import sys
from pathlib import Path

import click

from . import files
from .cards import card, cards
from .data import SOURCES
from .errors import ChoiceError, CourseError, choose


class Course(click.Group):
    """Turn the course's errors into one sentence and an exit code: 2 for a wrong word, 1 for the rest."""

    def invoke(self, ctx: click.Context):
        """Run the command; print a CourseError instead of a traceback."""
        try:
            return super().invoke(ctx)
        except CourseError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(2 if isinstance(error, ChoiceError) else 1)

    def resolve_command(self, ctx, args):
        """Name the possible commands when one is unknown."""
        if self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            try:
                choose(args[0], self.list_commands(ctx), "command")
            except ChoiceError as error:
                raise click.UsageError(str(error), ctx) from error
        return super().resolve_command(ctx, args)


@click.group(cls=Course, context_settings={"help_option_names": ["-h", "--help"]})
def main():
    """MedMNIST course: data, lessons, training and honest scores from the command line."""


@main.command()
def doctor():
    """Report the environment and what is wrong with it."""
    from .doctor import examine, report

    diagnoses = examine()
    click.echo(report(diagnoses))
    sys.exit(0 if all(d.ok for d in diagnoses) else 1)


@main.command()
def lessons():
    """Print the lesson table."""
    from .teach.lessons import find, table

    click.echo(table(find()))


@main.command()
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
def run(names, source, full, jobs, out, limit):
    """Execute lessons; write executed notebooks, readable pages and an index."""
    from .teach import lessons, progress

    chosen = lessons.find(names)
    choose(source, SOURCES, "source")
    with progress.Table([lesson.name for lesson in chosen]) as live:
        outcomes = lessons.run(
            chosen, out, source=source, full=full, jobs=jobs, limit=limit, report=live.update
        )
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


@main.group()
def data():
    """List, describe, fetch and verify MedMNIST's files."""


@data.command("list")
def data_list():
    """Print the 18 datasets."""
    click.echo(cards())


@data.command("info")
@click.argument("flag")
def data_info(flag):
    """Print a dataset's card."""
    click.echo(card(flag))


@data.command("fetch")
@click.argument("flag")
@click.option("--size", type=int, default=28, show_default=True, help="Edge length in pixels or voxels.")
def data_fetch(flag, size):
    """Download a dataset's file, unless it is there, and check it."""
    path = files.fetch(flag, size=size)
    finding = files.verify(path)
    click.echo(f"{path}: {finding.note or finding.problem}")
    if not finding.ok:
        click.echo(f"Error: {finding.problem} {finding.advice}", err=True)
        sys.exit(1)


@data.command("verify")
@click.argument("flag", required=False)
def data_verify(flag):
    """Check one dataset's files, or every .npz file in the data folder. Changes nothing."""
    root = files.data_root()
    names = [card(flag).file_name(size) for size in card(flag).sizes] if flag else None
    paths = sorted(p for p in root.glob("*.npz") if names is None or p.name in names)
    if not paths:
        raise CourseError(
            f"No {flag + ' ' if flag else ''}file in {root}. Fetch one: data fetch {flag or 'breastmnist'}"
        )
    findings = [files.verify(path) for path in paths]
    for finding in findings:
        click.echo(f"{finding.path.name}: {finding.note or finding.problem + ' ' + finding.advice}")
    sys.exit(0 if all(finding.ok for finding in findings) else 1)


@main.command()
@click.argument("flag")
@click.option("--size", type=int, default=28, show_default=True, help="Edge length in pixels or voxels.")
@click.option("--model", default="small_cnn", show_default=True, help="small_cnn, resnet18 or resnet50.")
@click.option("--conv", default="3d", show_default=True, help="3D datasets: 3d, 2.5d or acs.")
@click.option("--epochs", type=click.IntRange(1), help="Passes over the train split (default: the recipe's).")
@click.option("--seeds", type=click.IntRange(1), default=1, show_default=True, help="How many runs.")
@click.option("--source", default="auto", show_default=True, help=f"{', '.join(SOURCES)}.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda or mps.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("build/runs"), show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def train(flag, as_json, **options):
    """Train on train, choose on val, score on test; write result files in MedMNIST's format."""
    from .learn import runs

    result = runs.train_flag(flag, **options)
    click.echo(json.dumps(result, indent=2) if as_json else runs.text(result))


@main.command()
@click.argument("paths", metavar="RESULT.csv ...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--source", help="real or sample labels (default: by the run's name).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def evaluate(paths, source, as_json):
    """Score result files in MedMNIST's format, from any system."""
    from .judge import results

    reports = [results.evaluate(path, source=source) for path in paths]
    click.echo(json.dumps(reports, indent=2) if as_json else results.text(reports))


@main.command()
@click.argument("flag", required=False)
@click.option(
    "--runs", type=click.Path(file_okay=False, path_type=Path), default=Path("build/runs"), show_default=True,
    help="Folder of result files.",
)  # fmt: skip
@click.option("--source", default="auto", show_default=True, help=f"{', '.join(SOURCES)}.")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the table as a page.")
@click.option("--figure", type=click.Path(dir_okay=False, path_type=Path), help="Write the figure as PNG.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def board(flag, runs, source, html, figure, as_json):
    """Show published rows, the constant guess and your own runs; without FLAG an overview."""
    from .judge import board, published
    from .look import figures

    if flag is None:
        click.echo(json.dumps(published.overview(), indent=2) if as_json else published.overview_text())
        return
    built = board.build(flag, runs=runs, source=source)
    if html:
        html.write_text(built.page(), encoding="utf-8")
    if figure:
        figures.use_style()
        figure.write_bytes(built.plot().png())
    click.echo(built.frame().to_json(orient="records", indent=2) if as_json else built)


@main.command()
@click.argument("rows", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def bench(rows, as_json):
    """Measure the performance table: every figure a ratio against a peer in the same run."""
    from . import bench

    table = bench.run(rows or None)
    click.echo(json.dumps(table, indent=2) if as_json else bench.text(table))


@main.command()
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path), default=Path("docs/poster.png"))
def poster(path):
    """Draw the README's picture from sample data."""
    from .look import figures, poster

    figures.use_style()
    path.write_bytes(poster.draw().png())
    click.echo(path)


if __name__ == "__main__":
    main(prog_name="python -m course_utils")
