import numpy as np
import pytest

from course_utils import card, cards, load
from course_utils.teach.checks import check, quiz


@pytest.fixture(scope="module")
def data():
    return load("breastmnist", source="sample")


@pytest.fixture(scope="module")
def chest():
    return load("chestmnist", source="sample")


def verdict(feedback, ok, words=""):
    assert feedback.ok is ok, feedback
    assert words in feedback.message, feedback


def test_images(data):
    def ask(answer, ok, words=""):
        verdict(check("01.images", answer, data=data), ok, words)

    n = {name: len(data[name]) for name in ("train", "val", "test")}
    ask(sum(n.values()), True, "images in three splits")
    ask(n["train"], False, "training split alone")
    ask(n["train"] + n["val"], False, "test split is missing")
    ask(n["train"] + n["test"], False, "validation split is missing")
    ask(780, False, "what the card says")
    ask(data.train.images.size, False, "counts the pixels")
    ask(1, False, "Add len(data.train)")
    ask("780", False, "type str")
    ask(..., None)


def test_brightness(data):
    def ask(answer, ok, words=""):
        verdict(check("01.brightness", answer, data=data), ok, words)

    pixels = data.train.images
    ask(pixels.mean() / 255, True, "on average")
    ask(pixels.mean(), False, "divide by 255")
    ask(100 * pixels.mean() / 255, False, "percentage")
    ask(pixels.mean() / 256, False, "not 256")
    ask(pixels[0].mean() / 255, False, "first image alone")
    ask(data.test.images.mean() / 255, False, "another split")
    ask(pixels.sum(dtype=np.uint8) / pixels.size / 255, False, "ran over the end of uint8")
    ask(-3, False, "Black is 0")
    ask(0.9, False, "Take the mean")


@pytest.mark.parametrize(
    ("answer", "ok", "words"),
    [
        ("val", True, "validation chooses"),
        (" Validation ", True, ""),
        ("train", False, "by heart"),
        ("test", False, "luck"),
        ("dev", False, "are called"),
        (2, False, "in quotes"),
        (..., None, ""),
    ],
)
def test_choose(answer, ok, words):
    verdict(check("01.choose", answer), ok, words)


def test_findings(chest):
    row = np.zeros(14, np.uint8)
    row[[0, 2]] = 1
    chest.train.labels[5] = row
    names = chest.card.labels

    def ask(answer, ok, words=""):
        verdict(check("01.findings", answer, chest=chest, image_number=5), ok, words)

    ask(["atelectasis", "effusion"], True, "both at once")
    ask(("Effusion", "atelectasis "), True)
    ask([0, 2], False, "These are numbers")
    ask(["atelectasis"], False, "has 2 findings and you name 1")
    ask("effusion", False, "has 2 findings and you name 1")
    ask(["atelectasis", "effusion", "mass"], False, "Not mass")
    ask([names[1], names[3]], False, "One place off")
    ask(list(names), False, "all names")
    ask([name for name in names if name not in ("atelectasis", "effusion")], False, "does not have")
    ask(["flu"], False, "flu: not the name")
    ask([], False, "has 2 findings and you name 0")
    ask(7, False, "list of names")


def test_licence():
    def ask(answer, ok, words=""):
        verdict(check("01.licence", answer), ok, words)

    ask(["dermamnist"], True, "HAM10000")
    ask("dermamnist", True)
    ask([card("dermamnist")], True)
    ask([], False, "There is one")
    ask(["pathmnist", "dermamnist"], False, "pathmnist has CC BY 4.0")
    ask([one.flag for one in cards() if one.flag != "dermamnist"], False, "the ones you may use")
    ask(["dermnist"], False, "Did you mean 'dermamnist'?")
    ask(3, False, "list of flags")


@pytest.mark.parametrize(
    ("answer", "ok", "words"),
    [
        (107_180 * 224 * 224 * 3 / 1e9, True, "more than most laptops"),
        (16, True, ""),
        (107_180 * 224 * 224 / 1e9, False, "three numbers a pixel"),
        (107_180 * 224 * 224 * 12 / 1e9, False, "float32"),
        (89_996 * 224 * 224 * 3 / 1e9, False, "training split"),
        (107_180 * 224 * 3 / 1e9, False, "224 x 224 pixels"),
        (107_180 * 28 * 28 * 3 / 1e9, False, "28 pixels"),
        (107_180 * 224 * 224 * 3, False, "in bytes"),
        (107_180 * 224 * 224 * 3 / 1e6, False, "in MB"),
        (107_180 * 224 * 224 * 3 / 2**30, False, "GiB"),
        (12.6, False, "compressed file"),
        (3, False, "Multiply images"),
    ],
)
def test_memory(answer, ok, words):
    verdict(check("01.memory", answer), ok, words)


@pytest.mark.parametrize(
    ("answer", "ok", "words"),
    [
        (14, True, "14 volumes fewer"),
        (229 - 0.721 * 298, True, ""),
        (-14, False, "take its right answers away"),
        (229 / 298 - 0.721, False, "difference of shares"),
        (215, False, "right answers"),
        (83, False, "its errors"),
        (69, False, "errors of the constant guess"),
        (100, False, "subtract"),
    ],
)
def test_below(answer, ok, words):
    verdict(check("01.below", answer), ok, words)


@pytest.mark.parametrize(
    ("answer", "ok", "words"),
    [
        (100 / 114, True, "specificity"),
        (0.877, True, ""),
        (40 / 42, False, "cancers found"),
        (140 / 156, False, "accuracy"),
        (100 / 156, False, "not by all images"),
        (100 / 102, False, "called"),
        (14 / 114, False, "missed"),
        (87.7, False, "percentage"),
        (0.5, False, "114 images"),
    ],
)
def test_sensitivity(answer, ok, words):
    verdict(check("01.sensitivity", answer), ok, words)


def test_quiz():
    assert all(one.ok for one in quiz("01", q1="b", q2="c", q3="a", q4="b", q5="c"))
    assert [one.ok for one in quiz("01", q1="a", q2="a", q3="b", q4="c", q5="b")] == [False] * 5
