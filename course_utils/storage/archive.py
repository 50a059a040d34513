"""Archives that nobody vouches for: every size is checked against the card before memory is asked for."""

import io
import math
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..cards import DatasetCard

SPLITS = ("train", "val", "test")
NAMES = tuple(f"{split}_{part}" for split in SPLITS for part in ("images", "labels"))
CHUNK = 2**20  # bytes read at a time
MOST_MEMBERS = 64
MOST_DIRECTORY = 2**20  # bytes of a zip's table of contents, which zipfile reads whole
MOST_HEADER = 12 * 2**10  # bytes of an .npy header; numpy itself would allocate what the header claims
MORE = 1.1  # an old version of a dataset may be a little larger than the published one
MOST_CHECKED = 2**32  # raw bytes: a file that has no card is read through only up to here


class Damage(Exception):  # noqa: N818 - a finding, worded to follow the file's name
    """Carry what is wrong with a file, worded to follow its name."""


@dataclass(frozen=True)
class Header:
    """Hold what an `.npy` member claims: shape, dtype, memory order, and where its data begin."""

    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool
    start: int

    @property
    def nbytes(self) -> int:
        """Return the bytes of the data."""
        return math.prod(self.shape) * self.dtype.itemsize


class Archive:
    """Read the arrays of an open `.npz` in pieces; made by `opened`."""

    def __init__(self, file: zipfile.ZipFile):
        """Check the table of contents: few members, plain names, each once, stored or deflated."""
        self._zip = file
        self._members: dict[str, zipfile.ZipInfo] = {}
        for info in file.infolist():
            _check_member(info, self._members)
            self._members[info.filename] = info
        if len(self._members) > MOST_MEMBERS:
            raise Damage(f"holds {len(self._members):,} members, expected {len(NAMES)}.")

    @property
    def names(self) -> list[str]:
        """Return the arrays' names."""
        return [name.removesuffix(".npy") for name in self._members]

    @property
    def raw_bytes(self) -> int:
        """Return the bytes that all members claim to have once unpacked."""
        return sum(info.file_size for info in self._members.values())

    def header(self, name: str) -> Header:
        """Return what a member claims; refuse Python objects, and sizes that contradict each other."""
        info = self._members.get(f"{name}.npy") or self._members.get(name)
        if info is None:
            raise Damage(f"lacks the array {name!r}: it is not a MedMNIST file.")
        with self._zip.open(info) as member:
            header = parse_header(member.read(MOST_HEADER))
        if header.start + header.nbytes != info.file_size:
            raise Damage(
                f"holds {name} of {info.file_size:,} bytes, but its shape {header.shape} of {header.dtype} "
                f"takes {header.start + header.nbytes:,}."
            )
        return header

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a member's data after its header, at most `CHUNK` bytes a piece; the checksum is checked."""
        header = self.header(name)
        info = self._members.get(f"{name}.npy") or self._members[name]
        with self._zip.open(info) as member:
            left = header.nbytes
            if len(member.read(header.start)) < header.start:
                raise EOFError
            while left:
                piece = member.read(min(CHUNK, left))
                if not piece:
                    raise EOFError
                left -= len(piece)
                yield piece
            member.read(1)  # at the end zipfile compares the checksum

    def read(self, name: str) -> np.ndarray:
        """Return a member as an array. Call it only once its header has been found fit."""
        header = self.header(name)
        flat = np.empty(header.nbytes, np.uint8)
        done = 0
        for piece in self.pieces(name):
            flat[done : done + len(piece)] = np.frombuffer(piece, np.uint8)
            done += len(piece)
        return flat.view(header.dtype).reshape(header.shape, order="F" if header.fortran else "C")

    def check_through(self) -> None:
        """Read every member to its end in pieces, so that checksums are compared and no memory is needed."""
        for name in self._members:
            if name.endswith(".npy"):
                for _ in self.pieces(name):
                    pass


@contextmanager
def opened(path: Path):
    """Open an `.npz` file as an `Archive`; whatever is wrong becomes `Damage`.

    Raises:
        Damage: when it is no zip file, is cut short, or has an unsafe table of contents.
        FileNotFoundError: when it is not there.
    """
    try:
        with _Careful(path) as file, zipfile.ZipFile(file) as zipped:
            yield Archive(zipped)
    except (FileNotFoundError, MemoryError, Damage):
        raise
    except Exception as error:  # damaged bytes surface as a dozen kinds of error, all meaning the same here
        raise Damage(damage(path, error)) from error


