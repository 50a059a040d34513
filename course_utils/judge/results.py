"""Result files in MedMNIST's own format, so that any system's scores can be read, checked and compared.

A file is `{flag}{_size}_{split}_[AUC]0.901_[ACC]0.863@{run}.csv`: one line a case, `index,score,score,...`,
without a header. It is what `medmnist.Evaluator` writes and reads; its slips are not repeated (see `read`).
"""

import csv
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .. import data
from ..cards import card
from ..errors import DataError, choose
from ..measure import metrics

SPLITS = ("train", "val", "test")
SAMPLE = "-sample"
# The run may hold dots and brackets; scores in the name are optional, as for Evaluator.parse_and_evaluate.
NAME = re.compile(
    r"(?P<flag>[a-z0-9]+?)(?:_(?P<size>\d+))?_(?P<split>train|val|test)"
    r"(?:_\[AUC\](?P<auc>\d\.\d+|nan)_\[ACC\](?P<acc>\d\.\d+))?(?:@(?P<run>.+))?\.csv"
)


@dataclass
class Result:
    """Hold the scores of one system on one split, with where they came from.

    `probs` is `(N, K)` float64 in dataset order; for binary tasks K may be 1, the positive class alone.
    """

    flag: str
    size: int
    split: str
    run: str
    probs: np.ndarray = field(repr=False)
    path: Path | None = None
    claimed: dict = field(default_factory=dict)  # AUC and ACC as the file's name states them


def name(flag: str, split: str, scores: dict, run: str, *, size: int = 28) -> str:
    """Return MedMNIST's file name for a result.

    Example:
        >>> name("breastmnist", "test", {"auc": 0.9012, "acc": 0.8625}, "small_cnn-seed0")
        'breastmnist_test_[AUC]0.901_[ACC]0.863@small_cnn-seed0.csv'
    """
    suffix = "" if size == 28 else f"_{size}"
    # MedMNIST formats with .3f as well; equal rounding matters, for a reader finds the file by name.
    return f"{flag}{suffix}_{split}_[AUC]{scores['auc']:.3f}_[ACC]{scores['acc']:.3f}@{run}.csv"


def write(folder, flag: str, split: str, y, probs, run: str, *, size: int = 28, source: str = "real") -> Path:
    """Score a system and write its result file, whole or not at all.

    Args:
        folder: where to; made if missing.
        flag, split, size: which images were scored.
        y: integer labels `(N,)`, `(N, 1)` or, multi-label, `(N, L)`, in dataset order.
        probs: `(N, K)` probabilities in dataset order.
        run: what made them, such as "small_cnn-seed0"; no slash.
        source: the dataset's `.source`. Scores on sample data get "-sample" after the run, so that nobody
            takes them for scores on real images.

    Returns:
        The path of the new file. An existing file of that name is replaced.

    Raises:
        ScoreError: when the scores don't fit the labels.
        ChoiceError: on an unknown flag, size or split.
        DataError: when the run's name can't be part of a file name.
    """
    the_card = card(flag)
    choose(split, SPLITS, "split")
    choose(size, the_card.sizes, f"size for {flag}")
    if source == "sample" and not run.endswith(SAMPLE):
        run += SAMPLE
    if not run or re.search(r"[/\\\0]", run):
        raise DataError(
            f"The run name {run!r} can't be part of a file name: use letters, digits, dots, dashes."
        )
    probs = np.asarray(probs)
    _check_columns(the_card, probs.reshape(len(probs), -1).shape[1], "The scores")
    path = Path(folder) / name(flag, split, metrics.evaluate(y, probs, the_card.task), run, size=size)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    # repr() of a float64 is exact; a float32 is widened first, so that what is read back compares equal.
    lines = (f"{i}," + ",".join(map(repr, row)) for i, row in enumerate(_rows(probs)))
    try:
        part.write_text("\n".join(lines) + "\n", encoding="ascii")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return path


