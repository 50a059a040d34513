"""Lesson 02's checks: right answers are praised, each misconception gets its own sentence."""

from dataclasses import replace

import numpy as np
import pytest

from course_utils import load
from course_utils.look.pictures import compose
from course_utils.look.twins import find_twins
from course_utils.teach.checks import check, quiz
from course_utils.teach.exercises import lesson02


@pytest.fixture(scope="module")
def data():
    return load("pneumoniamnist", source="sample")


@pytest.fixture(scope="module")
def retina():
    return load("retinamnist", source="sample")


@pytest.fixture(scope="module")
def breast():
    return load("breastmnist", source="sample")


def verdict(feedback, ok, words=""):
    assert feedback.ok is ok, feedback
    assert words in feedback.message, feedback


def test_pixel(data):
    def ask(answer, ok, words=""):
        verdict(check("02.pixel", answer, data=lit), ok, words)

    images = np.zeros_like(data.train.images[:1])
    images[0, 3, 7] = images[0, 20, 4] = 200
    lit = replace(data, train=replace(data.train, images=images))
    ask((3, 7), True, "is 200")
    ask([20, 4], True)
    ask(np.unravel_index(images[0].argmax(), (28, 28)), True)
    ask((7, 3), False, "swapped")
    ask((0, 0), False, "is 0, but somewhere there is a 200")
    ask((3, 28), False, "outside")
    ask(images[0].argmax(), False, "two whole numbers")
    ask(("a", "b"), False, "type str")
    ask(..., None)


def test_montage():
    def ask(answer, ok, words=""):
        verdict(check("02.montage", answer), ok, words)

    def laid_out(images, columns):
        rows, (h, w) = len(images) // columns, images.shape[1:]
        return images.reshape(rows, columns, h, w).swapaxes(1, 2).reshape(rows * h, columns * w)

    def torn(images, columns):
        return images.reshape(len(images) // columns * images.shape[1], -1)

    def unglued(images, columns):
        return images.reshape(-1, columns, *images.shape[1:])

    ask(laid_out, True, "no loop")
    ask(torn, False, "torn apart")
    ask(unglued, False, "did not glue")
    ask(lambda images, columns: compose(images[::-1], columns, 0), False, "wrong place")
    ask(lambda images, columns: compose(images, columns, 1), False, "make a picture of")
    ask(lambda images, columns: laid_out(images, columns)[:, :8], False, "make a picture of")
    ask(lambda images, columns: ..., None)
    ask(lambda images, columns: None, False, "return")
    ask(3, False, "function")
    ask(lambda images: images, False, "TypeError")


def test_ratio(data):
    def ask(answer, ok, words=""):
        verdict(check("02.ratio", answer, data=skewed), ok, words)

    keep = np.r_[np.flatnonzero(data.test.y == 0), np.flatnonzero(data.test.y == 1)[:50]]
    test = replace(data.test, images=data.test.images[keep], labels=data.test.labels[keep])
    skewed = replace(data, test=test)  # another mix than train's, as in the real file
    low, high = sorted(data.train.counts)
    ask(high / low, True, "'pneumonia'")
    ask(round(high / low, 1), True)
    ask(low / high, False, "other way round")
    ask(high / (low + high), False, "share")
    ask(test.counts.max() / test.counts.min(), False, "test split")
    ask(17, False, "Divide the largest")
    ask("3", False, "type str")
    ask(..., None)


def test_brighter(data):
    def ask(answer, ok, words=""):
        verdict(check("02.brighter", answer, data=data), ok, words)

    x, y = data.train.images, data.train.y
    first, last = x[y == 0].mean(), x[y == 1].mean()
    ask(last - first, True, "brighter")
    ask(first - last, False, "sign")
    ask(last, False, "one class")
    ask((last - first) / 255, False, "divide by 255")
    ask(1000, False, "x[y == last]")
    ask(..., None)


def test_channel(retina):
    def ask(answer, ok, words=""):
        verdict(check("02.channel", answer, retina=retina), ok, words)

    red, green, blue = retina.train.images.sum((0, 1, 2))
    all_three = red + green + blue
    ask(red / all_three, True, "of the light")
    ask(100 * red / all_three, False, "percent")
    ask(green / all_three, False, "green's")
    ask(blue / all_three, False, "blue's")
    ask(1 / 3, False, "number of channels")
    ask(red / (green + blue), False, "red included")
    ask(0.0, False, "Sum retina")
    ask(..., None)


def test_leak(breast):
    def ask(answer, ok, words="", data=breast):
        verdict(check("02.leak", answer, breast=data), ok, words)

    def leaked(train, test):
        known = {image.tobytes() for image in train}
        return [i for i, image in enumerate(test) if image.tobytes() in known]

    def in_train(train, test):
        return leaked(test, train)

    def within(train, test):
        every = [image.tobytes() for image in [*train, *test]]
        return [i for i, image in enumerate(test) if every.count(image.tobytes()) > 1]

    ask(leaked, True, "no image at all")
    ask(lambda train, test: set(leaked(train, test)), True)
    ask(lambda train, test: np.array(leaked(train, test)), True)
    ask(in_train, False, "positions in train")
    ask(lambda train, test: leaked(train, test)[:1], False, "one of two")
    ask(within, False, "compare test with train only")
    ask(lambda train, test: [], False, "leaked positions are [2, 5]")
    ask(lambda train, test: 2, False, "Return a list")
    ask(lambda train, test: ..., None)
    images = breast.test.images.copy()
    images[9] = breast.train.images[1]
    ask(leaked, True, "position 9", replace(breast, test=replace(breast.test, images=images)))


def test_lookup(breast):
    def ask(answer, ok, words=""):
        verdict(check("02.lookup", answer, breast=breast), ok, words)

    index, _ = find_twins(breast.test.images, breast.train.images)
    hits = breast.train.y[index[:, 0]] == breast.test.y
    ask(hits.mean(), True, "nothing learnt")
    ask(100 * hits.mean(), False, "percent")
    ask(1 - hits.mean(), False, "errors")
    ask(hits.sum(), False, "divide it")
    ask(-1, False, "Take the mean")
    ask(..., None)


def test_surprise(data):
    def ask(answer, ok, words=""):
        verdict(check("02.surprise", answer, data=data), ok, words)

    for i in (0, 17, len(data.test) - 1):
        label = data.card.labels[data.test.y[i]]
        ask(i, True, f"image {i} is labelled {label!r}")
    ask(len(data.test), False, f"0 to {len(data.test) - 1}")
    ask(-1, False, "not there")
    ask("17", False, "type str")
    ask(..., None)


def test_quiz_has_one_right_letter_and_a_sentence_for_each_wrong_one():
    assert [item.ok for item in quiz("02", q1="a", q2="B ", q3="c", q4="b")] == [True] * 4
    for one, two, three in (("b", "a", "a"), ("c", "c", "b")):
        wrong = quiz("02", q1=one, q2=two, q3=three, q4=two)
        assert all(item.ok is False and "none of the letters" not in item.message for item in wrong)
    assert all(item.ok is None for item in quiz("02"))


def test_every_rule_is_tested_here():
    names = {name for name in vars(lesson02) if f"test_{name}" in globals()}
    assert names >= {"pixel", "montage", "ratio", "brighter", "channel", "leak", "lookup", "surprise"}