def expected(the_card: DatasetCard, size: int, archive: Archive) -> dict[str, Header]:
    """Return the six headers after comparing them with the card: nothing has been allocated yet.

    Raises:
        Damage: for a missing array, another dtype or shape, or more images than the dataset has.
    """
    headers = {name: archive.header(name) for name in NAMES}
    for split in SPLITS:
        check_split(the_card, size, split, headers[f"{split}_images"], headers[f"{split}_labels"])
    return headers


def check_split(the_card: DatasetCard, size: int, split: str, images, labels) -> None:
    """Compare shapes and dtypes of a split (headers or arrays) with the card."""
    shape, most = the_card.image_shape(size), int(the_card.n_samples[split] * MORE)
    n = images.shape[0] if images.shape else 0
    if images.dtype != np.uint8 or images.shape[1:] != shape or not n:
        wanted = f"uint8 (N, {', '.join(map(str, shape))}) with N of 1 or more"
        raise Damage(f"holds {split}_images of {images.dtype} {images.shape}, expected {wanted}.")
    if n > most:
        raise Damage(f"claims {n:,} {split}_images, expected {the_card.n_samples[split]:,} at most.")
    wanted = (n, the_card.label_width)
    if labels.shape != wanted or labels.dtype.kind not in "iu":
        raise Damage(f"holds {split}_labels of {labels.dtype} {labels.shape}, expected integers {wanted}.")


def check_labels(the_card: DatasetCard, split: str, labels: np.ndarray) -> None:
    """Refuse labels outside the card's range."""
    top = 1 if the_card.task == "multi-label" else len(the_card.labels) - 1
    low, high = labels.min(), labels.max()
    if low < 0 or high > top:
        raise Damage(f"holds {split}_labels from {low} to {high}, expected 0 to {top}.")


def parse_header(head: bytes) -> Header:
    """Read an `.npy` header from a member's first bytes.

    numpy's own reader first allocates as many bytes as the header claims to have; given only the first few
    kilobytes it can't.

    Raises:
        Damage: for Python objects, and for anything that is no `.npy` header.
    """
    file = io.BytesIO(head)
    try:
        version = np.lib.format.read_magic(file)
        reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        shape, fortran, dtype = reader[version](file)
        shape = tuple(int(n) for n in shape)
    except Exception as error:
        raise Damage("holds a member that is no numpy array, or whose header is damaged.") from error
    if dtype.hasobject:
        raise Damage("holds Python objects, which could run code; it was not opened.")
    if dtype.kind not in "biuf" or min(shape, default=0) < 0:
        raise Damage(f"holds an array of {dtype} {shape}, expected numbers.")
    return Header(shape, dtype, fortran, file.tell())


def damage(path: Path, error: Exception) -> str:
    """Say in words that follow the file's name what is wrong with it."""
    if isinstance(error, FileNotFoundError):
        return "is not there."
    if path.is_dir():
        return "is a folder, not a file."
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return "is not an ordinary file."
        with path.open("rb") as file:
            head = file.read(4)
    except OSError as blocked:
        return f"can't be opened: {blocked.strerror or blocked}."
    if not head:
        return "is empty."
    if head[:2] != b"PK":
        return f"is not an .npz archive (it starts with {head!r})."
    if isinstance(error, zipfile.BadZipFile | EOFError | zlib.error):
        return "is cut short or damaged (a download that stopped?)."
    return f"can't be read: {first_line(error)}."


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or its name."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")


def _check_member(info: zipfile.ZipInfo, seen: dict) -> None:
    name = info.filename
    if name in seen:
        raise Damage(f"holds the member {name!r} twice.")
    plain = Path(name).name == name and name not in ("", ".", "..") and name.isprintable()
    if not plain or "\\" in name or ":" in name:
        raise Damage(f"holds a member with the unsafe name {name!r}.")
    if info.flag_bits & 0x1:
        raise Damage(f"holds the member {name!r} under a password.")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise Damage(f"holds the member {name!r} in a packing that numpy does not write.")


class _Careful(io.FileIO):
    """Refuse the one read of zipfile that has no bound: the table of contents, whole."""

    def __init__(self, path: Path):
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
            raise OSError("not an ordinary file")
        super().__init__(path)
        self._bytes = self.seek(0, io.SEEK_END)
        self.seek(0)

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._bytes - self.tell())
        size = left if size < 0 else min(size, left)
        if size > MOST_DIRECTORY + CHUNK:
            raise Damage(f"has a table of contents of {size:,} bytes, expected {len(NAMES)} members.")
        return super().read(size)
