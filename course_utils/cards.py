"""The 18 dataset cards: what each MedMNIST dataset is, asks, costs and hides."""

import importlib.util
import math
import tomllib
import warnings
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path
from types import MappingProxyType

from .errors import CourseError, choose

LICENCES = {
    "CC BY 4.0": "Creative Commons Attribution 4.0: share and adapt, also commercially, if you credit the "
    "authors (https://creativecommons.org/licenses/by/4.0/).",
    "CC BY-NC 4.0": "Creative Commons Attribution-NonCommercial 4.0: share and adapt with credit, but not "
    "commercially (https://creativecommons.org/licenses/by-nc/4.0/).",
}
CITATION = (
    "Yang, J. et al. MedMNIST v2 - A large-scale lightweight benchmark for 2D and 3D biomedical image "
    "classification. Scientific Data 10: 41 (2023)."
)
# MedMNIST's own task strings -> the one word this course uses.
TASKS = {
    "binary-class": "binary",
    "multi-class": "multi-class",
    "multi-label, binary-class": "multi-label",
    "ordinal-regression": "ordinal",
}
MIRRORS = {
    "any": "any flip keeps the label",
    "horizontal": "a left-right flip keeps the label; upside down never occurs",
    "none": "no flip: left and right are different classes",
}


@dataclass(frozen=True, eq=False)
class DatasetCard:
    """Hold everything worth knowing about one dataset before its file is opened.

    `task` is one of "binary", "multi-class", "multi-label", "ordinal". `flips` says which mirror images keep
    the label: "any", "horizontal" (the last axis) or "none". `counts` is images per class among `counts_of`
    images (train split or source data), empty where nobody has published or counted them. `mask` marks
    volumes whose voxels are only 0 and 255. There is one card a dataset: cards are compared by identity.
    """

    flag: str
    name: str
    modality: str
    question: str
    task: str
    labels: tuple[str, ...]
    positive: str
    channels: int
    ndim: int
    n_samples: MappingProxyType
    files: MappingProxyType  # size -> (url, md5)
    licence: str
    flips: str
    mask: bool
    counts: tuple[int, ...]
    counts_of: int
    cite: str
    defects: tuple[str, ...]
    description: str

    @property
    def sizes(self) -> tuple[int, ...]:
        """Return the published edge lengths in pixels or voxels, smallest first."""
        return tuple(self.files)

    @property
    def licence_text(self) -> str:
        """Return the licence in full words."""
        return LICENCES[self.licence]

    @property
    def n_outputs(self) -> int:
        """Return how many numbers a network predicts per image: one a class or finding (two for binary)."""
        return len(self.labels)

    @property
    def label_width(self) -> int:
        """Return L in the label array's shape `(N, L)`: 14 findings for ChestMNIST, else 1."""
        return len(self.labels) if self.task == "multi-label" else 1

    def file_name(self, size: int = 28) -> str:
        """Return MedMNIST's file name, such as `breastmnist.npz` or `breastmnist_64.npz`."""
        size = choose(size, self.sizes, f"size for {self.flag}")
        return f"{self.flag}.npz" if size == 28 else f"{self.flag}_{size}.npz"

    def image_shape(self, size: int = 28) -> tuple[int, ...]:
        """Return one image's shape: `(H, W)`, `(H, W, 3)` or `(D, H, W)`."""
        size = choose(size, self.sizes, f"size for {self.flag}")
        return (size,) * self.ndim + ((3,) if self.channels == 3 else ())

    def raw_bytes(self, size: int = 28) -> int:
        """Return the memory the images of all three splits take once unpacked, in bytes."""
        return sum(self.n_samples.values()) * math.prod(self.image_shape(size))

    def __str__(self) -> str:
        """Return the card as text."""
        return "\n".join(f"{key:>12}  {value}" for key, value in self.rows())

    __repr__ = __str__

    def __reduce__(self):
        """Pickle and copy as a reference to the one card."""
        return card, (self.flag,)

    def _repr_html_(self) -> str:
        left = "style='text-align: left'"
        body = "".join(
            f"<tr><th scope='row' {left}>{k}</th><td {left}>{escape(v)}</td></tr>" for k, v in self.rows()
        )
        return f"<table class='card'><caption>{self.name}</caption>{body}</table>"

    def rows(self) -> list[tuple[str, str]]:
        """Return the card's lines as (field, text) pairs, in reading order."""
        splits = ", ".join(f"{name} {n:,}" for name, n in self.n_samples.items())
        shape = " x ".join(map(str, self.image_shape()))
        kinds = "findings" if self.task == "multi-label" else "classes"
        return [
            ("flag", self.flag),
            ("modality", self.modality),
            ("question", self.question),
            ("task", f"{self.task}, {len(self.labels)} {kinds}"),
            ("labels", "; ".join(f"{i} = {label}" for i, label in enumerate(self.labels))),
            *([("positive", self.positive)] if self.positive else []),
            ("images", f"{splits}; {shape} and sizes {', '.join(map(str, self.sizes))}"),
            ("mirror", MIRRORS[self.flips]),
            ("licence", self.licence_text),
            ("source data", self.cite),
            *(("beware", defect) for defect in self.defects),
        ]


