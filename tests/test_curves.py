"""Pictures of judgement: what they draw is scikit-learn's, what they tell is what they draw."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_recall_curve, roc_curve

from course_utils import calibration, curves, differences, intervals, metrics
from course_utils.errors import CourseError
from course_utils.look.figures import Plate


def cases(seed=0, n=80, decimals=2):
    rng = np.random.default_rng(seed)
    y = np.concatenate([[0, 1], rng.integers(0, 2, n - 2)])
    return y, np.round(np.clip(0.35 + 0.3 * y + 0.2 * rng.normal(size=n), 0, 1), decimals)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 9999), decimals=st.integers(1, 4))
def test_curves_of_draws_are_scikit_learns(seed, decimals):
    y, probs = cases(seed, decimals=decimals)
    counts = intervals.draw(y, 3, seed=seed)
    for i, count in enumerate(counts):
        again = np.repeat(y, count), np.repeat(probs, count)
        fpr, tpr, _ = roc_curve(*again, drop_intermediate=False)
        drawn = curves.roc_draws(y, probs, counts)[i]
        expected = np.interp(curves.GRID + 1e-9, fpr + 1e-13 * np.arange(len(fpr)), tpr)
        np.testing.assert_allclose(drawn, expected, atol=1e-5)
        assert np.trapezoid(drawn, curves.GRID) == pytest.approx(metrics.auc(*again, "binary"), abs=0.03)
        precision, recall, _ = precision_recall_curve(*again)
        for x, value in zip(curves.GRID[1:], curves.precision_draws(y, probs, counts)[i][1:], strict=True):
            reached = recall[:-1] >= x - 1e-9
            assert value == pytest.approx(precision[:-1][reached][-1], abs=1e-9)


def test_roc_and_precision_recall():
    y, probs = cases()
    systems = {"net": probs, "coin": 0 * probs + 0.5}
    plate = curves.roc_curve(y, systems, thresholds={"usual": 0.5}, resamples=50, banner="SAMPLE DATA")
    assert isinstance(plate, Plate)
    assert f"net: AUC {metrics.auc(y, probs, 'binary'):.3f}" in plate.alt
    assert "coin: AUC 0.500" in plate.alt
    assert "usual: yes above 0.50 gives sensitivity" in plate.alt
    assert plate.alt.endswith("SAMPLE DATA")
    plate = curves.precision_recall_curve(y, probs, resamples=20)
    assert f"saying yes to all has precision {y.mean():.3f}" in plate.alt
    given = Plate().subplots()
    assert curves.roc_curve(y, probs, resamples=0, ax=given) is given
    assert "ROC curve" in given.figure.alt


def test_histograms():
    y, probs = cases()
    plate = curves.score_histogram(y, probs, ("healthy", "ill"), threshold=0.4)
    s = metrics.summary(y, probs, "binary", 0.4)
    assert f"finds {s['sensitivity']:.1%} of ill and leaves {s['specificity']:.1%} of healthy" in plate.alt
    assert "threshold" not in curves.score_histogram(y, probs, ("a", "b"), threshold=None).alt
    interval = intervals.bootstrap(y, probs, "binary", resamples=100)
    assert f"measured, {interval.value:.3f}" in curves.draw_histogram(interval, "AUC").alt
    same = differences.compare(y, probs, probs, "binary", resamples=50)
    assert "0.000 to 0.000" in curves.draw_histogram(same, "difference").alt
    with pytest.raises(CourseError, match="not drawn by a bootstrap"):
        curves.draw_histogram(intervals.wilson(3, 5), "ACC")


def test_reliability_diagram():
    y, probs = cases()
    table = calibration.reliability(y, probs, "binary")
    plate = curves.reliability_diagram({"raw": table, "again": table})
    assert f"raw: ECE {table.ece:.3f}" in plate.alt
    assert "again: ECE" in plate.alt
    assert "probability of class 1" in plate.axes[0].get_xlabel()


def test_dot_intervals():
    rows = {"net": intervals.wilson(80, 100), "paper": 0.7}
    plate = curves.dot_intervals(
        rows,
        "ACC",
        lines={"constant guess": 0.75},
        dots={"net": [0.78, 0.82]},
        marked=["paper"],
        caption="Told.",
    )
    assert "net 0.800 [0.711, 0.867]; paper 0.700; reference line constant guess 0.750" in plate.alt
    assert plate.caption == "Told."
    assert [t.get_text() for t in plate.axes[0].get_yticklabels()] == ["net", "paper"]
    with pytest.raises(CourseError, match="no row"):
        curves.dot_intervals({}, "ACC")
