"""Sweeps on real Dask schedulers and worker processes, some of which are killed in the middle."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from course_utils.__main__ import main
from course_utils.data import load
from course_utils.errors import ChoiceError, CourseError
from course_utils.judge import board, cells, results, sweep
from course_utils.judge.cells import Cell, Ledger, grid
from course_utils.learn.recipes import recipe

CELLS = grid(["breastmnist", "retinamnist"], ["small_cnn"], 2, epochs=1, source="sample", images=32)


def outcome_of(cell: Cell, auc: float = 0.5) -> dict:
    """Return what a worker would, without training: a small result file."""
    used = asdict(recipe(load(cell.flag, source="sample").card, 32, model=cell.model, epochs=cell.epochs))
    run = cell.key.partition("@")[2] + "-sample"
    name = results.name(cell.flag, "test", {"auc": auc, "acc": 0.5}, run)
    return {
        "cell": asdict(cell), "auc": auc, "acc": 0.5, "seconds": 0.1, "data": "sample", "n_train": 32,
        "recipe": used, "environment": "none", "name": name, "text": "0,0.5,0.5\n",
    }  # fmt: skip


def ready(cells_):
    """Return a task for workers that sends back prepared outcomes; a closure, so that it travels whole."""
    prepared = {cell.key: outcome_of(cell) for cell in cells_}

    def task(cell):
        time.sleep(0.2)
        if cell.seed == 13:
            raise MemoryError("no room\nand more lines")
        return prepared[cell.key]

    return task


def logged(path: Path):
    """Return the real task, which also notes on the worker's side when it starts and ends."""

    def task(cell):
        def note(word):
            with open(path, "a") as file:  # noqa: PTH123 - no imports in what travels
                file.write(f"{word} {os.getpid()} {cell.key}\n")

        note("start")
        time.sleep(1)  # the kill hits this worker in here or in its training
        outcome = cells.work(cell)
        note("end")
        return outcome

    return task


def lines(path: Path) -> list[list[str]]:
    return [line.split() for line in path.read_text().splitlines()]


def journal(folder: Path) -> Counter:
    return Counter(json.loads(line)["cell"] for line in (folder / cells.JOURNAL).read_text().splitlines())


def no_half_file(folder: Path) -> bool:
    return not list(folder.rglob("*.part"))


