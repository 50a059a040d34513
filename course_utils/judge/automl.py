"""AutoML with a time budget: systems that search by themselves, scored and filed like any other.

FLAML (Wang et al., MLSys 2021) plays auto-sklearn's part: models for tables, on pixels. auto-sklearn itself
can't be installed on today's Python: its last release, 0.15, requires scikit-learn 0.24, and the oldest with
a build for Python 3.11 is 1.1.3. AutoKeras 3 (Jin et al., JMLR 2023) searches networks, with Keras 3.
"""

import logging
import os
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from .. import env, sample
from ..data import Dataset, Split, load
from ..errors import CourseError, choose
from ..measure import metrics
from . import baselines, published, results

IMAGES = 20_000  # training images: more would spend a budget of minutes on copying
LEARNERS = ["lgbm", "rf", "extra_tree", "lrl1"]
NEEDS = {"flaml": ("flaml", "lightgbm", "xgboost"), "autokeras": ("autokeras", "keras")}
ROLE = {"flaml": "auto-sklearn", "autokeras": "AutoKeras"}  # the published row to compare with
INSTALL = "python -m pip install -r requirements-automl.txt"

Predictor = Callable[[Split], np.ndarray]


def run(
    flag: str,
    *,
    system: str = "flaml",
    minutes: float = 2,
    size: int = 28,
    source: str = "auto",
    root: str | Path | None = None,
    seed: int = 0,
    out: str | Path = "build/runs",
) -> dict:
    """Let a system search on train, choosing on validation, then score its choice once on test.

    Args:
        flag, size, source, root: which data, see `data.load`.
        system: "flaml" or "autokeras".
        minutes: how long it may search.
        seed: fixes what the system draws; results still depend on how fast the machine is.
        out: folder for the result files of val and test, run name "{system}-seed{seed}".

    Returns:
        {"flag", "size", "system", "version", "minutes", "seed", "source", "choice": what it settled on, in
        words, "seconds": search and scoring, "val" and "test": {"auc", "acc", "result_file"},
        "constant_guess", "published": the row it stands beside, "environment"}.

    Raises:
        ChoiceError: for an unknown system, flag, size or source.
        CourseError: when the system is not installed, or found nothing in the time.
    """
    choose(system, NEEDS, "system")
    if not minutes > 0:
        raise CourseError(f"minutes is {minutes}, expected a number above 0.")
    missing = [name for name in NEEDS[system] if find_spec(name) is None]
    if missing:
        raise CourseError(f"{system} needs {' and '.join(missing)}, not installed here: {INSTALL}")
    data = load(flag, size=size, source=source, root=root)
    start = time.perf_counter()
    if system == "flaml":
        predict, choice = flaml(data, 60 * minutes, seed)
    else:
        from .automl_keras import autokeras

        predict, choice = autokeras(data, 60 * minutes, seed)
    document = {
        "flag": flag, "size": size, "system": system, "version": version(system), "minutes": minutes,
        "seed": seed, "source": data.source, "choice": choice,
    }  # fmt: skip
    for name in ("val", "test"):  # the search is over: only now is the test split opened
        probs = predict(data[name])
        scores = metrics.evaluate(data[name].y, probs, data.card.task)
        file = results.write(
            out, flag, name, data[name].y, probs, f"{system}-seed{seed}", size=size, source=data.source
        )
        document[name] = {key: None if np.isnan(value) else value for key, value in scores.items()}
        document[name]["result_file"] = str(file)
    guess = metrics.constant_guess(data.train.y, data.test.y, data.card.task)["acc"]
    return document | {
        "seconds": round(time.perf_counter() - start, 1),
        "constant_guess": {"acc": guess},
        "published": [published.row(flag, ROLE[system])],
        "environment": env.describe(),
    }


