"""The sample data keeps MedMNIST's layout, is the same every time, and is neither trivial nor hopeless."""

import os
import subprocess
import sys
import time
import tracemalloc
import warnings
from functools import cache

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from course_utils import metrics, sample
from course_utils.cards import card, cards
from course_utils.errors import ChoiceError
from course_utils.sample.brushes import Canvas
from course_utils.sample.scenes_organ import paint_organ

FLAGS = [c.flag for c in cards()]
made = cache(sample.make)


def canvas(n, size=28, ndim=2, seed=0):
    """Return a canvas with a fixed generator."""
    return Canvas(n, size, ndim, np.random.Generator(np.random.PCG64(seed)))


def coarse(images, ndim, cells):
    """Average images to `cells` blocks along each edge: `(N, cells, ..., channels)` floats."""
    step = images.shape[1] // cells
    blocks = images.astype(np.float32).reshape(len(images), *(cells, step) * ndim, -1)
    return blocks.mean(tuple(range(2, 2 * ndim + 1, 2)))


def likeness(a, b):
    """Return the correlation of two arrays."""
    return np.corrcoef(np.ravel(a).astype(float), np.ravel(b).astype(float))[0, 1]


@pytest.mark.parametrize("flag", FLAGS)
def test_has_the_layout_of_the_real_file(flag):
    c, arrays = card(flag), made(flag)
    assert list(arrays) == [f"{split}_{kind}" for split in sample.SPLITS for kind in ("images", "labels")]
    for split, n in sample.counts(flag).items():
        images, labels = arrays[f"{split}_images"], arrays[f"{split}_labels"]
        assert images.shape == (n, *c.image_shape()) and images.dtype == np.uint8
        assert labels.shape == (n, c.label_width) and labels.dtype == np.uint8
        assert n <= min(c.n_samples[split], 600 if c.ndim == 2 else 240)
        assert len(np.unique(images.reshape(n, -1), axis=0)) == n, "two images are the same"


@pytest.mark.parametrize("flag", FLAGS)
def test_every_class_is_in_every_split(flag):
    c = card(flag)
    for split in sample.SPLITS:
        labels = made(flag)[f"{split}_labels"]
        per_class = labels.sum(0) if c.task == "multi-label" else np.bincount(labels[:, 0])
        assert len(per_class) == len(c.labels) and per_class.min() >= sample.LEAST


@pytest.mark.parametrize("c", [c for c in cards() if c.counts], ids=lambda c: c.flag)
def test_class_balance_is_the_real_one(c):
    labels = made(c.flag)["train_labels"]
    ours = labels.mean(0) if c.task == "multi-label" else np.bincount(labels[:, 0]) / len(labels)
    np.testing.assert_allclose(ours, np.array(c.counts) / c.counts_of, atol=0.012)


def test_chest_findings_come_together_or_not_at_all():
    number = made("chestmnist")["train_labels"].sum(1)
    assert 0.4 < (number == 0).mean() < 0.7
    assert number.max() >= 3


@pytest.mark.parametrize(
    ("flag", "size"),
    [("retinamnist", 224), ("breastmnist", 224), ("bloodmnist", 64), ("organsmnist", 128)]
    + [(c.flag, 64) for c in cards() if c.ndim == 3],
)
def test_larger_sizes_show_the_same_scenes(flag, size, monkeypatch):
    monkeypatch.setattr(sample, "MOST", {2: (12, 12, 12), 3: (12, 12, 12)})
    monkeypatch.setattr(sample, "LEAST", 1)
    large, small = sample.make(flag, size), sample.make(flag)
    assert large["val_images"].shape == (len(small["val_images"]), *card(flag).image_shape(size))
    np.testing.assert_array_equal(large["val_labels"], small["val_labels"])
    blurred = [coarse(arrays["val_images"], card(flag).ndim, 4) for arrays in (large, small)]
    assert np.abs(blurred[0] - blurred[1]).max() < 8
    assert np.abs(blurred[0] - blurred[1]).mean() < 2  # speckle squares its noise, so it brightens a little


def test_a_small_image_is_a_large_one_averaged():
    kinds = np.arange(8, dtype=np.uint8)[:, None]
    small, large = (sample.SCENES["bloodmnist"](canvas(8, size), kinds) for size in (28, 112))
    assert likeness(coarse(large, 2, 28), small) > 0.98


@pytest.mark.parametrize("flag", FLAGS)
def test_scenes_stay_float32(flag):
    # float64 creeps in through bool and int arrays and doubles time and memory.
    c = card(flag)
    labels = sample.draw_labels(c, 45, np.random.default_rng(0))
    scene = sample.SCENES[flag]
    names = {"names": c.labels} if flag.startswith("organ") else {}
    image = scene(canvas(45, ndim=c.ndim), labels, **names)
    assert image.dtype == np.float32 and image.shape == (45, *c.image_shape())
    assert np.isfinite(image).all() and image.min() > -0.7 and image.max() < 2.5


@pytest.mark.parametrize("flag", ["chestmnist", "retinamnist", "vesselmnist3d", "synapsemnist3d"])
def test_same_seed_same_data_and_another_seed_another(flag):
    first, again, other = made(flag), sample.make(flag), sample.make(flag, seed=1)
    for name in first:
        np.testing.assert_array_equal(first[name], again[name])
        assert first[name].shape == other[name].shape
    assert (first["train_images"] != other["train_images"]).any()
    assert (first["train_labels"] != other["train_labels"]).any()


