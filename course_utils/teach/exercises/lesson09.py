"""Rules of lesson 09: published rows, what they were, result files, searching, and differences."""

import numpy as np

from ...judge import differences, intervals, published, results
from ..checks import Question, call, exercise, near, number, quiz_key, wrong_if


@exercise("09.images")
def images(answer, flag) -> str:
    """Expect (best accuracy - second best) x test images."""
    value, n = number(answer, "a number of test images"), published.n_test(flag)
    accs = sorted((row["acc"] for row in published.rows(flag)), reverse=True)
    right = (accs[0] - accs[1]) * n
    wrong_if(
        near(value, accs[0] - accs[1], 1e-4) and not near(value, right),
        "This is the difference in accuracy; multiply it by the number of test images.",
    )
    wrong_if(near(value, (accs[0] - accs[-1]) * n), "This is best minus worst; take best minus second best.")
    wrong_if(near(value, -right) and right, "The order is turned round: best minus second best.")
    wrong_if(not near(value, right, 1e-2), "Take the two highest `acc`, their difference, times n.")
    return (
        f"{right:.2f} of {n} test images. Published rows average several runs, so parts of an image occur, "
        "and such a lead means nothing."
    )


@exercise("09.enlarge")
def enlarge(answer) -> str:
    """Expect np.repeat along both axes."""
    image = np.arange(6, dtype=np.uint8).reshape(2, 3)
    big, right = np.asarray(call(answer, image, 4)), image.repeat(4, 0).repeat(4, 1)
    wrong_if(
        big.shape == (24,) or big.ndim == 1, "np.repeat without `axis` makes one long list; name the axis."
    )
    wrong_if(
        big.shape in ((8, 3), (2, 12)), "Only one axis has grown: repeat rows (axis=0) and columns (axis=1)."
    )
    wrong_if(
        big.shape == right.shape and np.array_equal(big, np.tile(image, (4, 4))),
        "This lays copies of the whole image side by side (np.tile); each pixel should become a block.",
    )
    wrong_if(big.shape != right.shape, f"A 2 x 3 image times 4 should be 8 x 12; yours is {big.shape}.")
    wrong_if(
        not np.array_equal(big, right),
        "The shape is right; make each pixel a 4 x 4 block of itself.",
    )
    return "each pixel is a block now. 64 times the numbers, and not one detail more."


@exercise("09.milestones")
def milestones(answer) -> str:
    """Expect [round(0.5 e), round(0.75 e)] for any e."""
    made = {epochs: call(answer, epochs) for epochs in (100, 25, 30)}
    try:
        made = {epochs: [float(step) for step in steps] for epochs, steps in made.items()}
    except TypeError:
        wrong_if(True, "Return a list of two numbers, such as [50, 75].")
    wrong_if(any(len(steps) != 2 for steps in made.values()), "Return two milestones.")
    wrong_if(made[100] != [50, 75], f"For 100 epochs the recipe says 50 and 75; yours are {made[100]}.")
    wrong_if(
        any(step % 1 for steps in made.values() for step in steps),
        f"For 25 epochs yours are {made[25]}: a scheduler that counts 1, 2, 3 never meets these. Round them.",
    )
    wrong_if(
        any(
            abs(s - share * e) > 1
            for e, steps in made.items()
            for s, share in zip(steps, (0.5, 0.75), strict=True)
        ),
        f"For 30 epochs they should be near 15 and 22; yours are {made[30]}.",
    )
    return "whole epochs at half and three quarters, for any length of training."


@exercise("09.colleague")
def colleague(answer, path, source, root=None) -> str:
    """Expect the AUC that results.evaluate measures, not the one in the file's name."""
    value = number(answer, "an AUC between 0 and 1")
    report = results.evaluate(path, source=source, root=root)
    claimed = report["claimed"].get("auc", -1)
    wrong_if(
        near(value, claimed) and not near(value, report["auc"]),
        "This is what the file's name claims. Score what is inside: results.evaluate(...).",
    )
    wrong_if(near(value, report["acc"]) and not near(value, report["auc"]), 'This is the ACC; take ["auc"].')
    wrong_if(not near(value, report["auc"]), 'Use results.evaluate(theirs, source=data.source)["auc"].')
    return f"{report['auc']:.3f}, while the name claims {claimed:.3f}. Always score the file, never its name."