class CardTable(tuple):
    """Hold all cards; show them as a table in a notebook and in a terminal."""

    HEADER = ("flag", "modality", "task", "classes", "train", "val", "test", "size", "licence")
    NUMBERS = ("classes", "train", "val", "test")

    def rows(self) -> list[tuple[str, ...]]:
        """Return the table's cells as text, one row a dataset."""
        return [
            (c.flag, c.modality, c.task, str(len(c.labels)), *(f"{n:,}" for n in c.n_samples.values()),
             "x".join(map(str, c.image_shape())), c.licence)
            for c in self
        ]  # fmt: skip

    def __str__(self) -> str:
        """Return the table as aligned text."""
        rows = [self.HEADER, *self.rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        sides = [str.rjust if name in self.NUMBERS else str.ljust for name in self.HEADER]
        lines = ([side(*cell) for side, *cell in zip(sides, row, widths, strict=True)] for row in rows)
        return "\n".join("  ".join(line).rstrip() for line in lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        style = {name: "white-space: nowrap; text-align: left" for name in self.HEADER}
        style |= {"modality": "text-align: left"} | dict.fromkeys(self.NUMBERS, "text-align: right")
        head = "".join(f"<th scope='col' style='{style[name]}'>{name}</th>" for name in self.HEADER)
        body = "".join(
            "<tr>" + "".join(f"<td style='{look}'>{escape(text)}</td>" for look, text in
                             zip(style.values(), row, strict=True)) + "</tr>"
            for row in self.rows()
        )  # fmt: skip
        caption = "The 18 MedMNIST datasets"
        return (
            f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )


@cache
def medmnist_info() -> dict:
    """Read `medmnist.INFO` without importing medmnist, which would pull torch and pandas (2.9 s).

    Raises:
        CourseError: when medmnist is not installed.
    """
    package = importlib.util.find_spec("medmnist")
    if package is None:
        raise CourseError(
            "The package medmnist is missing. Install it: pip install --no-deps medmnist==3.0.2"
        )
    spec = importlib.util.spec_from_file_location(
        "medmnist_info", Path(package.submodule_search_locations[0]) / "info.py"
    )
    module = importlib.util.module_from_spec(spec)
    with warnings.catch_warnings():  # it warns where it can't make ~/.medmnist, which reading needs not
        warnings.simplefilter("ignore")
        spec.loader.exec_module(module)
    return module.INFO


@cache
def cards() -> CardTable:
    """Return the cards of all 18 datasets, in MedMNIST's order.

    Example:
        >>> len(cards())
        18
    """
    facts = tomllib.loads(Path(__file__).with_name("facts.toml").read_text(encoding="utf-8"))
    return CardTable(_build(flag, info, facts[flag]) for flag, info in medmnist_info().items())


def card(flag: str) -> DatasetCard:
    """Return one dataset's card.

    Args:
        flag: MedMNIST's lower-case name, such as "breastmnist".

    Raises:
        ChoiceError: when no dataset has that flag; the message names the nearest.

    Example:
        >>> card("retinamnist").task
        'ordinal'
    """
    by_flag = {one.flag: one for one in cards()}
    return by_flag[choose(flag, by_flag, "flag")]


def _build(flag: str, info: dict, facts: dict) -> DatasetCard:
    sizes = [28, *sorted(int(key[4:]) for key in info if key.startswith("url_"))]
    files = {
        s: (info["url" if s == 28 else f"url_{s}"], info["MD5" if s == 28 else f"MD5_{s}"]) for s in sizes
    }
    counts = tuple(facts.get("counts", ()))
    return DatasetCard(
        flag=flag,
        name=info["python_class"],
        modality=facts["modality"],
        question=facts["question"],
        task=TASKS[info["task"]],
        labels=tuple(facts.get("labels", info["label"].values())),
        positive=facts.get("positive", ""),
        channels=info["n_channels"],
        ndim=3 if flag.endswith("3d") else 2,
        n_samples=MappingProxyType(dict(info["n_samples"])),
        files=MappingProxyType(files),
        licence=info["license"],
        flips=facts["flips"],
        mask=facts.get("mask", False),
        counts=counts,
        counts_of=facts.get("counts_of", sum(counts)),
        cite=facts["cite"],
        defects=tuple(facts["defects"]),
        description=info["description"],
    )
