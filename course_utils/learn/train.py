"""Training: one loop for all tasks, images and volumes, CPU, CUDA and MPS. It never reads the test split."""

import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import nn

from ..data import Dataset, Split, batches
from ..env import pick_device
from ..errors import CourseError
from ..measure import metrics
from . import augment as augmentation
from . import checkpoints
from .inference import autocast, laid_out, placed, predict, predict_logits, to_probs
from .losses import loss_function
from .recipes import Recipe, recipe

__all__ = ["Fit", "fit", "loss_function", "predict", "predict_mean"]


@dataclass
class Fit:
    """Hold what training gave.

    Attributes:
        model: the network with the weights of the best epoch, in eval mode.
        history: one dict an epoch: epoch, lr, train_loss, val_loss, val_auc, val_acc, seconds.
        best_epoch: the epoch of those weights, counted from 1; 0 if not even one was completed.
        seconds: the whole time.
        stopped: whether it was interrupted.
        recipe: the settings used.
    """

    model: nn.Module
    recipe: Recipe
    history: list[dict] = field(default_factory=list)
    best_epoch: int = 0
    seconds: float = 0.0
    stopped: bool = False


def fit(
    model: nn.Module,
    data: Dataset,
    *,
    epochs: int | None = None,
    lr: float | None = None,
    batch_size: int | None = None,
    settings: Recipe | None = None,
    augment="auto",
    device: str = "auto",
    seed: int = 0,
    progress: bool = True,
    checkpoint: str | Path | None = None,
    **changes,
) -> Fit:
    """Train a network and keep the weights of the epoch with the best validation AUC.

    The weights that are judged are a running mean over the last steps (Polyak & Juditsky 1992). Where the
    validation split has only one class, so that no AUC exists, the lowest validation loss decides instead.
    Ctrl-C (in a notebook: interrupt the kernel) stops training and keeps the best epoch so far.

    Args:
        model: logits `(B, K)` from x; it is trained in place.
        data: only `data.train` and `data.val` are read.
        epochs, lr, batch_size: replace the recipe's values.
        settings: a whole recipe; by default the dataset's own for this network, `recipes.recipe`.
        augment: "auto" for the recipe's, None for none, or a function of `(x, generator)`.
        device: "auto", "cpu", "cuda" or "mps".
        seed: fixes the order of images and the augmentation; the first weights are the model's own.
        progress: show one line an epoch (on stderr), in a notebook one line that changes.
        checkpoint: a `.safetensors` file that always holds the best weights so far.
        changes: any other field of `recipes.Recipe`, such as `smoothing=0`.

    Raises:
        CourseError: when the loss is no longer a number, or a setting is out of range.

    Example:
        >>> from course_utils import load
        >>> from course_utils.learn.models import small_cnn
        >>> data = load("breastmnist", source="sample")
        >>> result = fit(small_cnn(data.card), data, epochs=1, progress=False)
        >>> len(result.history)
        1
    """
    start = time.perf_counter()
    settings = settings or recipe(data.card, len(data.train), model=getattr(model, "name", "small_cnn"))
    changes = {"epochs": epochs, "lr": lr, "batch_size": batch_size, **changes}
    settings = replace(settings, **{name: value for name, value in changes.items() if value is not None})
    _check(settings, data)
    device = pick_device(device)
    augment = augmentation.of_recipe(data.card, settings) if augment == "auto" else augment
    model = placed(model, device)
    step, judged = _stepper(model, data.train, settings, device)
    result, best, best_score = Fit(model, settings), None, -math.inf
    show = _reporter(settings.epochs, progress)
    try:
        for epoch in range(1, settings.epochs + 1):
            tick = time.perf_counter()
            order = batches(
                data.train, settings.batch_size, shuffle=True, seed=seed * 10_007 + epoch, device=device,
                augment=augment,
            )  # fmt: skip
            model.train()
            losses, rates = zip(*[done for x, y in order if (done := step(x, y))], strict=True)
            row = {"epoch": epoch, "lr": rates[-1], "train_loss": _mean(losses, settings)}
            row |= _judge(judged, data.val, device, epoch)
            row["seconds"] = time.perf_counter() - tick
            result.history.append(row)
            score = -row["val_loss"] if math.isnan(row["val_auc"]) else row["val_auc"]
            if score > best_score:
                best = {name: value.detach().clone() for name, value in judged.state_dict().items()}
                best_score, result.best_epoch = score, epoch
                if checkpoint:
                    checkpoints.save(judged, checkpoint, epoch=epoch, val_auc=row["val_auc"])
            show(row)
    except KeyboardInterrupt:
        result.stopped = True
    if best:
        model.load_state_dict(best)
    model.eval()
    result.seconds = time.perf_counter() - start
    return result


