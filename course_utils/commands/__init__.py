"""The command line, one module per subject; `main` finds each command's module when it is first asked for."""

from importlib import import_module

import click

from ..errors import ChoiceError, CourseError, choose

HOMES = {
    "doctor": "lessons",
    "lessons": "lessons",
    "run": "lessons",
    "poster": "lessons",
    "site": "site",
    "links": "lessons",
    "data": "files",
    "train": "scores",
    "evaluate": "scores",
    "board": "scores",
    "tune": "scores",
    "bench": "scores",
    "sweep": "sweep",
    "automl": "sweep",
    "assignments": "classroom",
    "collect": "classroom",
    "grade": "classroom",
    "feedback": "classroom",
    "export": "classroom",
}


class Course(click.Group):
    """Turn the course's errors into one sentence and an exit code: 2 for a wrong word, 1 for the rest."""

    def invoke(self, ctx: click.Context):
        """Run the command; print a CourseError instead of a traceback."""
        try:
            return super().invoke(ctx)
        except CourseError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(2 if isinstance(error, ChoiceError) else 1)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands in reading order."""
        return list(HOMES)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import a command's module when somebody types its name."""
        return getattr(import_module(f".{HOMES[name]}", __name__), name) if name in HOMES else None

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
