"""Weights on disk: round trip, damage, wrong network, train or load."""

import pytest
import torch
from torch import nn

from course_utils import card, checkpoints
from course_utils.errors import CourseError
from course_utils.learn.models import small_cnn


def test_round_trip_is_exact_and_keeps_notes(tmp_path):
    net = small_cnn(card("breastmnist"), seed=1).to(memory_format=torch.channels_last)
    path = checkpoints.save(net, tmp_path / "new folder" / "a.safetensors", epoch=3)
    other = checkpoints.load(small_cnn(card("breastmnist"), seed=2), path)
    assert all(
        torch.equal(a, b) for a, b in zip(net.state_dict().values(), other.state_dict().values(), strict=True)
    )
    assert not other.training
    assert checkpoints.notes(path) == {"epoch": "3"}
    assert [p.name for p in path.parent.iterdir()] == ["a.safetensors"]


def test_bad_files_are_named(tmp_path):
    net = nn.Linear(2, 2)
    path = checkpoints.save(net, tmp_path / "a.safetensors")
    with pytest.raises(CourseError, match="another network"):
        checkpoints.load(nn.Linear(3, 2), path)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(CourseError, match="no complete safetensors file"):
        checkpoints.load(net, path)
    with pytest.raises(CourseError, match="no checkpoint"):
        checkpoints.load(net, tmp_path / "b.safetensors")


def test_train_or_load_trains_once(tmp_path):
    calls = []

    def train(model):
        calls.append(1)
        nn.init.ones_(model.weight)
        return model

    for _ in range(2):
        net = checkpoints.train_or_load(nn.Linear(2, 2), tmp_path / "a.safetensors", train)
        assert (net.weight == 1).all()
    assert calls == [1]