def predict_mean(models: Sequence[nn.Module], split: Split, **options):
    """Return the mean of several networks' probabilities; options are those of `predict`."""
    return sum(predict(model, split, **options) for model in models) / len(models)


def _stepper(model, train: Split, settings: Recipe, device: str):
    """Return a function that takes one training step, and the network whose (averaged) weights are judged."""
    steps = settings.epochs * math.ceil(len(train) / settings.batch_size)
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.lr, weight_decay=settings.weight_decay)
    # One step more than there are, since the very last rate would be zero.
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.lr, total_steps=steps + 1)
    loss_of = loss_function(train, smoothing=settings.smoothing, weighted=settings.weighted, device=device)
    average = _average(model, settings.ema, steps)
    # One leftover image has no batch statistics worth the name: it waits for the next epoch's order.
    least = 2 if min(len(train), settings.batch_size) > 1 else 1

    def step(x, y):
        rate = optimizer.param_groups[0]["lr"]
        if len(x) < least:
            return None
        with autocast(device):
            logits = model(laid_out(x))
        loss = loss_of(logits.float(), y)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        if average:
            average.update_parameters(model)
        return loss.detach(), rate

    return step, (average.module if average else model)


def _mean(losses, settings: Recipe) -> float:
    """Return the mean loss of an epoch; a GPU is waited for once, not at every step."""
    losses = torch.stack(losses)
    if not losses.isfinite().all():
        raise CourseError(
            f"The training loss became {losses[~losses.isfinite()][0].item()}: try a lower learning rate "
            f"than lr={settings.lr:g}, and check that the first weights are finite numbers."
        )
    return losses.mean().item()


def _check(settings: Recipe, data: Dataset) -> None:
    if not len(data.train):
        raise CourseError("The train split is empty: there is nothing to learn from.")
    if not len(data.val):
        raise CourseError("The validation split is empty: there is nothing to choose the best epoch by.")
    for name, least in (("epochs", 1), ("batch_size", 1), ("lr", 1e-12)):
        if not getattr(settings, name) >= least:
            raise CourseError(f"{name} is {getattr(settings, name)}, expected a number above 0.")


def _judge(model, val: Split, device: str, epoch: int) -> dict:
    logits, task = predict_logits(model, val, device=device), val.card.task
    if not logits.isfinite().all():
        raise CourseError(
            f"The outputs after epoch {epoch} are not finite numbers: try a lower learning rate."
        )
    y = torch.from_numpy(val.y)
    probs = to_probs(logits, task)
    return {
        "val_loss": loss_function(val)(logits, y.float() if task == "multi-label" else y).item(),
        "val_auc": metrics.auc(val.y, probs, task, absent="skip"),
        "val_acc": metrics.acc(val.y, probs, task),
    }


def _average(model, share: float, steps: int):
    """Return a running mean of the weights over about `share` of the run, or None."""
    if not share:
        return None
    decay = 1 - 1 / max(1.0, share * steps)
    mean = torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
    return torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=mean, use_buffers=True)


def _line(row: dict, epochs: int) -> str:
    return (
        f"epoch {row['epoch']:>3}/{epochs}  loss {row['train_loss']:.3f}  val loss {row['val_loss']:.3f}  "
        f"val AUC {row['val_auc']:.3f}  val ACC {row['val_acc']:.3f}  {row['seconds']:.1f} s"
    )


def _reporter(epochs: int, progress: bool):
    """Return a function that shows a row: a new line on stderr, or in a notebook one line that changes."""
    if not progress:
        return lambda row: None
    from IPython import display, get_ipython

    if not hasattr(get_ipython(), "kernel"):
        return lambda row: print(_line(row, epochs), file=sys.stderr, flush=True)
    handle = display.display(Text("training ..."), display_id=True)
    return lambda row: handle.update(Text(_line(row, epochs)))


class Text(str):
    """Hold a line that a notebook shows without quotes."""

    __slots__ = ()
    __repr__ = str.__str__
