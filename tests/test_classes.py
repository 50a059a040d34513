"""Mean images and histograms against numpy over one class at a time."""

from dataclasses import replace

import numpy as np
import pytest

from course_utils import classes, load


@pytest.mark.parametrize("flag", ["retinamnist", "breastmnist", "chestmnist", "nodulemnist3d"])
def test_moments_equal_numpys(flag, monkeypatch):
    monkeypatch.setattr(classes, "CHUNK", 64)  # several chunks and a rest
    split = load(flag, source="sample").val
    means, stds = classes.moments(split)
    for k in range(len(split.card.labels)):
        chosen = split.y[:, k] == 1 if split.card.task == "multi-label" else split.y == k
        images = split.images[chosen]
        if split.card.ndim == 3:
            images = images[:, 14]
        assert means[k] == pytest.approx(images.mean(0))
        assert stds[k] == pytest.approx(images.std(0), abs=1e-4)


@pytest.mark.parametrize("flag", ["retinamnist", "chestmnist", "nodulemnist3d"])
def test_shares_equal_numpys_histogram(flag):
    split = load(flag, source="sample").test
    shares = classes.intensity_shares(split, bins=16)
    assert shares.shape == (len(split.card.labels), split.card.channels, 16)
    assert shares.sum(2) == pytest.approx(1)
    k = 1
    chosen = split.y[:, k] == 1 if split.card.task == "multi-label" else split.y == k
    values = split.images[chosen][..., 0] if split.card.channels == 3 else split.images[chosen]
    counts, _ = np.histogram(values, bins=16, range=(0, 256))
    assert shares[k, 0] == pytest.approx(counts / counts.sum())


@pytest.fixture(scope="module")
def one_sided():
    """Return data in whose training split one class has no image."""
    data = load("breastmnist", source="sample")
    keep = data.train.y == 1
    return replace(
        data, train=replace(data.train, images=data.train.images[keep], labels=data.train.labels[keep])
    )


@pytest.mark.filterwarnings("error")
def test_a_class_without_images_is_drawn_empty(one_sided):
    means, _ = classes.moments(one_sided.train)
    assert np.isnan(means[0]).all() and np.isfinite(means[1]).all()
    for draw in (classes.mean_images, classes.intensities):
        assert draw(one_sided).png()


@pytest.mark.parametrize("flag", ["retinamnist", "chestmnist", "vesselmnist3d"])
@pytest.mark.parametrize("draw", [classes.mean_images, classes.intensities])
def test_words_name_every_class(flag, draw):
    data = load(flag, source="sample")
    plate = draw(data, "val")
    assert all(label in plate.alt for label in data.card.labels)
    assert f"{len(data.val):,} val images" in plate.caption and data.banner in plate.caption


def test_each_colour_channel_has_its_panel():
    plate = classes.intensities(load("retinamnist", source="sample"))
    assert [ax.get_title(loc="left") for ax in plate.axes] == ["red", "green", "blue"] or [
        ax.get_title() for ax in plate.axes
    ] == ["red", "green", "blue"]


def test_a_cut_peak_is_confessed():
    data = load("breastmnist", source="sample")
    images = data.train.images.copy()
    images[:, :20] = 0
    dark = replace(data, train=replace(data.train, images=images))
    peak = 100 * np.nanmax(classes.intensity_shares(dark.train))
    assert f"it reaches {peak:.0f} %" in classes.intensities(dark).caption
