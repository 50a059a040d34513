"""The lessons: find them, list them, execute them with papermill, write their pages."""

import json
import os
import re
import time
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from unittest import mock

from ..data import SOURCES
from ..errors import CourseError, choose
from ..files import data_root

FOLDER = Path(__file__).parents[2] / "notebooks"
# A lesson far beyond its stated minutes has hung: 40 s are planned in the fast profile, 5 min in full.
LIMIT_SECONDS = {"fast": 600, "full": 3600}
COST = "cost.json"  # what a kernel leaves in its folder at its end, see `env.start`
FIELDS = ("title", "minutes", "level", "needs", "datasets", "summary")


@dataclass(frozen=True)
class Lesson:
    """Hold what a notebook's `course` metadata says; `measured` is what its profiles cost, see `expenses`."""

    path: Path
    title: str
    minutes: float
    level: str
    needs: str
    datasets: list[str]
    summary: str
    measured: dict = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the file's name without its ending, such as `04_first_cnn`."""
        return self.path.stem


@dataclass(frozen=True)
class Outcome:
    """Hold how a lesson's run ended; `error` is empty if it went well."""

    lesson: Lesson
    seconds: float
    notebook: Path
    page: Path
    cell: str = ""
    error: str = ""
    cost: dict = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Return whether the lesson ran to its end."""
        return not self.error


def find(names: Sequence[str] = ()) -> list[Lesson]:
    """Return all lessons in teaching order, or the named ones.

    Args:
        names: file names without ending, or just their numbers ("04").

    Raises:
        ChoiceError: for a name that is no lesson.
    """
    by_name = {path.stem: path for path in sorted(FOLDER.glob("[0-9][0-9]_*.ipynb"))}
    if not by_name:
        raise CourseError(
            f"No lessons in {FOLDER}. Run this from a clone of the course, installed with pip -e."
        )
    by_number = {name[:2]: name for name in by_name}
    wanted = [by_number.get(name.zfill(2), name) for name in names] or list(by_name)
    return [_read(by_name[choose(name, by_name, "lesson")]) for name in wanted]


def table(lessons: Sequence[Lesson]) -> str:
    """Return the lesson table as Markdown, as it stands in the README."""
    lines = ["| lesson | what it teaches | minutes | memory | needs |", "|---|---|---|---|---|"]
    for lesson in lessons:
        needs = "nothing" if lesson.needs == "none" else lesson.needs
        link = f"[{lesson.name[:2]} {lesson.title}](notebooks/{lesson.path.name})"
        held = max((figures["memory_mb"] for figures in lesson.measured.values()), default=None)
        memory = f"{held} MB" if held else "not measured"
        lines.append(f"| {link} | {lesson.summary} | {lesson.minutes:g} | {memory} | {needs} |")
    return "\n".join(lines)


def fast_parameters(lesson: Lesson) -> dict:
    """Return the fast profile's values for a lesson, from `notebooks/fast.toml`."""
    return tomllib.loads((FOLDER / "fast.toml").read_text(encoding="utf-8")).get(lesson.name, {})


def copy_fast(lesson: Lesson, folder: Path) -> Path:
    """Copy a lesson with sample data and the fast profile's values written into its parameters cell."""
    import nbformat

    nb = nbformat.read(lesson.path, 4)
    (cell,) = [cell for cell in nb.cells if "parameters" in cell.metadata.get("tags", [])]
    values = fast_parameters(lesson) | {"source": "sample"}
    cell.source += "".join(f"\n{name} = {value!r}" for name, value in values.items())
    copy = Path(folder) / lesson.path.name
    nbformat.write(nb, copy)
    return copy


def run(
    lessons: Sequence[Lesson],
    out: Path,
    *,
    source: str = "sample",
    full: bool = False,
    jobs: int = 1,
    limit: float | None = None,
    report: Callable[[Lesson, Outcome | None], None] = lambda lesson, outcome: None,
) -> list[Outcome]:
    """Execute lessons and write their pages and an index.

    Args:
        lessons: which, in the order they shall appear.
        out: folder for pages, with executed notebooks in `out/notebooks`.
        source: "sample", "real" or "auto", given to each lesson as its parameter.
        full: classroom length instead of the fast profile.
        jobs: lessons at a time. With more than one, each gets one thread: two busy two-threaded kernels on
            two cores take twice as long as one after the other.
        limit: seconds a lesson may take in all.
        report: called when a lesson starts (with None) and when it ends.

    Returns:
        One outcome a lesson, in the given order.
    """
    choose(source, SOURCES, "source")
    out = Path(out).absolute()
    limit = limit or LIMIT_SECONDS["full" if full else "fast"]
    environment = {"MEDMNIST_ROOT": str(data_root().absolute()), "COURSE_OUT": str(out), "COURSE_COST": COST}
    if jobs > 1:
        environment |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    execute = partial(_execute, out=out, source=source, full=full, limit=limit, report=report)
    with mock.patch.dict(os.environ, environment), ThreadPoolExecutor(jobs) as pool:  # kernels inherit it
        outcomes = list(pool.map(execute, lessons))
    _write_pages(outcomes, out)
    return outcomes


