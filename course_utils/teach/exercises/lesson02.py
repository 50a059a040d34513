"""Rules of lesson 02: pixels, montages, counts, brightness, colour, duplicates, near twins."""

import numpy as np

from ...look.pictures import compose, first_class
from ...look.twins import find_twins
from ..checks import Question, call, exercise, near, number, quiz_key, wrong_if


@exercise("02.pixel")
def pixel(answer, data) -> str:
    """Expect (row, column) of a brightest pixel of the first training image."""
    image = data.train.images[0]
    wrong_if(np.shape(answer) != (2,), "Give two whole numbers in brackets, (row, column), such as (3, 5).")
    row, column = (int(number(value, "a whole number")) for value in answer)
    height, width = image.shape[:2]
    wrong_if(
        not (0 <= row < height and 0 <= column < width),
        f"Row and column run from 0 to {height - 1}; ({row}, {column}) lies outside the image.",
    )
    top = image.max()
    wrong_if(
        image[row, column].max() < top and image[column, row].max() == top,
        "Almost: you swapped the two. The row comes first.",
    )
    wrong_if(
        image[row, column].max() < top,
        f"The pixel at ({row}, {column}) is {image[row, column]}, but somewhere there is a {top}.",
    )
    return f"image[{row}, {column}] is {top}, the brightest value of this image."


@exercise("02.montage")
def montage(answer) -> str:
    """Expect a function that lays out (rows * columns, H, W) images without a gap."""
    for n, columns, height, width in ((6, 3, 4, 4), (8, 2, 3, 5), (5, 5, 2, 2)):
        images = np.arange(n * height * width).reshape(n, height, width)
        picture = np.asarray(call(answer, images, columns))
        rows = n // columns
        expected = compose(images, columns, gap=0)
        wrong_if(
            picture.shape == (rows, columns, height, width),
            "You named rows and columns, but did not glue the images: swap axes 1 and 2, then reshape again.",
        )
        wrong_if(
            picture.shape != expected.shape,
            f"{n} images of {height} x {width} in {columns} columns make a picture of {expected.shape}; "
            f"yours is {picture.shape}.",
        )
        wrong_if(
            np.array_equal(picture, images.reshape(expected.shape)),
            "The shape is right, but each image is torn apart: swap axes 1 and 2 before the last reshape.",
        )
        wrong_if(
            not np.array_equal(picture, expected),
            "The shape is right, but some images are in the wrong place.",
        )
    return "a montage is a reshape, a swap of axes and another reshape; no loop over images."


@exercise("02.ratio")
def ratio(answer, data) -> str:
    """Expect the largest training count divided by the smallest."""
    value = number(answer, "a ratio of two counts")
    counts = data.train.counts
    right = counts.max() / counts.min()
    if not near(value, right, 0.02):
        wrong_if(
            near(value, 1 / right, 0.02), "This is the other way round: divide the larger by the smaller."
        )
        wrong_if(
            near(value, counts.max() / counts.sum(), 0.01),
            "This is the share of the most frequent class in all images; divide by the rarest class instead.",
        )
        tests = data.test.counts
        wrong_if(
            tests.min() > 0 and near(value, tests.max() / tests.min(), 0.01),
            "This is the ratio in the test split; the question is about training.",
        )
        wrong_if(True, "Divide the largest of data.train.counts by the smallest.")
    often, rare = data.card.labels[counts.argmax()], data.card.labels[counts.argmin()]
    return f"for each image of {rare!r} there are {right:.1f} of {often!r}."


@exercise("02.brighter")
def brighter(answer, data) -> str:
    """Expect the mean pixel of the last class minus that of the first, in grey levels."""
    value = number(answer, "a number of grey levels")
    x, y = data.train.images, data.train.y
    means = [float(x[y == k].mean()) for k in (0, len(data.card.labels) - 1)]
    right = means[1] - means[0]
    if not near(value, right, 0.01):
        wrong_if(
            near(value, -right, 0.01), "The amount is right, the sign is not: last class minus first class."
        )
        wrong_if(
            any(near(value, mean, 0.001) for mean in means),
            "This is the mean of one class; subtract the mean of the other.",
        )
        wrong_if(near(255 * value, right, 0.01), "Don't divide by 255: the answer is wanted in grey levels.")
        wrong_if(True, "Take the mean of x[y == last] minus the mean of x[y == 0].")
    word = "brighter" if right > 0 else "darker"
    first, last = data.card.labels[0], data.card.labels[-1]
    return f"{last!r} is {abs(right):.1f} of 255 grey levels {word} than {first!r}."


