"""Rules of lesson 06: heads, softmax of two, balanced accuracy, predicting nothing, ordinal decisions."""

import numpy as np

from ..checks import Question, Unanswered, call, exercise, near, number, quiz_key, wrong_if

HEADS = {"binary": "softmax", "multi-class": "softmax", "multi-label": "sigmoid", "ordinal": "softmax"}


@exercise("06.heads")
def heads(answer) -> str:
    """Expect sigmoid for multi-label only."""
    wrong_if(
        not isinstance(answer, dict) or set(answer) != set(HEADS), f"Keep the four keys: {', '.join(HEADS)}."
    )
    if any(value is ... for value in answer.values()):
        raise Unanswered
    said = {task: str(value).strip().lower() for task, value in answer.items()}
    odd = [value for value in said.values() if value not in ("softmax", "sigmoid")]
    wrong_if(odd, f"{', '.join(odd)}: write 'softmax' or 'sigmoid' for each task.")
    wrong_if(
        said["multi-label"] == "softmax",
        "With softmax two findings of one image would share one cake; each finding needs its own sigmoid.",
    )
    wrong_if(
        said["multi-class"] == "sigmoid",
        "A cell is exactly one kind: the probabilities must add up to 1, and sigmoids do not ensure that.",
    )
    wrong_if(
        said["ordinal"] == "sigmoid",
        "An eye has exactly one grade, so the five probabilities add up to 1; the order comes in later.",
    )
    wrong_if(
        said["binary"] == "sigmoid",
        "A sigmoid would fit one logit; the head of this course has two logits, which share one cake.",
    )
    return "only where several labels can be true at once does each get a sigmoid of its own."


@exercise("06.two")
def two(answer) -> str:
    """Expect 1 / (1 + exp(z0 - z1))."""
    value = number(call(answer, 0.5, 2.0), "a function that returns a probability")
    right = 1 / (1 + np.exp(-1.5))
    if not near(value, right, 1e-6):
        wrong_if(
            near(value, 1 - right, 1e-6),
            "This is the probability of class 0: take the difference the other way round.",
        )
        wrong_if(
            near(value, 1 / (1 + np.exp(-2.0)), 1e-6),
            "This uses z1 alone; what counts is how far it is above z0.",
        )
        wrong_if(
            near(value, 1.5), "This is the difference; the sigmoid still has to turn it into a probability."
        )
        wrong_if(value > 1 or value < 0, f"{value:g} is no probability: it must lie between 0 and 1.")
        wrong_if(True, f"For z0 = 0.5 and z1 = 2 your function gives {value:.3f}; softmax gives {right:.3f}.")
    other = number(call(answer, 3.0, -1.0))
    wrong_if(
        not near(other, 1 / (1 + np.exp(4.0)), 1e-6), "Right for one pair of logits, but not for (3, -1)."
    )
    return "softmax over two logits is the sigmoid of their difference."


@exercise("06.balanced")
def balanced(answer, table) -> str:
    """Expect the mean of the recalls."""
    value, table = number(answer, "a share between 0 and 1"), np.asarray(table, float)
    recalls = table.diagonal() / table.sum(1)
    right = float(recalls.mean())
    if not near(value, right, 1e-4):
        precisions = table.diagonal() / np.maximum(1, table.sum(0))
        wrong_if(
            near(value, table.trace() / table.sum(), 1e-4),
            "This is the accuracy, which weighs frequent classes more.",
        )
        wrong_if(near(value, 100 * right), "This is a percentage; the course writes shares from 0 to 1.")
        wrong_if(
            near(value, precisions.mean(), 1e-4),
            "You divided by the columns: that is precision. A recall divides by the row, the true class.",
        )
        wrong_if(near(value, recalls.sum(), 1e-4), "You summed the recalls; divide by the number of classes.")
        wrong_if(near(value, recalls.min(), 1e-4), "This is the worst recall; the mean of all is wanted.")
        wrong_if(True, "Divide the diagonal by the sum of each row, then take the mean.")
    accuracy = table.trace() / table.sum()
    return (
        f"balanced accuracy {right:.3f}, accuracy {accuracy:.3f}: every class counts alike, rare or frequent."
    )


