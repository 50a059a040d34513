"""Sweeps: a grid of datasets, models and seeds, trained on Dask's workers, here or on a cluster.

Dask (dask.distributed) is the one library in which the same call runs on two cores and on a SLURM or
Kubernetes cluster: Dask's own deployments start scheduler and workers, and a sweep takes their address.
"""

import os
import re
import signal
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from uuid import uuid4

from ..errors import CourseError
from .cells import Cell, Ledger, work

CONNECT_SECONDS = 5  # how long an address may stay silent before it is called wrong
PATIENCE_SECONDS = 60  # how long to wait for a scheduler that was lost
EXAMPLE = "tcp://10.0.0.1:8786"
ADDRESS = re.compile(r"(?:[a-z]+://)?(?:\[[^\]]+\]|[^\[\]:/]+):\d+")
RESUME = "Run the same command with --resume to go on."


def run(
    cells: list[Cell],
    out,
    *,
    scheduler: str | None = None,
    workers: int | None = None,
    resume: bool = False,
    patience: float = PATIENCE_SECONDS,
    report: Callable[[str], None] = lambda line: None,
    task: Callable[[Cell], dict] = work,
) -> dict:
    """Train every cell that has no finished result yet, and keep each as soon as it is done.

    A cell that fails is listed, the others go on. If a worker dies, Dask gives its cell to another. If the
    scheduler is lost, this waits for it to come back and hands in again what was not finished.

    Args:
        cells: what to train, from `cells.grid`.
        out: folder for result files and records, see `cells.Ledger`. Only this process writes there.
        scheduler: address of a Dask scheduler, such as "tcp://10.0.0.1:8786"; None starts workers here. Its
            workers need this package, and with real data the files.
        workers: how many processes to start here; None: one for two cores, but two where there are two.
        resume: take finished cells of the same settings from `out` instead of refusing to touch them.
        patience: seconds to wait for a lost scheduler.
        report: called with each line of progress.
        task: what a worker does with a cell; replaced in tests.

    Returns:
        {"cells": [record, ...] in the order asked for, "failed": [{"cell", "reason"}], "skipped": how many
        were there before, "seconds": the whole time, "out": the folder}.

    Raises:
        CourseError: when `out` holds cells and `resume` is not set, when no scheduler answers, when it is
            lost for good, and when interrupted. Finished cells are kept in every case.
    """
    start, ledger = time.perf_counter(), Ledger(out)
    done = {cell: record for cell in cells if (record := ledger.find(cell))}
    _check_folder(cells, done, ledger, resume, report)
    todo, failed, skipped = [cell for cell in cells if cell not in done], {}, len(done)

    def finish(cell: Cell, outcome: dict | BaseException, worker: str) -> None:
        if isinstance(outcome, BaseException):
            failed[cell] = _reason(outcome)
            story = f"FAILED: {failed[cell]}"
        else:
            done[cell] = ledger.keep(cell, outcome, worker)
            scores = (
                f"{k.upper()} {'none' if outcome[k] is None else f'{outcome[k]:.3f}'}" for k in ("auc", "acc")
            )
            story = f"{', '.join(scores)}, {outcome['seconds']:.0f} s"
        report(f"[{len(done) + len(failed):>{len(str(len(cells)))}}/{len(cells)}] {cell}: {story}")

    try:
        if todo:
            with _address(scheduler, workers, len(todo), report) as address:
                _until_done(address, todo, finish, patience, report, task, lambda: {*done, *failed})
    except KeyboardInterrupt:
        raise CourseError(
            f"Interrupted: {len(done)} of {len(cells)} cells are finished and kept in {out}. {RESUME}"
        ) from None
    return {
        "cells": [done[cell] for cell in cells if cell in done],
        "failed": [{"cell": cell.key, "reason": failed[cell]} for cell in cells if cell in failed],
        "skipped": skipped, "seconds": round(time.perf_counter() - start, 1), "out": str(out),
    }  # fmt: skip


def text(document: dict) -> str:
    """Return the document of `run` as a table: mean and spread over seeds of each dataset and model."""
    import statistics

    rows: dict[tuple, list] = {}
    for record in document["cells"]:
        cell = record["cell"]
        name = cell["model"] + (f", {cell['images']} images" if cell["images"] else "")
        rows.setdefault((cell["flag"], cell["size"], name, record["data"]), []).append(record)
    lines = [f"{'dataset':<16} {'size':>4}  {'model':<24} {'data':<7} {'seeds':>5}  {'AUC':<15}  ACC"]
    for (flag, size, name, data), records in rows.items():
        cells = []
        for key in ("auc", "acc"):
            values = [record[key] for record in records if record[key] is not None]
            spread = f" +- {statistics.stdev(values):.3f}" if len(values) > 1 else ""
            cells.append(f"{statistics.mean(values):.3f}{spread}" if values else "none")
        what = f"{flag:<16} {size:>4}  {name:<24} {data:<7}"
        lines.append(f"{what} {len(records):>5}  {cells[0]:<15}  {cells[1]}")
    lines += [f"FAILED {one['cell'].replace('@', ' ')}: {one['reason']}" for one in document["failed"]]
    trained = len(document["cells"]) - document["skipped"]
    lines.append(
        f"{trained} trained, {document['skipped']} were there, {len(document['failed'])} failed, "
        f"{document['seconds']:.0f} s. Results in {document['out']}"
    )
    if document["cells"]:
        flag = document["cells"][0]["cell"]["flag"]
        lines.append(f"Compare: python -m course_utils board {flag} --runs {document['out']}")
    return "\n".join(lines)


