"""The anatomy of every lesson, checked without running it."""

import ast
import itertools
import re
import tomllib

import nbformat
import pytest
from anatomy import LESSONS, NOTEBOOKS, Notebook

from course_utils import cards, lessons, links

BEFORE = ["What you will be able to do", "Time and what you need"]
AFTER = ["Summary", "Quiz", "Further reading", "Licence and use"]
LONGEST_CELL = 24  # lines of code that one screen and one head hold
AMERICAN = (
    r"\b(colors?|colored|centers?|gray|behaviors?|analyzed?|labeled|modeling|optimizers?|recognized?)\b"
)
FAST = tomllib.loads((NOTEBOOKS / "fast.toml").read_text(encoding="utf-8"))


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem, scope="module")
def lesson(request):
    return Notebook(request.param)


def test_there_are_lessons_in_one_row():
    assert LESSONS
    numbers = [path.name[:2] for path in LESSONS]
    assert len(set(numbers)) == len(numbers)


def test_is_a_valid_notebook_without_outputs(lesson):
    nbformat.validate(lesson.nb)
    for cell in lesson.cells:
        assert set(cell.metadata) <= {"tags"}, f"cell {cell.id}: leftover metadata {dict(cell.metadata)}"
        if cell.cell_type == "code":
            assert cell.outputs == [] and cell.execution_count is None, f"cell {cell.id} carries an output"


def test_is_written_as_jupyter_saves_it(lesson):
    # So that opening and saving changes nothing, and a diff shows lines, not whole cells.
    assert lesson.path.read_text(encoding="utf-8") == nbformat.writes(lesson.nb) + "\n"


def test_cell_ids_are_unique_and_written_by_hand(lesson):
    ids = [cell.id for cell in lesson.cells]
    assert len(set(ids)) == len(ids)
    for one in ids:  # an editor's random id would change the diff of a cell nobody touched
        assert re.fullmatch(rf"{lesson.number}-[a-z0-9-]+", one), one


def test_metadata_is_complete(lesson):
    course = lesson.nb.metadata["course"]
    assert set(course) - {"measured"} == {"title", "minutes", "level", "needs", "datasets", "summary"}
    assert course["minutes"] > 0
    assert course["level"] in ("beginner", "intermediate", "advanced")
    assert course["needs"] in ("none", "network", "gpu")
    assert set(course["datasets"]) <= {one.flag for one in cards()}
    assert course["summary"].endswith(".") and "\n" not in course["summary"]
    assert lesson.headings[0] == (1, course["title"])
    assert lesson.nb.metadata["kernelspec"]["name"] == "python3"
    assert lessons.find([lesson.name])[0].title == course["title"]


def test_headings_form_an_outline(lesson):
    levels = [level for level, _ in lesson.headings]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels)), "a level is skipped"
    second = [text for level, text in lesson.headings if level == 2]
    assert second[:2] == BEFORE and second[-4:] == AFTER
    numbered = second[2:-4]
    assert [text.split(". ")[0] for text in numbered] == [str(i + 1) for i in range(len(numbered))]
    assert len(numbered) >= 3


def test_opens_with_title_badges_and_story(lesson):
    title, badges, story = [part for part in lesson.cells[0].source.split("\n") if part]
    assert title.startswith("# ")
    assert badges == links.badges(lesson.name)
    assert len(story) > 40


def test_setup_cell_is_the_common_one(lesson):
    first = lesson.code[0][1]
    assert first == links.setup_cell()
    assert sum(bool(line.strip()) for line in first.splitlines()) <= 6


def test_parameters_come_right_after_the_setup(lesson):
    tagged = [i for i, cell in enumerate(lesson.cells) if "parameters" in cell.metadata.get("tags", [])]
    assert tagged == [lesson.code[1][0]]
    assert lesson.parameters["source"] == "auto"


def test_fast_profile_names_parameters(lesson):
    for name, value in FAST.get(lesson.name, {}).items():
        assert name in lesson.parameters, f"fast.toml sets {name}, which the parameters cell lacks"
        assert type(value) is type(lesson.parameters[name])


def test_fast_profile_knows_only_lessons():
    assert set(FAST) <= {path.stem for path in LESSONS}


def test_every_section_thinks_and_practises(lesson):
    for title, cells in lesson.sections.items():
        text = "\n\n".join(cell.source for cell in cells)
        assert "**Think.**" in text, title
        assert "checks.check(" in text, title
        code = [cell for cell in cells if cell.cell_type == "code"]
        assert len(code) >= 2, f"{title}: nothing is shown"


