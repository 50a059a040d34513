"""Lesson 09's rules: the right answer passes, each misconception gets its own sentence."""

import numpy as np
import pytest

from course_utils import checks, load, metrics, published, results


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        (
            "09.enough",
            2000,
            {156: "still holds 0", 1000: "still holds 0", 5000: "smaller", 700: "Choose one"},
        ),
        ("09.below", 12, {3: "count the rows", 6: "one dataset", 0: "There are some", 11: "Add up"}),
    ],
)
def test_numbers(name, right, wrong):
    assert checks.check(name, right).ok
    assert checks.check(name, ...).ok is None
    for answer, sentence in wrong.items():
        feedback = checks.check(name, answer)
        assert feedback.ok is False
        assert sentence in feedback.message, (answer, feedback.message)


def test_a_lead_in_images():
    def check(answer):
        return checks.check("09.images", answer, flag="breastmnist")

    accs = sorted((row["acc"] for row in published.rows("breastmnist")), reverse=True)
    assert check((accs[0] - accs[1]) * 156).ok
    assert "multiply" in check(accs[0] - accs[1]).message
    assert "second best" in check((accs[0] - accs[-1]) * 156).message
    assert "turned round" in check((accs[1] - accs[0]) * 156).message
    assert "two highest" in check(1).message


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("09.enlarge", lambda image, k: np.kron(image, np.ones((k, k), image.dtype)), {
            "name the axis": lambda image, k: np.repeat(image, k),
            "Only one axis": lambda image, k: np.repeat(image, k, axis=0),
            "copies of the whole": lambda image, k: np.tile(image, (k, k)),
            "should be 8 x 12": lambda image, k: image,
            "shape is right": lambda image, k: np.zeros((8, 12)),
            "returns nothing": lambda image, k: None,
        }),
        ("09.milestones", lambda epochs: [epochs // 2, 3 * epochs // 4], {
            "list of two": lambda epochs: epochs // 2,
            "two milestones": lambda epochs: [epochs // 2],
            "50 and 75": lambda epochs: [1, 2],
            "never meets": lambda epochs: [0.5 * epochs, 0.75 * epochs],
            "near 15 and 22": lambda epochs: [50, 75],
        }),
        ("09.luckiest", lambda t, n, p, rng: rng.binomial(n, p, t).max() / n, {
            "the same each time": lambda t, n, p, rng: 0.87,
            "divide by": lambda t, n, p, rng: rng.binomial(n, p, t).max(),
            "typical": lambda t, n, p, rng: rng.binomial(n, p, t).mean() / n,
            "lowest": lambda t, n, p, rng: rng.binomial(n, p, t).min() / n,
            "rng.binomial": lambda t, n, p, rng: rng.uniform(0.95, 1),
        }),
    ],
)  # fmt: skip
def test_functions(name, right, wrong):
    assert checks.check(name, right).ok
    assert checks.check(name, lambda *a: ...).ok is None
    for sentence, answer in wrong.items():
        feedback = checks.check(name, answer)
        assert feedback.ok is False
        assert sentence in feedback.message, (sentence, feedback.message)


def test_the_colleagues_file(tmp_path):
    data = load("breastmnist", source="sample")
    y, scores = data.test.y, np.linspace(0, 1, len(data.test))
    probs = np.stack([1 - scores, scores], axis=1)
    honest = results.write(tmp_path, "breastmnist", "test", y, probs, "them", source="sample")
    path = honest.rename(tmp_path / "breastmnist_test_[AUC]0.950_[ACC]0.910@them-sample.csv")
    right = metrics.evaluate(y, probs, "binary")

    def check(answer):
        return checks.check("09.colleague", answer, path=path, source="sample")

    assert check(right["auc"]).ok
    assert "claims" in check(0.95).message
    assert "ACC" in check(right["acc"]).message
    assert "Use results.evaluate" in check(0.123).message