def _execute(lesson: Lesson, *, out, source, full, limit, report) -> Outcome:
    import papermill
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    report(lesson, None)
    executed = out / "notebooks" / lesson.path.name
    work = out / "work" / lesson.name
    for folder in (executed.parent, work):
        folder.mkdir(parents=True, exist_ok=True)
    executed.unlink(missing_ok=True)
    (work / COST).unlink(missing_ok=True)
    known = papermill.inspect_notebook(str(lesson.path))
    values = ({} if full else fast_parameters(lesson)) | {"source": source}
    start = time.monotonic()
    cell = error = ""
    try:
        papermill.execute_notebook(
            str(lesson.path),
            str(executed),
            {name: value for name, value in values.items() if name in known},
            cwd=str(work),
            kernel_name="python3",
            progress_bar=False,
            extra_arguments=["--IPKernelApp.log_level=40"],  # no lecture on encryption for each lesson
            # papermill's own limit is per cell; this one is what the lesson has left.
            timeout_func=lambda cell: max(1, int(limit - (time.monotonic() - start))),
        )
    except papermill.PapermillExecutionError as failure:
        cell, error = failure.source, f"{failure.ename}: {failure.evalue}"
    except CellTimeoutError:
        cell, error = _running_cell(executed), f"took longer than its limit of {limit:.0f} s"
    except DeadKernelError:
        cell, error = _running_cell(executed), "its kernel died (out of memory?)"
    except NoSuchKernel:
        error = "Jupyter knows no kernel python3; run: python -m ipykernel install --sys-prefix"
    except RuntimeError as failure:  # nbclient's word for a kernel that does not start
        error = f"its kernel did not start: {failure}"
    except OSError as failure:
        error = f"a file could not be read or written: {failure}"
    page = out / f"{lesson.name}.html"
    seconds = time.monotonic() - start
    cost = {"seconds": seconds, **json.loads((work / COST).read_text())} if (work / COST).exists() else {}
    outcome = Outcome(lesson, seconds, executed, page, cell, _plain(error), cost)
    report(lesson, outcome)
    return outcome


def _write_pages(outcomes: Sequence[Outcome], out: Path) -> None:
    from . import pages

    new = {outcome.lesson.name: outcome for outcome in outcomes}
    shown = [lesson for lesson in find() if lesson.name in new or (out / f"{lesson.name}.html").exists()]
    rows = ""
    for number, lesson in enumerate(shown):
        near = [("index.html", "All lessons")]
        for step, word in ((-1, "Before"), (1, "Next")):
            if 0 <= number + step < len(shown):
                other = shown[number + step]
                near.append((f"{other.name}.html", f"{word}: {other.title}"))
        outcome = new.get(lesson.name)
        if outcome and outcome.notebook.exists():
            pages.render(outcome.notebook, outcome.page, navigation=near)
        took = f"{outcome.seconds:.0f} s" if outcome else "earlier"
        said = (escape(outcome.error) or "ran") if outcome else "not in this run"
        rows += (
            f'<tr><td><a href="{lesson.name}.html">{lesson.name[:2]} {lesson.title}</a></td>'
            f"<td>{lesson.summary}</td><td>{took}</td><td>{said}</td></tr>"
        )
    head = "".join(
        f'<th scope="col">{word}</th>' for word in ("Lesson", "What it teaches", "This run", "Result")
    )
    body = f"<h1>MedMNIST course</h1><table><caption>Executed lessons</caption><tr>{head}</tr>{rows}</table>"
    pages.write(out / "index.html", "MedMNIST course", body)


def _running_cell(executed: Path) -> str:
    """Return the source of the cell that was running when its kernel was stopped or died."""
    import nbformat

    if not executed.exists():
        return ""
    started = [
        c for c in nbformat.read(executed, 4).cells if c.metadata.get("papermill", {}).get("start_time")
    ]
    return started[-1].source if started else ""


def _read(path: Path) -> Lesson:
    course = json.loads(path.read_text(encoding="utf-8"))["metadata"].get("course", {})
    missing = [name for name in FIELDS if name not in course]
    if missing:
        raise CourseError(
            f"{path.name} lacks {', '.join(missing)} in its metadata `course`: see CONTRIBUTING.md."
        )
    return Lesson(path, **{name: course[name] for name in FIELDS}, measured=course.get("measured", {}))


def _plain(text: str) -> str:
    """Return text without terminal colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text).strip()