def read(path) -> Result:
    """Read a result file from any system, MedMNIST's `Evaluator` included.

    Lines may come in any order: they are sorted by index, as `Evaluator` does. Unlike it, this checks that
    every index occurs once from 0 on, that the columns fit the dataset, and keeps dots in the run's name.

    Raises:
        DataError: with what is wrong and where: name, index, columns, a cell that is no number.
    """
    path = Path(path)
    match = NAME.fullmatch(path.name)
    if not match:
        raise DataError(
            f"{path.name!r} is no result file name: expected "
            "'{flag}_{test|val|train}_[AUC]0.901_[ACC]0.863@{run}.csv', or '{flag}_{size}_...'."
        )
    the_card = card(match["flag"])
    size = choose(int(match["size"] or 28), the_card.sizes, f"size for {the_card.flag}")
    table = _numbers(path)
    index, probs = table[:, 0], table[:, 1:]
    if not np.array_equal(np.sort(index), np.arange(len(index))):
        raise DataError(
            f"{path.name}: the first column must be the case's index, each of 0..{len(index) - 1} once; "
            f"found {index.min():g}..{index.max():g} with {len(np.unique(index))} different values. "
            "Write one line a case, without a header."
        )
    _check_columns(the_card, probs.shape[1], path.name)
    claimed = {key: float(match[key]) for key in ("auc", "acc") if match[key]}
    probs = probs[np.argsort(index)]
    return Result(the_card.flag, size, match["split"], match["run"] or "", probs, path, claimed)


def evaluate(path, *, root=None, source: str | None = None) -> dict:
    """Score a result file against the labels of its split.

    Args:
        path: a result file, from any system.
        root: folder of the real MedMNIST files; None takes the usual one.
        source: "real" or "sample" labels; None: "sample" if the run's name ends in "-sample".

    Returns:
        {"file", "flag", "size", "split", "run", "n", "source", "auc", "acc", "claimed": by its name}.

    Raises:
        DataError: when the file is damaged, or holds another number of cases than the split.
        ScoreError: when the scores are no probabilities.
    """
    result = read(path)
    source = source or ("sample" if result.run.endswith(SAMPLE) else "real")
    dataset = data.load(result.flag, size=result.size, source=source, root=root)
    y = dataset[result.split].labels
    if len(y) != len(result.probs):
        raise DataError(
            f"{Path(path).name} has {len(result.probs)} cases, but the {dataset.source} {result.split} split "
            f"of {result.flag} has {len(y)}: is it from the same split and source?"
        )
    scores = metrics.evaluate(y, result.probs, dataset.card.task)
    return {
        "file": str(path), "flag": result.flag, "size": result.size, "split": result.split, "run": result.run,
        "n": len(y), "source": dataset.source, **scores, "claimed": result.claimed,
    }  # fmt: skip


def text(reports: list[dict]) -> str:
    """Return the reports of `evaluate` as a table; a score other than the file's name says is marked."""
    lines = [f"{'AUC':>6} {'ACC':>6} {'n':>6}  result file"]
    for report in reports:
        notes = [
            f"its name says {key.upper()} {report['claimed'][key]:.3f}"
            for key in ("auc", "acc")
            if key in report["claimed"] and abs(report["claimed"][key] - report[key]) > 0.0015
        ]
        if report["source"] == "sample":
            notes.insert(0, "SAMPLE DATA")
        line = f"{report['auc']:6.3f} {report['acc']:6.3f} {report['n']:6,}  {Path(report['file']).name}"
        lines.append(line + (f"  ({'; '.join(notes)})" if notes else ""))
    return "\n".join(lines)


def _rows(probs: np.ndarray) -> list[list[float]]:
    return probs.reshape(len(probs), -1).astype(np.float64).tolist()


def _check_columns(the_card, found: int, what: str) -> None:
    wanted = {1, 2} if the_card.task == "binary" else {the_card.n_outputs}
    if found not in wanted:
        listed = " or ".join(map(str, sorted(wanted)))
        raise DataError(f"{what}: {the_card.flag} needs {listed} score columns, one a class, found {found}.")


def _numbers(path: Path) -> np.ndarray:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [line for line in csv.reader(file) if line]
    except OSError as error:
        raise DataError(f"Can't read {path}: {error.strerror}. Check the path.") from None
    except (UnicodeDecodeError, csv.Error):
        raise DataError(f"{path.name} is no text table: expected lines 'index,score,score,...'.") from None
    if not lines:
        raise DataError(f"{path.name} is empty: expected one line a case, 'index,score,score,...'.")
    for number, line in enumerate(lines, 1):
        if len(line) != len(lines[0]) or len(line) < 2:
            raise DataError(
                f"{path.name}, line {number}: {len(line)} columns, expected {max(2, len(lines[0]))} "
                "as in line 1."
            )
    try:
        return np.array(lines, dtype=np.float64)
    except ValueError:
        bad = next((n, c) for n, line in enumerate(lines, 1) for c in line if not _is_number(c))
        raise DataError(
            f"{path.name}, line {bad[0]}: {bad[1]!r} is no number. Result files have no header."
        ) from None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