def test_every_think_has_a_folded_answer(lesson):
    text = lesson.prose_with_code_spans
    thoughts = text.count("**Think.**")
    assert thoughts == len(re.findall(r"\*\*Think\.\*\*(?:(?!\*\*Think).)+?<summary>One answer", text, re.S))


def test_exercises_are_those_of_the_package(lesson):
    names = [one.name for one in lesson.exercises]
    assert len(set(names)) == len(names)
    assert set(names) == lesson.keys[0]


def test_every_exercise_is_posed_left_open_and_helped(lesson):
    for one in lesson.exercises:
        before, cell = lesson.cells[one.cell - 1], lesson.cells[one.cell]
        assert f"**Exercise {one.name}.**" in before.source, f"{one.name} is not posed right above its cell"
        assert list(one.folds) == ["Hint", "Answer"], f"{one.name} has {list(one.folds)} folded below it"
        assert "```python" in one.folds["Answer"]
        tree = ast.parse(cell.source)
        dots = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value is ...]
        assert dots, f"{one.name} has no dots to replace"
        last = tree.body[-1]
        assert ast.unparse(last).startswith("checks.check("), f"{one.name}: the check is not the last line"


def test_details_have_the_blank_lines_that_let_markdown_through(lesson):
    text = "\n".join(cell.source for cell in lesson.cells if cell.cell_type == "markdown")
    assert text.count("<details>") == len(re.findall(r"<details><summary>[^<\n]+</summary>\n\n", text))
    assert text.count("</details>") == text.count("<details>") == text.count("\n\n</details>")


def test_quiz_text_and_key_agree(lesson):
    key = lesson.keys[1]
    assert list(lesson.quiz) == list(key) == lesson.quiz_cell[1]
    assert 3 <= len(key) <= 5
    for name, question in key.items():
        letters = lesson.quiz[name]
        assert letters == sorted({question.right, *question.wrong}), name
        assert letters == list("abcdef"[: len(letters)]), name
        assert question.right not in question.wrong, name
    assert len({question.right for question in key.values()}) > 1, "the right letter is always the same"


def test_pictures_in_the_text_have_alt_text(lesson):
    text = lesson.prose_with_code_spans
    assert all(alt.strip() for alt in re.findall(r"!\[([^\]]*)\]\(", text))
    assert all("alt=" in tag for tag in re.findall(r"<img[^>]*>", text))


def test_links_lead_somewhere(lesson):
    for target in re.findall(r"\]\(([^)\s]+)\)", lesson.prose_with_code_spans):
        if target.startswith("https://"):
            continue
        assert not target.startswith("http:"), f"{target}: say https"
        assert (NOTEBOOKS / target.split("#")[0]).exists(), f"{target} does not exist"


def test_other_lessons_are_called_by_their_name(lesson):
    by_number = {path.stem[:2]: path.stem for path in LESSONS}
    for name in re.findall(r"`(\d\d_[a-z0-9_]+)`", lesson.prose_with_code_spans):
        assert by_number.get(name[:2], name) == name


def test_cells_are_short(lesson):
    for i, source in lesson.code:
        lines = sum(bool(line.strip()) for line in source.splitlines())
        assert lines <= LONGEST_CELL, f"cell {lesson.cells[i].id} has {lines} lines"


def test_code_keeps_the_house_rules(lesson):
    for i, source in lesson.code:
        where = lesson.cells[i].id
        assert not re.search(r"\b(torchvision|pickle\.load|allow_pickle=True)\b", source), where
        assert not re.search(r"^\s*[!%]", source, re.M), f"{where}: no shell or magic lines"
        assert "plt.show" not in source, where


def test_language(lesson):
    own = lesson.prose.split("## Further reading")[0]  # titles are quoted as they are
    found = re.findall(AMERICAN, own, re.I)
    assert not found, f"British spelling, please: {found}"
    assert not re.search(r"\b(TODO|FIXME|XXX)\b|\u2014", lesson.prose)


def test_ends_with_licence_and_use(lesson):
    last = lesson.cells[-1].source
    for words in ("Apache-2.0", "CC BY 4.0", "CC BY-NC 4.0", "Yang et al.", "2023", "Not for clinical use."):
        assert words in last
