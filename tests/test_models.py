"""The networks: shapes, sizes, reproducible first weights, the ordinal head."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils import card, cards
from course_utils.errors import ChoiceError
from course_utils.learn.models import Corn, build, count_weights, small_cnn
from course_utils.learn.resnets import resnet

FLAGS = [c.flag for c in cards()]


@pytest.mark.parametrize("flag", FLAGS)
def test_small_cnn_gives_one_logit_a_label_for_every_dataset(flag):
    the_card = card(flag)
    x = torch.zeros(2, the_card.channels, *[28] * the_card.ndim)
    assert small_cnn(the_card)(x).shape == (2, len(the_card.labels))


@pytest.mark.parametrize(("flag", "weights"), [("breastmnist", 72_000), ("adrenalmnist3d", 54_000)])
def test_small_cnn_is_small(flag, weights):
    assert count_weights(small_cnn(card(flag))) == pytest.approx(weights, rel=0.02)


@pytest.mark.parametrize(
    ("flag", "size"), [("breastmnist", s) for s in (64, 128, 224)] + [("nodulemnist3d", 64)]
)
def test_small_cnn_takes_every_published_size(flag, size):
    the_card = card(flag)
    net = small_cnn(the_card, size=size)
    x = torch.zeros(2, 1, *[size] * the_card.ndim)
    assert net(x).shape == (2, the_card.n_outputs)
    assert 28 <= net.stage1[0](x).shape[-1] <= 32  # the first convolution steps down to about 28 positions


def test_first_weights_follow_the_seed_and_leave_the_global_generator_alone():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    a, b, c = (small_cnn(card("breastmnist"), seed=s).stage1[0].weight for s in (1, 1, 2))
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    assert torch.equal(before, torch.get_rng_state())


@pytest.mark.parametrize(("depth", "millions"), [(18, 11.17), (50, 23.5)])
def test_resnets_have_the_published_number_of_weights(depth, millions):
    # With 3 channels and a 3x3 stem; kuangliu's ResNet-18 has 11,173,962 weights at 10 classes.
    assert count_weights(resnet(depth, 3, 9)) / 1e6 == pytest.approx(millions, abs=0.03)
    if depth == 18:
        assert count_weights(resnet(18, 3, 10)) == 11_173_962


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_resnets_take_small_images_whole_and_large_ones_in_strides(name):
    small, large = build(name, card("bloodmnist")), build(name, card("bloodmnist"), size=64)
    assert small.stem(torch.zeros(1, 3, 28, 28)).shape[-1] == 28
    assert large.stem(torch.zeros(1, 3, 64, 64)).shape[-1] == 16
    assert large.eval()(torch.zeros(1, 3, 64, 64)).shape == (1, 8)


@given(st.integers(2, 8), st.integers(1, 5))
@settings(max_examples=20, deadline=None)
def test_corn_gives_probabilities_that_answer_its_questions(grades, n):
    head = Corn(4, grades)
    x = torch.randn(n, 4)
    probs = head(x).softmax(1).detach().double().numpy()
    np.testing.assert_allclose(head(x).exp().sum(1).detach(), 1, atol=1e-5)
    above = head.questions(x).sigmoid().detach().double().numpy()  # P(y > k | y >= k)
    for k in range(grades - 1):
        np.testing.assert_allclose(
            probs[:, k + 1 :].sum(1) / probs[:, k:].sum(1), above[:, k], rtol=1e-3, atol=1e-5
        )


def test_cross_entropy_on_corn_is_the_conditional_likelihood_of_the_paper():
    torch.manual_seed(0)
    head, x, y = Corn(4, 5), torch.randn(50, 4), torch.arange(50) % 5
    z, total = head.questions(x), 0.0
    for k in range(4):  # task k sees only the images whose grade is at least k
        sees = y >= k
        total = total + torch.nn.functional.binary_cross_entropy_with_logits(
            z[sees, k], (y[sees] > k).float(), reduction="sum"
        )
    ours = torch.nn.functional.cross_entropy(head(x), y, reduction="sum")
    assert ours.item() == pytest.approx(total.item(), rel=1e-5)


@pytest.mark.parametrize(
    "wrong",
    [{"name": "resnet19"}, {"conv": "4d"}, {"size": 30}, {"head": "hydra"}],
    ids=lambda w: next(iter(w)),
)
def test_unknown_choices_are_named(wrong):
    options = {"name": "small_cnn", "card": card("breastmnist")} | wrong
    with pytest.raises(ChoiceError, match="Possible"):
        build(**options)
