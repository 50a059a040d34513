"""Ways in: copy what students hand in, but no links, which could lead to the solutions."""

import os
import re
import shutil
from pathlib import Path

from nbgrader.exchange.default import ExchangeCollect

FILE_LIMIT = 64 * 1024 * 1024  # bytes of one submitted file
TOTAL_LIMIT = 256 * 1024 * 1024  # bytes of one submission
ID = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$")  # fit for a folder's name and for CSV


def copy_plain(source: Path, target: Path) -> list[str]:
    """Copy a folder's regular files; leave out links and devices and what is too big.

    Returns:
        one sentence for each thing left out.
    """
    left, total = [], 0
    for folder, names, files in os.walk(source, followlinks=False):
        here = Path(folder)
        names[:] = [name for name in names if not name.startswith(".") and name != "__pycache__"]
        for name in [n for n in names if (here / n).is_symlink()]:
            left.append(f"the link {name} was left out")
            names.remove(name)
        for name in files:
            path = here / name
            if path.is_symlink() or not path.is_file():
                left.append(f"{name} was left out: it is a link, no file")
                continue
            total += path.stat().st_size
            if path.stat().st_size > FILE_LIMIT or total > TOTAL_LIMIT:
                left.append(f"{name} was left out: it has {path.stat().st_size / 1e6:.0f} MB")
                continue
            goal = target / path.relative_to(source)
            goal.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, goal, follow_symlinks=False)
    return left


def drop_links(folder: Path) -> None:
    """Delete links below a folder; a link could lead out of the submission to the solutions."""
    for here, names, files in os.walk(folder, followlinks=False):
        for name in (*names, *files):
            if (path := Path(here) / name).is_symlink():
                path.unlink()


def drop_links_before_grading(assignment: str, student: str, notebooks: list) -> None:
    """Do the same for everything submitted, when nbgrader is about to grade by itself (its hook)."""
    for folder in Path("grading/submitted").glob(f"{student}/{assignment}"):
        drop_links(folder)


class SafeCollect(ExchangeCollect):
    """Collect from the exchange without following links, which nbgrader's own copy does."""

    def do_copy(self, src, dest, log=None):
        """Copy one submission."""
        for sentence in copy_plain(Path(src), Path(dest)):
            self.log.warning("%s: %s", src, sentence)
