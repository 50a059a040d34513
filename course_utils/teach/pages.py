"""Readable HTML pages from executed notebooks: no network, no kernel, alternative text kept."""

import re
from collections.abc import Iterable
from html import escape
from pathlib import Path

import nbformat

PLOTLY_MIME = "application/vnd.plotly.v1+json"
WIDGET_MIME = "application/vnd.jupyter.widget-view+json"


def render(notebook: str | Path, page: str | Path, *, navigation: Iterable[tuple[str, str]] = ()) -> Path:
    """Write an executed notebook as one HTML page.

    Plotly figures stay interactive through `plotly.min.js`, written once beside the pages; formulas become
    MathML; widget views, which need a kernel, give way to the picture saved with them.

    Args:
        notebook: an executed `.ipynb`.
        page: where to write.
        navigation: (address, text) pairs for the links at the top.

    Returns:
        The page's path.
    """
    nb = nbformat.read(notebook, as_version=4)
    page = Path(page)
    page.parent.mkdir(parents=True, exist_ok=True)
    needs_plotly = replace_views(nb)
    if needs_plotly:
        write_plotly(page.parent)
    title = nb.metadata.get("course", {}).get("title", page.stem)
    body, _ = _exporter().from_notebook_node(nb)
    return write(page, title, body, navigation=navigation, needs_plotly=needs_plotly)


def write(page: Path, title: str, body: str, *, navigation=(), needs_plotly=False) -> Path:
    """Write a body of HTML in the course's page frame."""
    import jinja2
    from pygments.formatters import HtmlFormatter

    frame = jinja2.Template(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
    html = frame.render(
        title=escape(title),
        body=body,
        navigation=list(navigation),
        needs_plotly=needs_plotly,
        light_code=HtmlFormatter(style="default").get_style_defs(".highlight"),
        dark_code=HtmlFormatter(style="github-dark").get_style_defs(".highlight"),
    )
    page.write_text(html, encoding="utf-8")
    return page


def write_plotly(folder: Path) -> None:
    """Write plotly's own script beside the pages, once."""
    from plotly.offline import get_plotlyjs

    script = folder / "plotly.min.js"
    if not script.exists():
        script.write_text(get_plotlyjs(), encoding="utf-8")


def replace_views(nb) -> bool:
    """Replace kernel-bound outputs in place; return whether a plotly figure is among them."""
    import plotly.io

    found = False
    for cell in nb.cells:
        outputs = []
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if WIDGET_MIME in data:
                if "image/png" not in data:
                    continue
                del data[WIDGET_MIME]
            if PLOTLY_MIME in data:
                found = True
                figure = data[PLOTLY_MIME]
                alt = figure["layout"].get("meta", {}).get("alt", "Interactive figure")
                html = plotly.io.to_html(
                    {key: figure[key] for key in ("data", "layout", "frames") if key in figure},
                    include_plotlyjs=False,
                    full_html=False,
                    auto_play=False,
                    validate=False,
                )
                html = f'<div role="figure" aria-label="{escape(alt)}">{html}</div>'
                output["data"] = {"text/html": html + _without_script(data.get("image/png"), alt)}
            outputs.append(output)
        if "outputs" in cell:
            cell["outputs"] = outputs
    return found


def _without_script(png: str | None, alt: str) -> str:
    """Return the still that stands in for a plotly figure where scripts are off."""
    if not png:
        return ""
    return f'<noscript><img src="data:image/png;base64,{png}" alt="{escape(alt)}"></noscript>'


def _exporter():
    from nbconvert import HTMLExporter
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def inline_math(self, body):
            return _mathml(body, "inline")

        def block_math(self, body):
            return _mathml(body, "block")

    def markdown(source: str) -> str:
        html = MarkdownWithMath(renderer=Renderer(escape=False, exclude_anchor_links=True)).render(source)
        return re.sub(r"<th(?=[ >])", '<th scope="col"', html)

    exporter = HTMLExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    exporter.register_filter("markdown2html", markdown)
    # Papermill stores each flush of a print as its own output.
    exporter.register_preprocessor("nbconvert.preprocessors.CoalesceStreamsPreprocessor", enabled=True)
    return exporter


def _mathml(body: str, display: str) -> str:
    from latex2mathml.converter import convert

    return convert(body.strip(), display=display)
