"""Saliency: a network that looks at one known place must be shown to look there."""

import numpy as np
import pytest
import torch
from torch import nn

from course_utils import load, saliency
from course_utils.errors import CourseError
from course_utils.learn.models import build, small_cnn


class Corner(nn.Module):
    """Answer by the mean of the upper left 8 x 8 pixels alone; its one stage keeps the places."""

    def __init__(self):
        super().__init__()
        self.stage1 = nn.Conv2d(1, 1, 1)
        nn.init.ones_(self.stage1.weight)
        nn.init.ones_(self.stage1.bias)  # 0 to 2 instead of -1 to 1

    def forward(self, x):
        """Return logits (B, 2)."""
        value = self.stage1(x)[:, :, :8, :8].mean((1, 2, 3))
        return torch.stack([-value, 5 * value], 1)


@pytest.fixture(scope="module")
def split():
    return load("breastmnist", source="sample").test


CORNER = np.zeros((28, 28), bool)
CORNER[:8, :8] = True


def test_occlusion_finds_the_only_place_that_counts(split):
    found = saliency.occlusion(Corner(), split, 0, 1, edge=3, step=1, grey=0)
    assert found.shape == (28, 28)
    assert found[CORNER].mean() > 0 and np.allclose(found[10:, 10:], 0)
    assert saliency.share_inside(found, CORNER) > 0.85


def test_grad_cam_equals_its_definition(split):
    net = small_cnn(split.card, seed=1).eval()
    found = saliency.grad_cam(net, split, 3, 1)
    x = torch.from_numpy(split.images[3].astype(np.float32) / 127.5 - 1)[None, None]
    maps = net.stage3(net.stage2(net.stage1(x))).detach()
    # The head is linear after the mean over places, so each map's weight is its head weight / places.
    weights = net.head.weight[1].detach() / maps[0, 0].numel()
    expected = torch.relu((weights[:, None, None] * maps[0]).sum(0))
    expected = nn.functional.interpolate(expected[None, None], (28, 28), mode="bilinear")[0, 0]
    assert np.allclose(found, expected.numpy(), atol=1e-5)
    assert found.min() >= 0


@pytest.mark.parametrize("name", ["small_cnn", "resnet18"])
def test_grad_cam_works_on_the_courses_networks_and_leaves_them_alone(name):
    split = load("pathmnist", source="sample").val
    net = build(name, split.card).eval()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    found = saliency.grad_cam(net, split, 0, 4)
    assert found.shape == (28, 28) and np.isfinite(found).all()
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())
    assert not net.stage3._forward_hooks


def test_randomised_changes_the_named_parts_only(split):
    net = small_cnn(split.card)
    whole, head = saliency.randomised(net, seed=5), saliency.randomised(net, "head", seed=5)
    same = {key for key, value in net.state_dict().items() if torch.equal(value, head.state_dict()[key])}
    assert {key for key in net.state_dict() if not key.startswith("head")} == same
    assert not torch.equal(net.stage1[0].weight, whole.stage1[0].weight)


def test_agreement_and_share():
    a = np.arange(12.0).reshape(3, 4)
    assert saliency.agreement(a, a**3) == pytest.approx(1)
    assert saliency.agreement(a, -a) == pytest.approx(-1)
    assert saliency.agreement(a, np.ones((3, 4))) == 0
    assert saliency.share_inside(np.zeros((2, 2)), np.ones((2, 2), bool)) == 0


def test_picture_tells_where(split):
    found = np.zeros((28, 28))
    found[2:5, 22:26] = 1
    plate = saliency.draw([split.images[0]] * 2, [found, found * 0], ["found\nit", "nothing"])
    assert "found it: highest in the top right" in plate.alt and "nothing: empty" in plate.alt
    with pytest.raises(CourseError, match="a map and a title"):
        saliency.draw([split.images[0]], [], [])


def test_says_what_is_wrong(split):
    volumes = load("adrenalmnist3d", source="sample").val
    with pytest.raises(CourseError, match="2D"):
        saliency.occlusion(Corner(), volumes, 0, 1)
    with pytest.raises(CourseError, match="stage1"):
        saliency.grad_cam(nn.Sequential(nn.Flatten(), nn.Linear(784, 2)), split, 0, 1)
