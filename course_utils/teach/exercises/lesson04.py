"""Rules of lesson 04: baselines, convolution, the training loop, the one look at the test split."""

import numpy as np

from ...measure.metrics import constant_guess
from ..checks import Question, call, exercise, near, number, quiz_key, wrong_if


@exercise("04.constant")
def constant(answer, data) -> str:
    """Expect the accuracy on test of always answering training's most frequent class."""
    value = number(answer, "an accuracy between 0 and 1")
    train, test = data.train.counts, data.test.counts
    guess = int(train.argmax())
    right = constant_guess(data.train.y, data.test.y, data.card.task)["acc"]
    if not near(value, right):
        wrong_if(
            near(value, 100 * right),
            "This is a percentage; the course writes accuracy as a share from 0 to 1.",
        )
        wrong_if(
            near(value, train[guess] / train.sum()),
            "This is the share in the training split. The guess is made there, but scored on the test split.",
        )
        wrong_if(
            near(value, 1 - right), "This is how often the constant guess is wrong; accuracy counts the hits."
        )
        wrong_if(
            near(value, test[guess]), "This is the number of hits; divide it by the number of test images."
        )
        wrong_if(
            near(value, 1 / len(train)),
            "This would be a coin's accuracy. A system that always gives the frequent answer does better.",
        )
        wrong_if(
            True,
            "Count how many test images have the class most frequent in train, divide by all test images.",
        )
    label = data.card.labels[guess]
    return f"always answering {label!r} is right for {right:.1%} of the test images, and sees none of them."


@exercise("04.weights")
def weights(answer, data) -> str:
    """Expect pixels + 1: one weight a pixel and the offset."""
    value = number(answer, "a whole number")
    pixels = int(np.prod(data.train.images.shape[1:]))
    if value != pixels + 1:
        wrong_if(
            value == pixels,
            "One weight a pixel is right, but the model also learns one offset (the intercept).",
        )
        wrong_if(
            value == 2 * (pixels + 1),
            "For two classes one set of weights is enough: the other is its mirror.",
        )
        wrong_if(
            value == data.train.images.shape[1] + 1,
            "An image has height times width pixels, not only its width.",
        )
        wrong_if(
            value == len(data.train) or value >= pixels * len(data.train),
            "The number of weights does not grow with the number of images; think of one image's pixels.",
        )
        wrong_if(True, "Multiply height by width, then add what the model adds to every sum.")
    return (
        f"{pixels} weights and 1 offset: {pixels + 1} numbers. Small, and tied to fixed places in the image."
    )


@exercise("04.kernel")
def kernel(answer) -> str:
    """Expect a 3 x 3 kernel that is 0 on plain areas and on vertical edges, positive on dark-above-bright."""
    try:
        value = np.asarray(answer, float)
    except (TypeError, ValueError):
        wrong_if(True, "Write the kernel as three lists of three numbers inside a list.")
    wrong_if(
        value.shape != (3, 3),
        f"Your kernel has the shape {value.shape}; expected three rows of three numbers.",
    )
    wrong_if(not value.any(), "With nothing but zeros the answer is zero everywhere.")
    wrong_if(
        not near(value.sum(), 0, 1e-6),
        "The nine numbers must add up to 0, otherwise the kernel also answers where the image is plain.",
    )
    step = np.array([0.0, 0.0, 1.0])
    horizontal, vertical = np.repeat(step[:, None], 3, 1), np.repeat(step[None], 3, 0)
    h, v = float((value * horizontal).sum()), float((value * vertical).sum())
    wrong_if(
        near(h, 0, 1e-6) and not near(v, 0, 1e-6),
        "This one still finds vertical edges. Turn it by a quarter: equal numbers along each row.",
    )
    wrong_if(
        not near(v, 0, 1e-6),
        "This kernel also answers vertical edges; make the numbers within a row symmetric.",
    )
    wrong_if(
        near(h, 0, 1e-6),
        "This kernel does not answer a horizontal edge: top and bottom row need opposite signs.",
    )
    wrong_if(
        h < 0, "Right idea, wrong sign: dark above bright should give a positive number, so bright is below."
    )
    return (
        "dark above bright gives a positive number, bright above dark a negative one, and plain areas give 0."
    )


@exercise("04.parameters")
def parameters(answer) -> str:
    """Expect 32 * 16 * 3 * 3 for Conv2d(16, 32, 3, bias=False)."""
    value = number(answer, "a whole number")
    if value != 32 * 16 * 9:
        wrong_if(
            value == 32 * 9, "Each of the 32 kernels looks at all 16 incoming channels, not only at one."
        )
        wrong_if(
            value == 16 * 9,
            "This is one kernel: 3 x 3 numbers for each of 16 channels. There are 32 of them.",
        )
        wrong_if(value == 16 * 32, "You counted the pairs of channels; each pair has 3 x 3 numbers.")
        wrong_if(
            value == 32 * 16 * 9 + 32, "That includes an offset a kernel, but this layer has bias=False."
        )
        wrong_if(
            value > 32 * 16 * 9 + 32,
            "The image's size plays no part: the same kernels slide over every place.",
        )
        wrong_if(True, "Outgoing channels times incoming channels times the kernel's height times its width.")
    return "32 x 16 x 3 x 3 = 4,608, whatever the size of the image."


