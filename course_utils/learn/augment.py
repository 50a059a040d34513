"""Augmentation of whole batches: mirror, move, turn, resize, change contrast, where the label allows it."""

import math
from collections.abc import Callable

import torch
from torch.nn import functional as F  # noqa: N812 - the name everybody knows

from ..cards import DatasetCard


def augmenter(
    card: DatasetCard,
    *,
    flip: bool = True,
    shift: float = 0.07,
    turn: float = 10,
    scale: float = 0.1,
    contrast: float = 0.1,
) -> Callable:
    """Return the augmentation that keeps this dataset's labels true.

    Args:
        card: says which mirror images are allowed, and whether brightness means anything.
        flip: mirror half of the images along each allowed axis.
        shift: largest move along each axis, as a share of the edge (0.07 of 28 pixels is 2).
        turn: largest rotation in degrees; volumes turn about a random axis.
        scale: largest change of size, as a share.
        contrast: largest change of contrast, and of brightness, as a share; masks are left alone.

    Returns:
        A function of x, float32 `(B, C, ...)` in [-1, 1], and a `torch.Generator`; it returns a new x of the
        same shape. All images of a batch are changed at once, each in its own way.
    """
    contrast = 0 if card.mask else contrast

    def augment(x, generator):
        if flip:
            x = random_flip(x, flip_axes(card), generator)
        if shift or turn or scale:
            x = random_affine(x, generator, shift=shift, turn=turn, scale=scale)
        if contrast:
            x = random_contrast(x, generator, amount=contrast)
        return x

    return augment


def of_recipe(card: DatasetCard, recipe) -> Callable:
    """Return the augmentation that a `recipes.Recipe` asks for."""
    return augmenter(card, shift=recipe.shift, turn=recipe.turn, scale=recipe.scale, contrast=recipe.contrast)


def flip_axes(card: DatasetCard) -> tuple[int, ...]:
    """Return the axes of x `(B, C, ...)` that may be mirrored without making a label wrong."""
    return {"any": tuple(range(-card.ndim, 0)), "horizontal": (-1,), "none": ()}[card.flips]


def random_flip(x, axes: tuple[int, ...], generator):
    """Mirror half of the images, drawn anew for each axis."""
    for axis in axes:
        heads = _uniform(x, generator, 1)[:, 0] < 0
        x = torch.where(heads.view(-1, *[1] * (x.ndim - 1)), x.flip(axis), x)
    return x


def random_affine(x, generator, *, shift: float = 0.07, turn: float = 10, scale: float = 0.1):
    """Move, turn and resize each image by its own amount, in one resampling (Jaderberg et al. 2015)."""
    ndim = x.ndim - 2
    angle = _uniform(x, generator, 1) * math.radians(turn)
    if ndim == 2:
        spin = torch.cat([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).view(-1, 2, 2)
    else:
        # A rotation about a unit axis is the exponential of its cross-product matrix (Rodrigues).
        axis = F.normalize(torch.randn(len(x), 3, generator=generator), dim=1).to(x.device)
        cross = torch.linalg.cross(torch.eye(3, device=x.device)[None], axis[:, None].expand(-1, 3, -1))
        spin = torch.linalg.matrix_exp(angle[..., None] * cross)
    size = (_uniform(x, generator, 1) * scale).exp()
    move = _uniform(x, generator, ndim) * 2 * shift  # the grid runs from -1 to 1
    matrix = torch.cat([spin * size[..., None], move[..., None]], 2)
    grid = F.affine_grid(matrix, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="border", align_corners=False)


def random_contrast(x, generator, *, amount: float = 0.1):
    """Change each image's contrast and brightness by its own random amount."""
    draw = _uniform(x, generator, 2) * amount
    gain, offset = (draw[:, i].view(-1, *[1] * (x.ndim - 1)) for i in range(2))
    return x * (1 + gain) + offset


def mirrors(x, card: DatasetCard):
    """Yield x and its mirror images, one for each allowed axis: the views of test-time augmentation."""
    yield x
    for axis in flip_axes(card):
        yield x.flip(axis)


def _uniform(x, generator, columns: int):
    """Draw numbers in [-1, 1), `(B, columns)`, on the CPU so that every device sees the same ones."""
    return (torch.rand(len(x), columns, generator=generator) * 2 - 1).to(x.device)
