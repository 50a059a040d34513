"""Several seeds of one training: test scores, their mean and spread, result files and checkpoints."""

import math
import re
import statistics
from pathlib import Path

from .. import env, sample
from ..data import load
from ..errors import CourseError, choose
from ..measure import metrics
from . import published, results


def train_flag(
    flag: str,
    *,
    size: int = 28,
    model: str = "small_cnn",
    conv: str = "3d",
    epochs: int | None = None,
    seeds: int = 1,
    source: str = "auto",
    root: str | Path | None = None,
    out: str | Path = "build/runs",
    device: str = "auto",
    progress: bool = True,
) -> dict:
    """Train on train, choose the epoch on validation, score once on test; repeat for each seed.

    On very small datasets the recipe trains several networks a seed and averages their probabilities; the
    result file's name then says so ("x3").

    Args:
        flag, size, source, root: which data, see `data.load`.
        model, conv: which network, see `models.build`.
        epochs: replaces the recipe's number.
        seeds: how many runs, with seeds 0, 1, ...
        out: folder of result files (MedMNIST's format) and checkpoints.
        device: "auto", "cpu", "cuda" or "mps".
        progress: show one line an epoch.

    Returns:
        The JSON document of `python -m course_utils train --json`: "flag", "size", "model", "members"
        (networks averaged a seed), "conv" (None for images), "source", "runs" with one {"seed", "auc", "acc",
        "seconds", "result_file"} a seed, "mean" and "std" (n - 1; 0 for one seed) of "auc" and "acc",
        "constant_guess", "published", "environment".
        A score that does not exist, such as the AUC of a test split with one class, is None.

    Raises:
        ChoiceError: for an unknown flag, size, model, conv, source or device.
        CourseError: when training fails, or is interrupted; then the message says where the best weights are.
    """
    from ..learn.models import CONVS, NAMES
    from ..learn.recipes import recipe

    choose(model, NAMES, "model")  # before a download, not after it
    choose(conv, CONVS, "conv")
    env.pick_device(device)
    data = load(flag, size=size, source=source, root=root)
    settings = {"model": model, "conv": conv, "epochs": epochs, "device": device, "progress": progress}
    scores = [run_seed(data, seed, Path(out), **settings) for seed in range(seeds)]
    columns = {key: [run[key] for run in scores] for key in ("auc", "acc")}
    guess = metrics.constant_guess(data.train.y, data.test.y, data.card.task)
    return {
        "flag": flag,
        "size": size,
        "model": model,
        "members": recipe(data.card, len(data.train), model=model).members,
        "conv": conv if data.card.ndim == 3 else None,
        "source": data.source,
        "runs": scores,
        "mean": {key: _number(sum(x) / len(x)) if None not in x else None for key, x in columns.items()},
        "std": {key: _spread(x) for key, x in columns.items()},
        "constant_guess": {"acc": guess["acc"]},
        "published": published.rows(flag),
        "environment": env.describe(),
    }


def text(document: dict) -> str:
    """Return the document of `train_flag` as a table: each seed, the mean, and what to compare it with."""
    name = " ".join(filter(None, [document["model"], document["conv"]]))
    title = f"{document['flag']}, {document['source']} data, test split"
    lines = [f"{title:<46}   AUC    ACC"]
    lines += [
        _row(f"{name}, seed {run['seed']} ({run['seconds']:.0f} s)", run["auc"], run["acc"])
        for run in document["runs"]
    ]
    lines.append(_row(f"mean of {len(document['runs'])}", document["mean"]["auc"], document["mean"]["acc"]))
    if len(document["runs"]) > 1:
        lines.append(_row("standard deviation", document["std"]["auc"], document["std"]["acc"]))
    if re.search(r"-x\d+-seed", document["runs"][0]["result_file"]):
        lines.append("(each seed averages several networks: the recipe for very small datasets)")
    lines.append(_row("constant guess", 0.5, document["constant_guess"]["acc"]))
    what = "published (on real data)" if document["source"] == "sample" else "published"
    lines += [_row(f"{what}: {row['method']}", row["auc"], row["acc"]) for row in document["published"]]
    lines += [f"result file: {run['result_file']}" for run in document["runs"]]
    if document["source"] == "sample":
        lines.append(sample.BANNER)
    return "\n".join(lines)


