"""Lesson 11's rules: the right answer passes, each misconception gets its own sentence."""

import numpy as np
import pytest

from course_utils import checks, leakage, load


def look(name, cases, *, right, **context):
    assert checks.check(name, right, **context).ok, checks.check(name, right, **context).message
    assert checks.check(name, ..., **context).ok is None
    for sentence, answer in cases.items():
        feedback = checks.check(name, answer, **context)
        assert feedback.ok is False
        assert sentence in feedback.message, (sentence, feedback.message)


def covered(image, row, column, edge):
    out = image.astype(float)
    out[row : row + edge, column : column + edge] = image.mean()
    return out


def spoilt(image, row, column, edge):
    image[row : row + edge, column : column + edge] = 31
    return image


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("11.drop", lambda row: row[0] - np.mean(row[1:]), {
            "at severity 5": lambda row: row[0] - row[-1],
            "average row[1:]": lambda row: row[0] - np.mean(row),
            "subtract it": lambda row: np.mean(row[1:]),
            "turned round": lambda row: np.mean(row[1:]) - row[0],
            "minus the mean": lambda row: 7,
            "returns nothing": lambda row: None,
        }),
        ("11.colour", lambda images: images.mean((1, 2)), {
            "mixes the three": lambda images: images.mean((1, 2, 3)),
            "mixes all images": lambda images: images.mean((0, 1, 2)),
            "expected shape": lambda images: images.mean(1),
            "shape is right": lambda images: images[:, 0, 0],
        }),
        ("11.patients", lambda patient, chosen: np.isin(patient, chosen), {
            "one True or False": lambda patient, chosen: np.array(chosen),
            "np.isin": lambda patient, chosen: np.isin(patient, chosen).astype(int),
            "swapped": lambda patient, chosen: ~np.isin(patient, chosen),
            "on both sides": lambda patient, chosen: np.arange(12) < 6,
            "all others": lambda patient, chosen: np.isin(patient, chosen[:1]),
        }),
        ("11.cover", covered, {
            "image.copy()": spoilt,
            "same shape": lambda image, r, c, e: image[r : r + e, c : c + e],
            "Nothing is covered": lambda image, r, c, e: image.copy(),
            "are swapped": lambda image, r, c, e: covered(image, c, r, e),
            "expected 2 to 5": lambda image, r, c, e: covered(image, r, c, e + 1),
            "filled with 0": lambda image, r, c, e: np.where(covered(image, r, c, e) == image, image, 0),
        }),
    ],
)  # fmt: skip
def test_functions(name, right, wrong):
    look(name, wrong, right=right)
    assert checks.check(name, lambda *a: ...).ok is None


def test_a_hidden_group():
    wrong = {"mean of both": 0.9, "equally large": 1.2, "its share": 0.78, "percentage": 97.5, "Solve": 0.7}
    look("11.hidden", wrong, right=0.975)


def test_swayed():
    without, with_ = np.array([0.1, 0.2, 0.6, 0.4, 0.3]), np.array([0.9, 0.3, 0.7, 0.6, 0.4])
    wrong = {"divide by": 2, "stays the same": 0.6, "in probability": 0.26, "Decide both": 0.9}
    look("11.swayed", wrong, right=0.4, without=without, with_=with_)


def test_twins():
    data = leakage.plant_twin(load("breastmnist", source="sample"))
    n = len(data.test)
    right = int((leakage.nearest(data).similarity > 0.995).sum())
    wrong = {"the share": right / n, "without a twin": n - right, "Count where": 77}
    look("11.twins", wrong, right=right, data=data)
