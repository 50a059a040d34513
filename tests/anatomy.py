"""Read a lesson's notebook into its parts; shared by test_notebooks.py, test_solved.py and test_colab.py."""

import ast
import importlib
import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import nbformat

from course_utils import checks, lessons

BINDER_MB, LAB_MB = 1_000, 120  # what Binder promises, and what JupyterLab itself takes of it
NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
FOLD = re.compile(r"<details><summary>(.+?)</summary>\n\n(.+?)\n\n</details>", re.S)
CODE = re.compile(r"```python\n(.+?)```", re.S)
HEADING = re.compile(r"^(#{1,6}) (.+)$", re.M)


@dataclass(frozen=True)
class Exercise:
    """Hold one exercise: its name, the index of its code cell, and what is folded away below it."""

    name: str
    cell: int
    folds: dict[str, str]


class Notebook:
    """Read one lesson."""

    def __init__(self, path: Path):
        self.path, self.name, self.number = path, path.stem, path.stem[:2]
        self.nb = nbformat.read(path, as_version=4)
        self.cells = self.nb.cells

    @cached_property
    def prose(self) -> str:
        """Return all Markdown without code: what a student reads."""
        text = "\n\n".join(cell.source for cell in self.cells if cell.cell_type == "markdown")
        return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.S)

    @cached_property
    def headings(self) -> list[tuple[int, str]]:
        """Return (level, text) of every heading, in order."""
        return [(len(marks), text.strip()) for marks, text in HEADING.findall(self.prose_with_code_spans)]

    @cached_property
    def prose_with_code_spans(self) -> str:
        """Return all Markdown without code blocks."""
        text = "\n\n".join(cell.source for cell in self.cells if cell.cell_type == "markdown")
        return re.sub(r"```.*?```", "", text, flags=re.S)

    @cached_property
    def sections(self) -> dict[str, list]:
        """Return the cells of every numbered section, by its heading."""
        found, here = {}, None
        for cell in self.cells:
            titles = HEADING.findall(cell.source) if cell.cell_type == "markdown" else []
            for marks, text in titles:
                if len(marks) == 2:
                    here = found.setdefault(text, []) if re.match(r"\d+\. ", text) else None
            if here is not None:
                here.append(cell)
        return found

    @cached_property
    def code(self) -> list[tuple[int, str]]:
        """Return (index, source) of the code cells."""
        return [(i, cell.source) for i, cell in enumerate(self.cells) if cell.cell_type == "code"]

    @cached_property
    def exercises(self) -> list[Exercise]:
        """Return the exercises in order."""
        found = []
        for i, source in self.code:
            for name in re.findall(r'checks\.check\(\s*"([^"]+)"', source):
                after = self.cells[i + 1].source if self.cells[i + 1].cell_type == "markdown" else ""
                found.append(Exercise(name, i, dict(FOLD.findall(after))))
        return found

    @cached_property
    def parameters(self) -> dict:
        """Return the names and values of the parameters cell."""
        (source,) = (cell.source for cell in self.cells if "parameters" in cell.metadata.get("tags", []))
        return {node.targets[0].id: ast.literal_eval(node.value) for node in ast.parse(source).body}

    @cached_property
    def quiz(self) -> dict[str, list[str]]:
        """Return the letters offered for each question of the quiz, as the text shows them."""
        text = self.prose_with_code_spans.split("## Quiz\n")[1].split("\n## ")[0]
        parts = re.split(r"^\*\*(q\d)\.\*\*", text, flags=re.M)[1:]
        return {
            name: re.findall(r"^- ([a-z])\) \S", body, re.M)
            for name, body in zip(parts[::2], parts[1::2], strict=True)
        }

    @cached_property
    def quiz_cell(self) -> tuple[int, list[str]]:
        """Return the quiz cell's index and the questions it asks for."""
        ((i, source),) = [(i, source) for i, source in self.code if "checks.quiz(" in source]
        return i, re.findall(r"\b(q\d)=\.\.\.", source)

    @cached_property
    def keys(self) -> tuple[set[str], dict]:
        """Return the exercises and the quiz that the package knows for this lesson."""
        importlib.import_module(f"course_utils.teach.exercises.lesson{self.number}")
        names = {name for name in checks._EXERCISES if name.startswith(f"{self.number}.")}
        return names, checks._QUIZZES[self.number]

    def solved(self) -> nbformat.NotebookNode:
        """Return a copy with every exercise answered by its own folded answer, and the quiz by its key."""
        nb = nbformat.from_dict(self.nb)
        for exercise in self.exercises:
            cell = nb.cells[exercise.cell]
            tree = ast.parse(cell.source)
            parts = [ast.get_source_segment(cell.source, node) for node in tree.body]
            open_ = [
                any(isinstance(n, ast.Constant) and n.value is ... for n in ast.walk(node))
                for node in tree.body
            ]
            kept = [part for part, dots in zip(parts[:-1], open_, strict=False) if not dots]
            (answer,) = CODE.findall(exercise.folds["Answer"])
            cell.source = "\n".join([*kept, answer, parts[-1]])
        key = self.keys[1]
        i, _ = self.quiz_cell
        nb.cells[i].source = re.sub(
            r"\b(q\d)=\.\.\.", lambda m: f'{m[1]}="{key[m[1]].right}"', nb.cells[i].source
        )
        return nb

    def write_solved(self, folder: Path) -> lessons.Lesson:
        """Write the solved copy into a folder; return the lesson with that copy for its notebook."""
        nbformat.write(self.solved(), folder / self.path.name)
        return replace(lessons.find([self.name])[0], path=folder / self.path.name)

    def assert_all_correct(self, executed: Path) -> None:
        """Fail unless every exercise and quiz question of an executed copy was told "Correct:"."""
        by_id = {cell.id: cell for cell in nbformat.read(executed, 4).cells}  # papermill adds a cell

        def verdict(index: int) -> str:
            outputs = by_id[self.cells[index].id].outputs
            return [out.data["text/plain"] for out in outputs if out.output_type == "execute_result"][-1]

        for one in self.exercises:
            assert verdict(one.cell).startswith("Correct:"), f"{one.name}: {verdict(one.cell)}"
        marks = verdict(self.quiz_cell[0]).splitlines()
        assert len(marks) == len(self.quiz) and all(mark.startswith("Correct:") for mark in marks), marks
