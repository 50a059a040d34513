"""MedMNIST's files: find, fetch, open and verify them. Nothing here ever deletes or overwrites a file."""

import hashlib
import os
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

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


def data_root(root: str | Path | None = None) -> Path:
    """Return the folder of MedMNIST files: `root`, else MEDMNIST_ROOT, else `~/.medmnist`."""
    return Path(root or os.environ.get("MEDMNIST_ROOT") or "~/.medmnist").expanduser()


def fetch(flag: str, *, size: int = 28, root: str | Path | None = None, tries: int = TRIES) -> Path:
    """Return the path of a dataset's file, downloading and MD5-checking it if it is missing.

    The download goes to a temporary file and gets its name only once its checksum is right, so an interrupted or
    corrupt download never looks like data. A file that is already there is never replaced.

    Args:
        flag: which dataset.
        size: edge length in pixels or voxels.
        root: folder of MedMNIST files.
        tries: attempts before giving up.

    Raises:
        DataError: when the download fails; the message names the address and the manual way.
    """
    import pooch

    the_card = card(flag)
    name = the_card.file_name(size)
    folder, (url, md5) = data_root(root), the_card.files[size]
    if (folder / name).exists():
        return folder / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shelf = pooch.create(
            path=folder, base_url="", registry={name: f"md5:{md5}"}, urls={name: url}, retry_if_failed=tries - 1
        )
        pooch.get_logger().setLevel("WARNING")
        download = pooch.HTTPDownloader(progressbar=True, timeout=(CONNECT_SECONDS, READ_SECONDS))
        return Path(shelf.fetch(name, downloader=download))
    except (OSError, ValueError) as error:  # requests' errors are OSErrors; a wrong checksum is a ValueError
        raise DataError(
            f"Could not download {name}: {_first_line(error)}. By hand: open {url} in a browser, save the file as "
            f"{folder / name}, then run: python -m course_utils data verify {flag}"
        ) from error


def open_arrays(path: str | Path, the_card: DatasetCard, size: int = 28) -> dict[str, np.ndarray]:
    """Read a MedMNIST file's six arrays and check that they are what the card says.

    Args:
        path: an `.npz` file.
        the_card: which dataset it should hold.
        size: which edge length it should have.

    Returns:
        `{split}_images`, uint8 `(N, *image_shape)`, and `{split}_labels`, integer `(N, L)`, for the three splits.
        N may be smaller than the card's number: a subset is welcome.

    Raises:
        DataError: when the file is missing, damaged, unsafe or another dataset.
    """
    path = Path(path)
    try:
        with np.load(path, allow_pickle=False) as archive:
            names = [f"{split}_{part}" for split in SPLITS for part in ("images", "labels")]
            missing = [name for name in names if name not in archive]
            if missing:
                raise DataError(f"{path} lacks the array {missing[0]!r}; it is not a MedMNIST file.")
            arrays = {name: archive[name] for name in names}
    except DataError:
        raise
    except FileNotFoundError as error:
        flag = the_card.flag
        raise DataError(
            f"{path} is not there. Fetch it: python -m course_utils data fetch {flag} --size {size}"
        ) from error
    except (OSError, ValueError, EOFError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(f"{path} {_damage(path, error)} Move it away and fetch it again.") from error
    for split in SPLITS:
        _check_split(path, the_card, size, split, arrays[f"{split}_images"], arrays[f"{split}_labels"])
    return arrays


def verify(path: str | Path) -> Finding:
    """Check one file against MedMNIST's checksum, and if that differs say what is wrong inside."""
    path = Path(path)
    known = {c.file_name(s): (c, s) for c in cards() for s in c.sizes}
    if path.name not in known:
        try:
            with np.load(path, allow_pickle=False) as archive:
                for name in archive.files:
                    archive[name]
        except Exception as error:  # any failure to read is the finding itself
            return Finding(path, _damage(path, error), "It is no MedMNIST file name either; move it away.")
        return Finding(path, note="not one of MedMNIST's file names: left alone")
    the_card, size = known[path.name]
    advice = f"Move it away, then run: python -m course_utils data fetch {the_card.flag} --size {size}"
    if not path.is_file():
        return Finding(path, "is not a file.", advice)
    if md5_of(path) == the_card.files[size][1]:
        return Finding(path, note="sound")
    try:
        open_arrays(path, the_card, size)
    except DataError as error:
        inside = error.__cause__ or error
        problem = _damage(path, inside) if error.__cause__ else str(error).removeprefix(str(path)).strip()
        return Finding(path, problem, advice)
    return Finding(path, "opens, but its checksum is not the published one: altered, a subset or an old version.", advice)


def md5_of(path: Path) -> str:
    """Return a file's MD5 sum as hex, reading it in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5").hexdigest()


def _check_split(path, the_card, size, split, images, labels):
    shape = the_card.image_shape(size)
    if images.dtype != np.uint8 or images.shape[1:] != shape:
        raise DataError(
            f"{path}: {split}_images is {images.dtype} {images.shape}, expected uint8 (N, {', '.join(map(str, shape))})."
        )
    if labels.shape != (len(images), the_card.label_width) or labels.dtype.kind not in "iu":
        raise DataError(
            f"{path}: {split}_labels is {labels.dtype} {labels.shape}, expected integers of shape "
            f"({len(images)}, {the_card.label_width})."
        )
    top = 1 if the_card.task == "multi-label" else len(the_card.labels) - 1
    if len(labels) and not (0 <= labels.min() and labels.max() <= top):
        raise DataError(f"{path}: {split}_labels run from {labels.min()} to {labels.max()}, expected 0 to {top}.")


def _damage(path: Path, error: Exception) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    if not head:
        return "is empty."
    if head[:2] != b"PK":
        return f"is not an .npz archive (it starts with {head!r})."
    if "Object arrays" in str(error) or "allow_pickle" in str(error):
        return "holds Python objects, which could run code; it was not opened."
    if isinstance(error, zipfile.BadZipFile | EOFError | zlib.error):
        return "is cut short or damaged (a download that stopped?)."
    return f"can't be read: {_first_line(error)}."


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
