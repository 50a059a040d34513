"""The default recipe of each dataset family: one table.

The lines were compared by `python -m course_utils tune`: train and validation images are pooled and dealt out
anew, each candidate trained on 70 %, its epoch chosen on 10 %, scored on 20 %. The official test splits
play no part. Mean AUC and standard deviation over the deals, on real data:

    RetinaMNIST, 3 deals      CORN, smoothing .1 (the recipe) .777 +- .011; without smoothing .770 +- .010;
                              softmax .775 +- .009
    RetinaMNIST, 4 deals      three networks averaged (the recipe) .772 +- .005; one network .745 +- .049
    BreastMNIST, 4 deals      three networks averaged (the recipe) .891 +- .031; one network .886 +- .025
    PneumoniaMNIST, 2 deals   11 epochs .9948 +- .0007; 25 epochs .9956 +- .0004

So few deals tell differences of about .01 apart, not less: CORN is kept for what it means, not for its score.
Averaging was first tried after the test score of one network on BreastMNIST was known, so that idea is not
blind to the test split; the deals above are.
The lines for findings, volumes and masks, and the ResNets' settings, were not tuned: they are judgement.
"""

import math
from dataclasses import dataclass, replace

from ..cards import DatasetCard


@dataclass(frozen=True)
class Recipe:
    """Hold the settings of one training run.

    Attributes:
        epochs: how often every training image is seen.
        lr: highest learning rate of the one-cycle schedule (Smith & Topin 2017).
        batch_size: images a step.
        weight_decay: AdamW's pull of the weights towards zero (Loshchilov & Hutter 2019).
        smoothing: label smoothing, the share of the target given to all classes alike (Szegedy et al. 2016).
        weighted: count rare classes more, see `losses.loss_function`.
        ema: share of the run over which the weights that are judged are averaged; 0 switches averaging off.
        shift, turn, scale, contrast: strength of augmentation, see `augment.augmenter`.
        tta: average test predictions over the mirror images that keep the label.
        head: "softmax" or "corn", see `models.build`.
        members: networks whose probabilities `runs.train_flag` averages (Lakshminarayanan et al. 2017).
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
    members: int = 1


# What a family changes in the default recipe.
FAMILIES = {
    "image": {},
    "graded image": {"head": "corn"},
    "image with findings": {"smoothing": 0.0},
    "volume": {"batch_size": 32},
    "mask": {"batch_size": 32, "turn": 20},
}
# Images seen in a run: two cores train on about 4,500 images or 250 volumes a second, so that a run ends in
# about 45 s in 2D and 80 s in 3D. Sets above these sizes are seen once.
IMAGES_SEEN = {2: 100_000, 3: 19_000}
MOST_EPOCHS = 60
# With fewer training images, one small CNN is a matter of luck: average three, each trained for half as long.
FEW_IMAGES, MEMBERS = 2_000, 3
# A ResNet costs about a hundred times more an image, so it sees fewer, in steps that its memory allows.
RESNET = {"lr": 1e-3, "batch_size": 64}


def family(card: DatasetCard) -> str:
    """Return which line of the table a dataset belongs to."""
    if card.ndim == 3:
        return "mask" if card.mask else "volume"
    return {"ordinal": "graded image", "multi-label": "image with findings"}.get(card.task, "image")


def recipe(card: DatasetCard, n_train: int, *, model: str = "small_cnn", **changes) -> Recipe:
    """Return the default recipe for a dataset.

    Args:
        card: its task, dimension and kind of image choose the line of the table.
        n_train: training images. More of them mean fewer epochs and larger batches.
        model: the network's name.
        changes: settings to replace; None keeps the default.

    Example:
        >>> from course_utils import card
        >>> recipe(card("breastmnist"), 546).epochs, recipe(card("pathmnist"), 89_996).epochs
        (60, 2)
    """
    few = card.ndim == 2 and n_train < FEW_IMAGES
    epochs = math.ceil(IMAGES_SEEN[card.ndim] / (2 if few else 1) / max(1, n_train))
    batch_size = 32 if n_train < 2_000 else 64 if n_train < 10_000 else 128
    base = {"epochs": min(epochs, MOST_EPOCHS), "batch_size": batch_size, **FAMILIES[family(card)]}
    if few:
        base["members"] = MEMBERS
    if model != "small_cnn":
        base |= RESNET | {
            "batch_size": 8 if card.ndim == 3 else 64,
            "epochs": min(epochs, 10),
            "tta": False,
            "members": 1,
        }
    base |= {name: value for name, value in changes.items() if value is not None}
    return replace(Recipe(), **base)


def member_seeds(seed: int, members: int) -> list[int]:
    """Return the seed of each network that is averaged; the first is `seed`, as a lesson trains with it.

    Example:
        >>> member_seeds(2, 3)
        [2, 1002, 2002]
    """
    return [seed + 1_000 * member for member in range(members)]
