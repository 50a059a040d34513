"""Locks between processes: of several kernels that want one file, one works and the others wait."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import DataError

PATIENCE_SECONDS = 6 * 3600  # a large file over a slow line


@contextmanager
def alone(target: Path, what: str, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock of a file or folder that is about to be made; wait while another process holds it.

    The operating system frees the lock of a process that is killed. The lock's own file, hidden beside the
    target, is removed before the lock is released: whoever waited for it notices and locks a new one.

    Args:
        target: what will be made; its folder must exist.
        what: the work, for the message of those who wait.
        wait: whether to wait at all.

    Raises:
        OSError: when no lock can be made in that folder.
        DataError: when the other process is still at work after hours, or at once if `wait` is false.
    """
    import filelock

    lock = filelock.FileLock(lock_path(target))
    try:
        try:
            lock.acquire(timeout=0)
        except filelock.Timeout:
            if not wait:
                raise
            print(f"Another process is {what} {target.name}; waiting for it ...")
            lock.acquire(timeout=PATIENCE_SECONDS)
    except filelock.Timeout as error:
        raise DataError(f"Another process is at work on {target}. Stop it and try again.") from error
    try:
        yield
    finally:
        with contextlib.suppress(OSError):  # Windows removes no open file: there it stays
            lock_path(target).unlink(missing_ok=True)
        lock.release()


def tidy(target: Path, sweep: Callable[[], None] = lambda: None) -> None:
    """Remove what a killed process left beside a finished file or folder, unless another is at work there."""
    with contextlib.suppress(OSError), alone(target, "tidying", wait=False):
        sweep()


def lock_path(target: Path) -> Path:
    """Return where the lock of a file or folder lives."""
    return target.with_name(f".{target.name}.lock")
