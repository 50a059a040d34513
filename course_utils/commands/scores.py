"""Commands that train and judge: train, evaluate, board, bench."""

import json
from pathlib import Path

import click

from ..data import SOURCES


@click.command()
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
    from ..judge import runs

    result = runs.train_flag(flag, **options)
    click.echo(json.dumps(result, indent=2) if as_json else runs.text(result))


@click.command()
@click.argument("paths", metavar="RESULT.csv ...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--source", help="real or sample labels (default: by the run's name).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def evaluate(paths, source, as_json):
    """Score result files in MedMNIST's format, from any system."""
    from ..judge import results

    reports = [results.evaluate(path, source=source) for path in paths]
    click.echo(json.dumps(reports, indent=2) if as_json else results.text(reports))


@click.command()
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
    from ..judge import board, published
    from ..look import figures

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


@click.command()
@click.argument("rows", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def bench(rows, as_json):
    """Measure the performance table: every figure a ratio against a peer in the same run."""
    from .. import bench

    table = bench.run(rows or None)
    click.echo(json.dumps(table, indent=2) if as_json else bench.text(table))


@click.command()
@click.argument("flag")
@click.option("--try", "tries", multiple=True, metavar="NAME=VALUE,...", help="A candidate; repeat for more.")
@click.option("--splits", type=click.IntRange(1), default=4, show_default=True, help="Fresh deals.")
@click.option("--size", type=int, default=28, show_default=True, help="Edge length in pixels or voxels.")
@click.option("--source", default="auto", show_default=True, help=f"{', '.join(SOURCES)}.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def tune(flag, tries, splits, size, source, as_json):
    """Compare changes to a recipe on re-splits of train and validation; the test split stays closed."""
    from ..data import load
    from ..learn import tuning

    candidates = [{}, *map(tuning.parse, tries)]
    rows = tuning.compare(
        load(flag, size=size, source=source),
        candidates,
        splits=splits,
        report=lambda row: click.echo(tuning.line(row), err=as_json),
    )
    if as_json:
        click.echo(json.dumps({"flag": flag, "splits": splits, "rows": rows}, indent=2))
