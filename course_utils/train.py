"""Training: one loop for all four tasks, for images and volumes, on CPU, CUDA or MPS. It never reads the test split."""

import math
import time
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812 - the name everybody knows

from . import augment as augmentation
from . import checkpoints, metrics
from .data import Dataset, Split, batches
from .env import pick_device
from .errors import CourseError
from .recipes import Recipe, recipe


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
        settings: a whole recipe; default `recipes.recipe(data.card, ...)`.
        augment: "auto" for the recipe's, None for none, or a function of `(x, generator)`.
        device: "auto", "cpu", "cuda" or "mps".
        seed: fixes the order of images and the augmentation; the first weights are the model's own.
        progress: show one line an epoch (on stderr), or a bar in a notebook.
        checkpoint: a `.safetensors` file that always holds the best weights so far.
        changes: any other field of `recipes.Recipe`, such as `smoothing=0`.

    Raises:
        CourseError: when the loss is no longer a number, or a setting is out of range.

    Example:
        >>> from course_utils import load
        >>> from course_utils.models import small_cnn
        >>> data = load("breastmnist", source="sample")
        >>> result = fit(small_cnn(data.card), data, epochs=1, progress=False)
        >>> len(result.history)
        1
    """
    start = time.perf_counter()
    settings = settings or recipe(data.card, len(data.train))
    changes = {"epochs": epochs, "lr": lr, "batch_size": batch_size, **changes}
    settings = replace(settings, **{name: value for name, value in changes.items() if value is not None})
    device = pick_device(device)
    if augment == "auto":
        augment = augmentation.augmenter(
            data.card,
            shift=settings.shift,
            turn=settings.turn,
            scale=settings.scale,
            contrast=settings.contrast,
        )
    model = _placed(model, device)
    steps = settings.epochs * max(1, math.ceil(len(data.train) / settings.batch_size))
    optimizer = torch.optim.AdamW(model.parameters(), lr=settings.lr, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, settings.lr, total_steps=steps + 1)
    average = _average(model, settings.ema, steps)
    loss_of = loss_function(
        data.train, smoothing=settings.smoothing, weighted=settings.weighted, device=device
    )
    result, best, best_score = Fit(model, settings), None, -math.inf
    show = _reporter(settings.epochs, progress)
    try:
        for epoch in range(1, settings.epochs + 1):
            tick, losses = time.perf_counter(), []
            model.train()
            order = batches(
                data.train,
                settings.batch_size,
                shuffle=True,
                seed=seed * 10_007 + epoch,
                device=device,
                augment=augment,
            )
            for x, y in order:
                # One leftover image gives batch statistics of nothing: leave it for the next epoch's order.
                if len(x) > 1 or len(data.train) == 1:
                    with autocast(device):
                        loss = loss_of(model(_laid_out(x)).float(), y)
                    optimizer.zero_grad(set_to_none=True)
                    loss.backward()
                    optimizer.step()
                    losses.append(loss.detach())
                    if average:
                        average.update_parameters(model)
                schedule.step()
            row = {
                "epoch": epoch,
                "lr": schedule.get_last_lr()[0],
                "train_loss": torch.stack(losses).mean().item(),
            }
            if not math.isfinite(row["train_loss"]):
                raise CourseError(
                    f"The training loss became {row['train_loss']} in epoch {epoch}: try a lower learning rate than "
                    f"lr={settings.lr:g}, and check that the images and the first weights are finite numbers."
                )
            judged = average.module if average else model
            row |= _judge(judged, data.val, device)
            row["seconds"] = time.perf_counter() - tick
            result.history.append(row)
            score = -row["val_loss"] if math.isnan(row["val_auc"]) else row["val_auc"]
            if score >= best_score:
                best_score, result.best_epoch = score, epoch
                best = {name: value.detach().clone() for name, value in judged.state_dict().items()}
                if checkpoint:
                    checkpoints.save(judged, checkpoint, epoch=epoch, val_auc=row["val_auc"])
            show(row)
    except KeyboardInterrupt:
        result.stopped = True
        show(None)
    if best:
        model.load_state_dict(best)
    model.eval()
    result.seconds = time.perf_counter() - start
    return result


def predict(
    model: nn.Module, split: Split, *, batch_size: int = 512, device: str = "auto", tta: bool = False
) -> np.ndarray:
    """Return a network's probabilities for every image of a split.

    Args:
        model: logits `(B, K)` from x.
        split: what to read, in its own order.
        batch_size: images at a time.
        device: "auto", "cpu", "cuda" or "mps".
        tta: average over the mirror images that keep the label (test-time augmentation).

    Returns:
        float32 `(N, K)` in [0, 1]: softmax over classes, or a sigmoid for each finding (multi-label).
    """
    return _probs(
        predict_logits(model, split, batch_size=batch_size, device=device, tta=tta), split.card.task
    )


def loss_function(train: Split, *, smoothing: float = 0.0, weighted: bool = False, device: str = "cpu"):
    """Return the loss of a task, a function of logits `(B, K)` and y.

    Cross-entropy for one class an image (also for ordered grades, as in MedMNIST's own code), binary cross-entropy
    for several findings an image.

    Args:
        train: its task chooses the loss, its class counts the weights.
        smoothing: share of the target that all classes get alike.
        weighted: count rare classes more: class k by N / (K n_k), finding l by the ratio of absent to present.
        device: where y will be.
    """
    counts = torch.tensor(train.counts.copy(), dtype=torch.float32).clamp(min=1)
    n = len(train)
    if train.card.task == "multi-label":
        weight = ((n - counts) / counts).clamp(0.1, 100).to(device) if weighted else None
        return lambda logits, y: F.binary_cross_entropy_with_logits(
            logits, y * (1 - smoothing) + smoothing / 2, pos_weight=weight
        )
    weight = (n / (len(counts) * counts)).to(device) if weighted else None
    return lambda logits, y: F.cross_entropy(logits, y, weight, label_smoothing=smoothing)


def autocast(device: str):
    """Return the context that computes in bfloat16 where that is known to be faster, else in float32.

    On CPU that needs AVX512-BF16 or AMX: without them bfloat16 is emulated and slower. On CUDA it needs a card of
    compute capability 8 or above.
    """
    return torch.autocast(device, torch.bfloat16) if gains_from_bf16(device) else nullcontext()


def gains_from_bf16(device: str) -> bool:
    """Return whether this device computes in bfloat16 faster than in float32."""
    if device == "cuda":
        return torch.cuda.get_device_capability()[0] >= 8
    has = getattr(torch.cpu, "get_capabilities", dict)() if device == "cpu" else {}
    return bool(has.get("avx512_bf16") or has.get("amx_bf16"))


@torch.no_grad()
def predict_logits(model, split: Split, *, batch_size: int = 512, device: str = "auto", tta: bool = False):
    """Return a network's logits for every image of a split, float32 tensor `(N, K)` on the CPU."""
    device = pick_device(device)
    model = _placed(model, device).eval()
    parts = []
    for x, _ in batches(split, batch_size, device=device):
        views = augmentation.mirrors(x, split.card) if tta else [x]
        with autocast(device):
            logits = [model(_laid_out(view)).float() for view in views]
        parts.append(torch.stack(logits).mean(0).cpu())
    return torch.cat(parts)


def _probs(logits, task: str) -> np.ndarray:
    return (logits.sigmoid() if task == "multi-label" else logits.softmax(1)).numpy()


def _judge(model, val: Split, device: str) -> dict:
    logits = predict_logits(model, val, device=device)
    probs, task = _probs(logits, val.card.task), val.card.task
    loss = loss_function(val)(
        logits, torch.from_numpy(val.y).to(torch.float32 if task == "multi-label" else torch.int64)
    )
    if not np.isfinite(probs).all():
        raise CourseError("The network's outputs are not finite numbers: try a lower learning rate.")
    return {
        "val_loss": loss.item(),
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


def _placed(model, device: str):
    """Move a network to a device; images lie channels-last there, which convolutions read faster."""
    return model.to(device, memory_format=torch.channels_last) if _is_2d(model) else model.to(device)


def _is_2d(model) -> bool:
    return any(p.ndim == 4 for p in model.parameters()) and not any(p.ndim == 5 for p in model.parameters())


def _laid_out(x):
    return x.contiguous(memory_format=torch.channels_last) if x.ndim == 4 else x


def _reporter(epochs: int, progress: bool):
    """Return a function that shows one epoch's row; None closes the display."""
    if not progress:
        return lambda row: None
    import sys

    def show(row):
        if row is None:
            print("Stopped: the best epoch so far is kept.", file=sys.stderr, flush=True)
        else:
            print(
                f"epoch {row['epoch']:>3}/{epochs}  loss {row['train_loss']:.3f}  val loss {row['val_loss']:.3f}  "
                f"val AUC {row['val_auc']:.3f}  val ACC {row['val_acc']:.3f}  {row['seconds']:.1f} s",
                file=sys.stderr,
                flush=True,
            )

    return show