def _row(name: str, auc: float | None, acc: float | None) -> str:
    cells = ("  none" if value is None else f"{value:6.3f}" for value in (auc, acc))
    return f"{name:<46}" + " ".join(cells)


def run_seed(
    data,
    seed: int,
    out: Path,
    *,
    model="small_cnn",
    conv="3d",
    epochs=None,
    device="auto",
    progress=False,
    tag="",
) -> dict:
    """Train one seed of one model, score it once on test and write its result file.

    Args:
        data: a `data.Dataset`; test is opened only when all training is over.
        seed: fixes first weights, order and augmentation.
        out: folder of the result file and the checkpoints.
        model, conv, epochs, device, progress: see `train_flag`.
        tag: a word that becomes part of the run's name.

    Returns:
        {"seed", "auc", "acc", "seconds", "result_file"}; a score that does not exist is None.
    """
    from ..learn import train
    from ..learn.recipes import member_seeds, recipe

    settings = recipe(data.card, len(data.train), model=model, epochs=epochs)
    many = [f"x{settings.members}"] if settings.members > 1 else []
    kernel = [conv] if data.card.ndim == 3 else []
    name = "-".join([model, *kernel, *many, *filter(None, [tag]), f"seed{seed}"])
    fits = [
        _one_fit(data, seed, member, own, settings, model, conv, out, name, device, progress)
        for member, own in enumerate(member_seeds(seed, settings.members))
    ]
    # All training is over: only now is the test split opened.
    probs = train.predict_mean([fit.model for fit in fits], data.test, device=device, tta=settings.tta)
    score = metrics.evaluate(data.test.y, probs, data.card.task)
    file = results.write(
        out, data.card.flag, "test", data.test.y, probs, name, size=data.size, source=data.source
    )
    return {
        "seed": seed,
        "auc": _number(score["auc"]),
        "acc": _number(score["acc"]),
        "seconds": round(sum(fit.seconds for fit in fits), 2),
        "result_file": str(file),
    }


def _one_fit(data, seed, member, own, settings, model, conv, out, name, device, progress):
    from ..learn import models, train

    network = models.build(model, data.card, size=data.size, conv=conv, head=settings.head, seed=own)
    size = "" if data.size == 28 else f"_{data.size}"
    sample = results.SAMPLE if data.source == "sample" else ""
    which = f"-{member + 1}" if settings.members > 1 else ""
    checkpoint = out / f"{data.card.flag}{size}@{name}{sample}{which}.safetensors"
    checkpoint.unlink(missing_ok=True)
    result = train.fit(
        network, data, settings=settings, device=device, seed=own, progress=progress, checkpoint=checkpoint
    )
    if result.stopped:
        raise CourseError(_farewell(result, seed, checkpoint))
    return result


def _farewell(result, seed: int, checkpoint: Path) -> str:
    if not checkpoint.exists():
        start = f"Interrupted in seed {seed} before the first epoch was complete: "
        earlier = any(checkpoint.parent.glob("*.safetensors"))
        return start + (
            f"earlier weights are in {checkpoint.parent}." if earlier else "there is nothing to keep."
        )
    return (
        f"Interrupted in seed {seed} after {len(result.history)} epochs. The best weights so far (epoch "
        f"{result.best_epoch}) are in {checkpoint}; course_utils.learn.checkpoints.load reads them."
    )


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def _spread(values: list) -> float | None:
    if None in values:
        return None
    return statistics.stdev(values) if len(values) > 1 else 0.0
