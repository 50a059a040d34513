import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import batches, card, cards, data, load, sample
from course_utils.data import Split, to_input
from course_utils.errors import ChoiceError, DataError

FLAGS = [one.flag for one in cards()]


@pytest.fixture(autouse=True)
def forget_failed_downloads():
    data._failed.clear()


def split_of(flag: str, n: int) -> Split:
    one = card(flag)
    rng = np.random.default_rng(n)
    images = rng.integers(0, 256, (n, *one.image_shape()), dtype=np.uint8)
    top = 2 if one.task == "multi-label" else len(one.labels)
    return Split("train", images, rng.integers(0, top, (n, one.label_width), dtype=np.uint8), one)


def reference(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Compute network input and targets of a whole split one image at a time, in float64."""
    x = []
    for image in split.images:
        planes = [image[..., c] for c in range(3)] if split.card.channels == 3 else [image]
        x.append(np.stack(planes).astype(np.float64) / 127.5 - 1)
    multi = split.card.task == "multi-label"
    return np.array(x), np.array([row if multi else row[0] for row in split.labels.tolist()])


# batches


@settings(deadline=None, max_examples=40)
@given(
    flag=st.sampled_from(["breastmnist", "pathmnist", "adrenalmnist3d", "chestmnist", "retinamnist"]),
    n=st.integers(1, 40),
    batch_size=st.integers(1, 45),
    shuffle=st.booleans(),
)
def test_batches_hold_every_image_once_as_the_reference_says(flag, n, batch_size, shuffle):
    split = split_of(flag, n)
    want_x, want_y = reference(split)
    got = list(batches(split, batch_size, shuffle=shuffle, seed=3))
    assert [len(y) for _, y in got] == [batch_size] * (n // batch_size) + [n % batch_size] * (
        n % batch_size > 0
    )
    x, y = torch.cat([x for x, _ in got]), torch.cat([y for _, y in got])
    assert x.dtype == torch.float32 and x.shape == want_x.shape
    assert y.dtype == (torch.float32 if flag == "chestmnist" else torch.int64)
    assert x.min() >= -1 and x.max() <= 1
    order = np.arange(n)
    if shuffle:  # find each row in the original: images of random bytes are all different
        where = {image.tobytes(): i for i, image in enumerate(split.images)}
        stored = ((x + 1) * 127.5).round().to(torch.uint8)
        stored = stored.movedim(1, -1) if split.card.channels == 3 else stored[:, 0]
        order = np.array([where[image.tobytes()] for image in stored.numpy()])
        assert sorted(order) == list(range(n))
    np.testing.assert_allclose(x, want_x[order], atol=1e-6)
    np.testing.assert_array_equal(y, want_y[order])


def test_a_last_batch_of_one_keeps_its_axes():
    split = split_of("organamnist", 65)  # the real OrganAMNIST has 34,561 = 1080 * 32 + 1 training images
    x, y = list(batches(split, 32))[-1]
    assert tuple(x.shape) == (1, 1, 28, 28) and tuple(y.shape) == (1,)
    split = split_of("chestmnist", 33)
    x, y = list(batches(split, 32))[-1]
    assert tuple(x.shape) == (1, 1, 28, 28) and tuple(y.shape) == (1, 14)


def test_the_seed_fixes_the_order():
    split = split_of("breastmnist", 50)

    def order(seed):
        return torch.cat([x for x, _ in batches(split, 8, shuffle=True, seed=seed)])

    assert torch.equal(order(1), order(1))
    assert not torch.equal(order(1), order(2))


def test_batches_leave_the_stored_images_alone():
    split = split_of("pathmnist", 5)
    before = split.images.copy()
    for x, _ in batches(split, 2):
        x.zero_()
    assert (split.images == before).all()


def test_augment_gets_the_batch_and_a_generator_that_follows_the_seed():
    split = split_of("breastmnist", 6)

    def noise(x, generator):
        assert x.dtype == torch.float32
        return x + torch.rand(x.shape, generator=generator)

    def run(seed):
        return torch.cat([x for x, _ in batches(split, 4, seed=seed, augment=noise)])

    assert torch.equal(run(0), run(0)) and not torch.equal(run(0), run(1))


@pytest.mark.parametrize("batch_size", [0, -3])
def test_a_batch_size_below_one_is_refused_at_once(batch_size):
    with pytest.raises(ChoiceError, match=f"batch_size is {batch_size}, expected 1 or more"):
        batches(split_of("breastmnist", 3), batch_size)


def test_input_ends_are_black_and_white():
    x = to_input(torch.tensor([[[0, 255]]], dtype=torch.uint8), channels=1)
    assert x.flatten().tolist() == [-1, 1]


# splits and datasets


@pytest.mark.parametrize("flag", FLAGS)
def test_sample_data_loads_for_every_flag(flag):
    one = load(flag, source="sample")
    assert one.source == "sample" and one.banner == sample.BANNER and one.card is card(flag)
    for name in ("train", "val", "test"):
        split = one[name]
        assert split is getattr(one, name) and split.name == name
        assert split.images.dtype == np.uint8 and split.images.shape == (len(split), *one.card.image_shape())
        assert split.labels.shape == (len(split), one.card.label_width)
        want = [(split.labels == k).sum() for k in range(len(one.card.labels))]
        if one.card.task == "multi-label":
            want = [(column == 1).sum() for column in split.labels.T]
        assert split.counts.tolist() == want


def test_y_is_what_losses_want():
    assert split_of("breastmnist", 4).y.shape == (4,)
    assert split_of("chestmnist", 4).y.shape == (4, 14)
    assert split_of("breastmnist", 4).y.dtype == np.int64


def test_counts_keep_classes_without_images():
    split = Split(
        "val", np.zeros((2, 28, 28, 3), np.uint8), np.array([[1], [1]], np.uint8), card("bloodmnist")
    )
    assert split.counts.tolist() == [0, 2, 0, 0, 0, 0, 0, 0]


def test_how_a_dataset_shows_itself():
    one = load("breastmnist", source="sample")
    assert str(one).startswith("BreastMNIST: train 546, val 78, test 150 images of 28 x 28, sample data")
    assert one.banner in str(one) and one.banner in one._repr_html_()
    assert repr(one) == str(one) and len(repr(one.train)) < 100
    assert copy.copy(one) != one  # compared by identity, not by a million pixels


# load


@pytest.fixture
def root(tmp_path, monkeypatch, tiny):
    """Return an empty folder of MedMNIST files, with a `.put(flag)` for a real one."""
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path))

    class Root(type(tmp_path)):
        def put(self, flag, size=28):
            arrays = tiny(card(flag), size=size)
            np.savez(self / card(flag).file_name(size), **arrays)
            return arrays

    return Root(tmp_path)


@pytest.mark.parametrize("source", ["auto", "real"])
@pytest.mark.parametrize(("flag", "size"), [("breastmnist", 28), ("pathmnist", 64), ("adrenalmnist3d", 28)])
def test_a_file_that_is_there_is_used(root, source, flag, size):
    arrays = root.put(flag, size)
    one = load(flag, size=np.int64(size), source=source)
    assert (one.source, one.banner, one.why, one.size) == ("real", "", "", size)
    assert (one.val.images == arrays["val_images"]).all() and (one.test.labels == arrays["test_labels"]).all()
    assert "real data" in str(one) and "SAMPLE" not in one._repr_html_()


def test_root_as_an_argument_comes_first(root, tmp_path_factory, monkeypatch):
    root.put("breastmnist")
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path_factory.mktemp("empty")))
    assert load("breastmnist", root=root, source="real").source == "real"


def test_sample_never_looks_at_files(root):
    (root / "breastmnist.npz").write_text("damaged")
    assert load("breastmnist", source="sample").source == "sample"


@pytest.mark.parametrize("source", ["auto", "real"])
def test_a_damaged_file_is_never_hidden_by_sample_data(root, source):
    (root / "breastmnist.npz").write_text("damaged")
    with pytest.raises(DataError, match=r"is not an \.npz archive"):
        load("breastmnist", source=source)
    assert (root / "breastmnist.npz").read_text() == "damaged"


def test_real_without_network_is_an_error(root, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    with pytest.raises(DataError, match=r"By hand: open https://zenodo\.org/.*pathmnist\.npz"):
        load("pathmnist", source="real")


def test_auto_without_network_is_sample_data_that_says_so(root):
    one = load("retinamnist")
    assert one.source == "sample"
    for text in (str(one), one._repr_html_()):
        assert sample.BANNER in text and "no connection to zenodo.org" in text
    assert list(root.iterdir()) == []


def test_auto_asks_a_dead_network_once_a_minute(root, monkeypatch):
    asked = []

    def unreachable(flag, **kwargs):
        asked.append(flag)
        raise DataError("no network")

    monkeypatch.setattr(data, "fetch", unreachable)
    load("breastmnist")
    second = load("adrenalmnist3d")
    assert asked == ["breastmnist"]
    assert "adrenalmnist3d.npz" in second.why and "could not be reached a moment ago" in second.why
    monkeypatch.setattr(data, "RETRY_SECONDS", 0)
    load("breastmnist")
    assert asked == ["breastmnist", "breastmnist"]


def test_auto_fetches_what_can_be_fetched(root, monkeypatch):
    def bring(flag, **kwargs):
        root.put(flag)
        return root / f"{flag}.npz"

    monkeypatch.setattr(data, "fetch", bring)
    assert load("breastmnist").source == "real"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"flag": "brestmnist"}, r"Unknown flag: 'brestmnist'\. Did you mean 'breastmnist'\?"),
        ({"size": 32}, r"Unknown size for breastmnist: 32\. Possible: 28, 64, 128, 224\."),
        (
            {"source": "reel"},
            r"Unknown source: 'reel'\. Did you mean 'real'\? Possible: auto, real, sample\.",
        ),
    ],
)
def test_unknown_words_list_what_is_possible(wrong, message):
    with pytest.raises(ChoiceError, match=message):
        load(**{"flag": "breastmnist", "source": "sample", **wrong})


def test_unknown_split():
    with pytest.raises(ChoiceError, match=r"Unknown split: 'tets'\. Did you mean 'test'\?"):
        load("breastmnist", source="sample")["tets"]


@pytest.mark.real
@pytest.mark.parametrize("flag", ["breastmnist", "pneumoniamnist", "retinamnist", "adrenalmnist3d"])
def test_real_data_loads_in_full(real_root, flag):
    one = load(flag, source="real", root=real_root)
    assert {name: len(one[name]) for name in ("train", "val", "test")} == dict(card(flag).n_samples)
    assert tuple(one.train.counts) == card(flag).counts
