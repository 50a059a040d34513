"""Turn a 2D network into one for volumes: 3D, 2.5D or ACS (Yang et al., IEEE JBHI 2021, arXiv 1911.10477).

Own code: the authors' package ACSConv fails on current torch (its converter trips over BatchNorm's `bias`),
and the idea is what lesson 07 teaches.
"""

import copy

import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the name everybody knows

from ..errors import CourseError, choose

CONVS = ("3d", "2.5d", "acs")
# Layers that only change their name, and the options that they take over.
TWINS = {
    nn.MaxPool2d: (nn.MaxPool3d, ("kernel_size", "stride", "padding", "dilation", "ceil_mode")),
    nn.AvgPool2d: (nn.AvgPool3d, ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")),
    nn.AdaptiveAvgPool2d: (nn.AdaptiveAvgPool3d, ("output_size",)),
    nn.AdaptiveMaxPool2d: (nn.AdaptiveMaxPool3d, ("output_size",)),
    nn.Dropout2d: (nn.Dropout3d, ("p",)),
}


class PlaneConv(nn.Module):
    """Convolve volumes with 2D kernels: some lie in the axial plane, some coronal, some sagittal.

    A kernel `(kH, kW)` becomes `(1, kH, kW)`, `(kH, 1, kW)` or `(kH, kW, 1)`. With all kernels axial this is
    a 2.5D convolution; with a third in each plane it is ACS (Yang et al. 2021). The weights stay 2D, so a 2D
    network's weights fit as they are.
    """

    def __init__(self, conv: nn.Conv2d, split: tuple[int, int, int]):
        """Take over a 2D convolution; `split` says how many of its kernels look along each plane."""
        super().__init__()
        self.weight, self.bias = conv.weight, conv.bias
        self.split, self.stride, self.dilation = split, conv.stride[0], conv.dilation[0]
        reach = self.dilation * (conv.kernel_size[0] - 1)
        pad = (
            conv.padding[0]
            if not isinstance(conv.padding, str)
            else {"same": reach / 2, "valid": 0}[conv.padding]
        )
        self.pad = int(pad)
        # Along its flat axis a kernel is one voxel thick: pad so that it sits in the middle of a thick one.
        self.flat_pad = (self.pad - reach // 2, self.pad - (reach - reach // 2))

    def forward(self, x):
        """Convolve `(B, C, D, H, W)` with the kernels of each plane and stack the results as channels."""
        parts, first = [], 0
        for axis, count in zip((2, 3, 4), self.split, strict=True):
            if not count:
                continue
            weight = self.weight[first : first + count].unsqueeze(axis)
            bias = None if self.bias is None else self.bias[first : first + count]
            weight = weight.contiguous(memory_format=torch.channels_last_3d)
            pads = [self.flat_pad if a == axis else (self.pad, self.pad) for a in (2, 3, 4)]
            if min(self.flat_pad) == max(self.flat_pad) >= 0:  # nearly always; conv3d pads faster than F.pad
                padded, padding = x, [before for before, _ in pads]
            else:
                padded, padding = F.pad(x, [n for pair in reversed(pads) for n in pair]), 0
            parts.append(F.conv3d(padded, weight, bias, self.stride, padding, self.dilation))
            first += count
        return torch.cat(parts, 1)

    def extra_repr(self) -> str:
        """Return the line that `print(model)` shows."""
        return f"{tuple(self.weight.shape)}, split={self.split}, stride={self.stride}, padding={self.pad}"


def acs_split(kernels: int) -> tuple[int, int, int]:
    """Share out kernels among the axial, coronal and sagittal plane as evenly as possible.

    Example:
        >>> acs_split(64)
        (22, 21, 21)
    """
    third, rest = divmod(kernels, 3)
    return third + (rest > 0), third + (rest > 1), third


def to_3d(model: nn.Module, conv: str = "acs") -> nn.Module:
    """Turn a 2D network into its form for volumes; the original stays as it is.

    Args:
        model: any network of 2D layers; layers without a dimension (linear, activations) are kept.
        conv: "3d" thickens each kernel from k x k to k x k x k, its values repeated and divided by k
            (Carreira & Zisserman, CVPR 2017); "2.5d" keeps flat kernels in the axial plane; "acs" lays a
            third of the flat kernels in each of the three planes.

    Returns:
        A network from `(B, C, D, H, W)`; "2.5d" and "acs" have exactly as many weights as `model`.

    Raises:
        ChoiceError: for an unknown conv.
        CourseError: for a layer that has no 3D form here.

    Example:
        >>> net = to_3d(nn.Sequential(nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6)), "acs")
        >>> net(torch.zeros(2, 1, 8, 8, 8)).shape
        torch.Size([2, 6, 8, 8, 8])
    """
    choose(conv, CONVS, "conv")
    return _converted(copy.deepcopy(model), conv, {})


def _converted(layer: nn.Module, conv: str, done: dict[nn.Module, nn.Module]) -> nn.Module:
    """Return a layer's 3D form; a layer that stands in two places stays one layer."""
    if layer not in done:
        done[layer] = _twin(layer, conv, done)
    return done[layer]


def _twin(layer: nn.Module, conv: str, done: dict) -> nn.Module:
    if isinstance(layer, nn.Conv2d):
        return _conv(layer, conv)
    if isinstance(layer, nn.BatchNorm2d | nn.InstanceNorm2d):
        kind = nn.BatchNorm3d if isinstance(layer, nn.BatchNorm2d) else nn.InstanceNorm3d
        options = layer.num_features, layer.eps, layer.momentum, layer.affine, layer.track_running_stats
        twin = kind(*options, **_place(layer))
        twin.load_state_dict(layer.state_dict())
        return _like(layer, twin)
    for kind, (twin, names) in TWINS.items():
        if isinstance(layer, kind):
            return twin(**{name: _thrice(getattr(layer, name)) for name in names})
    if type(layer).__name__.endswith("2d"):
        raise CourseError(
            f"No 3D form of the layer {type(layer).__name__} is known: use a network without it."
        )
    for name, child in layer._modules.items():  # named_children would skip a layer's second place
        setattr(layer, name, child and _converted(child, conv, done))
    return layer


def _place(layer: nn.Module) -> dict:
    """Return a layer's device and precision, as keywords for a new one."""
    like = next(layer.parameters(), None)
    return {} if like is None else {"device": like.device, "dtype": like.dtype}


def _like(layer: nn.Module, twin: nn.Module) -> nn.Module:
    """Let a new layer learn or not, train or not, as the old one did."""
    for old, new in zip(layer.parameters(), twin.parameters(), strict=True):
        new.requires_grad_(old.requires_grad)
    return twin.train(layer.training)


def _conv(layer: nn.Conv2d, conv: str) -> nn.Module:
    if layer.padding_mode != "zeros" or len({*layer.kernel_size}) > 1 or len({*layer.stride}) > 1:
        raise CourseError(
            f"Only square kernels and strides with zero padding have a 3D form here, found {layer}."
        )
    if conv == "2.5d" and layer.groups == 1:
        return PlaneConv(layer, (layer.out_channels, 0, 0))
    if conv == "acs" and layer.groups == 1:
        return PlaneConv(layer, acs_split(layer.out_channels))
    if layer.groups > 1 and conv != "3d":
        raise CourseError(f"Grouped convolutions have no {conv} form here, found {layer}: use conv='3d'.")
    padding = layer.padding if isinstance(layer.padding, str) else layer.padding[0]
    k = layer.kernel_size[0]
    twin = nn.Conv3d(
        layer.in_channels, layer.out_channels, k, layer.stride[0], padding, layer.dilation[0], layer.groups,
        bias=layer.bias is not None, **_place(layer),
    )  # fmt: skip
    with torch.no_grad():
        twin.weight.copy_(layer.weight.unsqueeze(2).expand_as(twin.weight) / k)
        if layer.bias is not None:
            twin.bias.copy_(layer.bias)
    return _like(layer, twin)


def _thrice(value):
    """Give a layer's pair (height, width) a depth, equal to the height."""
    return (value[0], *value) if isinstance(value, tuple) else value
