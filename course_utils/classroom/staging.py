"""From what somebody handed in to a folder nbgrader can grade: plain files, readable notebooks."""

import json
from pathlib import Path

import nbformat

from ..errors import CourseError
from .collection import copy_plain

NOTEBOOK_LIMIT = 64 * 1024 * 1024


def stage(submission: Path, target: Path, expected: dict[str, set[str]]) -> list[str]:
    """Copy a submission's plain files and put its notebooks in order.

    Args:
        submission: the folder as it was handed in.
        target: a new folder.
        expected: notebook name -> the ids of its graded cells.

    Returns:
        one sentence for each thing that was unusual.

    Raises:
        CourseError: if there is nothing to grade, with the reason.
    """
    target.mkdir(parents=True)
    notes = copy_plain(submission, target)
    found = {path.stem: path for path in sorted(target.rglob("*.ipynb"))}
    if not found:
        raise CourseError("; ".join(["no notebook was handed in", *notes]))
    notes += _check_time(target)
    for name, ids in expected.items():
        path = target / f"{name}.ipynb"
        if not path.exists():
            other = _look_alike(found, expected, ids)
            other.rename(path)
            notes.append(f"the notebook was called {other.name}")
        nbformat.write(read(path), path)
    return notes


def read(path: Path):
    """Read a notebook that may be anything; return it in today's format without outputs.

    Raises:
        CourseError: with the reason, if it can't be read.
    """
    if path.stat().st_size > NOTEBOOK_LIMIT:
        raise CourseError(f"{path.name} has {path.stat().st_size / 1e6:.0f} MB; ask for one without outputs")
    raw = path.read_bytes()
    if not raw.strip():
        raise CourseError(f"{path.name} is empty")
    try:
        data = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise CourseError(f"{path.name} is no text in UTF-8, so it is no notebook") from None
    except (ValueError, RecursionError):
        raise CourseError(f"{path.name} is no notebook: its text isn't JSON") from None
    try:
        nb = nbformat.from_dict(data)
        for cell in nb.cells if nb.nbformat >= 4 else []:
            cell.setdefault("metadata", {})
            cell.metadata.pop("tags", None)
            if cell.cell_type == "code":
                cell.update(outputs=[], execution_count=None)
        nb = nbformat.reads(json.dumps(nb), as_version=4)
        for cell in nb.cells:
            if not isinstance(cell.source, str) or cell.cell_type not in ("code", "markdown", "raw"):
                raise TypeError
        nb.nbformat_minor = max(5, nb.nbformat_minor)
        return nbformat.validator.normalize(nb)[1]
    except Exception:
        raise CourseError(f"{path.name} is no notebook: its cells are damaged") from None


def _look_alike(found: dict, expected: dict, ids: set[str]) -> Path:
    """Return the one notebook of another name that holds at least half of the graded cells."""
    fits = []
    for name, path in found.items():
        if name not in expected:
            try:
                cells = read(path).cells
            except CourseError:
                continue
            here = {(cell.metadata.get("nbgrader") or {}).get("grade_id") for cell in cells}
            if 2 * len(here & ids) >= len(ids):
                fits.append(path)
    if len(fits) != 1:
        names = ", ".join(path.name for path in found.values())
        wanted = ", ".join(f"{name}.ipynb" for name in expected)
        raise CourseError(f"expected {wanted}, found {names}")
    return fits[0]


def _check_time(folder: Path) -> list[str]:
    """Drop a time stamp that isn't one."""
    from nbgrader.utils import parse_utc

    path = folder / "timestamp.txt"
    if not path.exists():
        return []
    try:
        parse_utc(path.read_text(encoding="utf-8").strip())
        return []
    except Exception:
        path.unlink()
        return ["its time stamp is unreadable"]
