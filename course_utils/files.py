"""MedMNIST's files: find, fetch, open and verify them. Nothing here deletes or overwrites a file of data."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .cards import DatasetCard, card, cards
from .errors import DataError
from .storage import archive, download, store
from .storage.archive import SPLITS, Damage, damage, first_line
from .storage.download import TRIES


@dataclass(frozen=True)
class Finding:
    """Say of one file whether it is sound: `problem` is empty if it is, `advice` says what to do if not."""

    path: Path
    problem: str = ""
    advice: str = ""
    note: str = ""

    @property
    def ok(self) -> bool:
        """Return whether nothing is wrong."""
        return not self.problem

    def __str__(self) -> str:
        """Return the finding as one line."""
        return f"{self.path} {self.problem} {self.advice}" if self.problem else f"{self.path}: {self.note}"


def data_root(root: str | Path | None = None) -> Path:
    """Return the folder of MedMNIST files: `root`, else MEDMNIST_ROOT, else `~/.medmnist`."""
    return Path(root or os.environ.get("MEDMNIST_ROOT") or "~/.medmnist").expanduser()


def fetch(flag: str, *, size: int = 28, root: str | Path | None = None, tries: int = TRIES) -> Path:
    """Return the path of a dataset's file, downloading and MD5-checking it if it is missing.

    A cut download goes on where it stopped, even in another process, if the server allows that. The file gets
    its name only once its checksum is right, so an interrupted or corrupt download never looks like data. A
    file that is already there is never replaced. Of several processes one downloads and the others wait.
    MEDMNIST_MIRROR, an address that ends before the file name, is asked before the official one.

    Args:
        flag: which dataset.
        size: edge length in pixels or voxels.
        root: folder of MedMNIST files.
        tries: attempts without progress before giving up.

    Raises:
        DataError: when the download fails; the message names the address and the manual way.
    """
    the_card = card(flag)
    name, folder = the_card.file_name(size), data_root(root)
    url, md5 = the_card.files[size]
    target = folder / name
    if target.exists():
        download.finish(target, md5)
        return target
    mirror = os.environ.get("MEDMNIST_MIRROR", "").rstrip("/")
    urls = [f"{mirror}/{name}", url] if mirror else [url]
    most = int(1.1 * the_card.raw_bytes(size)) + 64 * 2**20  # labels and headers; zip never adds a tenth
    try:
        folder.mkdir(parents=True, exist_ok=True)
        download.download(urls, target, md5, most_bytes=most, tries=tries)
    except download.Failed as failure:
        raise DataError(_by_hand(str(failure), url, target, flag)) from failure
    except DataError:
        raise
    except OSError as error:
        why = f"can't write to {folder} ({first_line(error)}); set MEDMNIST_ROOT to a folder you may write to"
        raise DataError(_by_hand(why, url, target, flag)) from error
    return target


def open_arrays(path: str | Path, the_card: DatasetCard, size: int = 28) -> dict[str, np.ndarray]:
    """Open a MedMNIST file's six arrays and check that they are what the card says.

    A dataset above `store.LARGE` bytes is unpacked once into a store beside its file and memory-mapped from
    there; a smaller one is read into memory.

    Args:
        path: an `.npz` file.
        the_card: which dataset it should hold.
        size: which edge length it should have.

    Returns:
        `{split}_images`, uint8 `(N, *image_shape)`, and `{split}_labels`, integer `(N, L)`, for the three
        splits. N may be smaller than the card's number: a subset is welcome.

    Raises:
        DataError: when the file is missing, damaged, unsafe or another dataset.
    """
    path = Path(path)
    try:
        return store.find(path, the_card, size) or _read(path, the_card, size)
    except FileNotFoundError as error:
        again = f"python -m course_utils data fetch {the_card.flag} --size {size}"
        raise DataError(f"{path} is not there. Fetch it: {again}") from error
    except MemoryError as error:
        need = the_card.raw_bytes(size) / 1e9
        raise DataError(f"{path} needs {need:.1f} GB of free memory; take a smaller size.") from error
    except Damage as problem:
        raise DataError(f"{path} {problem} {_advice(the_card, size)}") from problem.__cause__


def is_at_hand(flag: str, size: int = 28, root: str | Path | None = None) -> bool:
    """Return whether a dataset can be opened without a download: its file is there, or its store."""
    path = data_root(root) / card(flag).file_name(size)
    return path.exists() or store.is_store(store.places(path).store)


def convert(flag: str, *, size: int = 28, root: str | Path | None = None) -> Path:
    """Unpack a dataset of any size into its store, unless that is done; return the store's folder.

    Raises:
        DataError: when the file is missing, damaged or unsafe, or there is no room.
    """
    the_card, path = card(flag), data_root(root) / card(flag).file_name(size)
    try:
        if store.find(path, the_card, size) is None:
            store.unpack(path, the_card, size)
    except FileNotFoundError as error:
        again = f"python -m course_utils data fetch {flag} --size {size}"
        raise DataError(f"{path} is not there. Fetch it: {again}") from error
    except Damage as problem:
        raise DataError(f"{path} {problem} {_advice(the_card, size)}") from problem.__cause__
    return store.places(path).store


def verify(path: str | Path) -> Finding:
    """Check one file against MedMNIST's checksum, and if that differs say what is wrong inside.

    A sound `.npz` file under any other name is none of our business and passes with a note.
    """
    path = Path(path)
    known = {one.file_name(size): (one, size) for one in cards() for size in one.sizes}
    if path.name not in known:
        problem = _unreadable(path)
        if problem:
            return Finding(path, problem, "It has no MedMNIST name either: move it away.")
        return Finding(path, note="not one of MedMNIST's file names, left alone")
    the_card, size = known[path.name]
    advice = _advice(the_card, size)
    try:
        if md5_of(path) == the_card.files[size][1]:
            return Finding(path, note="sound")
        _check_through(path, the_card, size)
    except Damage as problem:
        return Finding(path, str(problem), advice)
    except (OSError, MemoryError) as error:
        return Finding(path, damage(path, error), advice)
    return Finding(
        path, "opens, but its checksum is not the published one: altered, a subset or an old version.", advice
    )


def md5_of(path: Path) -> str:
    """Return a file's MD5 sum as hex, reading it in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _read(path: Path, the_card: DatasetCard, size: int) -> dict[str, np.ndarray]:
    with archive.opened(path) as source:
        headers = archive.expected(the_card, size, source)  # before any memory is asked for
        if sum(header.nbytes for header in headers.values()) <= store.LARGE:
            arrays = {name: source.read(name) for name in headers}
            for split in SPLITS:
                archive.check_labels(the_card, split, arrays[f"{split}_labels"])
            return arrays
    return store.unpack(path, the_card, size)


def _check_through(path: Path, the_card: DatasetCard, size: int) -> None:
    """Read a file to its end without keeping it, checking all that `_read` checks."""
    with archive.opened(path) as source:
        archive.expected(the_card, size, source)
        for split in SPLITS:
            archive.check_labels(the_card, split, source.read(f"{split}_labels"))
        source.check_through()


def _unreadable(path: Path) -> str:
    """Say what is wrong with somebody's own archive; one that claims to be huge is only looked at."""
    try:
        with archive.opened(path) as source:
            if source.raw_bytes <= archive.MOST_CHECKED:
                source.check_through()
            else:
                [source.header(name) for name in source.names]
    except (Damage, FileNotFoundError) as error:
        return str(error) if isinstance(error, Damage) else damage(path, error)
    return ""


def _advice(the_card: DatasetCard, size: int) -> str:
    return f"Move it away, then run: python -m course_utils data fetch {the_card.flag} --size {size}"


def _by_hand(why: str, url: str, target: Path, flag: str) -> str:
    return (
        f"Could not download {target.name}: {why}. By hand: open {url} in a browser, "
        f"save the file as {target}, then run: python -m course_utils data verify {flag}"
    )
