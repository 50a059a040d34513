"""A student's Markdown as HTML that runs nothing: for feedback pages and for formgrader."""

# What Markdown itself can make; everything else a student writes between < and > is shown as text.
TAGS = {
    "a",
    "b",
    "blockquote",
    "br",
    "code",
    "del",
    "details",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
}
TAGS |= {"hr", "i", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "summary", "sup", "table", "tbody"}
TAGS |= {"td", "th", "thead", "tr", "ul"}
ATTRIBUTES = {"a": ["href", "title"], "code": ["class"], "span": ["class"], "div": ["class"], "ol": ["start"]}
ATTRIBUTES |= {"td": ["align"], "th": ["align"]}


def safe_markdown(source: str) -> str:
    """Render Markdown, then keep harmless tags only; no script, no picture from elsewhere, no odd link.

    nbgrader's pages escape outputs but not Markdown cells, and a lecturer opens them with full rights.

    Example:
        >>> safe_markdown("*yes* <script>no()</script>")
        '<p><em>yes</em> &lt;script&gt;no()&lt;/script&gt;</p>\\n'
    """
    import bleach
    from nbconvert.filters.markdown_mistune import markdown2html_mistune

    html = markdown2html_mistune(source)
    return bleach.clean(html, tags=TAGS, attributes=ATTRIBUTES, protocols={"http", "https", "mailto"})
