"""What a lesson costs: measured by the runner, kept in the notebook's metadata, told in its second cell."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

PROFILES = ("fast", "full")
HEADING = "## Time and what you need"
MARK = "*Measured"
STALE = 2  # a measured figure this many times too high or too low is stale


def record(notebook: Path, profile: str, cost: Mapping[str, float]) -> None:
    """Write a profile's cost into a notebook: its metadata, its minutes, and the line that students read.

    Args:
        notebook: the lesson's own file.
        profile: "fast" or "full".
        cost: "seconds" on the wall, "cpu_seconds", "memory_mb".
    """
    nb = json.loads(notebook.read_text(encoding="utf-8"))
    course = nb["metadata"]["course"]
    figures = {name: round(cost[name]) for name in ("seconds", "cpu_seconds", "memory_mb")}
    course["measured"] = course.get("measured", {}) | {profile: figures}
    if profile == "full":
        course["minutes"] = max(1, math.ceil(figures["seconds"] / 60))
    cell = next(c for c in nb["cells"] if HEADING in "".join(c["source"]))
    cell["source"] = told("".join(cell["source"]), course["measured"]).splitlines(keepends=True)
    notebook.write_text(json.dumps(nb, indent=1, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def told(text: str, measured: Mapping[str, Mapping[str, float]]) -> str:
    """Return the text of a lesson's second cell with its line of measured figures renewed."""
    paragraphs = [part for part in text.rstrip().split("\n\n") if not part.startswith(MARK)]
    at = next(i for i, part in enumerate(paragraphs) if part.startswith(HEADING))
    return "\n\n".join([*paragraphs[: at + 2], line(measured), *paragraphs[at + 2 :]])


def line(measured: Mapping[str, Mapping[str, float]]) -> str:
    """Return the measured figures as one sentence.

    Example:
        >>> line({"fast": {"seconds": 9, "memory_mb": 400}})
        '*Measured on two CPU cores: the fast profile takes 9 s and holds up to 400 MB.*'
    """
    held = max(figures["memory_mb"] for figures in measured.values())
    if "full" not in measured:
        took = f"the fast profile takes {measured['fast']['seconds']} s"
        return f"{MARK} on two CPU cores: {took} and holds up to {held} MB.*"
    full = measured["full"]
    took = f"{full['seconds']} s" if full["seconds"] < 90 else f"{full['seconds'] / 60:.1f} minutes"
    fast = f" ({measured['fast']['seconds']} s in the fast profile)" if len(measured) > 1 else ""
    return f"{MARK} on two CPU cores: the computer works for {took}{fast} and holds up to {held} MB.*"


def stale(figures: Mapping[str, float], cost: Mapping[str, float]) -> str:
    """Return which figure has left its range by more than a factor of 2, or nothing.

    Processor seconds are compared, not those on the wall, which a busy machine stretches at will; a few
    seconds and a hundred megabytes more or less never count.
    """
    for name, slack in (("cpu_seconds", 8), ("memory_mb", 100)):
        then, now = figures[name], cost[name]
        if not then / STALE - slack <= now <= then * STALE + slack:
            return f"{name} was {then}, is {now:.0f}"
    return ""
