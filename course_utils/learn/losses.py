"""The loss of each task."""

import torch
from torch.nn import functional as F  # noqa: N812 - the name everybody knows

from ..data import Split


def loss_function(train: Split, *, smoothing: float = 0.0, weighted: bool = False, device: str = "cpu"):
    """Return the loss of a task, a function of logits `(B, K)` and y.

    Cross-entropy for one class an image (also for ordered grades, as in MedMNIST's own code), binary
    cross-entropy for several findings an image.

    Args:
        train: its task chooses the loss, its class counts the weights.
        smoothing: share of the target that all classes get alike.
        weighted: count rare classes more: class k by N / (K n_k), a finding by absent / present cases.
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
