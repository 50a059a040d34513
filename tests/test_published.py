"""The published tables: complete, and equal to numbers known from elsewhere."""

import pytest

from course_utils import published
from course_utils.cards import cards
from course_utils.errors import ChoiceError

# Rounded averages of the columns catch a slip of the pen in any cell larger than 0.012 (2D) or 0.006 (3D).
# They are of the table as entered (mean AUC, mean ACC over 12 or 6 datasets).
AVERAGES = {
    "ResNet-18 (28)": (0.922, 0.819),
    "ResNet-18 (224)": (0.925, 0.821),
    "ResNet-50 (28)": (0.920, 0.816),
    "ResNet-50 (224)": (0.923, 0.821),
    "Google AutoML Vision": (0.927, 0.809),
    "ResNet-18 + 3D": (0.849, 0.767),
    "ResNet-18 + ACS": (0.842, 0.775),
    "ResNet-50 + 3D": (0.863, 0.780),
    "ResNet-50 + ACS": (0.848, 0.762),
}


def test_every_dataset_has_every_row():
    assert sorted(published.flags()) == sorted(c.flag for c in cards())
    for card in cards():
        methods = [r["method"] for r in published.rows(card.flag)]
        assert len(methods) == len(set(methods)) == (8 if card.ndim == 3 else 7)
        assert set(methods) <= set(published.METHODS)
        assert set(published.unconfirmed(card.flag)) <= set(methods)
        for r in published.rows(card.flag):
            assert list(r) == ["method", "auc", "acc"]
            assert 0.4 <= r["acc"] < 1 or card.flag == "fracturemnist3d"
            assert 0.5 < r["auc"] < 1


@pytest.mark.parametrize("method", AVERAGES)
def test_averages(method):
    mine = [r for flag in published.flags() for r in published.rows(flag) if r["method"] == method]
    auc, acc = AVERAGES[method]
    assert sum(r["auc"] for r in mine) / len(mine) == pytest.approx(auc, abs=0.001)
    assert sum(r["acc"] for r in mine) / len(mine) == pytest.approx(acc, abs=0.001)


def test_known_cells():
    assert published.row("breastmnist", "ResNet-18 (28)") == {
        "method": "ResNet-18 (28)",
        "auc": 0.901,
        "acc": 0.863,
    }
    assert max(r["acc"] for r in published.rows("pneumoniamnist")) == 0.946
    assert max(r["auc"] for r in published.rows("adrenalmnist3d")) == 0.839


def test_accuracies_below_the_constant_guess():
    adrenal = [r["acc"] for r in published.below_constant("adrenalmnist3d")]
    assert adrenal == [0.721, 0.754, 0.763, 0.745, 0.758, 0.705]
    vessel = [r["acc"] for r in published.below_constant("vesselmnist3d")]
    assert vessel == [0.846, 0.877, 0.877, 0.858]
    chest = [r["method"] for r in published.below_constant("chestmnist")]
    assert chest == ["auto-sklearn", "AutoKeras"]  # five rows say 0.947 or 0.948, as the constant guess does
    assert published.below_constant("octmnist") == []
    assert len(published.below_constant("octmnist", acc=0.99)) == 7


def test_unknown_names():
    with pytest.raises(ChoiceError, match="breastmnist"):
        published.rows("breast")
    with pytest.raises(ChoiceError, match="ResNet-18"):
        published.row("breastmnist", "ResNet-18")
    assert published.n_test("breastmnist") == 156
