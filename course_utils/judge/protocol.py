"""A study's protocol: all choices, frozen before training, and how often the test split was read.

After the registered reports of other sciences (Chambers 2013): what was decided before the result was known
can't have been chosen because of it.
"""

import hashlib
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ..cards import card
from ..errors import CourseError
from . import intervals

# Measures of which more is better.
MEASURES = ("auc", "acc", "balanced_acc", "macro_f1", "kappa", "sensitivity", "specificity")
FILE, READINGS = "protocol.json", "test_readings.txt"
FEWEST_SEEDS, FEWEST_LETTERS = 3, 20


@dataclass(frozen=True)
class Protocol:
    """Hold what is decided before training.

    Attributes:
        question: one sentence with a question mark, which the study can answer with yes, no or undecided.
        flag: the dataset.
        model: what is trained, such as "small_cnn".
        epochs: how often it sees the training images.
        seeds: all of them are trained and all are reported.
        measure: the one that decides, from `MEASURES`.
        rival: what it has to beat.
        margin: the smallest lead that would matter to anybody.
        rule: how the decision threshold is found on validation (binary tasks).
        not_done: what is left out on purpose.
    """

    question: str
    flag: str
    model: str
    epochs: int
    seeds: tuple[int, ...]
    measure: str
    rival: str
    margin: float
    rule: str = "youden"
    not_done: str = ""

    def __str__(self) -> str:
        """Return the protocol as text, its fingerprint below."""
        lines = [f"{name:<9} {value}" for name, value in asdict(self).items()]
        return "\n".join([*lines, f"fingerprint {self.fingerprint()}"])

    __repr__ = __str__

    def fingerprint(self) -> str:
        """Return twelve letters that change with every change of the protocol (SHA-256)."""
        return hashlib.sha256(_json(self).encode()).hexdigest()[:12]

    def gaps(self) -> list[str]:
        """Return what is missing or unwise, one sentence each; empty when it can be frozen."""
        task, found = card(self.flag).task, []
        if len(self.question) < FEWEST_LETTERS or not self.question.rstrip().endswith("?"):
            found.append("The question is not a sentence that ends with a question mark.")
        if self.measure not in MEASURES:
            found.append(f"The measure {self.measure!r} is none of {', '.join(MEASURES)}.")
        elif self.measure in ("sensitivity", "specificity") and task != "binary":
            found.append(f"The measure {self.measure!r} needs two classes; {self.flag} is {task}.")
        elif task == "multi-label" and self.measure not in ("auc", "acc"):
            found.append(f"For several findings an image take auc or acc, not {self.measure!r}.")
        if len(set(self.seeds)) < FEWEST_SEEDS:
            found.append(
                f"{len(set(self.seeds))} different seeds; three or more show the spread between runs."
            )
        if not 0 < self.margin < 0.5:
            found.append(f"The margin is {self.margin}; say which lead, above 0 and below 0.5, would matter.")
        if self.epochs < 1:
            found.append(f"{self.epochs} epochs; expected 1 or more.")
        if not self.rival.strip():
            found.append("No rival is named: better than what?")
        if len(self.not_done) < FEWEST_LETTERS:
            found.append("Nothing is said about what is left out (not_done).")
        return found

    def width(self, expected: float = 0.85) -> float:
        """Return how far an accuracy's 95 % interval would reach below it on the real test split."""
        n = card(self.flag).n_samples["test"]
        interval = intervals.wilson(expected * n, n)
        return interval.value - interval.low


def freeze(plan: Protocol, folder: str | Path) -> Path:
    """Write a protocol to a folder, with the time; from now on the folder takes no other.

    Returns:
        The path of the file. Freezing the same protocol again changes nothing.

    Raises:
        CourseError: when the protocol has gaps, or another one was frozen there.
    """
    if plan.gaps():
        raise CourseError(f"This protocol can't be frozen yet: {' '.join(plan.gaps())}")
    path = Path(folder) / FILE
    if path.exists():
        old = json.loads(path.read_text(encoding="utf-8"))["fingerprint"]
        if old != plan.fingerprint():
            raise CourseError(
                f"{path} holds another protocol ({old}, this one is {plan.fingerprint()}). A frozen protocol "
                "isn't changed: start a new study in a new folder, and report both."
            )
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    frozen = {**asdict(plan), "fingerprint": plan.fingerprint(), "frozen": time.strftime("%Y-%m-%d %H:%M:%S")}
    path.write_text(json.dumps(frozen, indent=2) + "\n", encoding="utf-8")
    return path


def frozen_at(folder: str | Path) -> str:
    """Return when the folder's protocol was frozen.

    Raises:
        CourseError: when none was.
    """
    path = Path(folder) / FILE
    if not path.exists():
        raise CourseError(f"No protocol was frozen in {folder}: protocol.freeze(plan, folder) comes first.")
    return json.loads(path.read_text(encoding="utf-8"))["frozen"]


def open_test(folder: str | Path) -> int:
    """Note that the test split is read now, and return for which time.

    Raises:
        CourseError: when no protocol was frozen there.
    """
    frozen_at(folder)
    path = Path(folder) / READINGS
    with path.open("a", encoding="utf-8") as file:
        file.write(time.strftime("%Y-%m-%d %H:%M:%S") + "\n")
    return readings(folder)


def readings(folder: str | Path) -> int:
    """Return how often the test split was read in this study."""
    path = Path(folder) / READINGS
    return len(path.read_text(encoding="utf-8").split("\n")) - 1 if path.exists() else 0


def verdict(low: float, high: float, margin: float) -> str:
    """Return what the interval of (ours - rival) says, in a word.

    Example:
        >>> verdict(0.01, 0.08, 0.03), verdict(-0.02, 0.05, 0.03), verdict(-0.02, 0.02, 0.03)
        ('better', 'undecided', 'no lead that matters')
    """
    if low > 0:
        return "better"
    if high < 0:
        return "worse"
    return "no lead that matters" if high < margin else "undecided"


def _json(plan: Protocol) -> str:
    return json.dumps(asdict(plan), sort_keys=True)
