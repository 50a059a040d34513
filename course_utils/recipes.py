"""The default recipe of each dataset family: one table, chosen on validation data only."""

from dataclasses import dataclass, replace

from .cards import DatasetCard


@dataclass(frozen=True)
class Recipe:
    """Hold the settings of one training run.

    Attributes:
        epochs: how often every training image is seen.
        lr: highest learning rate of the one-cycle schedule (Smith & Topin 2017).
        batch_size: images a step.
        weight_decay: AdamW's pull of the weights towards zero (Loshchilov & Hutter 2019).
        smoothing: label smoothing, the share of the target given to all classes alike (Szegedy et al. 2016).
        weighted: weigh each class by the inverse of its frequency.
        ema: share of the run over which the weights that count are averaged; 0 switches averaging off.
        shift, turn, scale, contrast: strength of augmentation, see `augment.augmenter`.
        tta: average predictions over the mirror images that keep the label.
        head: "softmax" or "corn", see `models.build`.
    """

    epochs: int = 20
    lr: float = 4e-3
    batch_size: int = 128
    weight_decay: float = 0.05
    smoothing: float = 0.1
    weighted: bool = False
    ema: float = 0.1
    shift: float = 0.07
    turn: float = 10
    scale: float = 0.1
    contrast: float = 0.1
    tta: bool = True
    head: str = "softmax"


def recipe(card: DatasetCard, n_train: int, *, model: str = "small_cnn", **changes) -> Recipe:
    """Return the default recipe for a dataset.

    Args:
        card: its task, dimension and kind of image choose the line of the table.
        n_train: training images; the number of epochs falls as it grows.
        changes: settings to replace; None keeps the default.
    """
    images_seen = 16_000 if card.ndim == 3 else 24_000
    epochs = min(30, max(3, round(images_seen / max(1, n_train))))
    changes = {name: value for name, value in changes.items() if value is not None}
    return replace(Recipe(epochs=epochs), **changes)
