"""Every lesson in a JupyterLab with Binder's memory: fresh kernel, "Run all", no error on sample data."""

import pytest
from conftest import LESSONS

from course_utils import lessons

pytestmark = pytest.mark.browser
OTHERS = [lesson.name for lesson in lessons.find() if lesson.name not in LESSONS]  # test_lab has those two


@pytest.mark.parametrize("lesson", OTHERS)
def test_run_all_ends_without_an_error(lesson, lab, browser):
    lab.open(browser, lesson).close()
    lab.shut_down()
    cells = [c for c in lab.read(lesson).cells if c.cell_type == "code"]
    assert all(c.execution_count for c in cells if c.source.strip())
    assert [o.evalue for c in cells for o in c.outputs if o.output_type == "error"] == []
