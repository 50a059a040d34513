"""MedMNIST's files: find, fetch, open and verify them. Nothing here ever deletes or overwrites a file."""

import hashlib
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from .cards import DatasetCard, card, cards
from .errors import DataError

SPLITS = ("train", "val", "test")
CONNECT_SECONDS, READ_SECONDS = 5, 60
TRIES = 3


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


class _DamageError(Exception):
    """Carry what is wrong with a file, worded to follow its name."""


def data_root(root: str | Path | None = None) -> Path:
    """Return the folder of MedMNIST files: `root`, else MEDMNIST_ROOT, else `~/.medmnist`."""
    return Path(root or os.environ.get("MEDMNIST_ROOT") or "~/.medmnist").expanduser()


def fetch(flag: str, *, size: int = 28, root: str | Path | None = None, tries: int = TRIES) -> Path:
    """Return the path of a dataset's file, downloading and MD5-checking it if it is missing.

    The download goes to a temporary file and gets its name only once its checksum is right, so an interrupted
    or corrupt download never looks like data. A file that is already there is never replaced.

    Args:
        flag: which dataset.
        size: edge length in pixels or voxels.
        root: folder of MedMNIST files.
        tries: attempts before giving up.

    Raises:
        DataError: when the download fails; the message names the address and the manual way.
    """
    import pooch
    from tqdm.auto import tqdm

    the_card = card(flag)
    name, folder = the_card.file_name(size), data_root(root)
    url, md5 = the_card.files[size]
    target = folder / name
    if target.exists():
        return target
    pooch.get_logger().setLevel("WARNING")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # disable=None: a bar where somebody watches, nothing in a log file. total=1: pooch asks whether the
        # bar is true, which tqdm answers by its total, and then sets the real one.
        with tqdm(desc=name, total=1, unit="B", unit_scale=True, disable=None) as bar:
            shelf = pooch.create(
                path=folder,
                base_url="",
                registry={name: f"md5:{md5}"},
                urls={name: url},
                retry_if_failed=tries - 1,
            )
            wait = (CONNECT_SECONDS, READ_SECONDS)
            shelf.fetch(name, downloader=pooch.HTTPDownloader(progressbar=bar, timeout=wait))
        target.chmod(0o644)  # the temporary file was private; a classroom shares one folder
    except (OSError, ValueError) as error:
        raise DataError(
            f"Could not download {name}: {_why(error, url, folder)}. By hand: open {url} in a browser, "
            f"save the file as {target}, then run: python -m course_utils data verify {flag}"
        ) from error
    return target


def open_arrays(path: str | Path, the_card: DatasetCard, size: int = 28) -> dict[str, np.ndarray]:
    """Read a MedMNIST file's six arrays and check that they are what the card says.

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
    try:
        return _read(Path(path), the_card, size)
    except FileNotFoundError as error:
        again = f"python -m course_utils data fetch {the_card.flag} --size {size}"
        raise DataError(f"{path} is not there. Fetch it: {again}") from error
    except MemoryError as error:
        need = the_card.raw_bytes(size) / 1e9
        raise DataError(f"{path} needs {need:.1f} GB of free memory; take a smaller size.") from error
    except _DamageError as problem:
        raise DataError(f"{path} {problem} {_advice(the_card, size)}") from problem.__cause__


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
        _read(path, the_card, size)
    except _DamageError as problem:
        return Finding(path, str(problem), advice)
    except (OSError, MemoryError) as error:
        return Finding(path, _damage(path, error), advice)
    return Finding(
        path, "opens, but its checksum is not the published one: altered, a subset or an old version.", advice
    )


def md5_of(path: Path) -> str:
    """Return a file's MD5 sum as hex, reading it in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _read(path: Path, the_card: DatasetCard, size: int) -> dict[str, np.ndarray]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            names = [f"{split}_{part}" for split in SPLITS for part in ("images", "labels")]
            missing = [name for name in names if name not in archive]
            arrays = {name: archive[name] for name in names if name not in missing}
    except (FileNotFoundError, MemoryError):
        raise
    except Exception as error:  # damaged bytes surface as a dozen kinds of error, all meaning the same here
        raise _DamageError(_damage(path, error)) from error
    if missing:
        raise _DamageError(f"lacks the array {missing[0]!r}: it is not a MedMNIST file.")
    for split in SPLITS:
        _check_split(the_card, size, split, arrays[f"{split}_images"], arrays[f"{split}_labels"])
    return arrays


def _check_split(the_card, size, split, images, labels):
    shape = the_card.image_shape(size)
    if images.dtype != np.uint8 or images.shape[1:] != shape or not len(images):
        expected = f"uint8 (N, {', '.join(map(str, shape))}) with N of 1 or more"
        raise _DamageError(f"holds {split}_images of {images.dtype} {images.shape}, expected {expected}.")
    expected = (len(images), the_card.label_width)
    if labels.shape != expected or labels.dtype.kind not in "iu":
        raise _DamageError(
            f"holds {split}_labels of {labels.dtype} {labels.shape}, expected integers {expected}."
        )
    top = 1 if the_card.task == "multi-label" else len(the_card.labels) - 1
    low, high = labels.min(), labels.max()
    if low < 0 or high > top:
        raise _DamageError(f"holds {split}_labels from {low} to {high}, expected 0 to {top}.")


def _unreadable(path: Path) -> str:
    try:
        with np.load(path, allow_pickle=False) as archive:
            for name in archive.files:
                archive[name]
    except Exception as error:  # any failure to read is the finding itself
        return _damage(path, error)
    return ""


def _damage(path: Path, error: Exception) -> str:
    """Say in words that follow the file's name what is wrong with it."""
    if isinstance(error, FileNotFoundError):
        return "is not there."
    if path.is_dir():
        return "is a folder, not a file."
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as blocked:
        return f"can't be opened: {blocked.strerror or blocked}."
    if not head:
        return "is empty."
    if head[:2] != b"PK":
        return f"is not an .npz archive (it starts with {head!r})."
    if "Object arrays" in str(error):
        return "holds Python objects, which could run code; it was not opened."
    if isinstance(error, zipfile.BadZipFile | EOFError | zlib.error):
        return "is cut short or damaged (a download that stopped?)."
    return f"can't be read: {_first_line(error)}."


def _advice(the_card: DatasetCard, size: int) -> str:
    return f"Move it away, then run: python -m course_utils data fetch {the_card.flag} --size {size}"


def _why(error: Exception, url: str, folder: Path) -> str:
    """Say in a few words why a download failed; requests' own messages fill half a screen."""
    import requests

    host = urlsplit(url).netloc
    if isinstance(error, requests.HTTPError):
        return f"{host} answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout) or "timed out" in str(error):
        return f"{host} did not answer in time"
    if isinstance(error, requests.RequestException):
        return f"no connection to {host}, or it broke off"
    if isinstance(error, ValueError):
        return "what arrived has another checksum than the published file, so it was thrown away"
    return f"can't write to {folder} ({_first_line(error)}); set MEDMNIST_ROOT to a folder you may write to"


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
