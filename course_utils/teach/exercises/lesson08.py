"""Rules of lesson 08: errors of two kinds, pairs, thresholds, intervals, seeds, differences, calibration."""

import numpy as np

from ...judge import calibration, published
from ...measure import metrics
from ..checks import Question, call, exercise, near, number, quiz_key, wrong_if


@exercise("08.balanced")
def balanced(answer) -> str:
    """Expect the mean of sensitivity 40 / 50 and specificity 855 / 950."""
    value, right = number(answer, "a share between 0 and 1"), (40 / 50 + 855 / 950) / 2
    wrong_if(near(value, 0.895), "This is the accuracy; take the mean of sensitivity and specificity.")
    wrong_if(near(value, 0.8), "This is the sensitivity alone; take its mean with the specificity.")
    wrong_if(near(value, 0.9), "This is the specificity alone; take its mean with the sensitivity.")
    wrong_if(near(value, 100 * right), "This is a percentage; the course writes shares from 0 to 1.")
    wrong_if(
        near(value, (0.8 + 95 / 950) / 2),
        "95 healthy patients were called ill; specificity counts the others.",
    )
    wrong_if(not near(value, right), "Take (found / ill + left in peace / healthy) / 2.")
    return "0.85, though its accuracy of 0.895 is below the constant guess's 0.95, which finds nobody."


@exercise("08.pairs")
def pairs(answer) -> str:
    """Expect a function that orders pairs, ties counting half."""
    ill, well = np.array([0.9, 0.6, 0.6, 0.2]), np.array([0.6, 0.1, 0.3])
    value = number(call(answer, ill, well), "a number from your function")
    wins, ties = (ill[:, None] > well).mean(), (ill[:, None] == well).mean()
    wrong_if(
        near(value, wins), "Almost: pairs with equal scores are left out. Add half of the share of ties."
    )
    wrong_if(near(value, wins + ties), "Ties count as full wins here; they count one half.")
    wrong_if(
        near(value, 1 - wins - ties / 2),
        "The order is turned round: the ill one should have the higher score.",
    )
    wrong_if(value > 1, "This is a number of pairs; divide it by the number of all pairs, or take the mean.")
    wrong_if(
        not near(value, wins + ties / 2),
        "Compare each ill score with each healthy one; share of wins + half the ties.",
    )
    return "the share of pairs in the right order, ties counting half: this is the AUC, and nothing else is."


@exercise("08.threshold")
def threshold(answer, data, val, test) -> str:
    """Expect pick_threshold on validation with the rule "specificity" at 0.90."""
    value = number(answer, "a threshold between 0 and 1")
    right = calibration.pick_threshold(data.val.y, val, "specificity", at_least=0.9)
    if not near(value, right, 1e-6):
        for split, y, probs in (("val", data.val.y, val), ("test", data.test.y, test)):
            for rule in ("specificity", "sensitivity"):
                for level in (0.9, 0.95):
                    if not near(value, calibration.pick_threshold(y, probs, rule, at_least=level), 1e-6):
                        continue
                    wrong_if(
                        split == "test", "This threshold was chosen on test: the score would flatter you."
                    )
                    wrong_if(
                        rule == "sensitivity", "This clinic fears false alarms: the rule is specificity."
                    )
                    wrong_if(True, "Right rule and split, but the clinic asks for at least 90 %.")
        at = metrics.summary(data.val.y, val, "binary", value)["specificity"]
        wrong_if(
            at < 0.9, f"On validation this leaves only {at:.1%} of class 0 in peace; 90 % are asked for."
        )
        wrong_if(True, f"On validation this leaves {at:.1%} in peace; a lower threshold still keeps 90 %.")
    at = metrics.summary(data.test.y, test, "binary", right)
    return (
        f"yes above {right:.2f}. On test it leaves {at['specificity']:.1%} of class 0 in peace and finds "
        f"{at['sensitivity']:.1%} of class 1."
    )


@exercise("08.draw")
def draw(answer) -> str:
    """Expect the mean of as many cases drawn with replacement."""
    right = np.arange(40) < 30
    values = np.array([call(answer, right, np.random.default_rng(seed)) for seed in range(200)], object)
    wrong_if(any(np.size(v) != 1 for v in values), "Return one number: the accuracy of the draw, its mean.")
    values = values.astype(float)
    wrong_if(values.max() > 1, "Return a share from 0 to 1, not the number of right cases.")
    wrong_if(
        np.ptp(values) == 0,
        "Each draw gives the same accuracy. Draw with replacement, from the `rng` that is given.",
    )
    wrong_if(
        abs(values.mean() - 0.75) > 0.1, "The draws should scatter around the accuracy itself, 0.75 here."
    )
    wrong_if(
        not 0.045 < values.std() < 0.095, "The draws scatter too much or too little: draw len(right) cases."
    )
    return f"200 of your draws scatter by {values.std():.3f} around 0.75; theory says 0.068."


@exercise("08.spread")
def spread(answer) -> str:
    """Expect np.std(five, ddof=1)."""
    five = [0.85, 0.88, 0.83, 0.87, 0.82]
    value, right = number(answer), float(np.std(five, ddof=1))
    wrong_if(
        near(value, float(np.std(five)), 5e-4), "This divides by 5. For a sample of runs divide by 4: ddof=1."
    )
    wrong_if(near(value, right**2, 5e-5), "This is the variance; the standard deviation is its square root.")
    wrong_if(near(value, max(five) - min(five)), "This is the range, largest minus smallest.")
    wrong_if(near(value, float(np.mean(five))), "This is the mean of the runs; asked is their spread.")
    wrong_if(not near(value, right, 5e-3), "Use np.std(five, ddof=1).")
    return f"{right:.3f}: another seed moves this system by about two and a half points of accuracy."


