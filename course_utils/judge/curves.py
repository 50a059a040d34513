"""Pictures of how well a system judges: scores, ROC and precision-recall curves, calibration, intervals.

Every plot is a `Plate` that tells in its alt text what it shows; what is drawn is computed by `calibration`,
`intervals` and the two pure functions below.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from ..errors import CourseError
from ..look import figures
from ..look.figures import Plate
from ..measure import metrics
from . import calibration, intervals

GRID = np.linspace(0, 1, 101)


def roc_draws(y, probs, counts) -> np.ndarray:
    """Return the sensitivity at each false alarm rate of `GRID` for each bootstrap draw, `(B, 101)`.

    Args:
        y: 0/1 labels `(N,)`.
        probs: probability of class 1, `(N,)`, `(N, 1)` or `(N, 2)`.
        counts: `(B, N)` from `intervals.draw`.
    """
    hits, alarms, _ = _cumulated(y, probs, counts)
    pairs = zip(alarms / alarms[:, -1:], hits / hits[:, -1:], strict=True)
    return np.stack([_highest(GRID, x, t) for x, t in pairs])


def precision_draws(y, probs, counts) -> np.ndarray:
    """Return the precision at each sensitivity of `GRID` for each bootstrap draw, `(B, 101)`."""
    hits, alarms, _ = _cumulated(y, probs, counts)
    precision = hits / np.maximum(hits + alarms, 1e-12)
    place = [np.searchsorted(t, GRID - 1e-9) for t in hits / hits[:, -1:]]
    return np.stack([p[np.clip(i, 1, None)] for p, i in zip(precision, place, strict=True)])


def _cumulated(y, probs, counts):
    """Return hits and false alarms when the threshold falls below one distinct score after the other."""
    y, probs = metrics.checked(y, probs, "binary")
    order = np.argsort(-probs[:, 0], kind="stable")
    last = np.append(np.diff(probs[order, 0]) != 0, True)  # equal scores are said yes to together
    drawn = np.asarray(counts)[:, order].astype(float)
    start = np.zeros((len(drawn), 1))
    hits = np.concatenate([start, np.cumsum(drawn * y[order], axis=1)[:, last]], axis=1)
    alarms = np.concatenate([start, np.cumsum(drawn * (1 - y[order]), axis=1)[:, last]], axis=1)
    return hits, alarms, probs[order, 0][last]


def _highest(grid, x, y):
    """Interpolate a rising curve with steps; on an upright piece take its upper end."""
    return np.interp(grid + 1e-9, x + 1e-13 * np.arange(len(x)), y)


def roc_curve(
    y,
    probs,
    *,
    thresholds: Mapping[str, float] | None = None,
    resamples: int = 500,
    ax: Axes | None = None,
    banner: str = "",
) -> Plate | Axes:
    """Draw the ROC curve with its 95 % bootstrap band, and thresholds as points on it.

    Args:
        y: 0/1 labels `(N,)`.
        probs: probability of class 1; or name -> probabilities, to draw several systems.
        thresholds: name -> threshold to mark; on the first system.
        resamples: bootstrap draws of the band; 0 for none.
        ax: axes to draw on instead of a new plate.
        banner: the dataset's banner.
    """
    given, ax = ax, figures.place(ax, (7.5, 6.3))
    told, systems = [], probs if isinstance(probs, Mapping) else {"ROC curve": probs}
    for i, (name, p) in enumerate(systems.items()):
        _, sensitivity, specificity = calibration.operating_points(y, p)
        area = metrics.auc(y, p, "binary")
        style = figures.look(i) | {"marker": ""}
        ax.plot(1 - specificity, sensitivity, label=f"{name}, AUC {area:.3f}", **style)
        if resamples:
            draws = roc_draws(y, p, intervals.draw(y, resamples))
            low, high = np.quantile(draws, [0.025, 0.975], axis=0)
            ax.fill_between(GRID, low, high, color=style["color"], alpha=0.18, linewidth=0)
        told.append(f"{name}: AUC {area:.3f}")
    first = next(iter(systems.values()))
    for i, (name, threshold) in enumerate((thresholds or {}).items()):
        s = metrics.summary(y, first, "binary", threshold)
        point = 1 - s["specificity"], s["sensitivity"]
        label = f"{name}: yes above {threshold:.2f}"
        ax.plot(*point, figures.MARKERS[i], color=figures.INK, markersize=10, label=label, zorder=3)
        told.append(f"{label} gives sensitivity {point[1]:.3f} and {point[0]:.3f} false alarms")
    ax.plot([0, 1], [0, 1], color="#777777", linestyle=":", label="coin, AUC 0.500")
    ax.set(xlabel="false alarms among class 0 (1 - specificity)", ylabel="found among class 1 (sensitivity)")
    ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.01), aspect="equal")
    ax.legend(loc="lower right")
    band = " Shaded: 95 % of bootstrap draws." if resamples else ""
    caption = f"ROC curve: each point is one threshold.{band}"
    return figures.finish(ax, given, f"{caption} {'; '.join(told)}.", caption, banner)


def precision_recall_curve(
    y, probs, *, resamples: int = 500, ax: Axes | None = None, banner: str = ""
) -> Plate | Axes:
    """Draw how many of the alarms are right against how many of the cases are found, with its 95 % band.

    Args:
        y: 0/1 labels `(N,)`.
        probs: probability of class 1; or name -> probabilities.
        resamples: bootstrap draws of the band; 0 for none.
        ax: axes to draw on instead of a new plate.
        banner: the dataset's banner.
    """
    given, ax = ax, figures.place(ax, (7.5, 5.5))
    told, systems = [], probs if isinstance(probs, Mapping) else {"system": probs}
    share = float(np.mean(np.asarray(y) == 1))
    for i, (name, p) in enumerate(systems.items()):
        style = figures.look(i) | {"marker": ""}
        curve = precision_draws(y, p, np.ones((1, len(y))))[0]
        ax.plot(GRID, curve, label=name, **style)
        if resamples:
            draws = precision_draws(y, p, intervals.draw(y, resamples))
            low, high = np.quantile(draws, [0.025, 0.975], axis=0)
            ax.fill_between(GRID, low, high, color=style["color"], alpha=0.18, linewidth=0)
        told.append(f"{name}: precision {curve[50]:.3f} at sensitivity 0.5 and {curve[95]:.3f} at 0.95")
    ax.axhline(share, color="#777777", linestyle=":", label=f"yes to all: {share:.3f}")
    ax.set(xlabel="found among class 1 (sensitivity, recall)", ylabel="right among the alarms (precision)")
    ax.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02))
    ax.legend(loc="lower left")
    caption = f"Precision and recall at every threshold; saying yes to all has precision {share:.3f}."
    return figures.finish(ax, given, f"{caption} {'; '.join(told)}.", caption, banner)


def score_histogram(
    y, probs, labels, *, threshold: float | None = 0.5, ax: Axes | None = None, banner: str = ""
) -> Plate | Axes:
    """Draw how the probabilities of class 1 are spread in either class, and the threshold between yes and no.

    Args:
        y: 0/1 labels `(N,)`.
        probs: probability of class 1, `(N,)`, `(N, 1)` or `(N, 2)`.
        labels: the two class names.
        threshold: drawn as an upright line; None for none.
        ax: axes to draw on instead of a new plate.
        banner: the dataset's banner.
    """
    y, probs = metrics.checked(y, probs, "binary")
    given, ax = ax, figures.place(ax)
    edges = np.linspace(0, 1, 26)
    for k, label in enumerate(labels):
        share = np.histogram(probs[y == k, 0], edges)[0] / max(1, (y == k).sum())
        ax.stairs(100 * share, edges, fill=True, alpha=0.35, color=figures.COLOURS[k])
        ax.stairs(
            100 * share, edges, label=f"{label} ({(y == k).sum():,})", color=figures.COLOURS[k],
            linestyle=figures.LINES[k], linewidth=2,
        )  # fmt: skip
    told = ""
    if threshold is not None:
        ax.axvline(threshold, color=figures.INK, linewidth=2.5, label=f"threshold {threshold:.2f}")
        s = metrics.summary(y, probs, "binary", threshold)
        told = (
            f" Yes above {threshold:.2f} finds {s['sensitivity']:.1%} of {labels[1]} and leaves "
            f"{s['specificity']:.1%} of {labels[0]} in peace."
        )
    ax.set(xlabel=f"probability of {labels[1]}", ylabel="% of the class's cases", xlim=(0, 1))
    ax.legend(loc="best")
    caption = f"Probabilities of {labels[1]} in either class.{told}"
    return figures.finish(ax, given, caption, caption, banner)


def reliability_diagram(
    tables: Mapping[str, calibration.Reliability] | calibration.Reliability,
    *,
    ax: Axes | None = None,
    banner: str = "",
) -> Plate | Axes:
    """Draw how often things came true against how probable they were called: on the diagonal, if honest.

    Args:
        tables: a table from `calibration.reliability`, or name -> table.
        ax: axes to draw on instead of a new plate.
        banner: the dataset's banner.
    """
    tables = tables if isinstance(tables, Mapping) else {"system": tables}
    given, ax = ax, figures.place(ax, (7.5, 6.3))
    ax.plot([0, 1], [0, 1], color="#777777", linestyle=":", label="perfectly calibrated")
    told = []
    for i, (name, table) in enumerate(tables.items()):
        bounds = [intervals.wilson(s * n, n) for s, n in zip(table.observed, table.n, strict=True)]
        spread = [[b.value - b.low for b in bounds], [b.high - b.value for b in bounds]]
        label, style = f"{name}, ECE {table.ece:.3f}", figures.look(i)
        ax.errorbar(table.predicted, table.observed, np.maximum(spread, 0), label=label, capsize=4, **style)
        worst = int(np.argmax(abs(table.predicted - table.observed) * table.n))
        told.append(
            f"{name}: ECE {table.ece:.3f}; where it says {table.predicted[worst]:.2f}, "
            f"{table.observed[worst]:.2f} came true ({table.n[worst]} cases)"
        )
    what = next(iter(tables.values())).what
    ax.set(xlabel=f"predicted {what}", ylabel="how often it came true", aspect="equal")
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    ax.legend(loc="upper left")
    caption = "Reliability diagram; bars are 95 % Wilson intervals of each group of cases."
    return figures.finish(ax, given, f"{caption} {'. '.join(told)}.", caption, banner)


def draw_histogram(interval, xlabel: str, *, ax: Axes | None = None, banner: str = "") -> Plate | Axes:
    """Draw a bootstrap's draws with the interval that holds the middle of them.

    Args:
        interval: an `Interval` or `Difference` with `draws`.
        xlabel: what was drawn, such as "AUC".
        ax: axes to draw on instead of a new plate.
        banner: the dataset's banner.
    """
    if interval.draws is None:
        raise CourseError("This interval was not drawn by a bootstrap: take intervals.bootstrap or compare.")
    given, ax = ax, figures.place(ax, (figures.WIDTH, 3.8))
    draws = interval.draws[~np.isnan(interval.draws)]
    edges = np.histogram_bin_edges(draws, min(40, max(8, len(np.unique(draws)))))
    ax.hist(draws, edges, color=figures.COLOURS[5], edgecolor="white", linewidth=0.5)
    ax.axvspan(interval.low, interval.high, color=figures.COLOURS[0], alpha=0.12)
    ax.axvline(interval.value, color=figures.INK, linewidth=2.5)
    for end in (interval.low, interval.high):
        ax.axvline(end, color=figures.COLOURS[0], linestyle="--")
    ax.set(xlabel=xlabel, ylabel="bootstrap draws")
    caption = (
        f"{len(draws):,} bootstrap draws of {xlabel}. Line: measured, {interval.value:.3f}. "
        f"Shaded: the middle {interval.level:.0%}, {interval.low:.3f} to {interval.high:.3f}."
    )
    return figures.finish(ax, given, caption, caption, banner)


def dot_intervals(
    rows: Mapping[str, object],
    xlabel: str,
    *,
    lines: Mapping[str, float] | None = None,
    dots: Mapping[str, list[float]] | None = None,
    marked=(),
    caption: str = "",
    ax: Axes | None = None,
    banner: str = "",
) -> Plate | Axes:
    """Draw one row a system: its score as a dot, its interval as a bar.

    Args:
        rows: name -> `Interval` (or `Difference`); a plain number is drawn without a bar.
        xlabel: what the score is.
        lines: name -> value of upright reference lines, such as the constant guess.
        dots: name -> single runs, drawn as small dots in that name's row.
        marked: names to draw in orange, with a square.
        caption: text below.
        ax: axes to draw on instead of a new plate.
        banner: the dataset's banner.
    """
    if not rows:
        raise CourseError("There is no row to draw: give at least one score.")
    given, ax = ax, figures.place(ax, (figures.WIDTH, 1.5 + 0.46 * len(rows)))
    told = []
    for i, (name, score) in enumerate(rows.items()):
        value = getattr(score, "value", score)
        colour, marker = (figures.COLOURS[1], "s") if name in marked else (figures.COLOURS[0], "o")
        if hasattr(score, "low"):
            ax.plot([score.low, score.high], [i, i], color=colour, linestyle="-", linewidth=3, alpha=0.55)
        for run in (dots or {}).get(name, ()):
            ax.plot(run, i, "|", color=figures.INK, markersize=13, markeredgewidth=1.6)
        ax.plot(value, i, marker, color=colour, markersize=9)
        told.append(f"{name} {score if hasattr(score, 'low') else f'{value:.3f}'}")
    for i, (name, value) in enumerate((lines or {}).items()):
        ax.axvline(value, color=figures.INK, linestyle=figures.LINES[1 + i % 3], linewidth=1.8)
        ax.annotate(name, (value, 1), xycoords=("data", "axes fraction"), xytext=(0, 3), ha="center",
                    textcoords="offset points", size=12)  # fmt: skip
        told.append(f"reference line {name} {value:.3f}")
    ax.set(yticks=range(len(rows)), yticklabels=list(rows), xlabel=xlabel, ylim=(len(rows) - 0.4, -0.6))
    ax.locator_params(axis="x", nbins=7)  # more would touch one another
    ax.grid(axis="y", visible=False)
    return figures.finish(ax, given, f"{xlabel}, score and interval: {'; '.join(told)}.", caption, banner)
