"""The command that builds the web site."""

from pathlib import Path

import click


@click.command()
@click.option(
    "--notebooks",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("build/notebooks"),
    show_default=True,
    help="Executed lessons, as `run` leaves them.",
)
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), default=Path("build/site"), show_default=True
)
def site(notebooks, out):
    """Build the web site from executed lessons; needs no network."""
    from ..site import build

    click.echo(f"The site: {build(notebooks, out).absolute()}")
