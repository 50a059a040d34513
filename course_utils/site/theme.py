"""What Sphinx and its theme lack: formulas as MathML, and pages that stay away from the network."""


def setup(app) -> None:
    """Register everything with Sphinx; `docs/conf.py` calls it."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))


def mathml(source: str, display: str) -> str:
    """Return a formula as MathML, which every browser draws without a script.

    Args:
        source: LaTeX without its dollars.
        display: "inline" or "block".

    Example:
        >>> mathml("x", "inline").startswith("<math")
        True
    """
    from latex2mathml.converter import convert

    return convert(source.strip(), display=display)


def _inline(translator, node) -> None:
    from docutils.nodes import SkipNode

    translator.body.append(mathml(node.astext(), "inline"))
    raise SkipNode


def _block(translator, node) -> None:
    from docutils.nodes import SkipNode

    translator.body.append(f"<div class='formula'>{mathml(node.astext(), 'block')}</div>")
    raise SkipNode
