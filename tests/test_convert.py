"""2D networks in 3D form: counts, shapes, gradients, and kernels checked against a direct computation."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F  # noqa: N812

from course_utils import card
from course_utils.errors import ChoiceError, CourseError
from course_utils.learn.convert import CONVS, PlaneConv, acs_split, to_3d
from course_utils.learn.models import build, count_weights, small_cnn
from course_utils.learn.resnets import resnet


@pytest.mark.parametrize(("conv", "millions"), [("2.5d", 11.17), ("acs", 11.17), ("3d", 33.15)])
def test_resnet18_has_the_published_number_of_weights(conv, millions):
    assert count_weights(to_3d(resnet(18, 3, 2), conv)) / 1e6 == pytest.approx(millions, abs=0.01)


@pytest.mark.parametrize("conv", CONVS)
def test_converted_networks_give_logits_and_pass_gradients_to_every_weight(conv):
    for net in (
        small_cnn(card("nodulemnist3d"), conv=conv),
        to_3d(nn.Sequential(*resnet(18, 1, 2)[:2]), conv),
    ):
        y = net(torch.randn(2, 1, 8, 8, 8))
        y.square().sum().backward()
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
    assert build("resnet18", card("nodulemnist3d"), conv=conv).eval()(torch.zeros(1, 1, 8, 8, 8)).shape == (
        1,
        2,
    )


@pytest.mark.parametrize(("stride", "kernel"), [(1, 3), (2, 3), (1, 1), (2, 5)])
def test_acs_equals_a_direct_loop_over_voxels(stride, kernel):
    rng = np.random.default_rng(0)
    conv = nn.Conv2d(2, 5, kernel, stride, kernel // 2, bias=True)
    x = rng.normal(size=(2, 5, 6, 7)).astype(np.float32)
    ours = to_3d(conv, "acs")(torch.from_numpy(x)[None])[0].detach().numpy()
    w, b, pad = conv.weight.detach().numpy(), conv.bias.detach().numpy(), kernel // 2
    planes = [0, 0, 1, 1, 2]  # five kernels: two axial (flat in depth), two coronal, one sagittal
    direct = np.zeros_like(ours)
    for k, d, h, v in np.ndindex(ours.shape):
        total, spot = b[k], [d * stride, h * stride, v * stride]
        for c, i, j in np.ndindex(2, kernel, kernel):
            offset = [i - pad, j - pad]
            offset.insert(planes[k], 0)
            at = [s + o for s, o in zip(spot, offset, strict=True)]
            if all(0 <= a < n for a, n in zip(at, x.shape[1:], strict=True)):
                total += w[k, c, i, j] * x[c, at[0], at[1], at[2]]
        direct[k, d, h, v] = total
    np.testing.assert_allclose(ours, direct, atol=1e-5)


@given(
    st.integers(1, 7),
    st.integers(1, 5),
    st.integers(1, 3),
    st.integers(0, 2),
    st.integers(1, 2),
    st.sampled_from(CONVS),
)
@settings(max_examples=60, deadline=None)
def test_every_form_equals_a_dense_3d_kernel_of_the_same_geometry(c_out, kernel, stride, pad, dilation, form):
    conv = nn.Conv2d(2, c_out, kernel, stride, pad, dilation, bias=False)
    x = torch.randn(1, 2, 11, 10, 12)
    dense = torch.zeros(c_out, 2, kernel, kernel, kernel)
    middle = kernel // 2 if kernel % 2 else None
    if form == "3d":
        dense = conv.weight.unsqueeze(2).expand_as(dense) / kernel
    elif middle is None or (dilation > 1 and kernel % 2 == 0):
        dense = None  # an even kernel has no middle: only the shape is promised
    else:
        split = acs_split(c_out) if form == "acs" else (c_out, 0, 0)
        plane = np.repeat([0, 1, 2], split)
        for k in range(c_out):
            dense[k].select(plane[k] + 1, middle).copy_(conv.weight[k].detach())
    ours = to_3d(conv, form)(x)
    shape = [(n + 2 * pad - dilation * (kernel - 1) - 1) // stride + 1 for n in x.shape[2:]]
    assert list(ours.shape) == [1, c_out, *shape]
    if dense is not None:
        torch.testing.assert_close(
            ours, F.conv3d(x, dense, None, stride, pad, dilation), atol=1e-4, rtol=1e-4
        )


def test_an_inflated_network_sees_a_stack_of_equal_slices_as_the_2d_network_sees_one():
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 2, 3)
    ).eval()
    x = torch.randn(3, 1, 16, 16)
    thick = to_3d(net, "3d")(x.unsqueeze(2).expand(-1, -1, 16, -1, -1))
    torch.testing.assert_close(thick[:, :, 0], net(x), atol=1e-5, rtol=1e-4)


@given(st.integers(1, 500))
def test_acs_split_is_even_and_complete(n):
    parts = acs_split(n)
    assert sum(parts) == n
    assert max(parts) - min(parts) <= 1


def test_weights_and_statistics_are_taken_over_and_the_original_is_untouched():
    net = nn.Sequential(nn.Conv2d(1, 4, 3, padding="same"), nn.BatchNorm2d(4))
    net[1].running_mean += 3
    twin = to_3d(net, "acs")
    assert torch.equal(twin[0].weight, net[0].weight)
    assert isinstance(twin[0], PlaneConv)
    assert torch.equal(twin[1].running_mean, net[1].running_mean)
    twin[0].weight.data += 1
    assert isinstance(net[0], nn.Conv2d)
    assert not torch.equal(twin[0].weight, net[0].weight)


@pytest.mark.parametrize(
    "layer",
    [nn.Conv2d(2, 2, (3, 5)), nn.Conv2d(2, 2, 3, groups=2), nn.Conv2d(1, 1, 3, padding_mode="reflect"),
     nn.LPPool2d(2, 2)],
)  # fmt: skip
def test_what_has_no_3d_form_is_refused_by_name(layer):
    with pytest.raises(CourseError, match=type(layer).__name__):
        to_3d(nn.Sequential(layer), "acs")


def test_unknown_form():
    with pytest.raises(ChoiceError, match=r"2\.5d"):
        to_3d(nn.Conv2d(1, 1, 3), "2d")


@pytest.mark.parametrize("conv", CONVS)
def test_new_layers_stay_where_the_old_ones_were(conv):
    net = nn.Sequential(nn.Conv2d(1, 3, 3, padding=1), nn.BatchNorm2d(3)).double()
    for p in net[0].parameters():
        p.requires_grad_(False)
    solid = to_3d(net, conv)
    assert all(p.dtype == torch.float64 for p in solid.parameters())
    assert [p.requires_grad for p in solid.parameters()] == [False, False, True, True]
    # "meta" is a device without numbers: a layer left on the CPU would show.
    assert {p.device.type for p in to_3d(net.to("meta"), conv).parameters()} == {"meta"}


@pytest.mark.parametrize("conv", CONVS)
def test_a_layer_in_two_places_stays_one_layer(conv):
    shared = nn.Conv2d(2, 2, 3, padding=1)
    solid = to_3d(nn.Sequential(shared, nn.ReLU(), shared), conv)
    assert solid[0] is solid[2] and not isinstance(solid[0], nn.Conv2d)
    assert solid(torch.zeros(1, 2, 5, 5, 5)).shape == (1, 2, 5, 5, 5)
