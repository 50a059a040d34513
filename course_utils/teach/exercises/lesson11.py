"""Rules of lesson 11: damage, colours, markers, twins, patients, maps, hidden groups."""

import numpy as np

from ...judge import leakage
from ..checks import Question, call, exercise, near, number, quiz_key, wrong_if


@exercise("11.drop")
def drop(answer) -> str:
    """Expect clean minus the mean of the five damaged scores."""
    row = [0.9, 0.88, 0.84, 0.8, 0.7, 0.6]
    value, right = number(call(answer, row), "a number from your function"), 0.9 - np.mean(row[1:])
    wrong_if(near(value, 0.3), "This is the drop at severity 5; take the mean over the five severities.")
    wrong_if(
        near(value, 0.9 - np.mean(row)),
        "The clean score is in your mean too; average row[1:], the five others.",
    )
    wrong_if(near(value, np.mean(row[1:])), "This is the mean damaged score; subtract it from the clean one.")
    wrong_if(near(value, -right), "The order is turned round: clean minus damaged.")
    wrong_if(not near(value, right), "Take row[0] minus the mean of row[1:].")
    return f"{right:.3f} here: what this damage costs on average, over mild and heavy cases."


@exercise("11.colour")
def colour(answer) -> str:
    """Expect one mean a channel, over all pixels."""
    images = np.random.default_rng(0).integers(0, 256, (4, 5, 6, 3)).astype(np.uint8)
    value, right = np.asarray(call(answer, images), float), images.mean((1, 2))
    wrong_if(value.shape == (4,), "This mixes the three colours; keep the last axis: three numbers an image.")
    wrong_if(value.shape == (3,), "This mixes all images; keep the first axis: three numbers for each image.")
    wrong_if(value.shape != (4, 3), f"For 4 images expected shape (4, 3); yours is {value.shape}.")
    wrong_if(
        not (np.allclose(value, right, atol=0.51) or np.allclose(value * 255, right, atol=0.51)),
        "The shape is right, the numbers are not: average over height and width, axes 1 and 2.",
    )
    return "three numbers an image, and no shape, no cell, no nucleus in them."


@exercise("11.swayed")
def swayed(answer, without, with_) -> str:
    """Expect the share of decisions that change when the marker is stamped on."""
    value = number(answer, "a share between 0 and 1")
    a, b = np.asarray(without) > 0.5, np.asarray(with_) > 0.5
    right = float((a != b).mean())
    if not near(value, right, 1e-4):
        _say_what_swayed(value, a, b, np.asarray(with_) - without, right)
    return f"{right:.1%} of all decisions hang on a letter that says nothing about the patient."


def _say_what_swayed(value, a, b, change, right):
    wrong_if(near(value, (a != b).sum()), "This is the number of images; divide by how many there are.")
    wrong_if(
        near(value, 1 - right), "This is the share that stays the same; asked is the share that changes."
    )
    wrong_if(
        near(value, float(np.abs(change).mean())),
        "This is the mean change in probability; compare the decisions (> 0.5).",
    )
    wrong_if(True, "Decide both (> 0.5), and take the mean of where the decisions differ (!=).")


@exercise("11.twins")
def twins(answer, data) -> str:
    """Expect the number of test images whose nearest training image correlates above 0.995."""
    value, found = number(answer, "a whole number"), leakage.nearest(data)
    right = int((found.similarity > 0.995).sum())
    wrong_if(
        value != right and near(value, right / len(data.test), 1e-4),
        "This is the share; asked is the number of test images.",
    )
    without = len(data.test) - right
    wrong_if(value == without != right, "These are the images without a twin; count the others.")
    wrong_if(
        value != right and value in ((found.similarity > 0.99).sum(), (found.similarity > 0.999).sum()),
        "Another limit was used; count similarities above 0.995.",
    )
    wrong_if(value != right, "Count where near.similarity is above 0.995.")
    return f"{right} of {len(data.test)} test images have a near twin in training."


