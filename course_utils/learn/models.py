"""The networks: the course's small CNN, and the ResNets of the published tables, for images and volumes."""

from collections import OrderedDict

import torch
from torch import nn

from ..cards import DatasetCard
from ..errors import choose
from .convert import CONVS, to_3d
from .resnets import resnet

NAMES = ("small_cnn", "resnet18", "resnet50")
HEADS = ("softmax", "corn")
WIDTHS = {2: (16, 32, 64), 3: (8, 16, 32)}
LAYERS = {
    2: (nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d, nn.AdaptiveAvgPool2d),
    3: (nn.Conv3d, nn.BatchNorm3d, nn.MaxPool3d, nn.AdaptiveAvgPool3d),
}


class Corn(nn.Module):
    """Predict ordered grades: K - 1 questions "is it above grade k, given that it is at least k?".

    A linear layer answers the questions; their answers multiply to the probability of each grade. The output
    is the logarithm of these K probabilities, so softmax and cross-entropy work on it unchanged, and
    cross-entropy then is the conditional likelihood that CORN maximises (Shi, Cao & Raschka 2021, arXiv
    2111.08851).
    """

    def __init__(self, features: int, grades: int):
        """Take `features` numbers an image and tell `grades` ordered grades apart."""
        super().__init__()
        self.questions = nn.Linear(features, grades - 1)

    def forward(self, x):
        """Turn features `(B, F)` into log-probabilities `(B, K)`."""
        z = self.questions(x)
        log_above = nn.functional.logsigmoid(z).cumsum(1)  # log P(above k)
        log_stop = nn.functional.logsigmoid(-z)  # log P(exactly k | at least k)
        zero = torch.zeros_like(z[:, :1])
        return torch.cat([zero, log_above], 1) + torch.cat([log_stop, zero], 1)


def small_cnn(
    card: DatasetCard, *, size: int = 28, conv: str = "3d", head: str = "softmax", seed: int = 0
) -> nn.Sequential:
    """Build the course's default network: six convolutions, about 72,000 weights in 2D and 54,000 in 3D.

    Three stages, each twice as wide as the one before, each halving the image's edges; then the mean over all
    positions and one linear layer. Larger images enter through a first convolution that steps over several
    pixels, so that the rest always sees about 28 positions along an edge.

    Args:
        card: says 2D or 3D, how many channels come in and how many numbers go out.
        size: edge length of the images in pixels or voxels.
        conv, head: see `build`.
        seed: fixes the first weights.

    Returns:
        A network from x, float32 `(B, C, H, W)` or `(B, 1, D, H, W)` in [-1, 1], to logits, float32 `(B, K)`.

    Example:
        >>> from course_utils import card
        >>> net = small_cnn(card("breastmnist"))
        >>> net(torch.zeros(4, 1, 28, 28)).shape
        torch.Size([4, 2])
    """
    ndim = 3 if card.ndim == 3 and conv == "3d" else 2
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        parts, channels = OrderedDict(), card.channels
        for number, width in enumerate(WIDTHS[card.ndim]):
            step = max(1, size // 28) if number == 0 else 1
            parts[f"stage{number + 1}"] = _stage(ndim, channels, width, step)
            channels = width
        parts["mean"] = nn.Sequential(LAYERS[ndim][3](1), nn.Flatten())
        parts["head"] = _head(channels, card, head)
        net = nn.Sequential(parts)
        net.name = "small_cnn"
        return net if ndim == card.ndim else to_3d(net, conv)


def _stage(ndim: int, c_in: int, c_out: int, step: int) -> nn.Sequential:
    """Convolve and halve, convolve again; each time normalise and bend by GELU."""
    conv, norm, pool, _ = LAYERS[ndim]
    return nn.Sequential(
        conv(c_in, c_out, 2 * step + 1, stride=step, padding=step, bias=False),
        pool(2),
        norm(c_out),
        nn.GELU(),
        conv(c_out, c_out, 3, padding=1, bias=False),
        norm(c_out),
        nn.GELU(),
    )


def _head(features: int, card: DatasetCard, head: str) -> nn.Module:
    choose(head, HEADS, "head")
    return Corn(features, card.n_outputs) if head == "corn" else nn.Linear(features, card.n_outputs)


def build(
    name: str, card: DatasetCard, *, size: int = 28, conv: str = "3d", head: str = "softmax", seed: int = 0
) -> nn.Module:
    """Build a network by name.

    Args:
        name: "small_cnn", "resnet18" or "resnet50".
        card: which dataset it is for.
        size: edge length of the images in pixels or voxels.
        conv: how a network sees depth in volumes, "3d", "2.5d" or "acs", see `convert.to_3d`; ignored in 2D.
        head: "softmax", one free logit a class, or "corn", for ordered grades, see `Corn`.
        seed: fixes the first weights.

    Raises:
        ChoiceError: for an unknown name, size, conv or head.
    """
    choose(name, NAMES, "model")
    choose(conv, CONVS, "conv")
    choose(size, card.sizes, f"size for {card.flag}")
    if name == "small_cnn":
        return small_cnn(card, size=size, conv=conv, head=head, seed=seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        net = resnet(int(name.removeprefix("resnet")), card.channels, card.n_outputs, small=size <= 32)
        net.head = _head(net.head.in_features, card, head)
        net.name = name
        return to_3d(net, conv) if card.ndim == 3 else net


def count_weights(model: nn.Module) -> int:
    """Return how many trainable numbers a network has."""
    return sum(p.numel() for p in model.parameters() if p.requires_grad)
