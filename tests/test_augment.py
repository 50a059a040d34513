"""Augmentation: allowed flips only, exact moves and turns, seeded, per image."""

from types import SimpleNamespace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from course_utils import card, cards
from course_utils.learn.augment import (
    augmenter,
    flip_axes,
    mirrors,
    random_affine,
    random_contrast,
    random_flip,
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("flag", [c.flag for c in cards()])
def test_every_dataset_keeps_shape_type_and_range_and_repeats_with_the_seed(flag):
    the_card = card(flag)
    x = torch.rand(3, the_card.channels, *[12] * the_card.ndim) * 2 - 1
    change = augmenter(the_card, contrast=0)
    a, b, c = change(x, generator(1)), change(x, generator(1)), change(x, generator(2))
    assert a.shape == x.shape
    assert a.dtype == torch.float32
    assert a.abs().max() <= 1 + 1e-5
    assert torch.equal(a, b)
    assert not torch.equal(a, c)


def test_flip_axes_follow_the_card():
    assert flip_axes(card("organamnist")) == ()
    assert flip_axes(card("pneumoniamnist")) == (-1,)
    assert flip_axes(card("bloodmnist")) == (-2, -1)
    assert flip_axes(card("adrenalmnist3d")) == (-3, -2, -1)


def test_organs_are_never_mirrored():
    x = torch.arange(64.0).view(1, 1, 8, 8).repeat(50, 1, 1, 1)
    still = augmenter(card("organamnist"), shift=0, turn=0, scale=0, contrast=0)
    assert torch.equal(still(x, generator()), x)
    assert len(list(mirrors(x, card("organamnist")))) == 1


def test_random_flip_mirrors_about_half_and_each_whole():
    x = torch.arange(16.0).view(1, 1, 4, 4).repeat(400, 1, 1, 1)
    y = random_flip(x, (-1,), generator())
    same = (y == x).flatten(1).all(1)
    assert torch.equal(y[~same], x[~same].flip(-1))
    assert 150 < same.sum() < 250


def _drawing(values):
    """Replace the generator's draws by fixed ones."""
    draws = iter(values)
    return lambda x, generator, columns: torch.full((len(x), columns), next(draws))


@pytest.mark.parametrize("ndim", [2, 3])
def test_a_shift_moves_by_that_share_of_the_edge(monkeypatch, ndim):
    monkeypatch.setattr("course_utils.learn.augment._uniform", _drawing([0.0, 0.0, 1.0]))
    x = torch.rand(1, 1, *[8] * ndim)
    y = random_affine(x, generator(), shift=0.25, turn=0, scale=0)  # two of eight pixels on each axis
    inner, moved = (slice(0, 6),) * ndim, (slice(2, 8),) * ndim
    torch.testing.assert_close(y[0, 0][inner], x[0, 0][moved], atol=1e-5, rtol=0)


def test_a_quarter_turn_is_a_quarter_turn(monkeypatch):
    monkeypatch.setattr("course_utils.learn.augment._uniform", _drawing([1.0, 0.0, 0.0]))
    x = torch.rand(1, 1, 8, 8)
    y = random_affine(x, generator(), shift=0, turn=90, scale=0)
    turns = [torch.rot90(x, k, (-2, -1)) for k in (1, 3)]
    assert min((y - turn).abs().max() for turn in turns) < 1e-4


def test_a_turned_ball_stays_and_a_turned_rod_keeps_its_length(monkeypatch):
    monkeypatch.setattr("course_utils.learn.augment._uniform", _drawing([1.0, 0.0, 0.0]))
    grid = torch.stack(torch.meshgrid(*[torch.arange(15.0) - 7] * 3, indexing="ij"))
    ball = torch.sigmoid(2 * (4 - grid.square().sum(0).sqrt()))[None, None]
    y = random_affine(ball, generator(), shift=0, turn=60, scale=0)
    assert (y - ball).abs().max() < 0.15
    # The volume's second moments (its shape) have the same eigenvalues after a rotation.
    rod = torch.exp(-((grid[0] / 3) ** 2) - (grid[1] / 2) ** 2 - (grid[2] / 1.5) ** 2)[None, None]
    monkeypatch.setattr("course_utils.learn.augment._uniform", _drawing([1.0, 0.0, 0.0]))
    z = random_affine(rod, generator(), shift=0, turn=60, scale=0)

    def moments(v):
        w = v[0, 0] / v.sum()
        return torch.linalg.eigvalsh(torch.einsum("dhw,idhw,jdhw->ij", w, grid, grid))

    torch.testing.assert_close(moments(z), moments(rod), rtol=0.1, atol=0.2)


def test_resizing_agrees_with_scipy(monkeypatch):
    monkeypatch.setattr("course_utils.learn.augment._uniform", _drawing([0.0, 1.0, 0.0]))
    x = torch.from_numpy(ndimage.gaussian_filter(torch.rand(17, 17).numpy(), 1)).view(1, 1, 17, 17)
    y = random_affine(x, generator(), shift=0, turn=0, scale=0.2)
    factor = torch.tensor(0.2).exp().item()
    centre = 8 - 8 * factor
    wanted = ndimage.affine_transform(x[0, 0].numpy(), [factor] * 2, [centre] * 2, order=1, mode="nearest")
    torch.testing.assert_close(y[0, 0], torch.from_numpy(wanted), atol=1e-4, rtol=0)


@given(st.floats(0.01, 0.5))
@settings(max_examples=20, deadline=None)
def test_contrast_is_affine_in_each_image(amount):
    x = torch.rand(4, 3, 5, 5)
    y = random_contrast(x, generator(), amount=amount)
    gain = (y[:, :, 0, 0] - y[:, :, 1, 1]) / (x[:, :, 0, 0] - x[:, :, 1, 1])
    assert (gain - gain[:, :1]).abs().max() < 1e-2
    assert (gain - 1).abs().max() <= amount + 1e-2


def test_masks_keep_two_values_when_only_brightness_may_change():
    x = (torch.rand(4, 1, 6, 6, 6) > 0.5).float() * 2 - 1
    change = augmenter(card("vesselmnist3d"), flip=False, shift=0, turn=0, scale=0, contrast=0.5)
    assert torch.equal(change(x, generator()), x)


def test_mirrors_are_the_image_and_one_view_an_axis():
    x = torch.arange(8.0).view(1, 1, 2, 2, 2)
    views = list(mirrors(x, SimpleNamespace(flips="any", ndim=3)))
    assert len(views) == 4
    assert torch.equal(views[1], x.flip(-3))
