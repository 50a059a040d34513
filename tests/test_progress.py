"""Progress: a line an event where there is no terminal, a table that is redrawn where there is one."""

import io
from types import SimpleNamespace

from rich.console import Console

from course_utils.teach.progress import Table

LESSON = SimpleNamespace(name="01_tiny")
DONE, FAILED = (SimpleNamespace(ok=ok, seconds=12.3) for ok in (True, False))


def test_without_a_terminal_each_event_is_a_line(capsys):
    with Table(["01_tiny"]) as live:
        live.update(LESSON, None)
        live.update(LESSON, DONE)
        live.update(LESSON, FAILED)
    assert capsys.readouterr().out.splitlines() == [
        "01_tiny: running",
        "01_tiny: ran in 12 s",
        "01_tiny: FAILED in 12 s",
    ]


def test_in_a_terminal_one_table_shows_every_job(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    live = Table(["01_tiny", "02_next"])
    live._live = object()  # no printing: only the drawing is looked at
    live.update(LESSON, None)
    sheet = io.StringIO()
    Console(file=sheet, width=80).print(live._draw())
    assert "running" in sheet.getvalue() and "02_next" in sheet.getvalue() and "waiting" in sheet.getvalue()
    assert capsys.readouterr().out == ""