@exercise("04.step")
def step(answer) -> str:
    """Expect a function (weight, gradient, lr) -> weight - lr * gradient."""
    value = number(call(answer, 2.0, 3.0, 0.1), "a function that returns a number")
    if not near(value, 1.7, 1e-9):
        wrong_if(
            near(value, 2.3, 1e-9),
            "This walks uphill: the gradient points to where the loss grows, so subtract it.",
        )
        wrong_if(near(value, -1, 1e-9), "The step is missing the learning rate: it would be far too long.")
        wrong_if(
            near(value, 0.3, 1e-9) or near(value, -0.3, 1e-9),
            "That is the step alone; take it away from the weight.",
        )
        wrong_if(near(value, 1.9, 1e-9), "The step must use the gradient: learning rate times gradient.")
        wrong_if(
            True,
            f"From weight 2, gradient 3 and lr 0.1 your function makes {value:g}, not 2 - 0.1 x 3 = 1.7.",
        )
    other = number(call(answer, -1.0, -4.0, 0.5))
    wrong_if(
        not near(other, 1.0, 1e-9),
        f"Right for one example, but from (-1, -4, 0.5) it makes {other:g}, not 1.",
    )
    return "this is gradient descent in one line; every optimiser is a refinement of it."


@exercise("04.best")
def best(answer, history) -> str:
    """Expect the epoch with the highest validation AUC (the first on ties)."""
    value = number(answer, "the number of an epoch")
    rows = list(history)
    right = max(rows, key=lambda row: row["val_auc"])
    others = {
        "This is the last epoch. Later is not better: look where the validation AUC is highest.": rows[-1],
        "This epoch has the lowest training loss, but those images are known to it: ask validation.": min(
            rows, key=lambda row: row["train_loss"]
        ),
        "This epoch has the best validation accuracy; this course chooses by validation AUC.": max(
            rows, key=lambda row: row["val_acc"]
        ),
        "This epoch has the lowest validation AUC; you want the highest.": min(
            rows, key=lambda row: row["val_auc"]
        ),
    }
    if value != right["epoch"]:
        wrong_if(
            value == rows.index(right) and value not in [row["epoch"] for row in rows],
            "You counted the rows from 0; the epochs have numbers of their own, see the key 'epoch'.",
        )
        wrong_if(near(value, right["val_auc"]), "This is the AUC itself; the question asks for its epoch.")
        for sentence, row in others.items():
            wrong_if(value == row["epoch"], sentence)
        wrong_if(True, "Find the dict with the highest 'val_auc' in fit.history and give its 'epoch'.")
    return f"epoch {right['epoch']}, with validation AUC {right['val_auc']:.3f}. `fit` kept these weights."


@exercise("04.interval")
def interval(answer) -> str:
    """Expect 2: four times the images halve the width of the interval."""
    value = number(answer)
    if not 1.9 < value < 2.1:
        wrong_if(
            value == 4, "The width shrinks with the square root of the number of images, not with the number."
        )
        wrong_if(value == 16, "The other way round: not the square but the square root of four.")
        wrong_if(value == 0.5, "Half the width is right; the question asks by which number it is divided.")
        wrong_if(value == 1, "More test images do make the interval narrower; run wilson with both numbers.")
        wrong_if(True, "Compute the width for n and for 4 n images at the same accuracy and divide the two.")
    return "to halve the uncertainty you need four times the images: small test sets decide little."


@exercise("04.missed")
def missed(answer, y, probs) -> str:
    """Expect the number of positive cases called negative at 0.5."""
    value = number(answer, "a whole number")
    y, called = np.asarray(y).reshape(-1), np.asarray(probs)[:, 1] > 0.5
    fn, fp = int(((y == 1) & ~called).sum()), int(((y == 0) & called).sum())
    if value != fn:
        wrong_if(
            value == fp,
            "These are false alarms: healthy children called ill. You want the ill ones called healthy.",
        )
        wrong_if(value == fn + fp, "These are all errors. Count only those where the label is 1.")
        wrong_if(
            value == int((y == 1).sum()) - fn,
            "These are the cases the network found; you want those it missed.",
        )
        wrong_if(value == int((~called).sum()), "Not everyone called normal is ill; ask for label 1 as well.")
        wrong_if(
            True, "Combine two conditions: the label is 1 and the probability of class 1 is at most 0.5."
        )
    ones, zeros = int((y == 1).sum()), int((y == 0).sum())
    return f"{fn} of {ones} cases of class 1 are missed, against {fp} false alarms in {zeros} of class 0."


quiz_key(
    "04",
    q1=Question(
        "b",
        "without a dull baseline nobody can tell a good score from an easy dataset.",
        {
            "a": "Baselines are weaker; their use is to tell you what a score is worth.",
            "c": "The test split stays closed for both; a baseline does not change that.",
        },
    ),
    q2=Question(
        "c",
        "the same few numbers slide over the whole image, so an edge is found wherever it is.",
        {
            "a": "It uses far fewer weights than one for each pixel.",
            "b": "It sees a small window at a time; depth and pooling make the view grow.",
        },
    ),
    q3=Question(
        "a",
        "the loss says how wrong, backward says which way, step moves.",
        {
            "b": "The step needs gradients, and backward makes them.",
            "c": "There is nothing to differentiate before the loss exists.",
        },
    ),
    q4=Question(
        "b",
        "validation chooses, so test has not been used for any decision and its score is honest.",
        {
            "a": "The training score rises until the network knows the images by heart.",
            "c": "Choosing the epoch on test makes the test score too good: it took part in the choice.",
        },
    ),
    q5=Question(
        "c",
        "both values are possible truths given so few test images.",
        {
            "a": "A difference this small can be luck of the draw; the interval says so.",
            "b": "Not shown to be different is not the same as shown to be equal.",
        },
    ),
)
