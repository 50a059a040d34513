"""The step of nbgrader's autograding that runs a notebook: student cells here, tests there."""

import asyncio
import tempfile
import threading
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Integer

from . import names, sandbox
from .kernels import Pair, say

HELPERS = {"_bench"}


class SandboxedExecute(NbGraderPreprocessor):
    """Run the student's cells in a sandbox and the teacher's tests in a judge that calls into it.

    A test cell never enters the student's process, so the student can neither read nor change it. Names in a
    test are the teacher's if a read-only cell, a test, or an import of the released notebook makes them; all
    others are fetched from the student as plain values or as functions to call.
    """

    sandbox = Bool(True, help="Lock student code in with bubblewrap; False trusts it with your files.").tag(
        config=True
    )
    timeout = Integer(120, help="Seconds one cell may take.").tag(config=True)
    total = Integer(600, help="Seconds one notebook may take.").tag(config=True)
    memory = Integer(2048, help="MiB of memory for one submission.").tag(config=True)

    def preprocess(self, nb, resources):
        """Run the notebook; say in its metadata (`classroom`) what was unusual."""
        if self.sandbox:
            sandbox.require()
        limits = sandbox.Limits(seconds=self.total, memory=self.memory)
        trusted, teachers = self._teacher(resources["nbgrader"])
        files = Path(resources["metadata"]["path"]).absolute()
        with tempfile.TemporaryDirectory(prefix="mcs") as bare:
            given = self._given(resources["nbgrader"]["assignment"]) or Path(bare)
            pair = Pair(nb, files, given, walled=self.sandbox, seconds=self.timeout, limits=limits)
            notes = _run(_perform(pair, nb, trusted, teachers))
        nb.metadata["classroom"] = {"notes": notes}
        return nb, resources

    def _given(self, assignment: str) -> Path | None:
        """Return the folder of the assignment as students get it."""
        course = getattr(getattr(self.parent, "parent", None), "coursedir", None)
        if course is None:
            return None
        folder = Path(course.format_path(course.release_directory, ".", assignment))
        return folder if folder.is_dir() else None

    def _teacher(self, where: dict) -> tuple[dict[str, tuple[str, bool]], list[str]]:
        """Return the teacher's cells (id -> text, is it a test) and the released cells' texts."""
        with Gradebook(where["db_url"]) as book:
            found = book.find_notebook(where["notebook"], where["assignment"])
            solutions = {cell.name for cell in found.solution_cells}
            tests = {cell.name for cell in found.grade_cells} - solutions
            cells = [(cell.name, cell.source, cell.cell_type, cell.locked) for cell in found.source_cells]
        trusted = {
            name: (source, name in tests)
            for name, source, kind, locked in cells
            if kind == "code" and name not in solutions and (locked or name in tests)
        }
        texts = [source for _, source, kind, _ in cells if kind == "code"]
        folder = self._given(where["assignment"])
        if folder and (path := folder / f"{where['notebook']}.ipynb").exists():
            released = nbformat.read(path, as_version=4)
            texts += [cell.source for cell in released.cells if cell.cell_type == "code"]
        return trusted, texts


async def _perform(pair: Pair, nb, trusted: dict, texts: list[str]) -> list[str]:
    """Run every cell where it belongs; return what was unusual."""
    taught = "\n".join(filter(None, map(names.imports, texts)))
    own = HELPERS | names.made(taught)
    for source, _ in trusted.values():
        own |= names.made(source)
    notes = []
    async with pair:
        await _import(pair.judge, taught)
        for index, cell in enumerate(nb.cells):
            if cell.cell_type != "code":
                continue
            source, is_test = trusted.get(cell.metadata.get("nbgrader", {}).get("grade_id"), (None, False))
            if is_test:
                why = await _judge(pair, cell, index, source, own)
            else:
                why = await _pupil(pair, cell, index, source)
                if source is not None:  # a read-only cell works for both; what it showed is the student's
                    await _judge(pair, nbformat.v4.new_code_cell(source), index, source, own)
                    nb.cells[index] = cell
            if why and why not in notes:
                notes.append(why)
    return notes


async def _pupil(pair: Pair, cell, index: int, source: str | None) -> str:
    """Run a cell in the student's kernel."""
    cell.outputs = []
    if not cell.source.strip():
        return ""
    if not pair.pupil.alive:
        say(cell, "KernelDied", f"not run: {pair.pupil.guard.reason or 'the kernel died'}")
        return pair.pupil.guard.reason or "the kernel died"
    return await pair.pupil.play(cell, index, source)


async def _judge(pair: Pair, cell, index: int, source: str, own: set[str]) -> str:
    """Run a teacher's cell in the judge's kernel, with the student's names before it."""
    cell.outputs = []
    if not pair.judge.alive:
        say(cell, "JudgeDied", f"the tests' own kernel stopped: {pair.judge.guard.reason}")
        return f"the tests' own kernel stopped: {pair.judge.guard.reason}"
    fetched = [name for name in names.needed(source) if name not in own]
    # Fetching has a limit of its own, so that one stubborn object can't hold up everything.
    try:
        await pair.judge.ask(f"_bench.bind({fetched!r})", seconds=pair.seconds + 10)
    except Exception:
        say(cell, "TimeoutError", "the student's names could not be fetched in time")
        return "the student's names could not be fetched in time"
    why = await pair.judge.play(cell, index, source)
    if any(output.output_type == "error" for output in cell.outputs) and pair.judge.alive:
        line = await pair.judge.ask("", "_bench.line_of_error()")
        if line.isdigit():
            cell.metadata["classroom"] = {"line": int(line)}
    return f"in a test, {why}" if why else ""


async def _import(judge, taught: str) -> None:
    """Import in the judge what the released notebook imports, one statement at a time."""
    for line in taught.splitlines():
        await judge.ask(f"try:\n    {line}\nexcept Exception:\n    pass", seconds=60)


def _run(work):
    """Run a coroutine to its end, also inside a program that has a loop already (formgrader)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    outcome = []

    def other():
        try:
            outcome.append((asyncio.run(work), None))
        except BaseException as error:
            outcome.append((None, error))

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    value, error = outcome[0]
    if error:
        raise error
    return value
