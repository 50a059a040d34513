"""The rules of lesson 03: answers pass, each misconception gets its own sentence, dots are no mistake."""

import json
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from course_utils import card
from course_utils.teach.checks import check, quiz

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "03_look_in_3d.ipynb"
W = 5


def fake(size, n=6):
    """Return what the rules need of a dataset: boxes of growing size as masks, even cases normal."""
    images = np.zeros((n, size, size, size), np.uint8)
    for i, image in enumerate(images):
        k = size // 14
        image[2 * k : (5 + i) * k, 3 * k : 12 * k, 4 * k : (7 + i // 2) * k] = 255
    images[:, ::3, 1::4, ::5] = 255  # crumbs: no plane looks like another
    split = SimpleNamespace(images=images, y=np.arange(n) % 2)
    return SimpleNamespace(size=size, train=split, test=split)


SMALL, BIG = fake(28), fake(64)
VOLUME = SMALL.test.images[0]
PAIRS = np.array([[0, 1], [3, 2], [4, 5]])  # the larger one is always the enlarged one: b, a, b
ORGANS = card("organmnist3d")
CONTEXT = {
    "03.voxels": {"volume": VOLUME},
    "03.plane": {"volume": VOLUME, "w": W},
    "03.longest": {"volume": VOLUME},
    "03.shadow": {"volume": VOLUME},
    "03.millilitre": {"volume": VOLUME},
    "03.memory": {"small": SMALL, "big": BIG},
    "03.mirror": {"card": ORGANS},
    "03.game": {"data": BIG, "pairs": PAIRS},
}
INSIDE = int((VOLUME > 0).sum())
EDGE = 64 / 28
SIDED = [1, 2, 3, 4, 7, 8]


def folded_answers():
    """Return the lesson's exercises with the code of their folded answers, in order."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    names = re.findall(r'checks\.check\(\s*"([^"]+)"', text)
    codes = re.findall(r"<summary>Answer</summary>.*?```python\n(.*?)```", text, re.S)
    assert len(names) == len(codes)
    return list(zip(names, codes, strict=True))


def test_every_exercise_is_tested():
    assert [name for name, _ in folded_answers()] == list(CONTEXT)


@pytest.mark.parametrize(("name", "code"), folded_answers())
def test_the_folded_answer_is_right(name, code):
    organs = SimpleNamespace(card=ORGANS)
    here = {"np": np, "volume": VOLUME, "w": W, "small": SMALL, "big": BIG, "organs": organs, "pairs": PAIRS}
    exec(code, here)
    feedback = check(name, here["answer"], **CONTEXT[name])
    assert feedback.ok is True, feedback


@pytest.mark.parametrize("name", CONTEXT)
def test_dots_are_unanswered(name):
    assert check(name, ..., **CONTEXT[name]).ok is None


WRONG = [
    ("03.voxels", VOLUME.size, "all voxels"),
    ("03.voxels", VOLUME.size - INSIDE, "outside"),
    ("03.voxels", int(VOLUME.sum()), "as 255"),
    ("03.voxels", int((VOLUME[5] > 0).sum()), "one slice"),
    ("03.voxels", INSIDE / VOLUME.size, "a share"),
    ("03.voxels", INSIDE + 1, "volume > 0 is True"),
    ("03.voxels", "many", "type str"),
    ("03.plane", VOLUME[W], "first axis, D"),
    ("03.plane", VOLUME[:, W], "second axis, H"),
    ("03.plane", VOLUME[:, :, W].T, "turned over"),
    ("03.plane", VOLUME[:, :, W + 9], "Fix the last axis"),
    ("03.plane", VOLUME, "still has three axes"),
    ("03.plane", 7, "single value"),
    ("03.plane", VOLUME[0, 0], "shape (28,)"),
    ("03.longest", "H", "another axis has more"),
    ("03.longest", "X", "called"),
    ("03.longest", 1, "letter in quotes"),
    ("03.shadow", VOLUME.max(0), "along D"),
    ("03.shadow", VOLUME.max(2), "along W"),
    ("03.shadow", VOLUME.mean(1), "This is the mean"),
    ("03.shadow", VOLUME.sum(1), "This is the sum"),
    ("03.shadow", VOLUME[:, 20], "one slice across H"),
    ("03.shadow", VOLUME.max(1) + 1, "maximum over axis 1"),
    ("03.millilitre", INSIDE * EDGE**3, "cubic millimetres"),
    ("03.millilitre", INSIDE * EDGE / 1000, "three edges"),
    ("03.millilitre", INSIDE * EDGE**2 / 1000, "an area"),
    ("03.millilitre", INSIDE / EDGE**3 / 1000, "not the inverse"),
    ("03.millilitre", INSIDE / 1000, "1 mm wide"),
    ("03.millilitre", VOLUME.size * EDGE**3 / 1000, "whole cube"),
    ("03.millilitre", 1e9, "divided by 1,000"),
    ("03.memory", EDGE, "one axis"),
    ("03.memory", EDGE**2, "2D images"),
    ("03.memory", 1 / EDGE**3, "other way round"),
    ("03.memory", BIG.train.images.nbytes, "bytes of one"),
    ("03.memory", 3, "nbytes"),
    ("03.mirror", "1", "list of numbers"),
    ("03.mirror", [*SIDED, 0], "0 is liver"),
    ("03.mirror", [*SIDED, 99], "99 is no class"),
    ("03.mirror", SIDED[1:], "1 missing"),
    ("03.game", 3, "letters in quotes"),
    ("03.game", "abc", "Only the letters"),
    ("03.game", "ab", "3 rounds, but 2 letters"),
]


@pytest.mark.parametrize(("name", "answer", "words"), WRONG)
def test_a_misconception_is_named(name, answer, words):
    feedback = check(name, answer, **CONTEXT[name])
    assert feedback.ok is False
    assert words in feedback.message


def test_a_wrapped_sum_is_named():
    volume = np.zeros((4, 4, 4), np.uint8)
    volume[:2, 0, 0] = 255
    feedback = check("03.voxels", int(volume.sum(dtype=np.uint8)), volume=volume)
    assert "ran over the end of uint8" in feedback.message


def test_the_game_tells_score_rule_and_truth():
    feedback = check("03.game", "Bbb", **CONTEXT["03.game"])
    assert feedback.ok is True
    assert "right in 2 of 3 rounds; 'always the larger one' is in 3" in feedback.message
    assert "missed round 2. The enlarged ones are bab." in feedback.message
    assert "missed" not in check("03.game", "bab", **CONTEXT["03.game"]).message


def test_the_quiz():
    right = {"q1": "b", "q2": "c", "q3": "a", "q4": "c", "q5": "b"}
    assert all(item.ok for item in quiz("03", **right))
    for name, letter in right.items():
        for other in set("abc") - {letter}:
            item = quiz("03", **{**right, name: other})[int(name[1]) - 1]
            assert item.ok is False and "none of the letters" not in item.message
    assert all(item.ok is None for item in quiz("03"))
