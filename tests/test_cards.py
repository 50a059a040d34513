import copy
import pickle
from html.parser import HTMLParser

import medmnist
import pytest

from course_utils import card, cards
from course_utils.cards import LICENCES, MIRRORS, medmnist_info
from course_utils.errors import ChoiceError

FLAGS = list(medmnist.INFO)


class Tags(HTMLParser):
    """Collect opened and closed tags, and the text."""

    def __init__(self, html):
        super().__init__()
        self.stack, self.closed, self.text = [], 0, ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag
        self.closed += 1

    def handle_data(self, data):
        self.text += data


def test_facts_about_files_are_medmnists_own():
    assert medmnist_info() == medmnist.INFO


@pytest.mark.parametrize("flag", FLAGS)
def test_card_agrees_with_medmnist(flag):
    info, one = medmnist.INFO[flag], card(flag)
    assert one.name == info["python_class"]
    assert dict(one.n_samples) == info["n_samples"]
    assert one.channels == info["n_channels"]
    assert one.licence == info["license"]
    assert one.files[28] == (info["url"], info["MD5"])
    for size in one.sizes[1:]:
        assert one.files[size] == (info[f"url_{size}"], info[f"MD5_{size}"])
    assert len(one.labels) == len(info["label"])
    if flag != "retinamnist":  # its labels have no names in medmnist, only digits
        assert one.labels == tuple(info["label"].values())


@pytest.mark.parametrize("flag", FLAGS)
def test_card_is_complete_and_consistent(flag):
    one = card(flag)
    assert one.task in ("binary", "multi-class", "multi-label", "ordinal")
    assert (len(one.labels) == 2) == (one.task == "binary")
    assert one.n_outputs == len(one.labels)
    assert one.label_width == (14 if flag == "chestmnist" else 1)
    assert one.ndim == (3 if flag.endswith("3d") else 2)
    assert one.sizes == ((28, 64) if one.ndim == 3 else (28, 64, 128, 224))
    assert one.flips in MIRRORS
    assert one.licence in LICENCES and one.licence_text.startswith("Creative Commons")
    assert one.question.endswith("?") or "(" in one.question
    assert one.modality and one.cite and one.defects
    assert bool(one.positive) == (one.task == "binary")
    if one.positive:
        assert one.positive.startswith(one.labels[1])  # column 1 is what AUC and sensitivity count


@pytest.mark.parametrize("flag", FLAGS)
def test_counts_fit_the_number_of_images(flag):
    one, n = card(flag), card(flag).n_samples
    if not one.counts:
        return
    assert len(one.counts) == len(one.labels)
    # The train split, or the source data before it was split, or before its test part came from elsewhere.
    assert one.counts_of in (n["train"], n["train"] + n["val"], sum(n.values()))
    if one.task != "multi-label":
        assert sum(one.counts) == one.counts_of


def test_laterality_forbids_flips():
    for one in cards():
        sided = any("left" in label or "right" in label for label in one.labels)
        assert (one.flips == "none") == sided, one.flag


def test_only_dermamnist_is_non_commercial():
    assert [one.flag for one in cards() if "NC" in one.licence] == ["dermamnist"]


def test_totals():
    flat = sum(sum(one.n_samples.values()) for one in cards() if one.ndim == 2)
    solid = sum(sum(one.n_samples.values()) for one in cards() if one.ndim == 3)
    assert (len(cards()), flat, solid) == (18, 707_962, 9_996)


@pytest.mark.parametrize(
    ("flag", "size", "shape", "name"),
    [
        ("breastmnist", 28, (28, 28), "breastmnist.npz"),
        ("pathmnist", 224, (224, 224, 3), "pathmnist_224.npz"),
        ("adrenalmnist3d", 64, (64, 64, 64), "adrenalmnist3d_64.npz"),
    ],
)
def test_shapes_and_file_names(flag, size, shape, name):
    assert card(flag).image_shape(size) == shape
    assert card(flag).file_name(size) == name


def test_raw_bytes():
    assert card("breastmnist").raw_bytes() == 780 * 28 * 28
    assert card("pathmnist").raw_bytes(224) == 107_180 * 224 * 224 * 3


def test_unknown_flag_and_size():
    with pytest.raises(ChoiceError, match=r"Unknown flag: 'brestmnist'\. Did you mean 'breastmnist'\?"):
        card("brestmnist")
    with pytest.raises(ChoiceError, match=r"Unknown size for adrenalmnist3d: 128\. Possible: 28, 64\."):
        card("adrenalmnist3d").file_name(128)


def test_table_in_a_terminal_and_in_a_notebook():
    lines = str(cards()).splitlines()
    assert repr(cards()) == str(cards())
    assert len(lines) == 19 and lines[0].startswith("flag")
    assert max(map(len, lines)) <= 120
    html = Tags(cards()._repr_html_())
    assert not html.stack
    assert all(one.flag in html.text for one in cards())


@pytest.mark.parametrize("flag", FLAGS)
def test_card_in_a_terminal_and_in_a_notebook(flag):
    one = card(flag)
    html = Tags(one._repr_html_())
    assert not html.stack
    for _, text in one.rows():
        assert text in str(one) and text in html.text


def test_a_card_travels_as_a_reference():
    one = card("retinamnist")
    assert copy.deepcopy(one) is one
    assert pickle.loads(pickle.dumps(one)) is one


def test_cards_cannot_be_changed():
    with pytest.raises(AttributeError):
        card("breastmnist").task = "ordinal"
    with pytest.raises(TypeError):
        card("breastmnist").n_samples["train"] = 1


@pytest.mark.real
def test_labels_and_counts_on_real_files(real_root):
    import numpy as np

    for flag in ("breastmnist", "pneumoniamnist", "retinamnist", "adrenalmnist3d"):
        labels = np.load(real_root / f"{flag}.npz")["train_labels"]
        assert tuple(np.bincount(labels[:, 0])) == card(flag).counts


@pytest.mark.real
def test_defects_on_real_files(real_root):
    import numpy as np

    breast = np.load(real_root / "breastmnist.npz")
    assert (breast["train_images"][115] == breast["test_images"][76]).all()
    assert breast["train_labels"][115, 0] != breast["test_labels"][76, 0]
    retina = np.load(real_root / "retinamnist.npz")
    assert (retina["test_labels"] == 4).sum() == 20
    adrenal = np.load(real_root / "adrenalmnist3d.npz")
    assert set(np.unique(adrenal["train_images"])) == {0, 255}
    assert round((adrenal["test_labels"] == 0).mean(), 4) == 0.7685
