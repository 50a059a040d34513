"""Commands that train much or search by themselves: sweep, automl."""

import json
import sys
from pathlib import Path

import click

from ..data import SOURCES


def words(ctx, param, value: str) -> list[str]:
    """Split a comma-separated option."""
    return [word.strip() for word in value.split(",") if word.strip()]


def numbers(ctx, param, value: str) -> list[int]:
    """Split a comma-separated option into whole numbers."""
    try:
        return [int(word) for word in words(ctx, param, value)]
    except ValueError:
        raise click.BadParameter(f"{value!r}: expected whole numbers such as 28,64.") from None


@click.command()
@click.option(
    "--datasets", required=True, callback=words, metavar="A,B", help="Flags, such as breastmnist,retinamnist."
)
@click.option(
    "--models",
    default="small_cnn",
    show_default=True,
    callback=words,
    metavar="A,B",
    help="small_cnn, resnet18, resnet50.",
)
@click.option(
    "--seeds", type=click.IntRange(1), default=1, show_default=True, help="Runs a dataset and model."
)
@click.option(
    "--sizes", default="28", show_default=True, callback=numbers, metavar="A,B", help="Edge lengths."
)
@click.option("--conv", default="3d", show_default=True, help="3D datasets: 3d, 2.5d or acs.")
@click.option("--epochs", type=click.IntRange(1), help="Passes over the train split (default: the recipe's).")
@click.option(
    "--images",
    type=click.IntRange(2),
    help="Use at most so many train and val images: a rehearsal; the run's name says so.",
)
@click.option("--source", default="auto", show_default=True, help=f"{', '.join(SOURCES)}.")
@click.option(
    "--scheduler", metavar="tcp://HOST:PORT", help="A Dask scheduler (default: start workers here)."
)
@click.option(
    "--workers", type=click.IntRange(1), help="Processes to start here (default: by the number of cores)."
)
@click.option("--resume", is_flag=True, help="Keep finished cells of the same settings in the folder.")
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("build/sweep"), show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def sweep(datasets, models, seeds, sizes, out, scheduler, workers, resume, as_json, **settings):
    """Train a grid of datasets, models and seeds on Dask's workers, here or on a cluster."""
    from ..judge import cells, sweep

    grid = cells.grid(datasets, models, seeds, sizes, **settings)
    say = lambda line: click.echo(line, err=True)  # noqa: E731 - one word for progress
    document = sweep.run(grid, out, scheduler=scheduler, workers=workers, resume=resume, report=say)
    click.echo(json.dumps(document, indent=2) if as_json else sweep.text(document))
    sys.exit(1 if document["failed"] else 0)


@click.command()
@click.argument("flag")
@click.option("--system", default="flaml", show_default=True, help="flaml or autokeras.")
@click.option("--minutes", type=float, default=2, show_default=True, help="How long it may search.")
@click.option("--size", type=int, default=28, show_default=True, help="Edge length in pixels or voxels.")
@click.option("--source", default="auto", show_default=True, help=f"{', '.join(SOURCES)}.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("build/runs"), show_default=True
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def automl(flag, as_json, **options):
    """Let an AutoML system search on train and val, score its choice on test, write result files."""
    from ..judge import automl

    document = automl.run(flag, **options)
    click.echo(json.dumps(document, indent=2) if as_json else automl.text(document))
