"""Rules of lesson 05: spread of seeds, schedules, flips, ablation, width, speed."""

import numpy as np

from ..checks import Question, call, exercise, near, number, quiz_key, wrong_if


@exercise("05.spread")
def spread(answer, scores) -> str:
    """Expect the standard deviation with n - 1."""
    value, scores = number(answer, "a standard deviation"), np.asarray(scores, float)
    right = float(np.std(scores, ddof=1))
    if not near(value, right, 1e-4):
        wrong_if(
            near(value, np.std(scores), 1e-4), "This one divides by n; for a sample of seeds use ddof=1."
        )
        wrong_if(near(value, np.ptp(scores), 1e-4), "This is the range, highest minus lowest.")
        wrong_if(near(value, right**2, 1e-4), "This is the variance; take its square root.")
        wrong_if(
            near(value, right / len(scores) ** 0.5, 1e-4),
            "This is the standard error of the mean. The question asks how far single runs lie apart.",
        )
        wrong_if(near(value, scores.mean(), 1e-4), "This is the mean; the question asks for the spread.")
        wrong_if(True, "Use np.std on the list of validation AUCs, with ddof=1.")
    return f"{right:.3f}. A difference between two single runs must be well above this to be worth a word."


@exercise("05.triangle")
def triangle(answer) -> str:
    """Expect a rate that rises over 30 % of the steps and falls to 0 at the end."""
    start, half, top, later, end = (
        number(call(answer, step, 100, 0.5), "a function that returns a number")
        for step in (0, 15, 30, 65, 100)
    )
    wrong_if(
        near(top, 0.3) and near(end, 1),
        "The highest rate is `top`, and it is reached after 30 % of the steps.",
    )
    wrong_if(not near(start, 0, 1e-9), f"At step 0 your rate is {start:g}; it should start at 0.")
    wrong_if(
        near(half, 0.25) and not near(end, 0, 1e-9) and end >= top,
        "Your rate rises as it should, but never falls again.",
    )
    wrong_if(near(later, 0.5), "Your rate stays at the top; after 30 % of the steps it should fall.")
    wrong_if(
        not near(top, 0.5), f"At step 30 of 100 your rate is {top:g}; it should be the highest, {0.5:g}."
    )
    wrong_if(not near(half, 0.25), f"At step 15 of 100 your rate is {half:g}; half-way up it should be 0.25.")
    wrong_if(not near(end, 0, 1e-9), f"At the last step your rate is {end:g}; it should have fallen to 0.")
    wrong_if(
        not near(later, 0.25), f"At step 65 of 100 your rate is {later:g}; half-way down it should be 0.25."
    )
    other = number(call(answer, 3, 20, 1.0))
    wrong_if(
        not near(other, 0.5), f"Right for 100 steps, but at step 3 of 20 with top 1 it is {other:g}, not 0.5."
    )
    return "up in 30 % of the steps, down in the rest: nearly the schedule that `fit` uses."


@exercise("05.mirror")
def mirror(answer) -> str:
    """Expect x.flip(-1) on (B, C, H, W)."""
    import torch

    x = torch.arange(2 * 3 * 4 * 5, dtype=torch.float32).reshape(2, 3, 4, 5)
    value = call(answer, x.clone())
    wrong_if(not isinstance(value, torch.Tensor), "Return a tensor of the same shape as x.")
    wrong_if(
        value.shape != x.shape,
        f"The shape became {tuple(value.shape)}; a mirror image keeps the shape {tuple(x.shape)}.",
    )
    if not torch.equal(value, x.flip(-1)):
        wrong_if(torch.equal(value, x), "This returns the images as they were.")
        wrong_if(
            torch.equal(value, x.flip(-2)),
            "This turns the images upside down: that is the height, not the width.",
        )
        wrong_if(torch.equal(value, x.flip(1)), "This reverses the channels; width is the last axis.")
        wrong_if(torch.equal(value, x.flip(0)), "This reverses the order of the images in the batch.")
        wrong_if(
            torch.equal(value, x.flip((-1, -2))),
            "Both axes are reversed: that is a half turn, not a mirror image.",
        )
        wrong_if(True, "Reverse the last axis and leave the others as they are.")
    return "the last axis is the width. Whether the label survives the mirror is another question."


