"""Pages of the package's public functions, read from signatures and docstrings without importing them."""

import re
from pathlib import Path

from .datasets import table

PACKAGE = Path(__file__).parents[1]
GROUPS = {
    "core": ("The core", "Cards, data and the environment: what every lesson imports first."),
    "sample": ("sample", "The built-in sample data."),
    "storage": ("storage", "Archives, stores and downloads: large files, read in pieces."),
    "measure": ("measure", "AUC, accuracy and confusion."),
    "look": ("look", "Figures, plots, volumes and explorers."),
    "learn": ("learn", "Models, training, recipes and several seeds."),
    "judge": ("judge", "Scores, intervals, published tables, the board."),
    "teach": ("teach", "Exercises, lessons and their pages."),
    "classroom": ("classroom", "Assignments, grading, feedback."),
}
HIDDEN = ("exercises", "worker")
SECTION_HEADS = {"parameters": ("name", "what it is"), "raises": ("error", "when")}


def write(folder: Path) -> None:
    """Write `index.md` and one page for each group of modules."""
    import griffe

    folder.mkdir(parents=True, exist_ok=True)
    package = griffe.load("course_utils", search_paths=[str(PACKAGE.parent)], docstring_parser="google")
    index = [
        "# The package, function by function",
        "Lessons import modules by their noun: `from course_utils import plots, train`. These pages are made "
        "from the docstrings; the groups are the package's folders, in the order in which they may import "
        "each other.",
    ]
    shown = []
    for group, (title, told) in GROUPS.items():
        modules = _modules(package if group == "core" else package.modules[group], group)
        if not modules:
            continue
        shown.append(group)
        (folder / f"{group}.md").write_text(_page(title, told, modules), encoding="utf-8")
        rows = [[f"[{m.name}](#api-{m.name})", _first_line(m)] for m in modules]
        index += [f"## [{title}]({group}.md)", told, table(["module", "what it holds"], rows)]
    index.append("\n".join(["```{toctree}", ":hidden:", *shown, "```"]))
    (folder / "index.md").write_text("\n\n".join(index) + "\n", encoding="utf-8")


def _modules(parent, group: str) -> list:
    """Return a folder's modules that have something to show; one with functions of its own comes first."""
    hidden = ("_", "bench") if group == "core" else "_"
    found = [m for name, m in sorted(parent.modules.items()) if not name.startswith(hidden)]
    found = [m for m in found if not m.is_init_module]
    found = found if group == "core" else [parent, *found]
    return [m for m in found if m.name not in HIDDEN and _public(m)]


def _public(parent) -> list:
    """Return a module's or class's own functions and classes that have a docstring and no underscore."""
    own = [m for m in parent.members.values() if not m.is_alias and (m.is_function or m.is_class)]
    return [m for m in own if not m.name.startswith("_") and m.docstring]


def _page(title: str, told: str, modules: list) -> str:
    parts = [f"# {title}", told]
    for module in modules:
        parts += [f"(api-{module.name})=\n## {module.name}", _prose(module)]
        for member in _public(module):
            parts += [f"### {module.name}.{member.name}", _signature(member), _prose(member)]
            for method in _public(member) if member.is_class else ():
                parts += [f"#### {member.name}.{method.name}", _signature(method), _prose(method)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _first_line(item) -> str:
    return item.docstring.value.splitlines()[0] if item.docstring else ""


def _signature(item) -> str:
    """Return how the function is called, as a block of code."""
    if item.is_class:
        fields = [f"{name}: {a.annotation}" if a.annotation else name for name, a in item.attributes.items()
                  if not name.startswith("_") and "property" not in a.labels]  # fmt: skip
        return "```python\nclass " + item.name + "".join(f"\n    {field}" for field in fields) + "\n```"
    if "property" in item.labels:
        return ""
    words, star = [], False
    for p in item.parameters:
        kind = p.kind.value if p.kind else ""
        if kind == "keyword-only" and not star:
            words.append("*")
            star = True
        prefix = {"variadic positional": "*", "variadic keyword": "**"}.get(kind, "")
        star = star or prefix == "*"
        if p.name in ("self", "cls"):
            continue
        has_default = p.default is not None and not prefix
        words.append(f"{prefix}{p.name}" + (f"={p.default}" if has_default else ""))
    call = f"{item.name}({', '.join(words)})"
    if len(call) > 80:
        call = f"{item.name}(\n    " + ",\n    ".join(words) + ",\n)"
    back = f" -> {item.returns}" if item.returns else ""
    return f"```python\n{call}{back}\n```"


def _prose(item) -> str:
    """Return a docstring as Markdown: text, tables of arguments and errors, examples as code."""
    parts = []
    for section in item.docstring.parse("google", warnings=False) if item.docstring else ():
        kind = section.kind.value
        if kind == "text":
            parts.append(_safe(section.value))
        elif kind in SECTION_HEADS:
            rows = [[_name(kind, x), _cell(x.description)] for x in section.value]
            parts.append(table(SECTION_HEADS[kind], rows))
        elif kind in ("returns", "yields"):
            parts.append("**Returns.** " + " ".join(_cell(x.description) for x in section.value))
        elif kind == "examples":
            parts += [_safe(v) if k.value == "text" else f"```python\n{v}\n```" for k, v in section.value]
        elif kind == "admonition":
            parts.append(f"**{section.title}.**\n\n```python\n{section.value.description}\n```")
    return "\n\n".join(parts)


def _name(kind: str, item) -> str:
    return f"`{item.name}`" if kind == "parameters" else f"`{item.annotation}`"


def _cell(text: str) -> str:
    return _safe(" ".join(text.split()))


def _safe(text: str) -> str:
    """Return text in which Markdown takes only code in backticks for markup."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else re.sub(r"([*_<\[{$#|])", r"\\\1", p) for p in pieces)
