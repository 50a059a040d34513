"""The step before autograding that puts the teacher's cells back as they were released."""

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import compute_checksum

from .feedback import HIDDEN


class WrongNotebookError(Exception):
    """Name a notebook that shares nothing with the assignment."""


class Restore(NbGraderPreprocessor):
    """Undo what editors, accidents and clever people do to the teacher's cells.

    Copies of a cell become ordinary cells; text, points and kind come from the gradebook; a missing cell
    comes back where it was. nbgrader alone stops the whole batch at a copy, and fails where a neighbour is
    missing too.
    """

    def preprocess(self, nb, resources):
        """Return the notebook with every graded, answer and read-only cell exactly once."""
        where = resources["nbgrader"]
        with Gradebook(where["db_url"]) as book:
            self.sources = _sources(book.find_notebook(where["notebook"], where["assignment"]))
        _forget_strangers(nb, self.sources)
        _recognise(nb, self.sources)
        known = {_id(cell) for cell in nb.cells} - {None}
        if not known:
            raise WrongNotebookError("no cell of the assignment is in this notebook")
        _keep_one_each(nb, self.sources)
        # An answer's empty frame stays away: behind the student's own cell it would undo the answer.
        missing = [
            name
            for name, source in self.sources.items()
            if name not in known and (source["meta"]["grade"] or not source["meta"]["solution"])
        ]
        for cell in nb.cells:
            if name := _id(cell):
                _reset(cell, self.sources[name])
        _insert(nb, self.sources, missing)
        nb.metadata["restored"] = missing
        return nb, resources


def _sources(notebook) -> dict[str, dict]:
    """Return the teacher's cells in order: text, kind, and nbgrader's own metadata."""
    points = {cell.name: cell.max_score for cell in [*notebook.grade_cells, *notebook.task_cells]}
    graded = {cell.name for cell in notebook.grade_cells}
    answers = {cell.name for cell in notebook.solution_cells}
    tasks = {cell.name for cell in notebook.task_cells}
    found = {}
    for cell in notebook.source_cells:
        meta = {
            "grade_id": cell.name, "locked": cell.locked, "checksum": cell.checksum, "schema_version": 3,
            "cell_type": cell.cell_type, "grade": cell.name in graded, "solution": cell.name in answers,
            "task": cell.name in tasks,
        }  # fmt: skip
        if cell.name in points:
            meta["points"] = points[cell.name]
        found[cell.name] = {"meta": meta, "source": cell.source, "type": cell.cell_type}
    return found


def _id(cell) -> str | None:
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def _forget_strangers(nb, sources: dict) -> None:
    """Take nbgrader's metadata off cells that the assignment doesn't have."""
    for cell in nb.cells:
        meta = cell.metadata.get("nbgrader")
        if meta is not None and not (isinstance(meta, dict) and meta.get("grade_id") in sources):
            del cell.metadata["nbgrader"]


def _recognise(nb, sources: dict) -> None:
    """Mark cells whose metadata got lost, if their text is still the teacher's."""
    seen = {_id(cell) for cell in nb.cells}
    texts = {}
    for name, source in sources.items():
        if name not in seen and not (source["meta"]["solution"] and not source["meta"]["grade"]):
            texts.setdefault(HIDDEN.sub("", source["source"]).strip(), name)
    for cell in nb.cells:
        name = texts.pop(cell.source.strip(), None) if _id(cell) is None else None
        if name:
            cell.metadata["nbgrader"] = NotebookNode(grade_id=name)


def _keep_one_each(nb, sources: dict) -> None:
    """Of several copies keep the last one that somebody changed, else the last."""
    places = {}
    for cell in nb.cells:
        if name := _id(cell):
            places.setdefault(name, []).append(cell)
    for name, copies in places.items():
        changed = [cell for cell in copies if cell.source != sources[name]["source"]]
        keep = (changed or copies)[-1] if sources[name]["meta"]["solution"] else copies[-1]
        for cell in copies:
            if cell is not keep:
                del cell.metadata["nbgrader"]


def _reset(cell, source: dict) -> None:
    """Give a cell the teacher's metadata, and the teacher's text unless it is an answer."""
    # Nothing else of the metadata stays: a tag such as skip-execution would let a test pass unseen.
    cell.metadata = NotebookNode(nbgrader=NotebookNode(source["meta"]))
    if cell.cell_type != source["type"]:
        cell.cell_type = source["type"]
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
        else:
            cell.pop("outputs", None)
            cell.pop("execution_count", None)
    if cell.cell_type != "code":
        cell.pop("attachments", None) if not source["meta"]["solution"] else None
    if not source["meta"]["solution"] and compute_checksum(cell) != source["meta"]["checksum"]:
        cell.source = source["source"]


def _insert(nb, sources: dict, missing: list[str]) -> None:
    """Put missing cells behind their predecessor."""
    order = list(sources)
    for name in missing:
        source = sources[name]
        make = new_code_cell if source["type"] == "code" else new_markdown_cell
        cell = make(source["source"])
        cell.metadata["nbgrader"] = NotebookNode(source["meta"])
        before = set(order[: order.index(name)])
        place = 1 + max((i for i, other in enumerate(nb.cells) if _id(other) in before), default=-1)
        nb.cells.insert(place, cell)
