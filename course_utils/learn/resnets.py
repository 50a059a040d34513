"""ResNet-18 and ResNet-50 as in MedMNIST's published rows (He et al., CVPR 2016, table 1).

Own code: torchvision doesn't import beside every torch build, timm needs torchvision, and torchvision lacks
the 3x3 stem that the rows at 28 pixels were made with.
"""

from collections import OrderedDict

from torch import nn

DEPTHS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3)}


class Block(nn.Module):
    """Add to x what a few convolutions make of it: two 3x3 (ResNet-18), or 1x1, 3x3, 1x1 (ResNet-50)."""

    def __init__(self, c_in: int, width: int, stride: int, bottleneck: bool):
        """Make the block's convolutions, and a 1x1 shortcut where the shape changes."""
        super().__init__()
        c_out = 4 * width if bottleneck else width
        layers = [(c_in, width, 1, 1), (width, width, 3, stride), (width, c_out, 1, 1)]
        if not bottleneck:
            layers = [(c_in, width, 3, stride), (width, width, 3, 1)]
        body = []
        for a, b, kernel, step in layers:
            body += [nn.Conv2d(a, b, kernel, step, kernel // 2, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
        self.body = nn.Sequential(*body[:-1])
        self.shortcut = nn.Identity()
        if stride != 1 or c_in != c_out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(c_in, c_out, 1, stride, bias=False), nn.BatchNorm2d(c_out)
            )
        self.relu = nn.ReLU()

    def forward(self, x):
        """Return relu(body(x) + shortcut(x))."""
        return self.relu(self.body(x) + self.shortcut(x))


def resnet(depth: int, channels: int, n_outputs: int, *, small: bool = True) -> nn.Sequential:
    """Build a ResNet for images.

    Args:
        depth: 18 or 50.
        channels: channels of x.
        n_outputs: columns of the logits.
        small: a 3x3 stem and no first pooling, for 28-pixel images; else the standard 7x7 stem with pooling.

    Returns:
        A network from `(B, C, H, W)` to `(B, n_outputs)`; its last layer is `.head`.
    """
    bottleneck = depth == 50
    stem = [nn.Conv2d(channels, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()]
    if not small:
        stem = [
            nn.Conv2d(channels, 64, 7, 2, 3, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
        ]
    parts, c_in = OrderedDict(stem=nn.Sequential(*stem)), 64
    for number, repeats in enumerate(DEPTHS[depth]):
        width, blocks = 64 * 2**number, []
        for repeat in range(repeats):
            blocks.append(Block(c_in, width, 2 if number and not repeat else 1, bottleneck))
            c_in = 4 * width if bottleneck else width
        parts[f"stage{number + 1}"] = nn.Sequential(*blocks)
    parts["mean"] = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    parts["head"] = nn.Linear(c_in, n_outputs)
    return nn.Sequential(parts)
