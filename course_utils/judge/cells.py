"""The cells of a sweep: one dataset, size, model and seed each; how one is trained, kept, and found again."""

import hashlib
import json
import os
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from glob import escape
from pathlib import Path

import numpy as np

from .. import env
from ..cards import card
from ..data import SOURCES, Dataset, load
from ..errors import CourseError, choose
from . import runs

JOURNAL = "journal.jsonl"


@dataclass(frozen=True)
class Cell:
    """Hold one cell of the grid, with everything that decides its result.

    `epochs` None means the recipe's; `images` None means all training and validation images.
    """

    flag: str
    model: str
    seed: int
    size: int = 28
    conv: str = "3d"
    epochs: int | None = None
    source: str = "auto"
    images: int | None = None

    @property
    def key(self) -> str:
        """Return the cell's name, which is also its record's file name."""
        size = "" if self.size == 28 else f"_{self.size}"
        parts = [self.model, self.conv if card(self.flag).ndim == 3 else "", self.tag, f"seed{self.seed}"]
        return f"{self.flag}{size}@{'-'.join(filter(None, parts))}"

    @property
    def tag(self) -> str:
        """Return the word that says, in the run's name, that not all images were used."""
        return f"n{self.images}" if self.images else ""

    def __str__(self) -> str:
        return self.key.replace("@", " ")


def grid(datasets, models, seeds: int, sizes=(28,), **settings) -> list[Cell]:
    """Return the cells of a sweep, in the order given: datasets, sizes, models, seeds.

    Args:
        datasets, models, sizes: lists; words given twice count once.
        seeds: how many, 0, 1, ...
        settings: conv, epochs, source, images; the same for every cell.

    Raises:
        ChoiceError: for an unknown dataset, model, size, convolution or source, before anything is trained.

    Example:
        >>> [str(cell) for cell in grid(["breastmnist"], ["small_cnn"], 2)]
        ['breastmnist small_cnn-seed0', 'breastmnist small_cnn-seed1']
    """
    from ..learn.models import CONVS, NAMES

    choose(settings.get("conv", "3d"), CONVS, "conv")
    choose(settings.get("source", "auto"), SOURCES, "source")
    for model in models:
        choose(model, NAMES, "model")
    for flag in datasets:
        for size in sizes:
            choose(size, card(flag).sizes, f"size for {flag}")
    cells = [
        Cell(flag, model, seed, size, **settings)
        for flag in datasets for size in sizes for model in models for seed in range(seeds)
    ]  # fmt: skip
    if not cells:
        raise CourseError("The sweep is empty: give at least one dataset, one model, one size and one seed.")
    return list(dict.fromkeys(cells))


def work(cell: Cell) -> dict:
    """Train and score one cell, leaving nothing on this machine: this is what a worker does.

    Returns:
        The cell's record, see `Ledger.keep`, with the result file's "name" and "text" beside it.
    """
    import torch

    from ..learn.recipes import recipe

    # Dask starts its workers with OMP_NUM_THREADS=1 unless told otherwise: many workers, one thread each.
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS") or 1))
    data = fewer(load(cell.flag, size=cell.size, source=cell.source), cell.images)
    with tempfile.TemporaryDirectory(prefix="sweep-") as folder:
        settings = {"model": cell.model, "conv": cell.conv, "epochs": cell.epochs, "tag": cell.tag}
        run = runs.run_seed(data, cell.seed, Path(folder), **settings)
        file = Path(run["result_file"])
        text = file.read_text(encoding="ascii")
    used = recipe(data.card, len(data.train), model=cell.model, epochs=cell.epochs)
    return {
        "cell": asdict(cell), "auc": run["auc"], "acc": run["acc"], "seconds": run["seconds"],
        "data": data.source, "n_train": len(data.train), "recipe": asdict(used),
        "environment": env.describe(), "name": file.name, "text": text,
    }  # fmt: skip


def fewer(data: Dataset, images: int | None) -> Dataset:
    """Return the dataset with at most so many training and validation images; test stays whole.

    They are drawn once, with seed 0, so that every cell sees the same ones.
    """
    if images is None:
        return data
    draw = np.random.default_rng(0)

    def part(split):
        some = np.sort(draw.permutation(len(split))[:images])
        return replace(split, images=split.images[some], labels=split.labels[some])

    return replace(data, train=part(data.train), val=part(data.val))


class Ledger:
    """Keep finished cells in a folder: result files, a record of each cell, and a journal that only grows.

    Only the process that runs the sweep writes here, so workers on other machines need no shared folder.
    """

    def __init__(self, folder: str | Path):
        """Name the folder; it is made when the first cell is kept."""
        self.folder = Path(folder)

    def record(self, cell: Cell) -> Path:
        """Return where a cell's record lies."""
        return self.folder / "cells" / f"{cell.key}.json"

    def find(self, cell: Cell) -> dict | None:
        """Return the record of a finished cell, or None.

        Not finished is also: made with other settings (epochs, source, images, or a recipe that has changed
        since), or a result file that is missing or is not the one that was written.
        """
        record = self.look(cell)
        if record is None or record["cell"] | {"source": ""} != asdict(cell) | {"source": ""}:
            return None
        if cell.source not in (record["cell"]["source"], record["data"]):
            return None
        from ..learn.recipes import recipe

        now = recipe(card(cell.flag), record["n_train"], model=cell.model, epochs=cell.epochs)
        file = self.folder / record["result_file"]
        same = record["recipe"] == json.loads(json.dumps(asdict(now)))
        return record if same and file.is_file() and _digest(file.read_bytes()) == record["sha256"] else None

    def look(self, cell: Cell) -> dict | None:
        """Return a cell's record, whatever settings made it; None where there is none to read."""
        try:
            return json.loads(self.record(cell).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def keep(self, cell: Cell, outcome: dict, worker: str) -> dict:
        """Write a finished cell: the result file, then its record, then one line in the journal.

        Each of the two files appears whole or not at all. A result file of the same run with other scores in
        its name is removed: it would count as another seed on the board.

        Returns:
            The record: "cell" (its settings), "auc", "acc", "seconds", "data" (real or sample), "n_train",
            "recipe", "environment", "result_file", "sha256", "worker", "finished" (seconds since 1970).
        """
        record = {key: value for key, value in outcome.items() if key not in ("name", "text")}
        text = outcome["text"].encode("ascii")
        record |= {"result_file": outcome["name"], "sha256": _digest(text), "worker": worker}
        record["finished"] = round(time.time(), 3)
        before = self.look(cell)
        _write(self.folder / outcome["name"], text)
        start, run = outcome["name"].split("_[AUC]")[0], outcome["name"].partition("@")[2]
        stale = {path.name for path in self.folder.glob(f"{escape(start)}_*@{escape(run)}")}
        for name in (stale | ({before["result_file"]} if before else set())) - {outcome["name"]}:
            (self.folder / name).unlink(missing_ok=True)
        _write(self.record(cell), json.dumps(record, indent=2).encode())
        line = {
            "cell": cell.key,
            "worker": worker,
            "seconds": record["seconds"],
            "finished": record["finished"],
        }
        with (self.folder / JOURNAL).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        return record


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
