"""A page for each dataset, generated from its card, its published rows and sample pictures."""

import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

from ..cards import CITATION, DatasetCard, card, cards
from ..data import load
from ..judge import published
from .notebooks import picture

MONTAGE = 40
INTRO = """\
# The 18 datasets

Each name leads to the dataset's card: what it asks, how large and how balanced it is, what its licence
allows, what is wrong with it, and what others have scored on it. Read the card before you train.

"""
TAIL = """\
Numbers are images in the official splits. Every dataset comes in more than one size: 28, 64, 128 and 224
pixels in 2D, 28 and 64 voxels in 3D. How to load one: `course_utils.load("{flag}")`; how to fetch the real
file: `python -m course_utils data fetch {flag}`.
"""
ON_SAMPLE = """\
```{{admonition}} Sample data
:class: warning sample-data
These pictures are drawn by a program and hint at {name}'s modality. They are not medical images.
```
"""


def write(folder: Path, static: Path, flags: Sequence[str] | None = None) -> None:
    """Write `index.md` and one page a dataset.

    Args:
        folder: where the pages go.
        static: the site's folder of files; montages go into its `figures`.
        flags: which datasets; None means all 18.
    """
    from ..look import figures

    figures.use_style()
    chosen = [card(flag) for flag in flags] if flags is not None else cards()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.md").write_text(index(chosen), encoding="utf-8")
    for one in chosen:
        (folder / f"{one.flag}.md").write_text(page(one, _montage(one, static)), encoding="utf-8")


def index(chosen: Sequence[DatasetCard]) -> str:
    """Return the overview as MyST Markdown: one row a dataset, and the pages' table of contents."""
    head = ["dataset", "modality", "task", "classes", "train", "val", "test", "licence"]
    rows = [
        [f"[{c.name}]({c.flag}.md)", c.modality, c.task, str(len(c.labels)),
         *(f"{n:,}" for n in c.n_samples.values()), c.licence]
        for c in chosen
    ]  # fmt: skip
    toc = "\n".join(["```{toctree}", ":hidden:", *(c.flag for c in chosen), "```"])
    example = TAIL.format(flag=chosen[0].flag)
    return "\n".join([INTRO, table(head, rows, numbers=(3, 4, 5, 6)), "", example, "", toc, ""])


def page(one: DatasetCard, montage: str) -> str:
    """Return a dataset's page as MyST Markdown.

    Args:
        one: its card.
        montage: HTML of its sample pictures.
    """
    facts = [[name, text] for name, text in one.rows() if name not in ("question", "beware", "labels")]
    facts = [[name, f"`{text}`" if name == "flag" else text] for name, text in facts]
    facts = [[name, _licence(one) if name == "licence" else text] for name, text in facts]
    files = [[str(size), f"`{one.file_name(size)}`", _megabytes(one.raw_bytes(size))] for size in one.sizes]
    parts = [
        f"# {one.name}",
        f"**{one.question}**",
        ON_SAMPLE.format(name=one.name),
        montage,
        "## Facts",
        table(["field", "what the card says"], facts),
        f"MedMNIST itself: {CITATION}",
        "## Class balance",
        balance(one),
        "## Beware",
        "\n".join(f"- {defect}" for defect in one.defects),
        "## Published scores",
        scores(one),
        "## Files",
        table(["size", "file", "unpacked images"], files, numbers=(0, 2)),
        f'Load it with `course_utils.load("{one.flag}")`, fetch the real file with '
        f"`python -m course_utils data fetch {one.flag}`, and print this card with "
        f"`python -m course_utils data info {one.flag}`.",
        "*Not for clinical use.*",
    ]
    return "\n\n".join(parts) + "\n"


def balance(one: DatasetCard) -> str:
    """Return how many images each class has, as an HTML table with bars, or why that isn't known."""
    if not one.counts:
        names = "\n".join(f"{i}. {label}" for i, label in enumerate(one.labels))
        return (
            "Nobody has published how often each class occurs, and this course has not counted it. "
            f'`course_utils.load("{one.flag}").train.counts` counts it in your file. The classes:\n\n{names}'
        )
    rows = ""
    for i, (label, n) in enumerate(zip(one.labels, one.counts, strict=True)):
        share = n / one.counts_of
        mark = " (positive)" if label == one.positive else ""
        rows += (
            f'<tr><td class="number">{i}</td><th scope="row">{escape(label)}{mark}</th>'
            f'<td class="number">{n:,}</td><td class="number">{share:.1%}</td>'
            f'<td class="share" aria-hidden="true"><span style="width: {100 * share:.1f}%"></span></td></tr>'
        )
    head = "".join(f'<th scope="col">{name}</th>' for name in ("label", "class", "images", "share"))
    same = one.counts_of == one.n_samples["train"] or sum(one.counts) == one.n_samples["train"]
    whose = "of the train split" if same else "of the source data, as its paper counts them"
    several = " An image may show several findings." if one.task == "multi-label" else ""
    return (
        f"Shares are {whose} ({one.counts_of:,} images).{several}\n\n"
        '<div class="wide-table" role="group" aria-label="Class balance" tabindex="0">'
        f'<table class="balance"><thead><tr>{head}<td></td></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def scores(one: DatasetCard) -> str:
    """Return the published rows and the constant guess as Markdown."""
    rows = [[row["method"], f"{row['auc']:.3f}", f"{row['acc']:.3f}"] for row in published.rows(one.flag)]
    guess = published.constant_acc(one.flag)
    below = ""
    if guess is not None:
        always = "no finding" if one.task == "multi-label" else "the commonest class"
        rows.append([f"*constant guess: always {always}*", "0.500", f"{guess:.3f}"])
        n = len(published.below_constant(one.flag))
        if n:
            below = f"{n} of these rows have an accuracy below the constant guess. "
    what = "\n".join(
        f"- {row['method']}: {published.METHODS[row['method']]}" for row in published.rows(one.flag)
    )
    return (
        table(["method", "AUC", "ACC"], rows, numbers=(1, 2))
        + f"\n\n{below}Test split, {published.n_test(one.flag):,} cases. Source: {published.SOURCE}\n\n"
        + f"<details><summary>What each row was</summary>\n\n{what}\n\n</details>"
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = ()) -> str:
    """Return a Markdown table; columns in `numbers` are set flush right.

    Example:
        >>> print(table(["a", "n"], [["x|y", "1"]], numbers=[1]))
        | a | n |
        |---|--:|
        | x\\|y | 1 |
    """
    rule = "|".join("--:" if i in numbers else "---" for i in range(len(head)))
    cells = (" | ".join(text.replace("|", "\\|") for text in row) for row in (head, *rows))
    first, *rest = (f"| {line} |" for line in cells)
    return "\n".join([first, f"|{rule}|", *rest])


def _licence(one: DatasetCard) -> str:
    """Return the licence in full words, its name a link to its text."""
    words, address = re.fullmatch(r"(.*) \((https://[^)]+)\)\.", one.licence_text).groups()
    return f"[{one.licence}]({address}). {words}."


def _megabytes(n: int) -> str:
    return f"{n / 1e6:,.1f} MB" if n < 1e9 else f"{n / 1e9:,.1f} GB"


def _montage(one: DatasetCard, static: Path) -> str:
    from ..look import plots

    plate = plots.montage(load(one.flag, source="sample"), n=MONTAGE, by="balanced")
    return picture(plate.png(), plate.alt, static / "figures")
