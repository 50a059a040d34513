"""The recipe table: every dataset has a line, and large sets stay affordable."""

import pytest

from course_utils import cards
from course_utils.learn.recipes import FAMILIES, Recipe, family, recipe

LARGEST = {2: 200_000, 3: 25_000}  # images seen in a run: a minute in 2D, two in 3D, on two cores


@pytest.mark.parametrize("card", cards(), ids=lambda c: c.flag)
def test_every_dataset_has_a_recipe_that_ends_in_time(card):
    n = card.n_samples["train"]
    for model in ("small_cnn", "resnet18"):
        chosen = recipe(card, n, model=model)
        assert isinstance(chosen, Recipe)
        assert 1 <= chosen.epochs <= 60
        assert chosen.epochs * n <= LARGEST[card.ndim]
    assert family(card) in FAMILIES


def test_families_follow_the_card():
    found = {c.flag: family(c) for c in cards()}
    assert found["chestmnist"] == "image with findings"
    assert found["retinamnist"] == "graded image"
    assert [f for f in found if found[f] == "mask"] == ["adrenalmnist3d", "vesselmnist3d"]
    assert set(found.values()) == set(FAMILIES)


def test_changes_win_and_none_keeps_the_default():
    card = cards()[0]
    assert recipe(card, 1000, epochs=7, lr=None) == recipe(card, 1000, epochs=7)
    assert recipe(card, 1000, model="resnet18", batch_size=5).batch_size == 5


def test_more_images_never_mean_more_passes_over_them():
    for card in (cards()[0], cards()[-1]):
        recipes = [recipe(card, n) for n in range(1, 200_000, 997)]
        passes = [one.epochs * one.members for one in recipes]
        assert passes == sorted(passes, reverse=True)
