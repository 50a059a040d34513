"""Choosing settings without the test split: train and validation pooled, split anew, candidates compared."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from ..data import Dataset, Split
from ..errors import CourseError
from ..measure import metrics
from .recipes import Recipe, member_seeds, recipe

PARTS = {"train": 0.7, "val": 0.1, "test": 0.2}


def resplit(data: Dataset, seed: int = 0) -> Dataset:
    """Pool train and validation images and deal them out anew, each class alike; the test split is left out.

    Args:
        data: only `data.train` and `data.val` are read.
        seed: fixes the deal.

    Returns:
        A dataset whose train, val and test hold 70, 10 and 20 % of the pooled images.

    Example:
        >>> from course_utils import load
        >>> new = resplit(load("breastmnist", source="sample"))
        >>> len(new.train), len(new.val), len(new.test)
        (437, 63, 124)
    """
    images = np.concatenate([data.train.images, data.val.images])
    labels = np.concatenate([data.train.labels, data.val.labels])
    order = np.random.default_rng(seed).permutation(len(images))
    order = order[np.argsort(labels[order, 0], kind="stable")]  # class after class
    place = (np.arange(len(order)) * 0.618034) % 1  # golden steps spread each class evenly over the parts
    parts, low = {}, 0.0
    for name, share in PARTS.items():
        index = np.sort(order[(place >= low) & (place < low + share)])
        parts[name] = Split(name, images[index], labels[index], data.card)
        low += share
    return replace(data, **parts)


def compare(
    data: Dataset,
    candidates: Sequence[dict],
    *,
    splits: int = 4,
    device: str = "auto",
    report: Callable[[dict], None] = lambda row: None,
) -> list[dict]:
    """Train every candidate on the same fresh splits and score it on their third part.

    Args:
        data: only its train and validation images are read.
        candidates: changes to the dataset's recipe, such as `{"head": "corn"}`; `{}` is the recipe as it is.
        splits: how many deals.
        device: where to train.
        report: called with each row when it is known.

    Returns:
        One row a candidate: "changes", "auc" and "acc" (one a deal), "mean" and "std" of the AUC, "seconds".

    Raises:
        CourseError: for a setting that a recipe does not have.
    """
    known = set(Recipe.__dataclass_fields__)
    if wrong := {name for candidate in candidates for name in candidate} - known:
        raise CourseError(f"A recipe has no setting {sorted(wrong)}; it has {', '.join(sorted(known))}.")
    rows = []
    for changes in candidates:
        scores = [_score(resplit(data, seed), seed, changes, device) for seed in range(splits)]
        aucs = [score["auc"] for score in scores]
        rows.append({
            "changes": changes,
            "auc": aucs,
            "acc": [score["acc"] for score in scores],
            "mean": statistics.fmean(aucs),
            "std": statistics.stdev(aucs) if splits > 1 else 0.0,
            "seconds": statistics.fmean(score["seconds"] for score in scores),
        })  # fmt: skip
        report(rows[-1])
    return rows


def _score(data: Dataset, seed: int, changes: dict, device: str) -> dict:
    from . import models, train

    settings = replace(recipe(data.card, len(data.train)), **changes)
    fits = []
    for own in member_seeds(seed, settings.members):
        net = models.small_cnn(data.card, size=data.size, head=settings.head, seed=own)
        fits.append(train.fit(net, data, settings=settings, device=device, seed=own, progress=False))
    probs = train.predict_mean([fit.model for fit in fits], data.test, device=device, tta=settings.tta)
    score = metrics.evaluate(data.test.y, probs, data.card.task)
    return score | {"seconds": sum(fit.seconds for fit in fits)}


def parse(text: str) -> dict:
    """Read a candidate such as `head=corn,epochs=30`.

    Example:
        >>> parse("head=corn,epochs=30,ema=0.2,tta=false")
        {'head': 'corn', 'epochs': 30, 'ema': 0.2, 'tta': False}
    """
    changes = {}
    for part in text.split(","):
        name, equals, value = part.partition("=")
        if not equals or name not in Recipe.__dataclass_fields__:
            known = ", ".join(Recipe.__dataclass_fields__)
            raise CourseError(f"{part!r} is no setting: write NAME=VALUE with a name of {known}.")
        kind = type(getattr(Recipe(), name))
        try:
            changes[name] = value.lower() in ("1", "true", "yes") if kind is bool else kind(value)
        except ValueError as error:
            raise CourseError(f"{name} takes {kind.__name__}, got {value!r}.") from error
    return changes


def line(row: dict) -> str:
    """Return one row of `compare` as a line of text."""
    what = ", ".join(f"{name}={value}" for name, value in row["changes"].items()) or "the recipe"
    return f"{what:<44} AUC {row['mean']:.4f} +- {row['std']:.4f}  {row['seconds']:.1f} s"
