"""A live table of what runs: redrawn in a terminal, one line an event elsewhere."""

import sys
import time


class Table:
    """Show the state of each named job while the block runs."""

    def __init__(self, names: list[str]):
        """Start with every job waiting."""
        self._states = dict.fromkeys(names, "waiting")
        self._since: dict[str, float] = {}
        self._live = None

    def __enter__(self):
        """Open the live display where there is a terminal."""
        if sys.stdout.isatty():
            from rich.live import Live

            self._live = Live(get_renderable=self._draw, refresh_per_second=2)
            self._live.__enter__()
        return self

    def __exit__(self, *error):
        """Leave the last state on the screen."""
        if self._live:
            self._live.__exit__(*error)

    def update(self, lesson, outcome) -> None:
        """Note that a lesson started (`outcome` is None) or ended."""
        if outcome is None:
            self._since[lesson.name] = time.monotonic()
            self._states[lesson.name] = "running"
        else:
            self._states[lesson.name] = f"{'ran' if outcome.ok else 'FAILED'} in {outcome.seconds:.0f} s"
        if not self._live:
            print(f"{lesson.name}: {self._states[lesson.name]}", flush=True)

    def _draw(self):
        from rich.table import Table as Grid

        grid = Grid("lesson", "state")
        for name, state in self._states.items():
            seconds = f" {time.monotonic() - self._since[name]:.0f} s" if state == "running" else ""
            grid.add_row(name, state + seconds)
        return grid