@exercise("02.channel")
def channel(answer, retina) -> str:
    """Expect red's share of the sum of all training pixels."""
    value = number(answer, "a share between 0 and 1")
    sums = retina.train.images.sum((0, 1, 2), dtype=float)
    shares = sums / sums.sum()
    if not near(value, shares[0], 0.005):
        wrong_if(near(value, 100 * shares[0], 0.005), "This is in percent; give a share between 0 and 1.")
        wrong_if(near(value, shares[1], 0.005), "This is green's share. Red is channel 0.")
        wrong_if(near(value, shares[2], 0.005), "This is blue's share. Red is channel 0.")
        wrong_if(near(value, 1 / 3, 0.001), "That is the number of channels; count their light instead.")
        wrong_if(
            near(value, sums[0] / (sums[1] + sums[2]), 0.005), "Divide by all three channels, red included."
        )
        wrong_if(True, "Sum retina.train.images[..., 0] and divide by the sum of retina.train.images.")
    return f"red {shares[0]:.0%}, green {shares[1]:.0%}, blue {shares[2]:.0%} of the light."


@exercise("02.leak")
def leak(answer, breast) -> str:
    """Expect a function (train, test) that lists the test positions whose image stands in train."""
    rng = np.random.default_rng(2)
    train, test = (rng.integers(0, 256, (n, 5, 5), dtype=np.uint8) for n in (9, 7))
    test[2], test[5] = train[4], train[4]  # planted: one training image twice in test
    test[6] = test[0]  # a pair within test is no leak
    found = call(answer, train, test)
    wrong_if(
        np.ndim(found) != 1 and not isinstance(found, set), "Return a list of positions, such as [2, 5]."
    )
    found = sorted(int(i) for i in found)
    wrong_if(found == [4], "These are positions in train; return the positions in test.")
    wrong_if(
        found == [2],
        "You found one of two copies: a training image may stand in test more than once. Go through test.",
    )
    wrong_if({0, 6} & set(found), "Two equal images within test are no leak; compare test with train only.")
    wrong_if(
        found != [2, 5], f"On a small trial the leaked positions are [2, 5]; your function says {found}."
    )
    positions = sorted(int(i) for i in call(answer, breast.train.images, breast.test.images))
    some = f"position {', '.join(map(str, positions))}" if positions else "no image at all"
    return f"it finds both planted copies; in {breast.card.name}'s test split it finds {some}."


@exercise("02.lookup")
def lookup(answer, breast) -> str:
    """Expect the test accuracy of copying the label of the most similar training image."""
    value = number(answer, "an accuracy between 0 and 1")
    index, _ = find_twins(breast.test.images, breast.train.images)
    hits = breast.train.y[index[:, 0]] == breast.test.y
    right = float(hits.mean())
    if not near(value, right):
        wrong_if(near(value, 100 * right), "This is in percent; give a share between 0 and 1.")
        wrong_if(near(value, 1 - right), "This is the share of errors; accuracy is the share of hits.")
        wrong_if(
            near(value, hits.sum()), "This is the number of hits; divide it by the number of test images."
        )
        wrong_if(True, "Take the mean of breast.train.y[index[:, 0]] == breast.test.y.")
    return (
        f"looking up the most similar image is right for {right:.1%} of the test images, with nothing learnt."
    )


@exercise("02.surprise")
def surprise(answer, data) -> str:
    """Take any test image's number and tell what its label and its look-alikes' labels are."""
    i = int(number(answer, "the number of a test image"))
    wrong_if(
        not 0 <= i < len(data.test),
        f"The test split has the numbers 0 to {len(data.test) - 1}; {i} is not there.",
    )
    names = [*data.card.labels, "no finding"]
    index, _ = find_twins(data.test.images[[i]], data.train.images, min(5, len(data.train)))
    classes = first_class(data.train)[index[0]]
    own = first_class(data.test)[i]
    alike = int((classes == own).sum())
    return (
        f"image {i} is labelled {names[own]!r}; {alike} of its {len(classes)} nearest training images have "
        "that label."
    )


quiz_key(
    "02",
    q1=Question(
        "a",
        "the first axis counts images, the last one red, green and blue.",
        {
            "b": "A grey volume has the shape (slices, height, width); here the last axis of 3 is colour.",
            "c": "The first axis always counts the images: 1,080. Classes are not in the image array at all.",
        },
    ),
    q2=Question(
        "b",
        "the system may have learnt this answer by heart, so the score says less about new patients.",
        {
            "a": "Agreeing labels make it worse for the score: the system can simply remember the answer.",
            "c": "Training runs as usual. That is the danger: nothing warns you.",
        },
    ),
    q3=Question(
        "c",
        "the constant guess already scores 75 %; one point more is almost nothing.",
        {
            "a": "Three of four sounds good, but a system that never looks reaches 75 %.",
            "b": "Nothing was said about doctors; the bar here is the constant guess of 75 %.",
        },
    ),
    q4=Question(
        "b",
        "a difference is a fact, its cause is another question.",
        {
            "a": "It may, but another machine or another cropping does the same.",
            "c": "Labels have nothing to do with it; brightness alone can't tell right from wrong labels.",
        },
    ),
)