@exercise("11.patients")
def patients(answer) -> str:
    """Expect a bool mask that keeps all images of a patient on one side."""
    patient = np.array([3, 1, 3, 2, 2, 1, 4, 4, 3, 5, 5, 6])
    train = np.asarray(call(answer, patient, [1, 3, 6]))
    right = np.isin(patient, [1, 3, 6])
    wrong_if(
        train.shape != patient.shape,
        f"Return one True or False an image, shape (12,); yours is {train.shape}.",
    )
    wrong_if(train.dtype != bool, "Return True and False: np.isin gives them.")
    wrong_if(np.array_equal(train, ~right), "The sides are swapped: True means the image goes to training.")
    both = set(patient[train]) & set(patient[~train])
    wrong_if(bool(both), f"Patient {min(both, default=0)} has images on both sides.")
    wrong_if(not np.array_equal(train, right), "The patients of `chosen` go to training, all others to test.")
    return "all images of a patient stand on one side. Nothing can be recognised again."


@exercise("11.cover")
def cover(answer) -> str:
    """Expect a copy with a square replaced by the image's mean."""
    image = np.arange(64, dtype=np.uint8).reshape(8, 8)
    before = image.copy()
    out = np.asarray(call(answer, image, 2, 3, 4))
    wrong_if(
        not np.array_equal(image, before), "Your function changes the image itself; work on image.copy()."
    )
    wrong_if(out.shape != (8, 8), f"Return an image of the same shape (8, 8); yours is {out.shape}.")
    changed = np.argwhere(out != before)
    wrong_if(not len(changed), "Nothing is covered: set out[row:row + edge, column:column + edge].")
    low, high = changed.min(0), changed.max(0)
    wrong_if(
        tuple(low) == (3, 2), "Row and column are swapped: the first index counts down, the second across."
    )
    wrong_if(
        tuple(low) != (2, 3) or tuple(high) != (5, 6),
        f"Covered: rows {low[0]} to {high[0]}, columns {low[1]} to {high[1]}; expected 2 to 5 and 3 to 6.",
    )
    value = float(out[2, 3])
    wrong_if(
        abs(value - before.mean()) > 1,
        f"The square is filled with {value:g}; expected the image's mean, 31.5.",
    )
    return "the square is grey, the rest untouched, and the original too."


@exercise("11.hidden")
def hidden(answer) -> str:
    """Expect (0.9 - 0.2 x 0.6) / 0.8."""
    value = number(answer, "an accuracy between 0 and 1")
    wrong_if(near(value, 0.9), "0.9 is the mean of both groups; the large group must lie above it.")
    wrong_if(near(value, 1.2), "This is 2 x 0.9 - 0.6: the groups aren't equally large. Weigh them.")
    wrong_if(near(value, 0.78), "This is the large group's right answers over all; divide by its share, 0.8.")
    wrong_if(near(value, 97.5), "This is a percentage; the course writes shares from 0 to 1.")
    wrong_if(not near(value, 0.975), "Solve 0.8 x large + 0.2 x 0.6 = 0.9 for the large group.")
    return "0.975 for four patients in five, 0.6 for the fifth, and a headline of 0.9."


quiz_key(
    "11",
    q1=Question(
        "b",
        "the same images, damaged as such a device damages them, show where the system breaks.",
        {
            "a": "random changes that no device makes tell little about the clinic.",
            "c": "a large clean test split says nothing about damaged images.",
        },
    ),
    q2=Question(
        "c",
        "where marker and disease come apart, the shortcut shows itself.",
        {
            "a": "there the marker is as helpful as in training, and the score is high.",
            "b": "the training loss is low with or without the shortcut.",
        },
    ),
    q3=Question(
        "a",
        "then no patient can be recognised again.",
        {
            "b": "shuffling harder doesn't separate a patient's images.",
            "c": "exact copies are the smaller part; another image of the patient leaks as well.",
        },
    ),
    q4=Question(
        "b",
        "then the map doesn't depend on what was learnt, so it can't explain it.",
        {
            "a": "that a map looks plausible is not evidence.",
            "c": "random weights know nothing; a map that survives them is a bad sign.",
        },
    ),
    q5=Question(
        "c",
        "the files hold images and labels, nothing about the people.",
        {
            "a": "the labels in the file are enough for a confusion matrix.",
            "b": "pixel values are all there.",
        },
    ),
)
