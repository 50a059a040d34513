"""The board of one dataset: constant guess, logistic regression, published rows, one's own runs, side by
side."""

import re
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path

import numpy as np

from .. import data
from ..cards import card
from ..errors import CourseError
from ..measure import metrics
from . import baselines, differences, intervals, published, results

KINDS = ("bar", "published", "own")
STYLE = (
    "body{font:16px sans-serif;max-width:72em;margin:2em auto;padding:0 1em}img{max-width:100%}"
    "table{border-collapse:collapse}caption{font-weight:bold;text-align:left;padding:.5em 0}"
    "th,td{padding:.25em .7em;text-align:left;border-bottom:1px solid #ccc}"
)
SEED = re.compile(r"[-_.]?seed\d+")


@dataclass(frozen=True)
class Row:
    """Hold one system's line.

    `kind` is "bar" (constant guess, logistic regression), "published" or "own". `runs` holds (AUC, ACC)
    of each
    seed of one's own system. `probs` are the first run's, where there are any.
    """

    method: str
    kind: str
    auc: float
    acc: intervals.Interval
    auc_interval: intervals.Interval | None = None
    runs: tuple = ()
    note: str = ""
    below: bool = False
    probs: np.ndarray | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Board:
    """Hold a dataset's rows; shows itself as text, as a table in a notebook, as a frame and as a figure."""

    flag: str
    source: str
    n: int
    constant: float | None
    rows: tuple[Row, ...]
    y: np.ndarray = field(repr=False)
    banner: str = ""

    def lines(self) -> list[dict]:
        """Return the cells of the table as text, one dict a row."""
        tied = self.tied()
        return [
            {
                "method": row.method,
                "AUC": "-" if np.isnan(row.auc) else f"{row.auc:.3f}",
                "AUC 95 %": _ends(row.auc_interval),
                "ACC": f"{row.acc.value:.3f}",
                "ACC 95 %": _ends(row.acc),
                "seeds": _spread(row),
                "like the best": {True: "yes", False: "no", None: ""}[tied[i]],
                "note": "; ".join(filter(None, ["BELOW the constant guess" if row.below else "", row.note])),
            }
            for i, row in enumerate(self.rows)
        ]

    def apart(self) -> np.ndarray:
        """Return which systems' accuracies can be told apart at 95 %, bool `(R, R)`.

        Two systems with predictions on the same cases are compared case by case (McNemar); with a
        published row,
        of which only the accuracy is known, as two independent shares (Newcombe), which is cautious.
        """
        n = len(self.rows)
        out = np.zeros((n, n), bool)
        for i in range(n):
            for j in range(i):
                out[i, j] = out[j, i] = self.difference(i, j).real
        return out

    def difference(self, i: int, j: int) -> differences.Difference:
        """Return the difference in accuracy of row i to row j, with its interval."""
        a, b = self.rows[i], self.rows[j]
        if a.probs is None or b.probs is None or self.y.ndim > 1:
            return differences.unpaired(a.acc, b.acc)
        task = card(self.flag).task
        return differences.mcnemar(*(metrics.decide(row.probs, task) == self.y for row in (a, b)))

    def tied(self) -> list[bool | None]:
        """Return which rows can't be told from the row with the highest accuracy.

        On sample data the published rows, which are on real data, are left out: None.
        """
        fair = [self.source == "real" or row.kind != "published" for row in self.rows]
        best = int(np.argmax([row.acc.value if ok else -1 for row, ok in zip(self.rows, fair, strict=True)]))
        return [(i == best or not self.difference(i, best).real) if ok else None for i, ok in enumerate(fair)]

    def frame(self):
        """Return the rows as a pandas DataFrame of numbers."""
        import pandas

        tied = self.tied()
        return pandas.DataFrame(
            {
                "method": row.method, "kind": row.kind, "auc": row.auc, "acc": row.acc.value,
                "acc_low": row.acc.low, "acc_high": row.acc.high,
                "auc_low": row.auc_interval.low if row.auc_interval else np.nan,
                "auc_high": row.auc_interval.high if row.auc_interval else np.nan,
                "seeds": max(1, len(row.runs)), "acc_std": _std(row.runs, 1), "auc_std": _std(row.runs, 0),
                "below_constant": row.below, "like_the_best": tied[i], "note": row.note,
            }
            for i, row in enumerate(self.rows)
        )  # fmt: skip

    def plot(self, *, ax=None):
        """Draw accuracies with their intervals, the constant guess as a line; return a `Plate`."""
        from . import curves

        labels = {"bar": "", "published": "published: ", "own": "own: "}
        named = {f"{labels[row.kind]}{row.method}": row for row in self.rows}
        lines = {} if self.constant is None else {"constant guess": self.constant}
        below = [name for name, row in named.items() if row.below]
        caption = (
            f"{self.flag}, n = {self.n} test cases. Dots: accuracy; bars: 95 % intervals from the test set; "
            f"small strokes: single seeds.{' Orange squares: below the constant guess.' if below else ''}"
        )
        return curves.dot_intervals(
            {name: row.acc for name, row in named.items()}, "accuracy on test", lines=lines, marked=below,
            dots={name: [acc for _, acc in row.runs] for name, row in named.items()},
            caption=caption, banner=self.banner, ax=ax,
        )  # fmt: skip

    def __str__(self) -> str:
        """Return the board as aligned text."""
        table = self.lines()
        columns = [name for name in table[0] if any(line[name] for line in table)]
        cells = [columns, *([line[name] for name in columns] for line in table)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        body = "\n".join("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)
        return "\n".join(filter(None, [self.title(), body, self.footnote(), self.banner]))

    def _repr_html_(self) -> str:
        table = self.lines()
        columns = [name for name in table[0] if any(line[name] for line in table)]
        head = "".join(f"<th scope='col'>{escape(name)}</th>" for name in columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(line[name])}</td>" for name in columns) + "</tr>" for line in table
        )
        foot = escape(" ".join(filter(None, [self.footnote(), self.banner])))
        return f"<table><caption>{escape(self.title())}</caption><tr>{head}</tr>{body}</table><p>{foot}</p>"

    def page(self) -> str:
        """Return a whole HTML page with the table and the figure."""
        from base64 import b64encode

        from ..look import figures

        figures.use_style()
        plate = self.plot()
        picture = b64encode(plate.png()).decode()
        alt = escape(plate.alt, quote=True)
        return (
            f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{escape(self.title())}</title>"
            f"<style>{STYLE}</style>{self._repr_html_()}"
            f"<img alt='{alt}' src='data:image/png;base64,{picture}'>"
            "<p>Not for clinical use.</p></html>"
        )

    def title(self) -> str:
        """Return the board's heading."""
        return f"{card(self.flag).name}: {self.n} {self.source} test cases"

    def footnote(self) -> str:
        """Return where the numbers come from and how to read them."""
        here = (
            "Published rows are on real data: do not compare them with ours on sample data. "
            if self.source == "sample"
            else ""
        )
        return (
            f"Published: {published.SOURCE} {here}ACC intervals: Wilson. AUC intervals: bootstrap. "
            "'Like the best': not distinguishable from the highest ACC at 95 %, other seeds not considered."
        )


def build(
    flag: str, *, runs: str | Path = "build/runs", source: str = "auto", root=None, baseline: bool = True
) -> Board:
    """Collect everything known about a dataset's test split at size 28.

    Args:
        flag: the dataset.
        runs: folder of result files, from any system; runs whose names differ in the seed only are one row.
        source: "real", "sample" or "auto", see `data.load`. Only result files of that source are taken.
        root: folder of the real files.
        baseline: train the logistic regression on pixels (seconds).

    Raises:
        ChoiceError: on an unknown flag or source.
        DataError: when a result file is damaged; it is named.
    """
    dataset = data.load(flag, source=source, root=root)
    y, task, n = dataset.test.y, dataset.card.task, len(dataset.test)
    guess = metrics.constant_guess(dataset.train.y, y, task)["acc"]
    rows = [Row("constant guess", "bar", 0.5, _share(guess, n))]
    if baseline:
        note = f"measured on {dataset.source} data"
        probs = baselines.logistic(dataset)
        rows.append(_measured("logistic regression on pixels", "bar", probs, y, task, note))
    official = guess if dataset.source == "real" else published.constant_acc(flag)
    below = [one["method"] for one in published.below_constant(flag, official)]
    for one in published.rows(flag):
        acc = _share(one["acc"], published.n_test(flag))
        rows.append(Row(one["method"], "published", one["auc"], acc, below=one["method"] in below))
    rows += _own(Path(runs), dataset)
    rows = [replace(row, below=True) if row.kind == "own" and row.acc.value < guess else row for row in rows]
    return Board(flag, dataset.source, n, guess, tuple(rows), y, dataset.banner)


def _own(folder: Path, dataset) -> list[Row]:
    flag, sample = dataset.card.flag, dataset.source == "sample"
    groups: dict[str, list] = {}
    for path in sorted(folder.glob(f"{flag}*_test*.csv")) if folder.is_dir() else []:
        result = results.read(path)
        ours = result.run.endswith(results.SAMPLE) == sample
        if result.flag == flag and result.size == dataset.size and result.split == "test" and ours:
            name = SEED.sub("", result.run.removesuffix(results.SAMPLE)) or "run"
            groups.setdefault(name, []).append(result)
    rows = []
    for name, files in groups.items():
        bad = next((f for f in files if len(f.probs) != len(dataset.test)), None)
        if bad:
            raise CourseError(
                f"{bad.path.name} has {len(bad.probs)} cases, but the {dataset.source} test split of {flag} "
                f"has {len(dataset.test)}: move it out of {folder}, or choose the source it belongs to."
            )
        y, task = dataset.test.y, dataset.card.task
        scores = tuple(tuple(metrics.evaluate(y, f.probs, task).values()) for f in files)
        first = _measured(name, "own", files[0].probs, y, task)
        if len(files) > 1:
            mean = np.mean(scores, axis=0)
            note = f"mean of {len(files)} seeds; AUC interval of the first"
            first = replace(
                first, auc=float(mean[0]), acc=_share(float(mean[1]), len(y)), runs=scores, note=note
            )
        rows.append(first)
    return rows


def _measured(name, kind, probs, y, task, note="") -> Row:
    score = metrics.evaluate(y, probs, task)
    auc = None if np.isnan(score["auc"]) else intervals.bootstrap(y, probs, task, resamples=500)
    return Row(name, kind, score["auc"], _share(score["acc"], len(y)), auc, (), note, probs=probs)


def _share(acc: float, n: int) -> intervals.Interval:
    """Return Wilson's interval of n cases; cautious for multi-label, where a case holds several answers."""
    return intervals.wilson(acc * n, n)


def _ends(interval) -> str:
    return f"{interval.low:.3f} to {interval.high:.3f}" if interval else ""


def _std(runs, column: int) -> float:
    return float(np.std([run[column] for run in runs], ddof=1)) if len(runs) > 1 else np.nan


def _spread(row: Row) -> str:
    return f"{len(row.runs)}, ACC +- {_std(row.runs, 1):.3f}" if len(row.runs) > 1 else ""
