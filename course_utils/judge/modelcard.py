"""A model card that fills itself from a study, what only a person can add, and a rubric to grade it by.

After Mitchell et al., "Model cards for model reporting", FAT* 2019: who made it, what for, on whom it was
measured, how well, and where it must not be used.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .. import env
from ..data import Dataset
from ..errors import CourseError
from . import calibration, differences, intervals, protocol, published

OPEN = "(fill in)"
PROMPTS = {
    "use": "who should use it, for which decision, and who decides in the end",
    "not_for": "patients, places and decisions for which it was not measured",
    "limits": "what went wrong in the errors that you looked at, and what surprised you",
}
RUBRIC = {
    "question": "One question that this dataset can answer, with a measure and a margin. 2: all three.",
    "protocol": "Frozen before training, nothing changed after. 2: frozen, and what is left out is said.",
    "bars": "Constant guess and a dull system beside the network. 2: both, on the same images.",
    "uncertainty": "An interval from the test images and the spread between seeds. 2: both.",
    "test once": "Every choice on validation, test read once. 2: once. 1: more often, and said. 0: hidden.",
    "verdict": "The verdict follows from the interval and the margin. 2: also where it disappoints.",
    "limits": "Known defects, errors looked at, what the data cannot tell. 2: all three.",
    "reuse": "Result file, settings, versions and licence: somebody else can go on. 2: all four.",
}
MOST = 2


@dataclass(frozen=True)
class Study:
    """Hold a finished study: `val` and `test` are one probability table `(N, K)` a seed, `rival` on test."""

    plan: protocol.Protocol
    data: Dataset
    val: list
    test: list
    rival: np.ndarray
    folder: Path
    files: tuple = ()
    weights: int = 0
    seconds: float = 0.0

    def threshold(self, seed: int = 0) -> float:
        """Return one seed's decision threshold, from validation; 0.5 unless the task is binary."""
        if self.data.card.task != "binary":
            return 0.5
        return calibration.pick_threshold(self.data.val.y, self.val[seed], self.plan.rule)

    def scores(self, name: str) -> list[float]:
        """Return one measure of each seed on test, decisions at that seed's own threshold."""
        y, once = self.data.test.y, np.ones((1, len(self.data.test)), np.uint16)
        return [
            float(intervals.resampled(y, p, self.data.card.task, name, once, self.threshold(k))[0])
            for k, p in enumerate(self.test)
        ]

    def lead(self, *, resamples: int = 1000) -> differences.Difference:
        """Return by how much the middle seed beats the rival in the protocol's measure, image by image."""
        order = np.argsort(self.scores(self.plan.measure), kind="stable")
        middle = int(order[(len(order) - 1) // 2])
        return differences.compare(
            self.data.test.y, self.test[middle], self.rival, self.data.card.task, self.plan.measure,
            resamples=resamples, thresholds=(self.threshold(middle), 0.5),
        )  # fmt: skip

    def verdict(self) -> str:
        """Return what the lead says, see `protocol.verdict`."""
        lead = self.lead()
        return protocol.verdict(lead.low, lead.high, self.plan.margin)


@dataclass(frozen=True)
class ModelCard:
    """Hold a card's Markdown; shows itself formatted in a notebook."""

    text: str = field(repr=False)

    def gaps(self) -> list[str]:
        """Return what a person still has to write."""
        return [line.split(OPEN, 1)[1].strip(" :.") for line in self.text.splitlines() if OPEN in line]

    def write(self, path: str | Path) -> Path:
        """Write the card as a Markdown file and return its path."""
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text + "\n", encoding="utf-8")
        return path

    def __str__(self) -> str:
        """Return the card's Markdown."""
        return self.text

    def _repr_markdown_(self) -> str:
        return f"\n{self.text}".replace("\n## ", "\n#### ").replace("\n# ", "\n### ").lstrip()


def fill(study: Study, *, use: str = "", not_for: str = "", limits: str = "") -> ModelCard:
    """Write the card of a study: numbers come from the run, the three texts from you.

    Args:
        study: what was run.
        use, not_for, limits: see `PROMPTS`; what is empty is marked as to be filled in.

    Raises:
        CourseError: when no protocol was frozen in the study's folder, or a seed is missing.
    """
    plan, data = study.plan, study.data
    if len(study.test) != len(plan.seeds) or len(study.val) != len(plan.seeds):
        raise CourseError(
            f"The protocol has {len(plan.seeds)} seeds, the study {len(study.test)} on test and "
            f"{len(study.val)} on validation: report all of them."
        )
    said = {"use": use, "not_for": not_for, "limits": limits}
    said = {name: text.strip() or f"{OPEN}: {PROMPTS[name]}." for name, text in said.items()}
    card, times = data.card, protocol.readings(study.folder)
    defects = [f"- {one}" for one in card.defects] or ["- none that we know of"]
    parts = [
        f"# Model card: {plan.model} on {card.name}",
        f"**{data.banner}**" if data.banner else "",
        f"**Question.** {plan.question}",
        f"**Verdict: {study.verdict()}.** {plan.measure} minus that of {plan.rival}, middle seed, same "
        f"images: {study.lead()}. A lead below {plan.margin} would not matter.",
        "## Intended use", said["use"], "**Not for:** " + said["not_for"], "**Not for clinical use.**",
        "## Data",
        f"{card.name}, {data.source} data: {card.modality}. {card.question}",
        "\n".join(f"- {s}: {len(data[s]):,} images" for s in ("train", "val", "test")),
        f"Classes: {'; '.join(card.labels)}. Licence: {card.licence}. Source: {card.cite}.",
        "Known defects:", "\n".join(defects),
        "## Training",
        f"{plan.model}" + (f", {study.weights:,} weights" if study.weights else "")
        + f"; {plan.epochs} epochs; seeds {', '.join(map(str, plan.seeds))}; epoch chosen on validation."
        + (f" {study.seconds:.0f} s in all." if study.seconds else ""),
        f"Protocol {plan.fingerprint()}, frozen {protocol.frozen_at(study.folder)}. Test split read "
        f"{times} {'time' if times == 1 else 'times'}. Left out on purpose: {plan.not_done}",
        "## Scores on test", _table(study),
        "Intervals: 95 %, from the test images (bootstrap), first seed. Spread: standard deviation between "
        "seeds. Neither speaks of other hospitals. Result files state MedMNIST's ACC in their names, at 0.5.",
        "## Limits", said["limits"],
        "The files hold nothing about sex, age, skin tone, device or hospital: whether it is equally good "
        "for everybody, or elsewhere, is not known. Whether images share a patient is not known either.",
        "## To go on from here",
        "\n".join(f"- {Path(file).name}" for file in study.files) or "- no result file was written",
        f"{env.describe()}.",
    ]  # fmt: skip
    return ModelCard("\n\n".join(part for part in parts if part))


def _table(study: Study) -> str:
    data, task = study.data, study.data.card.task
    names = {
        "binary": ["auc", "acc", "balanced_acc", "sensitivity", "specificity"],
        "ordinal": ["auc", "acc", "balanced_acc", "kappa"], "multi-label": ["auc", "acc"],
    }.get(task, ["auc", "acc", "balanced_acc", "macro_f1"])  # fmt: skip
    y, once = data.test.y, np.ones((1, len(data.test)), np.uint16)
    guess = np.zeros((len(y), data.card.n_outputs))
    if task == "multi-label":
        guess[:] = data.train.y.mean(0) > 0.5
    else:
        guess[:, data.train.counts.argmax()] = 1
    rows = [
        f"| measure | {study.plan.model}: mean of seeds | spread | first seed, 95 % | {study.plan.rival} | "
        "constant guess |", "| --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for name in names:
        each = study.scores(name)
        spread = f"{np.std(each, ddof=1):.3f}" if len(each) > 1 else "-"
        first = intervals.bootstrap(y, study.test[0], task, name, threshold=study.threshold())
        dull, bar = (float(intervals.resampled(y, p, task, name, once)[0]) for p in (study.rival, guess))
        mark = " (decides)" if name == study.plan.measure else ""
        rows.append(f"| {name}{mark} | {np.mean(each):.3f} | {spread} | {first} | {dull:.3f} | {bar:.3f} |")
    text = "\n".join(rows)
    if task == "binary":
        cuts = ", ".join(f"{study.threshold(k):.2f}" for k in range(len(study.test)))
        ece = calibration.reliability(y, study.test[0], task).ece
        text += (
            f"\n\nSensitivity is the recall of class 1, {data.card.labels[1]}; specificity that of class 0, "
            f"{data.card.labels[0]}. Thresholds from validation ({study.plan.rule}): {cuts}; the rival's is "
            f"0.5. ECE of the first seed: {ece:.3f}."
        )
    if data.source == "real" and data.size == 28:
        best = max(published.rows(data.card.flag), key=lambda row: row["auc"])
        text += (
            f"\n\nHighest published AUC: {best['method']} {best['auc']:.3f} (ACC {best['acc']:.3f}; Yang et "
            "al. 2023). Its scores for each image aren't in the table, so no paired comparison."
        )
    return text


def rubric() -> str:
    """Return the rubric as text: criteria, 0 to 2 points each."""
    lines = [f"{name:<12} {text}" for name, text in RUBRIC.items()]
    return "\n".join([*lines, f"Each 0, 1 or {MOST}; {MOST * len(RUBRIC)} in all."])


def ceiling(study: Study, card: ModelCard) -> dict[str, tuple[int, str]]:
    """Return the most points that some criteria can get, with the reason: what a program can see.

    Args:
        study: what was run.
        card: its model card.

    Returns:
        criterion -> (points, reason), only where less than full points can be given.
    """
    found, times = {}, protocol.readings(study.folder)
    if study.plan.gaps():
        found["protocol"] = (0, study.plan.gaps()[0])
    if len(set(study.plan.seeds)) < protocol.FEWEST_SEEDS:
        found["uncertainty"] = (1, f"{len(study.plan.seeds)} seeds are too few for a spread")
    if times != 1:
        found["test once"] = (1, f"the test split was read {times} times")
    if card.gaps():
        found["limits"] = (1, f"the card still lacks: {card.gaps()[0]}")
    if not study.files:
        found["reuse"] = (1, "no result file was written")
    return found
