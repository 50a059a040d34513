"""Training: every task, honest selection, clean stops, and the edges where training usually breaks."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.nn import functional as F  # noqa: N812

from course_utils import checkpoints, inference, load, metrics, train
from course_utils.data import Split
from course_utils.errors import ChoiceError, CourseError
from course_utils.learn.models import build, small_cnn

KEYS = ["epoch", "lr", "train_loss", "val_loss", "val_auc", "val_acc", "seconds"]


def few(split, n):
    return Split(split.name, split.images[:n], split.labels[:n], split.card)


def small(flag, n=64, source="sample"):
    data = load(flag, source=source)
    return replace(data, train=few(data.train, n), val=few(data.val, n), test=few(data.test, n))


@pytest.fixture(scope="module")
def breast():
    return small("breastmnist")


def quick(data, **options):
    options = {"epochs": 2, "batch_size": 32, "progress": False, "device": "cpu"} | options
    return train.fit(small_cnn(data.card), data, **options)


@pytest.mark.parametrize(
    "flag", ["pneumoniamnist", "bloodmnist", "chestmnist", "retinamnist", "nodulemnist3d", "vesselmnist3d"]
)
def test_every_task_trains_and_predicts_probabilities(flag):
    data = small(flag, 40)
    result = quick(data)
    assert [list(row) for row in result.history] == [KEYS] * 2
    probs = train.predict(result.model, data.test, tta=True)
    assert probs.shape == (40, data.card.n_outputs)
    assert probs.dtype == np.float32
    assert (probs >= 0).all() and (probs <= 1).all()
    if data.card.task != "multi-label":
        np.testing.assert_allclose(probs.sum(1), 1, atol=1e-5)
    assert not result.model.training


def test_it_learns():
    data = load("pneumoniamnist", source="sample")
    result = quick(data, epochs=6)
    probs = train.predict(result.model, data.test)
    assert metrics.auc(data.test.y, probs, "binary") > 0.75
    assert result.history[-1]["train_loss"] < result.history[0]["train_loss"]


class Sealed:
    """Offer train and val; opening the test split is an error."""

    def __init__(self, data):
        self.card, self.size, self.source, self.train, self.val = (
            data.card, data.size, data.source, data.train, data.val,
        )  # fmt: skip

    @property
    def test(self):
        raise AssertionError("the trainer looked at the test split")

    def __getitem__(self, name):
        return getattr(self, name)


def test_the_test_split_is_never_opened(breast):
    assert quick(Sealed(breast)).best_epoch > 0


def test_the_kept_weights_are_those_of_the_best_validation_auc(breast, tmp_path):
    path = tmp_path / "best.safetensors"
    result = quick(breast, epochs=4, checkpoint=path)
    aucs = [row["val_auc"] for row in result.history]
    assert aucs[result.best_epoch - 1] == max(aucs)
    probs = train.predict(result.model, breast.val)
    assert metrics.auc(breast.val.y, probs, "binary") == pytest.approx(max(aucs), abs=1e-9)
    saved = checkpoints.load(small_cnn(breast.card), path)
    np.testing.assert_array_equal(train.predict(saved, breast.val), probs)
    assert checkpoints.notes(path)["epoch"] == str(result.best_epoch)


def test_the_same_seed_gives_the_same_weights_bit_for_bit(breast):
    torch.manual_seed(1)
    a = quick(breast, seed=3)
    torch.manual_seed(2)  # what else was drawn must not matter
    b, c = quick(breast, seed=3), quick(breast, seed=4)
    assert all(torch.equal(x, y) for x, y in zip(a.model.parameters(), b.model.parameters(), strict=True))
    assert not all(torch.equal(x, y) for x, y in zip(a.model.parameters(), c.model.parameters(), strict=True))
    drop = [{k: v for k, v in row.items() if k != "seconds"} for row in a.history]
    assert drop == [{k: v for k, v in row.items() if k != "seconds"} for row in b.history]


def interrupt_at(batch):
    calls = iter(range(1, 1000))

    def augment(x, generator):
        if next(calls) == batch:
            raise KeyboardInterrupt
        return x

    return augment


def test_an_interrupt_keeps_the_best_so_far(breast, tmp_path):
    path = tmp_path / "best.safetensors"
    result = quick(breast, epochs=9, augment=interrupt_at(6), checkpoint=path)  # two batches an epoch
    assert result.stopped
    assert len(result.history) == 2
    assert result.best_epoch in (1, 2)
    best = result.history[result.best_epoch - 1]["val_auc"]
    kept = metrics.auc(breast.val.y, train.predict(result.model, breast.val), "binary")
    assert kept == pytest.approx(best, abs=1e-9)
    assert path.exists()


def test_an_interrupt_in_the_first_epoch_gives_a_model_that_still_works(breast):
    result = quick(breast, augment=interrupt_at(1))
    assert result.stopped
    assert result.best_epoch == 0
    assert result.history == []
    assert np.isfinite(train.predict(result.model, breast.val)).all()


def test_with_one_class_in_validation_the_loss_decides(breast):
    one = breast.val.y == 1
    val = Split("val", breast.val.images[one], breast.val.labels[one], breast.card)
    result = quick(replace(breast, val=val), epochs=3)
    assert all(np.isnan(row["val_auc"]) for row in result.history)
    losses = [row["val_loss"] for row in result.history]
    assert result.best_epoch == 1 + int(np.argmin(losses))


def test_with_one_class_in_training_it_still_runs(breast):
    one = breast.train.y == 1
    only = Split("train", breast.train.images[one], breast.train.labels[one], breast.card)
    assert len(quick(replace(breast, train=only), weighted=True).history) == 2


@pytest.mark.parametrize(("n", "batch_size"), [(5, 2), (3, 128), (1, 128), (4, 1)])
def test_a_batch_of_one_and_fewer_images_than_a_batch(breast, n, batch_size):
    data = replace(breast, train=few(breast.train, n))
    result = quick(data, batch_size=batch_size)
    assert len(result.history) == 2
    assert all(np.isfinite(row["train_loss"]) for row in result.history)


def test_no_loss_that_is_not_a_number_goes_unnoticed(breast):
    net = small_cnn(breast.card)
    with torch.no_grad():
        net.head.weight[0, 0] = float("nan")
    with pytest.raises(CourseError, match="loss became nan"):
        train.fit(net, breast, epochs=1, progress=False, device="cpu")


@pytest.mark.parametrize("wrong", [{"epochs": 0}, {"lr": -1.0}, {"batch_size": 0}, {"lr": float("nan")}])
def test_settings_out_of_range_are_named(breast, wrong):
    with pytest.raises(CourseError, match=next(iter(wrong))):
        quick(breast, **wrong)


def test_unknown_device_and_empty_split(breast):
    with pytest.raises(ChoiceError, match="cpu"):
        quick(breast, device="gpu")
    with pytest.raises(CourseError, match="empty"):
        quick(replace(breast, train=few(breast.train, 0)))
    with pytest.raises(CourseError, match="validation split is empty"):
        quick(replace(breast, val=few(breast.val, 0)))


@pytest.mark.parametrize(("name", "lr"), [("small_cnn", 4e-3), ("resnet18", 1e-3)])
def test_a_network_brings_its_own_recipe(breast, name, lr):
    data = replace(breast, train=few(breast.train, 4), val=few(breast.val, 4))
    result = train.fit(build(name, breast.card), data, epochs=1, progress=False, device="cpu")
    assert result.recipe.lr == lr


def test_progress_is_one_line_an_epoch_on_stderr(breast, capsys):
    quick(breast, progress=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split()[:2] for line in err.splitlines()] == [["epoch", "1/2"], ["epoch", "2/2"]]


def test_in_a_notebook_one_line_changes_in_place(breast, monkeypatch, capsys):
    import IPython

    shown = []

    class Handle:
        def update(self, text):
            shown[0] = repr(text)

    def display(text, *, display_id):
        shown.append(repr(text))
        return Handle()

    monkeypatch.setattr(IPython, "get_ipython", lambda: SimpleNamespace(kernel="any"))
    monkeypatch.setattr(IPython.display, "display", display)
    quick(breast, progress=True)
    assert capsys.readouterr() == ("", "")
    assert len(shown) == 1
    assert shown[0].startswith("epoch   2/2  loss")


def test_the_learning_rate_rises_once_and_falls_to_nothing(breast):
    rates = [row["lr"] for row in quick(breast, epochs=10, lr=0.01).history]
    top = int(np.argmax(rates))
    assert 0 < top < 5
    assert rates == sorted(rates[:top]) + sorted(rates[top:], reverse=True)
    assert rates[-1] < 0.001


def test_options_can_be_switched_off(breast):
    plain = quick(breast, ema=0, smoothing=0, augment=None, weight_decay=0)
    assert plain.recipe.ema == 0
    assert len(plain.history) == 2


def test_losses_are_what_they_say():
    logits, y = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 0, 1])
    card = replace(load("retinamnist", source="sample").card, labels=("a", "b", "c"))
    split = Split("train", np.zeros((6, 28, 28, 3), np.uint8), y.numpy()[:, None], card)
    logp = logits.log_softmax(1)
    plain = -logp[range(6), y].mean()
    assert train.loss_function(split)(logits, y).item() == pytest.approx(plain.item(), rel=1e-5)
    smooth = 0.9 * plain - 0.1 * logp.mean()
    assert train.loss_function(split, smoothing=0.1)(logits, y).item() == pytest.approx(
        smooth.item(), rel=1e-5
    )
    weight = torch.tensor([6 / 9, 6 / 6, 6 / 3])
    weighted = -(weight[y] * logp[range(6), y]).sum() / weight[y].sum()
    assert train.loss_function(split, weighted=True)(logits, y).item() == pytest.approx(
        weighted.item(), rel=1e-5
    )


def test_multi_label_loss_is_binary_cross_entropy_and_weights_rare_findings():
    data = small("chestmnist")
    y = torch.from_numpy(data.train.y).float()
    logits = torch.randn(y.shape)
    p = logits.sigmoid()
    plain = -(y * p.log() + (1 - y) * (1 - p).log()).mean()
    assert train.loss_function(data.train)(logits, y).item() == pytest.approx(plain.item(), rel=1e-4)
    ratio = ((len(y) - y.sum(0)) / y.sum(0).clamp(min=1)).clamp(0.1, 100)
    heavy = -(ratio * y * p.log() + (1 - y) * (1 - p).log()).mean()
    ours = train.loss_function(data.train, weighted=True)(logits, y)
    assert ours.item() == pytest.approx(heavy.item(), rel=1e-3)


def test_tta_makes_a_prediction_blind_to_mirroring():
    data = small("pneumoniamnist", 20)
    net = small_cnn(data.card)
    with torch.no_grad():
        net.head.weight *= 1000  # fresh weights hardly answer: amplify
    turned = Split("test", data.test.images[..., ::-1].copy(), data.test.labels, data.card)
    a, b = (train.predict(net, split, tta=True) for split in (data.test, turned))
    np.testing.assert_allclose(a, b, atol=1e-4)
    assert np.abs(train.predict(net, data.test) - train.predict(net, turned)).max() > 1e-3


def test_bfloat16_agrees_with_float32_within_its_precision(monkeypatch, breast):
    net = quick(breast).model
    monkeypatch.setattr(inference, "gains_from_bf16", lambda device: False)
    full = train.predict(net, breast.test, device="cpu")
    monkeypatch.setattr(inference, "gains_from_bf16", lambda device: True)
    half = train.predict(net, breast.test, device="cpu")
    assert 0 < np.abs(full - half).max() < 0.03


@pytest.mark.parametrize(
    ("has", "gain"), [({"avx512_bf16": True}, True), ({"amx_bf16": True}, True), ({}, False)]
)
def test_bfloat16_is_used_only_where_the_cpu_has_it(monkeypatch, has, gain):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: has, raising=False)
    assert inference.gains_from_bf16("cpu") is gain
    assert inference.gains_from_bf16("mps") is False


def test_batch_size_does_not_change_predictions(breast):
    net = small_cnn(breast.card).eval()
    a, b, c = (train.predict(net, breast.test, batch_size=n) for n in (1, 64, None))
    np.testing.assert_allclose(a, b, atol=1e-5)
    np.testing.assert_array_equal(b, c)


def test_volumes_are_predicted_in_batches_that_fit_into_memory(monkeypatch):
    data, sizes = small("nodulemnist3d", 60), []
    whole = inference.batches

    def spy(split, batch_size, **options):
        sizes.append(batch_size)
        return whole(split, batch_size, **options)

    monkeypatch.setattr(inference, "batches", spy)
    train.predict(small_cnn(data.card), data.test)
    assert sizes == [45]  # 45 x 28 x 28 x 28 is just below a million voxels


def test_an_ordinal_head_trains_with_the_same_loss():
    data = small("retinamnist")
    result = train.fit(small_cnn(data.card, head="corn"), data, epochs=2, progress=False)
    assert result.history[1]["train_loss"] < 2 * np.log(5)
    np.testing.assert_allclose(train.predict(result.model, data.val).sum(1), 1, atol=1e-5)


def test_smoothed_multi_label_targets_move_towards_one_half():
    data = small("chestmnist", 8)
    logits, y = torch.zeros(8, 14), torch.from_numpy(data.train.y).float()
    ours = train.loss_function(data.train, smoothing=0.2)(logits + 2, y)
    direct = F.binary_cross_entropy_with_logits(logits + 2, 0.8 * y + 0.1)
    assert ours.item() == pytest.approx(direct.item(), rel=1e-5)


@pytest.mark.parametrize(("flag", "conv"), [("bloodmnist", "3d"), ("nodulemnist3d", "acs")])
def test_a_resnet_trains_and_predicts(flag, conv):
    data = small(flag, 2)
    net = build("resnet18", data.card, conv=conv)
    result = train.fit(net, data, epochs=1, batch_size=2, progress=False, device="cpu")
    assert np.isfinite(result.history[0]["train_loss"])
    assert train.predict(result.model, data.test).shape == (2, data.card.n_outputs)
