"""Costs against hand counts."""

import pytest
import torch
from torch import nn

from course_utils import card
from course_utils.learn import costs
from course_utils.learn.models import build, small_cnn


def test_a_convolution_by_hand():
    net = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 9)
    )
    one = card("pathmnist")
    assert costs.macs(net, one) == 28 * 28 * 8 * 3 * 9 + 8 * 9
    assert costs.map_bytes(net, one) == 4 * (2 * 8 * 28 * 28 + 8 + 8 + 9)
    assert costs.macs(net, one, 56) - 72 == 4 * (costs.macs(net, one) - 72)


def test_resnet_has_its_known_work():
    assert costs.macs(build("resnet18", card("pathmnist")), card("pathmnist")) == pytest.approx(
        457e6, rel=0.01
    )


def test_nothing_stays_behind():
    net = small_cnn(card("adrenalmnist3d")).train()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    assert costs.macs(net, card("adrenalmnist3d"), 64) > costs.macs(net, card("adrenalmnist3d"))
    assert net.training and not any(layer._forward_hooks for layer in net.modules())
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
