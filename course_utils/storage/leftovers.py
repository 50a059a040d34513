"""What the course made in a data folder: stores, and what interrupted work left. It deletes nothing else."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..cards import cards
from .archive import NAMES
from .locks import alone, lock_path
from .store import MANIFEST, is_store, places

# Every file that a store can hold, finished or not.
OURS = re.compile(rf"(({'|'.join(NAMES)})\.(npy|raw)|{re.escape(MANIFEST)}(\.\d+)?)")


@dataclass(frozen=True)
class Leftover:
    """Hold one thing that `remove` may delete: its path, its bytes and what it is."""

    path: Path
    nbytes: int
    what: str
    guard: Path  # what is locked while it is removed

    def __str__(self) -> str:
        """Return it as one line."""
        return f"{self.path}  {self.nbytes / 1e6:,.1f} MB, {self.what}"


def find(root: Path, flag: str | None = None) -> list[Leftover]:
    """List what the course made in a data folder: never an archive, never a file of another name.

    Args:
        root: the data folder.
        flag: only of this dataset.
    """
    return sorted(_find(root, flag), key=lambda one: one.path)


def _find(root: Path, flag: str | None) -> Iterator[Leftover]:
    for one in cards():
        if flag not in (None, one.flag):
            continue
        for size, (_, md5) in one.files.items():
            archive = root / one.file_name(size)
            for home in dict.fromkeys([archive.with_suffix(".store"), places(archive).store]):
                if is_store(home):
                    yield Leftover(home, _bytes(home), "store: made again when needed", home)
                for ending in (".part", ".old"):
                    half = home.with_name(home.name + ending)
                    if half.is_dir() and not half.is_symlink():
                        yield Leftover(half, _bytes(half), "of an interrupted unpack", home)
            part = archive.with_name(f"{archive.name}.{md5[:8]}.part")
            if part.is_file():
                yield Leftover(part, part.stat().st_size, "of an interrupted download", archive)
            for guard in dict.fromkeys([archive, archive.with_suffix(".store"), places(archive).store]):
                if lock_path(guard).is_file():
                    yield Leftover(
                        lock_path(guard), 0, "lock of a process that was killed or is at work", guard
                    )


def remove(one: Leftover) -> list[Path]:
    """Delete one of `find`'s results; return what was kept because somebody else put it there.

    Raises:
        DataError: when another process is at work there.
    """
    with alone(one.guard, "removing", wait=False):
        if one.path.is_file():
            one.path.unlink()
            return []
        if not one.path.is_dir():  # another process was quicker
            return []
        kept = []
        for path in sorted(one.path.iterdir()):
            if OURS.fullmatch(path.name) and not path.is_dir():
                path.unlink()
            else:
                kept.append(path)
        if not kept:
            one.path.rmdir()
        return kept


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if OURS.fullmatch(path.name))