@exercise("06.nothing")
def nothing(answer, y) -> str:
    """Expect the share of cells that are 0."""
    value, y = number(answer, "a share between 0 and 1"), np.asarray(y)
    right = float((y == 0).mean())
    if not near(value, right, 1e-4):
        wrong_if(
            near(value, 1 - right, 1e-4),
            "This is the share of findings that are there; 'nothing' is right elsewhere.",
        )
        wrong_if(
            near(value, (y.sum(1) == 0).mean(), 1e-4),
            "This is the share of images with no finding. MedMNIST's accuracy counts all cells of the table.",
        )
        wrong_if(near(value, 100 * right), "This is a percentage; the course writes shares from 0 to 1.")
        wrong_if(near(value, (y == 0).sum()), "This is the number of right cells; divide by all cells.")
        wrong_if(True, "Compare each cell with 0 and take the mean over the whole table.")
    empty = float((y.sum(1) == 0).mean())
    return f"{right:.3f} for nothing, and not one finding found. Only {empty:.0%} of the images have none."


@exercise("06.median")
def median(answer) -> str:
    """Expect the first grade whose cumulative probability is at least 0.5."""
    probs = np.array(
        [[0.35, 0.10, 0.25, 0.25, 0.05], [0.9, 0.1, 0, 0, 0], [0.25, 0.25, 0, 0, 0.5], [0, 0, 0.2, 0.2, 0.6],
         [0.48, 0.02, 0.02, 0, 0.48]]
    )  # fmt: skip
    right = np.array([2, 0, 1, 4, 1])
    value = np.asarray(call(answer, probs.copy()))
    wrong_if(
        value.shape != (5,),
        f"For 5 images your answer has the shape {value.shape}; one grade an image is wanted.",
    )
    if not np.array_equal(value, right):
        mean = probs @ np.arange(5)
        wrong_if(
            np.array_equal(value, probs.argmax(1)),
            "This is the likeliest grade again, which ignores the order.",
        )
        wrong_if(np.allclose(value, mean), "This is the mean grade, not a grade: nobody has grade 1.55.")
        wrong_if(
            np.array_equal(value, mean.round()) or np.array_equal(value, np.floor(mean + 0.5)),
            "This is the rounded mean. It fits squared costs; the median is where the sum reaches one half.",
        )
        wrong_if(np.array_equal(value, right + 1), "One grade too high: count the grades from 0.")
        wrong_if(
            np.array_equal(value, (probs.cumsum(1) > 0.5).argmax(1)),
            "Nearly: a sum of exactly 0.5 already reaches one half, so use >= instead of >.",
        )
        wrong_if(True, f"For {probs[0].tolist()} the sums are 0.35, 0.45, 0.70, so the middle grade is 2.")
    return "this decision has the smallest expected distance from the truth."


@exercise("06.kappa")
def kappa(answer) -> str:
    """Expect 0."""
    value = number(answer)
    if value != 0:
        wrong_if(
            near(value, 0.435),
            "This is the accuracy of that guess. Kappa takes away what chance gets as well.",
        )
        wrong_if(value == 1, "1 would be perfect agreement.")
        wrong_if(
            value == 0.5, "That is the AUC of a constant guess; for kappa, chance level is another number."
        )
        wrong_if(value < 0, "Below 0 would be worse than chance; a constant guess is just chance.")
        wrong_if(True, "Kappa measures how much better than chance an answer is.")
    return "0: whoever always says the same agrees with the truth only by chance."


quiz_key(
    "06",
    q1=Question(
        "b",
        "several findings can be true at once, so each is asked on its own.",
        {
            "a": "Softmax makes the findings share one cake, so two clear findings get a half each.",
            "c": "Then an image with two findings, or none, cannot be described.",
        },
    ),
    q2=Question(
        "c",
        "about 95 % of all label entries are 0.",
        {
            "a": "So is a system that never finds anything, by this measure.",
            "b": "Accuracy counts the many right 'no' answers; it says nothing about the findings.",
        },
    ),
    q3=Question(
        "b",
        "one class has recall 1, the other 0, and the mean is 0.5.",
        {"a": "That is its accuracy.", "c": "That is the share of the rare class."},
    ),
    q4=Question(
        "b",
        "0.4 is below one half, 0.4 + 0.3 is above it.",
        {"a": "That is the likeliest grade.", "c": "The sum passes one half before grade 2."},
    ),
)
