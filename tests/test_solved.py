"""Every lesson under papermill, its folded answers filled in, on real data where files exist.

Each answer must earn a "Correct", and the page must be fit to be read.
On sample data the answers are proven in test_colab.py.
"""

import nbformat
import pytest
from anatomy import LESSONS, Notebook

from course_utils import lessons


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_folded_answers_are_correct(path, tmp_path, best_source):
    lesson = Notebook(path)
    solved = lesson.write_solved(tmp_path)
    [outcome] = lessons.run([solved], tmp_path / "out", source=best_source)
    assert outcome.ok, f"{outcome.error}\n{outcome.cell}"
    lesson.assert_all_correct(outcome.notebook)
    page = outcome.page.read_text(encoding="utf-8")
    assert ("real data" if best_source == "real" else "SAMPLE DATA") in page
    assert "<h1" in page and 'lang="en"' in page
    assert page.count("<img") == page.count(" alt="), "a picture without alternative text"
    assert outcome.page.stat().st_size < 6e6
    assert (tmp_path / "out" / "index.html").read_text().count(f'href="{lesson.name}.html"') == 1
    tags = [cell.metadata.get("tags", []) for cell in nbformat.read(outcome.notebook, 4).cells]
    assert sum("injected-parameters" in tag for tag in tags) == 1
