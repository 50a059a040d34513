"""Commands about MedMNIST's files: data list, info, fetch, verify, convert, clean."""

import sys

import click

from .. import files
from ..cards import card, cards
from ..errors import CourseError
from ..storage import leftovers


@click.group()
def data():
    """List, describe, fetch, verify and unpack MedMNIST's files."""


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


@data.command("convert")
@click.argument("flag")
@click.option("--size", type=int, default=28, show_default=True, help="Edge length in pixels or voxels.")
def data_convert(flag, size):
    """Unpack a dataset's file into a memory-mapped store, unless that is done."""
    click.echo(f"{files.convert(flag, size=size)}: memory-mapped, later opens are instant")


@data.command("clean")
@click.argument("flag", required=False)
@click.option("--yes", is_flag=True, help="Don't ask.")
def data_clean(flag, yes):
    """List what the course made in the data folder (stores, interrupted work), then delete it.

    Your .npz files stay: delete those yourself.
    """
    found = leftovers.find(files.data_root(), flag and card(flag).flag)
    if not found:
        click.echo(f"Nothing to clean in {files.data_root()}.")
        return
    for one in found:
        click.echo(one)
    if not yes and not click.confirm("Delete these?"):
        click.echo("Nothing was deleted.")
        return
    kept = [path for one in found for path in leftovers.remove(one)]
    for path in kept:
        click.echo(f"{path} is not ours and was kept.")
