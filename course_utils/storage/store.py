"""Stores: a large archive unpacked once into memory-mapped arrays; a manifest knows its archive."""

import contextlib
import hashlib
import json
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..cards import DatasetCard
from ..errors import DataError
from . import archive
from .archive import NAMES, SPLITS, Damage, Header
from .locks import alone, lock_path, tidy

LARGE = 256 * 10**6  # raw bytes: a dataset above this is unpacked, a smaller one stays in memory
VERSION = 1
MAKER = "medmnist-course"
MANIFEST = "manifest.json"
SPARE_BYTES = 200 * 10**6  # of disk, to be left free
ROWS_BYTES = 16 * 2**20  # copied at a time where an array lies column by column


@dataclass(frozen=True)
class Places:
    """Hold where one store lives, and where it is made and taken apart."""

    store: Path

    @property
    def part(self) -> Path:
        """Return the folder of a store in the making."""
        return self.store.with_name(self.store.name + ".part")

    @property
    def old(self) -> Path:
        """Return the folder of a store that is being replaced."""
        return self.store.with_name(self.store.name + ".old")


def places(path: Path) -> Places:
    """Return where the store of an archive lives.

    Beside the archive, or where that folder is read-only, in MEDMNIST_STORES, else in
    `~/.cache/medmnist-course`.
    """
    beside = path.with_suffix(".store")
    if beside.is_dir() or _writable(path.parent):
        return Places(beside)
    elsewhere = os.environ.get("MEDMNIST_STORES") or "~/.cache/medmnist-course"
    mark = hashlib.sha256(str(path.parent.resolve()).encode()).hexdigest()[:8]  # two roots, one file name
    return Places(Path(elsewhere).expanduser() / f"{path.stem}-{mark}.store")


def is_store(folder: Path) -> bool:
    """Return whether a folder is a store that this course made."""
    return not folder.is_symlink() and bool(_manifest(folder))


def find(path: Path, the_card: DatasetCard, size: int) -> dict[str, np.ndarray] | None:
    """Open the store of an archive if it is whole and belongs to the archive as it is now.

    Args:
        path: the `.npz` archive. If it has been deleted since, its store still serves.
        the_card: which dataset.
        size: edge length.

    Returns:
        The six arrays: images memory-mapped and read-only, labels in memory; or None.
    """
    where = places(path)
    arrays = _find(path, the_card, size, where.store)
    if arrays and any(left.exists() for left in (where.part, where.old, lock_path(where.store))):
        tidy(where.store, lambda: _sweep(where))
    return arrays


def _find(path: Path, the_card: DatasetCard, size: int, folder: Path) -> dict[str, np.ndarray] | None:
    manifest = _manifest(folder)
    if not manifest or (manifest["flag"], manifest["size"]) != (the_card.flag, size):
        return None
    if path.exists() and not _same_archive(path, manifest, folder):
        return None
    try:
        return _open(folder, the_card, size)
    except (OSError, ValueError, Damage):  # a file is missing, short or not ours: make the store anew
        return None


def unpack(path: Path, the_card: DatasetCard, size: int) -> dict[str, np.ndarray]:
    """Unpack an archive into its store, piece by piece, and open it.

    The store is made under another name and renamed when complete. Of several processes one unpacks, the
    others wait and open what it made. What an interrupted process left is removed first.

    Raises:
        Damage: when the archive is not what the card says; nothing is left behind.
        DataError: when there is no room, or no folder to write to.
    """
    where = places(path)
    try:
        where.store.parent.mkdir(parents=True, exist_ok=True)
        with alone(where.store, "unpacking"):
            _sweep(where)
            found = _find(path, the_card, size, where.store)
            if found is None:
                _make(path, the_card, size, where)
                found = _open(where.store, the_card, size)
            return found
    except (Damage, DataError, FileNotFoundError):
        raise
    except OSError as error:
        raise DataError(
            f"Could not unpack {path.name} into {where.store.parent} ({archive.first_line(error)}). Set "
            "MEDMNIST_ROOT, or for a read-only data folder MEDMNIST_STORES, to a folder you may write to."
        ) from error


def _make(path: Path, the_card: DatasetCard, size: int, where: Places) -> None:
    from tqdm.auto import tqdm

    before = path.stat()
    with archive.opened(path) as source:
        headers = archive.expected(the_card, size, source)
        need = sum(header.nbytes for header in headers.values())
        _check_room(path, need, where.store.parent)
        where.part.mkdir()
        try:
            with tqdm(
                desc=f"unpacking {path.name}", total=need, unit="B", unit_scale=True, disable=None
            ) as bar:
                for name in NAMES:
                    _write(source, name, headers[name], where.part / f"{name}.npy", bar)
            for split in SPLITS:
                archive.check_labels(the_card, split, np.load(where.part / f"{split}_labels.npy"))
            _write_manifest(where.part, path, the_card, size, headers, before)
            if where.store.exists():
                where.store.rename(where.old)
            where.part.rename(where.store)
        finally:
            _sweep(where)