def test_another_process_makes_the_same_data():
    code = (
        "import sys; from course_utils import sample; "
        "sys.stdout.buffer.write(sample.make('breastmnist')['val_images'].tobytes())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "OMP_NUM_THREADS": "1"}
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=environment)
    ours = made("breastmnist")["val_images"]
    theirs = np.frombuffer(other.stdout, np.uint8).reshape(ours.shape)
    assert np.abs(ours.astype(int) - theirs).max() <= 1


def test_known_pictures_stay_the_same_on_every_platform():
    # Rounding may differ by one grey level between platforms, so means are compared, not bytes.
    arrays = made("pneumoniamnist")
    expected = [153.5, 146.7, 119.3, 160.0, 142.7, 175.9]
    np.testing.assert_allclose(arrays["test_images"][:6].mean((1, 2)), expected, atol=0.6)
    np.testing.assert_array_equal(arrays["test_labels"][:10, 0], [1, 1, 1, 1, 1, 1, 1, 0, 0, 1])


@pytest.mark.parametrize("flag", [c.flag for c in cards() if c.mask])
def test_masks_are_black_and_white(flag):
    images = made(flag)["train_images"]
    assert set(np.unique(images)) == {0, 255}
    filled = (images > 0).mean((1, 2, 3))
    assert filled.min() > 0.002 and filled.max() < 0.4


def test_disease_grows_masks():
    for flag in ("adrenalmnist3d", "vesselmnist3d"):
        images, labels = made(flag)["train_images"], made(flag)["train_labels"][:, 0]
        filled = (images > 0).mean((1, 2, 3))
        assert filled[labels == 1].mean() > filled[labels == 0].mean()


def test_lesions_grow_with_the_grade_and_grades_overlap():
    # Lesions are what makes the retina's inside uneven: measured against a smoothed copy.
    from scipy.ndimage import uniform_filter

    images, grades = (
        made("retinamnist")["train_images"][..., 1].astype(float),
        made("retinamnist")["train_labels"][:, 0],
    )
    rough = np.abs(images - uniform_filter(images, (0, 3, 3)))[:, 6:22, 6:22].mean((1, 2))
    means = [rough[grades == grade].mean() for grade in range(5)]
    assert means == sorted(means)
    for grade in range(4):
        assert np.quantile(rough[grades == grade], 0.95) > np.quantile(rough[grades == grade + 1], 0.05)


@pytest.mark.parametrize(("plane", "ndim"), [("axial", 2), ("coronal", 2), ("", 3)])
@pytest.mark.parametrize("organ", ["kidney", "femur", "lung"])
def test_a_mirrored_organ_looks_like_the_other_side(plane, ndim, organ):
    names = (f"{organ}-left", f"{organ}-right")
    left, right = (
        paint_organ(canvas(120, ndim=ndim, seed=side), np.full((120, 1), side), names, plane).mean(0)
        for side in (0, 1)
    )
    assert likeness(left[..., ::-1], right) > 0.9
    assert likeness(left[..., ::-1], right) > likeness(left, right) + 0.15


@pytest.mark.parametrize("flag", FLAGS)
def test_is_made_at_once_in_little_memory(flag):
    start = time.process_time()
    tracemalloc.start()
    sample.make(flag)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - start < 5  # of all threads; about a fifth of that where nothing traces it
    assert peak < 200 * 2**20


@pytest.mark.parametrize("flag", FLAGS)
def test_a_network_can_learn_it_and_pixels_alone_can_not(flag):
    """The design of the difficulty: chance < logistic regression < small network < perfect."""
    from course_utils import train
    from course_utils.data import load
    from course_utils.learn.models import small_cnn

    c, data = card(flag), load(flag, source="sample")
    by_pixels = _score_pixels(c, data)
    # A network for twice the size steps over every second voxel: volumes take an eighth of the time.
    net = small_cnn(c, size=28 if c.ndim == 2 else 56)
    recipe = {"epochs": 8, "batch_size": 32, "lr": 6e-3, "smoothing": 0.0, "augment": None}
    train.fit(net, data, **recipe, progress=False, device="cpu")
    by_network = metrics.auc(data.test.y, train.predict(net, data.test, device="cpu"), c.task)
    assert 0.57 < by_pixels < 0.95
    assert by_pixels + 0.03 < by_network < 0.996


def _score_pixels(c, data) -> float:
    """Return the test AUC of a logistic regression on standardised pixels (volumes: on 7 x 7 x 7 means)."""

    def flat(images):
        images = images.astype(np.float32)
        if c.ndim == 3:
            images = images.reshape(-1, 7, 4, 7, 4, 7, 4).mean((2, 4, 6))
        return images.reshape(len(images), -1)

    scale = StandardScaler().fit(flat(data.train.images))
    x, x_test = scale.transform(flat(data.train.images)), scale.transform(flat(data.test.images))
    model = LogisticRegression(C=1e-3, max_iter=60)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it need not converge to be compared
        if c.task == "multi-label":
            columns = [model.fit(x, y).predict_proba(x_test)[:, 1] for y in data.train.labels.T]
            return metrics.auc(data.test.y, np.stack(columns, 1), c.task)
        return metrics.auc(data.test.y, model.fit(x, data.train.labels[:, 0]).predict_proba(x_test), c.task)


def test_unknown_flag_or_size_is_refused():
    with pytest.raises(ChoiceError, match="breastmnist"):
        sample.make("breastmist")
    with pytest.raises(ChoiceError, match="28, 64"):
        sample.make("adrenalmnist3d", 128)


def test_sample_needs_no_torch():
    code = (
        "import sys; from course_utils import sample; sample.make('breastmnist'); "
        "assert not {'torch', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_banner_says_what_it_is():
    assert "SAMPLE DATA" in sample.BANNER and "not medical images" in sample.BANNER