def _check_folder(cells, done, ledger, resume, report) -> None:
    other = [cell for cell in cells if cell not in done and ledger.look(cell)]
    if (done or other) and not resume:
        raise CourseError(
            f"{len(done) + len(other)} of {len(cells)} cells have a record in {ledger.folder} already: "
            "add --resume to keep those of the same settings, or choose another folder with --out."
        )
    if done:
        report(f"{len(done)} of {len(cells)} cells are finished already.")
    if other:
        report(f"{len(other)} cells were made with other settings, or their file is gone: they run again.")


@contextmanager
def _address(scheduler, workers, n, report):
    """Yield the address of a scheduler: the one given, or one started here with its workers."""
    if scheduler:
        yield scheduler
        return
    import dask
    from distributed import LocalCluster

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    workers = min(workers or min(cores, max(2, cores // 2)), n)
    threads = max(1, cores // workers)
    report(f"{workers} workers with {threads} thread{'s' if threads > 1 else ''} each on {cores} cores.")
    # Set before numpy and torch are loaded in the worker, so that all workers together use the cores once.
    spawn = {f"distributed.nanny.pre-spawn-environ.{name}": threads for name in _THREADS}
    # One cell at a time a worker, none waiting behind it that would be blamed when the worker dies.
    spawn["distributed.scheduler.worker-saturation"] = 1.0
    with dask.config.set(spawn), _deaf():
        cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", memory_limit=0,
            silence_logs="CRITICAL",
        )  # fmt: skip
    with cluster:
        yield cluster.scheduler_address


@contextmanager
def _deaf():
    """Let processes that start in here ignore Ctrl-C, which is for this process alone to handle."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def _until_done(address, todo, finish, patience, report, task, settled) -> None:
    """Hand in cells until each is settled; when the scheduler is lost, wait for it and hand in the rest."""
    client = _connect(address, CONNECT_SECONDS)
    if not client.scheduler_info()["workers"]:
        report(f"The scheduler at {address} has no workers yet: waiting for them.")
    while True:
        left = [cell for cell in todo if cell not in settled()]
        try:
            _collect(client, left, finish, task)
        finally:
            client.close(timeout=2)
        left = [cell for cell in todo if cell not in settled()]
        if not left:
            return
        report(f"The scheduler at {address} is lost; {len(left)} cells are open. Waiting for it.")
        client = _reconnect(address, patience, len(left))


def _collect(client, cells, finish, task) -> None:
    """Hand in cells and settle each as it ends; return early if the scheduler is lost."""
    from concurrent.futures import CancelledError

    from distributed import as_completed

    # A key nobody has used: a scheduler may still hold results of an earlier sweep.
    session = uuid4().hex[:8]
    futures = {
        client.submit(_on_worker, task, cell, key=f"{cell.key}-{session}", pure=False, priority=-i): cell
        for i, cell in enumerate(cells)
    }
    for future in as_completed(futures, loop=client.loop):
        cell = futures[future]
        if future.status == "cancelled":  # the connection is gone, and all open cells with it
            return
        if future.status == "error":
            finish(cell, future.exception(), "")
            continue
        try:
            outcome, worker = future.result(timeout=60)
        except (CancelledError, OSError):  # lost between the cell's end and this line
            return
        finish(cell, outcome, worker)
        future.release()


def _on_worker(task, cell) -> tuple[dict, str]:
    from distributed import get_worker

    return task(cell), get_worker().address


def _connect(address: str, seconds: float):
    from distributed import Client

    if not ADDRESS.fullmatch(address):
        raise CourseError(
            f"{address!r} is no scheduler's address: expected tcp://HOST:PORT, such as {EXAMPLE}."
        )
    try:
        return Client(address, timeout=seconds, set_as_default=False)
    except (OSError, ValueError) as error:
        raise CourseError(
            f"No Dask scheduler answers at {address} ({_reason(error)}). Start one with `dask scheduler` and "
            f"workers with `dask worker {address}`, or leave out --scheduler to use this machine."
        ) from None


def _reconnect(address: str, patience: float, open_cells: int):
    deadline = time.monotonic() + patience
    while True:
        try:
            return _connect(address, 2)
        except CourseError:
            if time.monotonic() > deadline:
                raise CourseError(
                    f"The scheduler at {address} did not come back in {patience:.0f} s; {open_cells} cells "
                    f"are open, the others are kept. {RESUME}"
                ) from None
            time.sleep(0.5)


def _reason(error: BaseException) -> str:
    """Return an error as one line."""
    if type(error).__name__ == "KilledWorker":
        return "its worker died again and again, perhaps for want of memory: try fewer --workers"
    first = (str(error).strip() or "no message").splitlines()[0]
    return first if isinstance(error, CourseError) else f"{type(error).__name__}: {first}"
