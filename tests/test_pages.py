"""Pages: alternative text, formulas and plotly without a network, no widget leftovers."""

import re
from html import unescape

import nbformat
import pytest

from course_utils import pages


@pytest.fixture
def render(tmp_path):
    def write(*cells):
        nb = nbformat.v4.new_notebook(cells=list(cells), metadata={"course": {"title": "A <b> title"}})
        path = tmp_path / "nb.ipynb"
        nbformat.write(nb, path)
        return pages.render(path, tmp_path / "page.html", navigation=[("index.html", "All")]).read_text()

    return write


def output(data, metadata=None):
    shown = nbformat.v4.new_output("display_data", data=data, metadata=metadata or {})
    return nbformat.v4.new_code_cell("show()", outputs=[shown])


def test_alt_text_comes_from_the_output(render):
    png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    page = render(output({"image/png": png}, {"image/png": {"alt": 'Two "cells"'}}))
    assert """alt='Two "cells"'""" in page


def test_formula_becomes_mathml(render):
    page = render(
        nbformat.v4.new_markdown_cell("Share $\\frac{1}{2}$ and\n\n$$\\sum_i p_i = 1$$\n\n`$x$` stays")
    )
    assert page.count("<math") == 2 and "<mfrac>" in page and "<code>$x$</code>" in page


def test_table_heads_have_a_scope(render):
    page = render(nbformat.v4.new_markdown_cell("| a | b |\n|---|--:|\n| 1 | 2 |"))
    assert page.count('<th scope="col"') == 2


def test_folded_answers_render_as_html(render):
    page = render(nbformat.v4.new_markdown_cell("<details><summary>Hint</summary>\n\n**Look**\n\n</details>"))
    assert "<details>" in page and "<strong>Look</strong>" in page


def test_plotly_is_local_and_labelled(render, tmp_path):
    figure = {"data": [{"type": "scatter", "y": [1, 2]}], "layout": {"meta": {"alt": "A line"}}}
    page = render(output({pages.PLOTLY_MIME: figure}))
    assert 'aria-label="A line"' in page and '<script src="plotly.min.js">' in page
    assert (tmp_path / "plotly.min.js").stat().st_size > 1e6
    assert "cdn" not in page.lower()


def test_page_needs_no_script_without_plotly(render):
    page = render(nbformat.v4.new_markdown_cell("# One"))
    assert "<script" not in page and "A &lt;b&gt; title" in page and 'href="index.html"' in page


def test_widget_views_are_left_out(render):
    page = render(output({pages.WIDGET_MIME: {"model_id": "x"}, "text/plain": "VBox(children=(IntSlider"}))
    assert "VBox" not in page and "Skip to the text" in page


def test_a_still_stands_in_where_scripts_are_off(render):
    figure = {"data": [{"type": "scatter", "y": [1, 2]}], "layout": {"meta": {"alt": 'A "line"'}}}
    page = render(output({pages.PLOTLY_MIME: figure, "image/png": "iVBORw0KGgo="}))
    [still] = re.findall("<noscript>(.*?)</noscript>", page, re.DOTALL)
    assert "data:image/png;base64,iVBORw0KGgo=" in still and 'A "line"' in unescape(still)
