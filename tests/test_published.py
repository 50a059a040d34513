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


# A second transcription, from the authors' web page: index.html of github.com/MedMNIST/medmnist.github.io at
# commit 83f35a9): one line a method, AUC and ACC in thousandths, six datasets a block.
WEB_PAGE = {
    "pathmnist chestmnist dermamnist octmnist pneumoniamnist retinamnist": """
        983 907 768 947 917 735 943 743 944 854 717 524
        989 909 773 947 920 754 958 763 956 864 710 493
        990 911 769 947 913 735 952 762 948 854 726 528
        989 892 773 948 912 731 958 776 962 884 716 511
        934 716 649 779 902 719 887 601 942 855 690 515
        959 834 742 937 915 749 955 763 947 878 719 503
        944 728 778 948 914 768 963 771 991 946 750 531
    """,
    "breastmnist bloodmnist tissuemnist organamnist organcmnist organsmnist": """
        901 863 998 958 930 676 997 935 992 900 972 782
        891 833 998 963 933 681 998 951 994 920 974 778
        857 812 997 956 931 680 997 935 992 905 972 770
        866 842 997 950 932 680 998 947 993 911 975 785
        836 803 984 878 828 532 963 762 976 829 945 672
        871 831 998 961 941 703 994 905 990 879 974 813
        919 861 998 966 924 673 990 886 988 877 964 749
    """,
    "organmnist3d nodulemnist3d fracturemnist3d adrenalmnist3d vesselmnist3d synapsemnist3d": """
        977 788 838 835 587 451 718 772 748 846 634 696
        996 907 863 844 712 508 827 721 874 877 820 745
        994 900 873 847 714 497 839 754 930 928 705 722
        974 769 835 848 552 397 732 763 751 877 669 735
        994 883 875 847 725 494 828 745 907 918 851 795
        994 889 886 841 750 517 828 758 912 858 719 709
        977 814 914 874 628 453 828 802 910 915 631 730
        979 804 844 834 642 458 804 705 773 894 538 724
    """,
}


@pytest.mark.parametrize("flags", WEB_PAGE)
def test_rows_equal_a_second_transcription(flags):
    lines = [[int(cell) / 1000 for cell in line.split()] for line in WEB_PAGE[flags].strip().splitlines()]
    for i, flag in enumerate(flags.split()):
        mine = [[row["auc"], row["acc"]] for row in published.rows(flag)]
        assert mine == [line[2 * i : 2 * i + 2] for line in lines]