def _write(source: archive.Archive, name: str, header: Header, target: Path, bar) -> None:
    """Write one member as an `.npy` file in C order."""
    raw = target.with_suffix(".raw") if header.fortran else target
    with raw.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": header.dtype.str, "fortran_order": header.fortran, "shape": header.shape}
        )
        for piece in source.pieces(name):
            file.write(piece)
            bar.update(len(piece))
        file.flush()
        os.fsync(file.fileno())
    if header.fortran:
        columns = np.load(raw, mmap_mode="r")
        rows = np.lib.format.open_memmap(target, "w+", header.dtype, header.shape)
        step = max(1, ROWS_BYTES // max(1, rows[:1].nbytes))
        for start in range(0, len(rows), step):
            rows[start : start + step] = columns[start : start + step]
        rows.flush()
        raw.unlink()


def _open(folder: Path, the_card: DatasetCard, size: int) -> dict[str, np.ndarray]:
    arrays = {}
    for split in SPLITS:
        images = np.load(folder / f"{split}_images.npy", mmap_mode="r", allow_pickle=False)
        labels = np.load(folder / f"{split}_labels.npy", mmap_mode="r", allow_pickle=False)
        archive.check_split(the_card, size, split, images, labels)
        labels = np.array(labels)
        archive.check_labels(the_card, split, labels)
        arrays |= {f"{split}_images": images, f"{split}_labels": labels}
    return arrays


def _write_manifest(folder, path, the_card, size, headers, before: os.stat_result) -> None:
    with path.open("rb") as file:
        md5 = hashlib.file_digest(file, "md5").hexdigest()
    if _stamp(path.stat()) != _stamp(before):
        raise Damage("changed while it was being unpacked.")
    manifest = {
        "maker": MAKER,
        "version": VERSION,
        "flag": the_card.flag,
        "size": size,
        "archive": {"name": path.name, "md5": md5, **_stamp(before)},
        "published": md5 == the_card.files[size][1],
        "arrays": {name: {"shape": h.shape, "dtype": h.dtype.str} for name, h in headers.items()},
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2), encoding="utf-8")


def _manifest(folder: Path) -> dict:
    """Return a store's manifest, or nothing if the folder is no store of this version."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        known = (manifest["maker"], manifest["version"]) == (MAKER, VERSION)
        manifest["flag"], manifest["size"], manifest["archive"]["md5"], manifest["archive"]["bytes"]
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return manifest if known else {}


def _same_archive(path: Path, manifest: dict, folder: Path) -> bool:
    """Return whether this archive was unpacked; its checksum is only read if its date differs."""
    now, then = _stamp(path.stat()), manifest["archive"]
    if now["bytes"] != then["bytes"]:
        return False
    if now["mtime_ns"] == then.get("mtime_ns"):
        return True
    with path.open("rb") as file:
        if hashlib.file_digest(file, "md5").hexdigest() != then["md5"]:
            return False
    with contextlib.suppress(OSError):  # a copy, or a touched file: remember its new date if we may
        fresh = folder / f"{MANIFEST}.{os.getpid()}"
        fresh.write_text(json.dumps({**manifest, "archive": {**then, **now}}, indent=2), encoding="utf-8")
        fresh.replace(folder / MANIFEST)
    return True


def _stamp(status: os.stat_result) -> dict:
    return {"bytes": status.st_size, "mtime_ns": status.st_mtime_ns}


def _check_room(path: Path, need: int, folder: Path) -> None:
    free = shutil.disk_usage(folder).free
    if free < need + SPARE_BYTES:
        raise DataError(
            f"Unpacking {path.name} takes {need / 1e9:.1f} GB of disk, and {folder} has {free / 1e9:.1f} GB "
            "free. Free some, move the data folder (MEDMNIST_ROOT), or take a smaller size."
        )


def _writable(folder: Path) -> bool:
    """Return whether a folder may be written to; one marked read-only is respected, even by root."""
    try:
        return bool(stat.S_IMODE(folder.stat().st_mode) & 0o222) and os.access(folder, os.W_OK)
    except OSError:
        return False


def _sweep(where: Places) -> None:
    """Remove what an interrupted process left. Only the holder of the lock may call it."""
    for folder in (where.part, where.old):
        if folder.is_dir():
            shutil.rmtree(folder, ignore_errors=True)
