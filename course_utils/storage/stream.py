"""Batches from disk: sequential-friendly shuffling, a thread that reads ahead, memory for a few batches."""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

AHEAD = 2  # batches read before they are asked for; with the one in use, three are in memory
BLOCK_BYTES = 2**20  # read from one place: long enough for a spinning disk
WINDOW_BYTES = 256 * 2**20  # images that are mixed with one another; the system's file cache holds them


def block_order(n: int, row_bytes: int, generator) -> np.ndarray:
    """Return a random order of n rows that a disk reads almost in sequence.

    The file is cut into blocks of about a megabyte, beginning at a random row. The blocks are shuffled and
    dealt to windows of 256 MB, and the rows of a window are shuffled. A batch thus comes from about 250
    random places of the file, and the reads of one window meet only what the file cache still holds. A split
    that fits into one window is shuffled in full.

    Args:
        n: how many rows.
        row_bytes: bytes of one row.
        generator: a `torch.Generator`.

    Returns:
        int64 `(n,)`, each row once.
    """
    import torch

    def shuffled(count: int) -> np.ndarray:
        return torch.randperm(count, generator=generator).numpy()

    block = max(1, BLOCK_BYTES // row_bytes)
    window = max(1, WINDOW_BYTES // (block * row_bytes))
    if n <= block * window:
        return shuffled(n)
    rows = np.roll(np.arange(n), -int(torch.randint(block, (1,), generator=generator)))
    blocks = np.split(rows, range(block, n, block))
    order = shuffled(len(blocks))
    windows = [
        np.concatenate([blocks[i] for i in order[k : k + window]]) for k in range(0, len(order), window)
    ]
    return np.concatenate([rows[shuffled(len(rows))] for rows in windows])


def read_batches(images: np.memmap, batches: list[np.ndarray], *, pin: bool = False) -> Iterator:
    """Yield uint8 tensors of the asked rows, reading `AHEAD` batches in a thread of its own.

    Rows are read into the batch itself and not through the memory map: pages of the map would count as this
    process's memory until the system takes them back.

    Args:
        images: a memory-mapped array in C order, rows along the first axis.
        batches: row numbers of each batch.
        pin: read into page-locked memory, from which a GPU copies while the CPU goes on.
    """
    waiting = deque()
    with ThreadPoolExecutor(1) as reader, _Rows(images) as rows:
        hints = _hints(batches, images[:1].nbytes)
        try:
            for index, hint in zip(batches, hints, strict=True):
                waiting.append(reader.submit(rows.read, index, hint, pin))
                if len(waiting) > AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:  # also when the reader of batches breaks off
            reader.shutdown(cancel_futures=True)


def _hints(batches: list[np.ndarray], row_bytes: int) -> Iterator[np.ndarray]:
    """Yield for each batch the runs `(start, stop)` of rows to announce to the system while it is read.

    They are a share of the rows that the next window needs, in the file's order: the system then fetches
    long pieces in sequence before anybody waits for them.
    """
    rows = max(1, max(map(len, batches), default=1))
    many = max(1, WINDOW_BYTES // (rows * row_bytes))  # batches in a window
    for start in range(0, len(batches), many):
        coming = batches[start + many : start + 2 * many]
        here = batches[start : start + many]
        runs = _runs(np.sort(np.concatenate(coming))) if coming else np.empty((0, 2), int)
        yield from np.array_split(runs, len(here))


def _runs(index: np.ndarray) -> np.ndarray:
    """Return the runs of neighbours in a list of rows, int `(R, 2)`: first row of each, and last + 1.

    Example:
        >>> _runs(np.array([4, 5, 6, 2, 9])).tolist()
        [[4, 7], [2, 3], [9, 10]]
    """
    cuts = np.flatnonzero(np.diff(index) != 1) + 1
    return np.stack([index[np.r_[0, cuts]], index[np.r_[cuts, len(index)] - 1] + 1], axis=1)


class _Rows:
    """Read rows of a memory-mapped array's file."""

    def __init__(self, images: np.memmap):
        if not images.flags.c_contiguous:
            raise ValueError("The array on disk is not in C order.")
        self._shape, self._offset = images.shape, images.offset
        self._row_bytes = images[:1].nbytes
        self._path = images.filename

    def __enter__(self):
        # Unbuffered: each read goes straight to its place in the batch.
        self._file = Path(self._path).open("rb", buffering=0)
        return self

    def __exit__(self, *error):
        self._file.close()

    def read(self, index: np.ndarray, hint: np.ndarray, pin: bool):
        """Return the rows as one uint8 tensor, neighbours read at once; announce the rows of `hint`."""
        import torch

        if hasattr(os, "posix_fadvise"):
            for start, stop in hint.tolist():
                place, length = self._offset + start * self._row_bytes, (stop - start) * self._row_bytes
                os.posix_fadvise(self._file.fileno(), place, length, os.POSIX_FADV_WILLNEED)
        batch = torch.empty((len(index), *self._shape[1:]), dtype=torch.uint8, pin_memory=pin)
        flat = memoryview(batch.numpy().reshape(-1))
        for start, stop in _runs(index).tolist():
            self._file.seek(self._offset + start * self._row_bytes)
            length = (stop - start) * self._row_bytes
            part, flat = flat[:length], flat[length:]
            while part:
                done = self._file.readinto(part)
                if not done:
                    raise OSError(f"{self._path} has become shorter while it was read.")
                part = part[done:]
        return batch
