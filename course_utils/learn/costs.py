"""What a network costs, before anything is loaded: multiplications and the memory of its maps."""

import torch
from torch import nn

from ..cards import DatasetCard


def macs(net: nn.Module, card: DatasetCard, size: int = 28) -> int:
    """Count a network's multiply-accumulate operations for one image or volume.

    Counted are convolutions and linear layers: output positions times the weights of one window.

    Args:
        net: from x to logits.
        card: says which shape an image has.
        size: edge length in pixels or voxels.

    Example:
        >>> from course_utils import card
        >>> from course_utils.learn.models import small_cnn
        >>> macs(small_cnn(card("breastmnist")), card("breastmnist"))
        3154304
    """
    return sum(
        output[0, 0].numel() * layer.weight.numel()
        for layer, output in _outputs(net, card, size)
        if getattr(layer, "weight", None) is not None and layer.weight.ndim > 1
    )


def map_bytes(net: nn.Module, card: DatasetCard, size: int = 28) -> int:
    """Count the bytes of all layers' float32 outputs for one image: what training keeps to go backwards."""
    return sum(4 * output.numel() for _, output in _outputs(net, card, size))


def _outputs(net: nn.Module, card: DatasetCard, size: int) -> list:
    """Run one blank image through; return each innermost layer with its output, a tensor without memory."""
    seen = []
    hooks = [
        layer.register_forward_hook(lambda layer, _, output: seen.append((layer, output.to("meta"))))
        for layer in net.modules()
        if not list(layer.children())
    ]
    was_training = net.training
    try:
        with torch.no_grad():
            net.eval()(torch.zeros(1, card.channels, *[size] * card.ndim))
    finally:
        net.train(was_training)
        for hook in hooks:
            hook.remove()
    return seen