def text(document: dict) -> str:
    """Return the document of `run` as lines."""
    title = f"{document['flag']}, {document['source']} data"
    lines = [f"{title:<46}   AUC    ACC"]
    rows = [
        (f"{document['system']} {document['version']}, {name} split", document[name])
        for name in ("val", "test")
    ]
    rows.append(("constant guess, test split", {"auc": 0.5, **document["constant_guess"]}))
    real = " (on real data)" if document["source"] == "sample" else ""
    rows += [(f"published{real}: {row['method']}", row) for row in document["published"]]
    for name, row in rows:
        lines.append(
            f"{name:<46}" + " ".join("  none" if row[k] is None else f"{row[k]:6.3f}" for k in ("auc", "acc"))
        )
    lines.append(f"chosen on val: {document['choice']}")
    lines.append(f"{document['seconds']:.0f} s, of which at most {60 * document['minutes']:.0f} s of search")
    lines += [f"result file: {document[name]['result_file']}" for name in ("val", "test")]
    if document["source"] == "sample":
        lines.append(sample.BANNER)
    return "\n".join(lines)


def chosen(split: Split, seed: int) -> np.ndarray:
    """Return the indices of at most `IMAGES` training images, drawn from `seed`."""
    return np.random.default_rng(seed).permutation(len(split))[:IMAGES]


def flaml(data: Dataset, seconds: float, seed: int) -> tuple[Predictor, str]:
    """Search trees and linear models on pixels; findings of a multi-label task share the time.

    Returns:
        A function from a split to its probabilities `(N, K)`, and the choice in words.
    """
    some = chosen(data.train, seed)
    x, x_val = baselines.pixels(data.train)[some], baselines.pixels(data.val)
    y, y_val, many = data.train.y[some], data.val.y, data.card.task == "multi-label"
    targets = list(zip(y.T, y_val.T, strict=True)) if many else [(y, y_val)]
    models = [_flaml_one(x, y, x_val, y_val, seconds / len(targets), seed) for y, y_val in targets]

    def predict(split: Split) -> np.ndarray:
        pixels = baselines.pixels(split)
        if many:
            return np.stack([_columns(*model, pixels, 2)[:, 1] for model in models], axis=1)
        return _columns(*models[0], pixels, data.card.n_outputs)

    return predict, "; ".join(dict.fromkeys(_story(search) for search, _ in models))


def _flaml_one(x, y, x_val, y_val, seconds: float, seed: int) -> tuple:
    """Return a finished search (None where there is but one class to learn) and the classes it knows."""
    seen = np.unique(y)
    if len(seen) == 1:
        return None, seen
    known = np.isin(y_val, seen)  # FLAML wants classes numbered without gaps
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from flaml.automl import AutoML

        logging.getLogger("flaml").setLevel(logging.ERROR)
        search = AutoML()
        search.fit(
            x, np.searchsorted(seen, y), X_val=x_val[known], y_val=np.searchsorted(seen, y_val[known]),
            task="classification", metric=loss, time_budget=seconds, estimator_list=LEARNERS, seed=seed,
            verbose=0, n_jobs=_jobs(),
            retrain_full=False,  # else the choice is trained again on train and val together
        )  # fmt: skip
    if search.model is None:
        raise CourseError(f"FLAML finished no model in {seconds:.1f} s: give it more --minutes.")
    return search, seen


def loss(x, y, model, *others) -> tuple[float, dict]:
    """Return what FLAML makes small: 1 - AUC, or the log loss where one class alone allows no AUC."""
    y, probs = np.asarray(y), np.asarray(model.predict_proba(x))
    task = "binary" if probs.shape[1] == 2 else "multi-class"
    auc = metrics.auc(y, probs, task, absent="skip")
    if np.isnan(auc):
        return float(-np.log(probs[np.arange(len(y)), y].clip(1e-12)).mean()), {}
    return 1 - auc, {"auc": auc}


def _columns(search, seen: np.ndarray, pixels: np.ndarray, k: int) -> np.ndarray:
    probs = np.zeros((len(pixels), k))
    probs[:, seen] = 1 if search is None else search.predict_proba(pixels)
    return probs / probs.sum(1, keepdims=True)


def _story(search) -> str:
    if search is None:
        return "a class that never changes"
    config = (
        f"{key} {value:.3g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in search.best_config.items()
    )
    return f"{search.best_estimator} ({', '.join(config)})"


def _jobs() -> int:
    """Return how many cores to use: those of this process, or OMP_NUM_THREADS if that is set."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return int(os.environ.get("OMP_NUM_THREADS") or cores)
