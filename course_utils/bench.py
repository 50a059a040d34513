"""The performance table: each row times the course against a peer on the same input, in the same run.

A row is a function that returns `compare(...)`'s dict; `@row` registers it. To add one, write it below.
"""

import time
from collections.abc import Callable, Sequence

from . import env
from .data import Split, load
from .errors import choose

ROWS: list[Callable[[], dict]] = []
BY_NAME: set[Callable[[], dict]] = set()


def row(function: Callable[[], dict], *, by_name: bool = False) -> Callable[[], dict]:
    """Register a function as a row of the table; the row is asked for by the function's name.

    A row with `by_name` is measured only when it is named: it takes minutes, or gigabytes of disk.
    """
    ROWS.append(function)
    if by_name:
        BY_NAME.add(function)
    return function


def run(names: Sequence[str] | None = None) -> dict:
    """Measure the rows of the performance table.

    Args:
        names: which rows; by default all but those that must be named.

    Returns:
        {"rows": [{"name", "ours", "peer", "unit", "ratio", "goal"}], "environment": str}; `ratio` is how many
        times better ours is, and `goal` what it should be at least.

    Raises:
        ChoiceError: for an unknown name.
    """
    from . import bench_scores, bench_storage, bench_train  # noqa: F401 - register their rows

    rows = {function.__name__: function for function in ROWS}
    if names is None:
        names = [name for name, function in rows.items() if function not in BY_NAME]
    chosen = [choose(name, rows, "benchmark row") for name in names]
    return {"rows": [rows[name]() for name in chosen], "environment": env.describe()}


def text(table: dict) -> str:
    """Return the document of `run` as aligned text; a row that misses its goal says so."""
    lines = [f"{'ours':>10} {'peer':>10} {'ratio':>7} {'goal':>6}  what"]
    for one in table["rows"]:
        times = " ".join(f"{value:>7g} {one['unit']:<2}" for value in (one["ours"], one["peer"]))
        missed = "" if one["ratio"] >= one["goal"] else "  BELOW ITS GOAL"
        lines.append(f"{times} {one['ratio']:>7g} {one['goal']:>6g}  {one['name']}{missed}")
    return "\n".join([*lines, table["environment"]])


def compare(name: str, ours: Callable, peer: Callable, *, goal: float, repeats: int = 30) -> dict:
    """Time two functions in turns and return a row: best seconds of each, in milliseconds, and their ratio.

    Turns keep a busy machine fair to both; the best of many is what the code needs when nothing disturbs it.

    Args:
        name: what is compared, with the peer's name.
        ours, peer: functions without arguments that do the same work.
        goal: the ratio to reach.
        repeats: turns, after one of each that is not counted.
    """
    best = {}
    for turn in range(repeats + 1):
        for function in (ours, peer):
            start = time.perf_counter()
            function()
            seconds = time.perf_counter() - start
            if turn:
                best[function] = min(best.get(function, seconds), seconds)
    return {
        "name": name,
        "ours": round(1000 * best[ours], 3),
        "peer": round(1000 * best[peer], 3),
        "unit": "ms",
        "ratio": round(best[peer] / best[ours], 2),
        "goal": goal,
    }


@row
def montage_grey() -> dict:
    """Compose a montage of 400 grey images of 28 x 28, as medmnist's `montage(length=20)` does."""
    return _montage("pneumoniamnist", "montage of 400 grey images against medmnist's montage", goal=3.0)


@row
def montage_colour() -> dict:
    """Compose a montage of 400 colour images of 28 x 28, as medmnist's `montage(length=20)` does."""
    return _montage("pathmnist", "montage of 400 colour images against medmnist's montage", goal=20.0)


def _montage(flag: str, name: str, goal: float) -> dict:
    # Both choose, gather, compose. Ours ends with the array that a plot draws; medmnist's wraps it as a PIL
    # image, which costs about 0.2 ms in colour and 0.01 ms in grey.
    from .look.pictures import compose, flat, pick

    split = load(flag, source="sample").train
    theirs = as_medmnist(split)
    return compare(
        name,
        lambda: compose(flat(split, pick(split, 400)), 20, gap=0),
        lambda: theirs.montage(length=20),
        goal=goal,
        repeats=200,
    )


def as_medmnist(split: Split):
    """Return the split as an object of medmnist's own dataset class, without writing it to a file first."""
    import medmnist

    peer = object.__new__(getattr(medmnist, split.card.name))
    peer.imgs, peer.labels, peer.split = split.images, split.labels, split.name
    peer.info = medmnist.INFO[split.card.flag] | {"n_samples": {split.name: len(split)}}
    return peer