@exercise("09.luckiest")
def luckiest(answer) -> str:
    """Expect the highest of several binomial shares."""
    draws = [number(call(answer, 20, 100, 0.8, np.random.default_rng(seed))) for seed in range(300)]
    mean = float(np.mean(draws))
    wrong_if(np.ptp(draws) == 0, "It gives the same each time: draw from the `rng` that is given.")
    wrong_if(mean > 1, "These are numbers of images; divide by `images` to get a share.")
    wrong_if(abs(mean - 0.8) < 0.015, "This is a typical system; take the highest of the `trials` shares.")
    wrong_if(mean < 0.78, "This looks like the lowest; take the highest of the shares.")
    wrong_if(not 0.85 < mean < 0.89, "Draw `trials` numbers with rng.binomial(images, skill, trials).")
    return f"all 20 systems are right for 80 % of all patients, but the best of them shows {mean:.1%} here."


@exercise("09.enough")
def enough(answer) -> str:
    """Expect the smallest offered number of test images that tells 0.86 from 0.83."""
    sizes = (156, 500, 1000, 2000, 5000)
    value = number(answer, "one of the numbers in the list")

    def real(n):
        a, b = (intervals.wilson(acc * n, n) for acc in (0.86, 0.83))
        return differences.unpaired(a, b).real

    right = next(n for n in sizes if real(n))
    wrong_if(value not in sizes, f"Choose one of {', '.join(map(str, sizes))}.")
    wrong_if(value < right, f"With {value:g} images the interval of the difference still holds 0.")
    wrong_if(value > right, f"{value:g} images are enough, but a smaller number in the list is, too.")
    return f"{right:,}: three points of accuracy need {right:,} independent test images, not 156."


@exercise("09.below")
def below(answer) -> str:
    """Expect the number of published rows below the constant guess over all datasets."""
    value = number(answer, "a whole number")
    each = [len(published.below_constant(flag)) for flag in published.flags()]
    wrong_if(value == sum(map(bool, each)), "This is the number of datasets; count the rows.")
    wrong_if(value == max(each), "This is one dataset; add up all of them.")
    wrong_if(value == 0, "There are some: published.below_constant(one) gives a list for each flag.")
    wrong_if(value != sum(each), "Add up len(published.below_constant(one)) over published.flags().")
    return (
        f"{sum(each)} rows, in {sum(map(bool, each))} datasets, and the guess was counted in only "
        f"{sum(published.constant_acc(flag) is not None for flag in published.flags())} of 18."
    )


quiz_key(
    "09",
    q1=Question(
        "b",
        "the 28-pixel images were enlarged; the network got more numbers, but no more detail.",
        {
            "a": "those files came later, with MedMNIST+; the rows are older.",
            "c": "no network was pretrained: all four ResNet rows start from random weights.",
        },
    ),
    q2=Question(
        "c",
        "without scores for each case there is nothing to pair; only two shares can be compared.",
        {
            "a": "McNemar needs to know on which cases each system was right.",
            "b": "the paired bootstrap needs the scores of every case.",
        },
    ),
    q3=Question(
        "a",
        "whoever tries a hundred settings on validation finds a lucky one; test was asked once.",
        {
            "b": "its size has nothing to do with having been searched on.",
            "c": "validation was used for choosing, so it flatters what was chosen.",
        },
    ),
    q4=Question(
        "c",
        "its decisions are worse than none, though it may order the patients well.",
        {
            "a": "AUC looks at order only, and may be high.",
            "b": "a low accuracy can be real: the threshold of 0.5 may be a bad one.",
        },
    ),
)