@exercise("08.disagree")
def disagree(answer, y, a, b) -> str:
    """Expect the number of cases that exactly one system gets right."""
    value = number(answer, "a whole number")
    right_a, right_b = (a > 0.5) == y, (b > 0.5) == y
    n = int((right_a != right_b).sum())
    wrong_if(0 < n != value and near(value, n / len(y)), "This is their share; asked is their number.")
    wrong_if(value != n and value == (right_a & right_b).sum(), "These are the images both get right.")
    wrong_if(value != n and value == (~right_a & ~right_b).sum(), "These are the images both get wrong.")
    wrong_if(value != n and value == (right_a | right_b).sum(), "This also counts images both get right.")
    wrong_if(
        value != n and value in ((right_a & ~right_b).sum(), (right_b & ~right_a).sum()),
        "This counts only one direction: add the images on which the other one is right.",
    )
    wrong_if(
        value != n, "Make right_a and right_b (True where a system is right), and count where they differ."
    )
    return f"{n} of {len(y)}: on the other {len(y) - n} images the two do equally well, and tell you nothing."


@exercise("08.ece")
def ece(answer) -> str:
    """Expect (100 x 0.1 + 50 x 0 + 50 x 0.2) / 200."""
    value = number(answer)
    wrong_if(near(value, 0.0, 1e-6), "Signed distances cancel here; take their absolute values.")
    wrong_if(near(value, 20), "This is the weighted sum; divide it by the 200 images.")
    wrong_if(near(value, 0.3), "This is the plain sum; weigh each distance with its group's share of images.")
    wrong_if(not near(value, 0.1), "Weigh the distances 0.1, 0 and 0.2 with 100, 50 and 50 images, over 200.")
    return "0.1: on average a probability of this system is ten points off what comes true."


@exercise("08.grades")
def grades(answer) -> str:
    """Expect the mean absolute difference."""
    true, decided = np.array([0, 4, 2, 1, 3]), np.array([1, 0, 2, 2, 3])
    value = number(call(answer, true, decided), "one number from your function")
    wrong_if(near(value, 0.4), "Errors up and down cancel: take the absolute value before the mean.")
    wrong_if(near(value, 6), "This is the sum; take the mean.")
    wrong_if(near(value, 18 / 5), "This squares the differences; MAE takes their absolute value.")
    wrong_if(
        near(value, 3 / 5), "This is the share of wrong grades; MAE asks by how many grades they are off."
    )
    wrong_if(not near(value, 1.2), "Subtract, take the absolute value, take the mean.")
    return "one grade off costs 1, four grades off cost 4."


@exercise("08.surest")
def surest(answer, y, probs) -> str:
    """Expect the position of the lowest probability of the true class."""
    value = number(answer, "a position, a whole number")
    given = np.where(y == 1, probs, 1 - probs)
    wrong_if(not (0 <= value < len(y) and value == int(value)), f"Give a position from 0 to {len(y) - 1}.")
    i = int(value)
    wrong_if(
        near(given[i], given.max(), 1e-9), "This one it got most confidently right; turn the order round."
    )
    wrong_if((probs[i] > 0.5) == y[i], "The network is right on this image.")
    wrong_if(
        not near(given[i], given.min(), 1e-9), "Wrong it was, but of another error it was surer: look again."
    )
    return f"image {i}: true class {y[i]}, and the network gave that a probability of only {given[i]:.2f}."


@exercise("08.trap")
def trap(answer) -> str:
    """Expect the number of ChestMNIST rows with an accuracy below 0.947."""
    value, rows = number(answer, "a whole number"), published.rows("chestmnist")
    n = sum(row["acc"] < 0.947 for row in rows)
    wrong_if(
        value == sum(row["acc"] <= 0.947 for row in rows), "Rows equal to 0.947 are not below it: use <."
    )
    wrong_if(value != n, 'Count the rows with row["acc"] < 0.947.')
    return f"{n} of {len(rows)} rows are below, and no row is more than 0.001 above. Accuracy is blind here."


quiz_key(
    "08",
    q1=Question(
        "b",
        "always saying healthy would be right 95 times in 100.",
        {
            "a": "compare it with the constant guess: 0.95.",
            "c": "accuracy mixes both classes; it may find none of the ill.",
        },
    ),
    q2=Question(
        "b",
        "it has not been learnt from, and test stays untouched.",
        {
            "a": "the network knows the training images, so its probabilities there are too good.",
            "c": "then test would help to build the system it should judge.",
        },
    ),
    q3=Question(
        "a",
        "it draws from the same test patients, over and over.",
        {
            "b": "the network is fixed while we draw; train again to see that spread.",
            "c": "all draws come from this test set; another hospital's patients are not in it.",
        },
    ),
    q4=Question(
        "c",
        "on the same images even overlapping intervals can hide a clear difference.",
        {
            "a": "overlap does not prove equality.",
            "b": "the lead may be luck of this test set.",
        },
    ),
    q5=Question(
        "a",
        "halving keeps the order of all patients.",
        {
            "b": "0.8 now reads 0.4, while as many are ill as before.",
            "c": "whoever had between 0.5 and 1 now falls to 0.5 or below.",
        },
    ),
)