class Processes:
    """Start schedulers and workers as programs of their own, as a cluster does, and end them all."""

    def __init__(self, folder):
        """Take a free port for the scheduler."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.address, self.all, self.log = f"tcp://127.0.0.1:{self.port}", [], (folder / "dask.log").open("w")

    def start(self, *words):
        """Start `dask WORDS`."""
        command = [sys.executable, "-m", "dask", *map(str, words)]
        environ = os.environ | {"OMP_NUM_THREADS": "1"}
        self.all.append(subprocess.Popen(command, stdout=self.log, stderr=self.log, env=environ))
        return self.all[-1]

    def scheduler(self):
        """Start a scheduler on the port."""
        return self.start("scheduler", "--host", "127.0.0.1", "--port", self.port, "--no-dashboard")

    def worker(self):
        """Start a worker process with one thread, and no nanny that would replace it."""
        return self.start("worker", self.address, "--nthreads", 1, "--no-nanny", "--no-dashboard")

    def end(self):
        """Kill what is left."""
        for process in self.all:
            process.kill()
            process.wait()
        self.log.close()


@pytest.fixture
def processes(tmp_path):
    made = Processes(tmp_path)
    yield made
    made.end()


@pytest.fixture(scope="module")
def cluster():
    with sweep._address(None, 2, 9, lambda line: None) as address:
        yield address


def test_a_killed_worker_costs_its_cell_a_second_start_and_nothing_else(processes, tmp_path, monkeypatch):
    monkeypatch.setattr(sweep, "CONNECT_SECONDS", 60)
    processes.scheduler()
    workers = {str(processes.worker().pid) for _ in range(2)}
    log, out, killed = tmp_path / "log", tmp_path / "out", []

    def kill_one(line):
        if killed or not line.startswith("[1/"):
            return
        open_cells = {}
        while not open_cells:
            for word, pid, key in lines(log):
                open_cells = open_cells | {key: pid} if word == "start" else open_cells
                if word == "end":
                    open_cells.pop(key, None)
        killed.append(list(open_cells.items())[-1])
        os.kill(int(killed[0][1]), signal.SIGKILL)

    document = sweep.run(CELLS, out, scheduler=processes.address, report=kill_one, task=logged(log))
    (key, pid), noted = killed[0], lines(log)
    assert pid in workers and not document["failed"] and len(document["cells"]) == 4
    assert Counter(k for word, _, k in noted if word == "end") == {cell.key: 1 for cell in CELLS}
    assert next(p for word, p, k in noted if word == "start" and k == key) == pid
    assert Counter(k for word, _, k in noted if word == "start") == {c.key: 1 + (c.key == key) for c in CELLS}
    assert journal(out) == {cell.key: 1 for cell in CELLS} and no_half_file(out)
    assert all(Ledger(out).find(cell) for cell in CELLS) and len(list(out.glob("*.csv"))) == 4
    row = board.build("breastmnist", runs=out, source="sample", baseline=False).rows[-1]
    assert row.method == "small_cnn-x3-n32" and len(row.runs) == 2


def test_a_restarted_scheduler_gets_the_open_cells_again(processes, tmp_path, monkeypatch):
    monkeypatch.setattr(sweep, "CONNECT_SECONDS", 60)
    many = grid(["breastmnist"], ["small_cnn"], 8, epochs=1, source="sample", images=32)
    first, heard = processes.scheduler(), []
    processes.worker()

    def restart(line):
        heard.append(line)
        if line.startswith("[3/"):
            first.kill()
            first.wait()
            processes.scheduler()
            processes.worker()

    document = sweep.run(many, tmp_path, scheduler=processes.address, report=restart, task=ready(many))
    assert [record["cell"]["seed"] for record in document["cells"]] == list(range(8))
    assert journal(tmp_path) == {cell.key: 1 for cell in many} and no_half_file(tmp_path)
    assert any("is lost; 5 cells are open" in line for line in heard)


def test_a_scheduler_that_stays_away_leaves_the_finished_cells(processes, tmp_path, monkeypatch):
    monkeypatch.setattr(sweep, "CONNECT_SECONDS", 60)
    scheduler = processes.scheduler()
    processes.worker()

    def kill(line):
        if line.startswith("[1/"):
            scheduler.kill()
            scheduler.wait()

    with pytest.raises(CourseError, match=r"did not come back in 0 s; 3 cells are open.*--resume"):
        sweep.run(CELLS, tmp_path, scheduler=processes.address, report=kill, task=ready(CELLS), patience=0)
    assert sum(bool(Ledger(tmp_path).find(cell)) for cell in CELLS) == 1


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "moon", "tcp://moon"])
def test_a_wrong_address_is_named_within_seconds(tmp_path, monkeypatch, address):
    monkeypatch.setattr(sweep, "CONNECT_SECONDS", 1)
    start = time.monotonic()
    with pytest.raises(CourseError, match=address):
        sweep.run(CELLS, tmp_path, scheduler=address)
    assert time.monotonic() - start < 10 and not list(tmp_path.iterdir())


def test_a_failing_cell_is_listed_and_the_others_are_kept(cluster, tmp_path):
    some = [*CELLS, replace(CELLS[0], seed=13)]
    document = sweep.run(some, tmp_path, scheduler=cluster, task=ready(some))
    assert document["failed"] == [
        {"cell": "breastmnist@small_cnn-n32-seed13", "reason": "MemoryError: no room"}
    ]
    assert len(document["cells"]) == 4 and set(journal(tmp_path)) == {cell.key for cell in CELLS}
    assert "FAILED breastmnist small_cnn-n32-seed13: MemoryError: no room" in sweep.text(document)


def test_a_cell_that_kills_its_workers_fails_alone(tmp_path):
    prepared = {cell.key: outcome_of(cell) for cell in CELLS}

    def task(cell):
        if cell.seed == 13:
            os.kill(os.getpid(), signal.SIGKILL)
        return prepared[cell.key]

    document = sweep.run([replace(CELLS[0], seed=13), *CELLS], tmp_path, task=task)  # workers started here
    assert [one["reason"].split(",")[0] for one in document["failed"]] == ["its worker died again and again"]
    assert len(document["cells"]) == 4 and journal(tmp_path) == {cell.key: 1 for cell in CELLS}


def test_an_interrupt_keeps_the_finished_cells_and_a_resume_runs_the_rest(cluster, tmp_path):
    def interrupt(line):
        if line.startswith("[2/"):
            raise KeyboardInterrupt

    options = {"scheduler": cluster, "task": ready(CELLS)}
    with pytest.raises(CourseError, match=r"2 of 4 cells are finished and kept.*--resume"):
        sweep.run(CELLS, tmp_path, report=interrupt, **options)
    with pytest.raises(CourseError, match=r"2 of 4 cells have a record.*--resume"):
        sweep.run(CELLS, tmp_path, **options)
    heard = []
    document = sweep.run(CELLS, tmp_path, resume=True, report=heard.append, **options)
    assert document["skipped"] == 2 and len(document["cells"]) == 4
    assert journal(tmp_path) == {cell.key: 1 for cell in CELLS}
    assert heard[0] == "2 of 4 cells are finished already."
    again = sweep.run(CELLS, tmp_path, resume=True, scheduler="tcp://127.0.0.1:9")  # nothing to do: not asked
    assert again["skipped"] == 4 and again["cells"] == document["cells"]
    text = sweep.text(again)
    assert "0.500 +- 0.000" in text and "0 trained, 4 were there, 0 failed" in text


def test_workers_here_share_the_cores(cluster):
    from distributed import Client

    with Client(cluster, set_as_default=False) as client:
        threads = client.run(os.getenv, "OMP_NUM_THREADS")
        assert len(threads) == 2
        assert set(threads.values()) == {str(max(1, len(os.sched_getaffinity(0)) // 2))}
        assert set(client.nthreads().values()) == {1}


def test_other_settings_are_never_taken_for_finished(tmp_path, monkeypatch):
    ledger, cell = Ledger(tmp_path), CELLS[0]
    assert ledger.find(cell) is None
    record = ledger.keep(cell, outcome_of(cell), "here")
    assert ledger.find(cell) == record
    assert ledger.find(replace(cell, source="auto")) is None  # that might be real data now
    for change in ({"epochs": 2}, {"epochs": None}, {"images": None}, {"source": "real"}, {"seed": 1}):
        assert ledger.find(replace(cell, **change)) is None
    auto = replace(CELLS[1], source="auto")
    ledger.keep(auto, outcome_of(auto), "here")
    assert ledger.find(CELLS[1]) and ledger.find(auto)
    monkeypatch.setattr("course_utils.learn.recipes.FEW_IMAGES", 10)  # the recipe has changed since
    assert ledger.find(cell) is None
    monkeypatch.undo()
    file = tmp_path / record["result_file"]
    file.write_text(file.read_text()[:5])
    assert ledger.find(cell) is None
    ledger.keep(cell, outcome_of(cell), "here")
    ledger.record(cell).write_text(ledger.record(cell).read_text()[:50])
    assert ledger.find(cell) is None and ledger.look(cell) is None


def test_a_second_result_replaces_the_first(tmp_path):
    ledger, cell = Ledger(tmp_path), CELLS[0]
    other = ledger.keep(CELLS[1], outcome_of(CELLS[1]), "here")
    ledger.keep(cell, outcome_of(cell), "here")
    second = ledger.keep(cell, outcome_of(cell, auc=0.75), "there")
    assert {path.name for path in tmp_path.glob("*.csv")} == {other["result_file"], second["result_file"]}


def test_a_full_disk_leaves_no_half_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError("No space left on device")

    monkeypatch.setattr(cells.os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        Ledger(tmp_path).keep(CELLS[0], outcome_of(CELLS[0]), "here")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_fewer_images_are_the_same_for_every_cell_and_test_stays_whole():
    data = load("breastmnist", source="sample")
    a, b = (cells.fewer(data, 40) for _ in range(2))
    assert (len(a.train), len(a.val), len(a.test)) == (40, 40, len(data.test))
    np.testing.assert_array_equal(a.train.images, b.train.images)
    assert cells.fewer(data, None) is data


def test_the_grid_names_wrong_words_before_anything_runs():
    assert len(grid(["breastmnist", "breastmnist"], ["small_cnn", "resnet18"], 2, (28, 64))) == 8
    for wrong in ({"datasets": ["brestmnist"]}, {"models": ["vgg"]}, {"sizes": [29]}, {"conv": "4d"}):
        with pytest.raises(ChoiceError, match="Possible"):
            grid(**({"datasets": ["breastmnist"], "models": ["small_cnn"], "seeds": 1} | wrong))
    with pytest.raises(CourseError, match="empty"):
        grid([], ["small_cnn"], 1)


def test_the_command_ends_with_1_when_a_cell_failed(tmp_path, monkeypatch):
    def run(todo, out, **options):
        assert todo == CELLS and options["resume"] and options["scheduler"] is None
        options["report"]("[1/1] a cell")
        kept = [Ledger(tmp_path).keep(CELLS[0], outcome_of(CELLS[0]), "here")]
        failed = [{"cell": CELLS[1].key, "reason": "why"}] if "bad" in str(out) else []
        return {"cells": kept, "failed": failed, "skipped": 0, "seconds": 1.0, "out": str(out)}

    monkeypatch.setattr(sweep, "run", run)
    words = (
        "sweep --datasets breastmnist,retinamnist --seeds 2 --epochs 1 --images 32 --source sample --resume"
    )
    good = CliRunner().invoke(main, [*words.split(), "--json", "--out", str(tmp_path)])
    assert good.exit_code == 0 and json.loads(good.stdout)["cells"][0]["auc"] == 0.5
    bad = CliRunner().invoke(main, [*words.split(), "--out", str(tmp_path / "bad")])
    assert bad.exit_code == 1 and "FAILED breastmnist small_cnn-n32-seed1: why" in bad.stdout
    assert CliRunner().invoke(main, ["sweep", "--datasets", "brestmnist"]).exit_code == 2
    assert CliRunner().invoke(main, ["sweep", "--datasets", "breastmnist", "--sizes", "big"]).exit_code == 2
