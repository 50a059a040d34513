"""Put the site's source together and build it: executed lessons, generated pages, hand-written pages."""

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from ..errors import CourseError
from ..teach import lessons, links
from ..teach.pages import write_plotly

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ("index.md", "glossary.md", "instructor.md")  # hand-written; those that exist
LINK = re.compile(r"(?<!!)\[([^\]]+)\]\((?!\w+:|#)([^)\s]+)\)")


def prepare(notebooks: Path, source: Path, *, flags: Sequence[str] | None = None) -> list[str]:
    """Write everything Sphinx reads into one folder, which is emptied first.

    Args:
        notebooks: folder of executed lessons, as `python -m course_utils run` leaves it.
        source: the folder to write.
        flags: the datasets that get a page; None means all 18.

    Returns:
        Names of the lessons on the site, in teaching order.

    Raises:
        CourseError: when there is no executed lesson, or not even the site's own files.
    """
    from . import api, datasets
    from .notebooks import stand_alone

    if not (DOCS / "conf.py").exists():
        raise CourseError(f"No {DOCS / 'conf.py'}. Build the site from a clone of the course.")
    found = [lesson for lesson in lessons.find() if (Path(notebooks) / lesson.path.name).exists()]
    if not found:
        raise CourseError(f"No executed lesson in {notebooks}. Run first: python -m course_utils run")
    shutil.rmtree(source, ignore_errors=True)
    static = source / "_static"
    shutil.copytree(DOCS / "_static", static)
    for name in ("conf.py", "poster.png"):
        shutil.copy(DOCS / name, source)
    for lesson in found:
        stand_alone(Path(notebooks) / lesson.path.name, source / "notebooks" / lesson.path.name, static)
    write_plotly(static)
    datasets.write(source / "datasets", static, flags)
    api.write(source / "api")
    toctree = "\n".join(f"{one.name[:2]} {one.title} <notebooks/{one.name}>" for one in found)
    for page in PAGES:
        if (DOCS / page).exists():
            text = (DOCS / page).read_text(encoding="utf-8")
            text = text.replace("<!-- lessons -->", list_lessons(lessons.find()))
            text = text.replace("<!-- toctree -->", toctree)
            (source / page).write_text(point_outside(text, source), encoding="utf-8")
    return [lesson.name for lesson in found]


def list_lessons(chosen: Sequence[lessons.Lesson]) -> str:
    """Return the lessons as a Markdown list, which a phone shows better than a table."""
    lines = []
    for one in chosen:
        needs = "" if one.needs == "none" else f", needs {one.needs}"
        link = f"[{one.name[:2]} {one.title}](notebooks/{one.path.name})"
        lines.append(f"- **{link}.** {one.summary} *{one.minutes:g} min{needs}.*")
    return "\n".join(lines)


def point_outside(text: str, source: Path) -> str:
    """Return Markdown whose links to files that are not on the site lead into the repository.

    Example:
        >>> point_outside("[rules](CONTRIBUTING.md), [home](#top)", Path("nowhere")).split(", ")[1]
        '[home](#top)'
    """

    def rewrite(link: re.Match) -> str:
        words, target = link.groups()
        path, _, anchor = target.partition("#")
        known = path in PAGES or (source / path).exists()
        if known:
            return link.group(0)
        address = f"{links.repository()}/blob/main/{path.removeprefix('../')}"
        return f"[{words}]({address}{'#' + anchor if anchor else ''})"

    return LINK.sub(rewrite, text)


def build(notebooks: Path, out: Path, *, flags: Sequence[str] | None = None) -> Path:
    """Build the site; any warning of Sphinx is an error.

    Args:
        notebooks: folder of executed lessons.
        out: where the site goes; its source is put beside it, in `site-src`.
        flags: as for `prepare`.

    Returns:
        The first page.

    Raises:
        CourseError: when Sphinx is missing or finds something wrong; it has then said what.
    """
    try:
        from sphinx.cmd.build import build_main
    except ImportError as error:
        raise CourseError("Sphinx is missing. Install it: pip install -r requirements.txt") from error
    source = Path(out).with_name("site-src")
    prepare(Path(notebooks), source, flags=flags)
    shutil.rmtree(out, ignore_errors=True)
    cache = Path(out).with_name("site-cache")
    shutil.rmtree(cache, ignore_errors=True)
    failed = build_main(["-b", "html", "-W", "--keep-going", "-q", "-d", str(cache), str(source), str(out)])
    if failed:
        raise CourseError(f"The site in {out} is not sound: see the warnings above.")
    for template in (Path(out) / "_static").glob("*macros.html"):  # the theme's own, no pages
        template.unlink()
    home = links.repository().rsplit("/", 1)[1]
    missing = (DOCS / "404.html").read_text(encoding="utf-8").replace("{{home}}", f"/{home}/")
    (Path(out) / "404.html").write_text(missing, encoding="utf-8")
    return Path(out) / "index.html"