@exercise("05.sides")
def sides(answer) -> str:
    """Expect 6: femur, kidney and lung, left and right."""
    value = number(answer, "a whole number")
    if value != 6:
        wrong_if(
            value == 3, "Three kinds of organ have a side, but each is two classes, and both become wrong."
        )
        wrong_if(value == 2, "The kidneys are one pair; look for other labels that name a side.")
        wrong_if(value == 4, "You have two pairs; there is a third.")
        wrong_if(
            value == 11, "The liver's label does not name a side; its mirror image is odd, but still a liver."
        )
        wrong_if(True, "Count the labels that contain 'left' or 'right'.")
    return (
        "femur, kidney and lung, left and right: for six of eleven classes the flip teaches the wrong label."
    )


@exercise("05.costs")
def costs(answer, scores) -> str:
    """Expect the single ablation with the lowest mean."""
    means = {name: float(np.mean(values)) for name, values in scores.items()}
    singles = {name: mean for name, mean in means.items() if name.startswith("without")}
    right = min(singles, key=singles.get)
    if answer != right:
        wrong_if(answer not in means, f"Answer with one of these names: {', '.join(singles)}.")
        wrong_if(
            answer not in singles, "That is not a single trick taken away; choose among those with 'without'."
        )
        wrong_if(
            answer == max(singles, key=singles.get),
            "That one has the highest mean: taking it away cost least. Look for the lowest.",
        )
        wrong_if(True, "Compare the means: another one is lower.")
    loss, sd = means["everything"] - means[right], float(np.std(scores["everything"], ddof=1))
    verdict = "more" if loss > sd else "not more"
    side = "below" if loss > 0 else "above"
    return (
        f"its mean lies {abs(loss):.3f} {side} 'everything', {verdict} than the spread of seeds ({sd:.3f})."
    )


@exercise("05.width")
def width(answer) -> str:
    """Expect about 4."""
    value = number(answer)
    if not 3.7 <= value <= 4.1:
        wrong_if(near(value, 2), "Not only the outgoing maps double, the incoming ones do too.")
        wrong_if(
            near(value, 8) or near(value, 16), "The kernel stays 3 x 3; only the two numbers of maps double."
        )
        wrong_if(near(value, 1), "More maps need more kernels.")
        wrong_if(True, "Outgoing times incoming: what becomes of a product when both factors double?")
    return "both factors double, so four times the weights, and about four times the work."


@exercise("05.amdahl")
def amdahl(answer) -> str:
    """Expect 1 / (0.8 + 0.02)."""
    value = number(answer)
    if not near(value, 1 / 0.82, 5e-3):
        wrong_if(
            near(value, 10),
            "Only a fifth of the time becomes 10 times shorter; the rest takes as long as before.",
        )
        wrong_if(near(value, 1.25), "That would need loading to take no time at all; a tenth of it is left.")
        wrong_if(
            near(value, 0.82) or near(value, 82), "That is the time left. How many times faster is the whole?"
        )
        wrong_if(near(value, 2) or near(value, 1.18), "Divide the old time by the new one: 100 / (80 + 2).")
        wrong_if(True, "80 of 100 seconds stay, 20 become 2. Divide the old whole by the new whole.")
    return "1.22 times. Speed up the longest part first (Amdahl's law, 1967)."


quiz_key(
    "05",
    q1=Question(
        "b",
        "the difference is smaller than what luck alone does.",
        {
            "a": "A lucky seed would look just the same.",
            "c": "A fixed seed makes a run repeatable, but it is still one lucky or unlucky run.",
        },
    ),
    q2=Question(
        "a",
        "with steps that small the network never gets anywhere in the time it has.",
        {
            "b": "A larger network with the same tiny steps stands still as well.",
            "c": "Augmentation makes the training task harder, so the loss would fall even less.",
        },
    ),
    q3=Question(
        "c",
        "it turns a left kidney into the picture of a right one and keeps the label.",
        {"a": "A shift leaves left on the left.", "b": "A small turn leaves left on the left."},
    ),
    q4=Question(
        "b",
        "train is known by heart, and test must stay closed until the end.",
        {
            "a": "The training score rewards learning by heart.",
            "c": "Whoever compares recipes on test has fitted the recipe to the test.",
        },
    ),
    q5=Question(
        "b",
        "the images are few and small; more weights find nothing more in them.",
        {"a": "It has ten times more.", "c": "They can, and the lesson did it."},
    ),
)
