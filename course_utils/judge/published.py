"""The published MedMNIST v2 benchmark, as data: every row's AUC and ACC on the official test splits.

Source: Yang, J. et al., Scientific Data 10: 41 (2023), Tables 3 and 4. `METHODS` says what each
row really was.
"""

import tomllib
from functools import cache
from pathlib import Path

from ..cards import card
from ..errors import choose

SOURCE = "Yang, J. et al. MedMNIST v2. Scientific Data 10: 41 (2023), Tables 3 (2D) and 4 (3D)."
_RESNET = "trained from scratch, Adam, 100 epochs, no augmentation, epoch chosen on validation AUC"
_SMALL = "on 28 x 28 images, with a 3 x 3 first layer and no first pooling"
_UPSAMPLED = (
    "on the 28 x 28 images enlarged to 224 by nearest neighbour: not the 224-pixel files of MedMNIST+"
)
_SKLEARN = "auto-sklearn 0.10 on flattened pixels, searching for 2 hours (2D) or 4 hours (3D)"
_KERAS = "AutoKeras 1.0.15, image classifier, at most 20 trials of 20 epochs, chosen on validation AUC"
_CONVERTED = f"the 28-pixel 2D network converted to volumes; {_RESNET}"
# What each row was, from the paper and its published code (github.com/MedMNIST/experiments).
METHODS = {
    "ResNet-18 (28)": f"ResNet-18 {_SMALL}; {_RESNET}",
    "ResNet-18 (224)": f"ResNet-18 {_UPSAMPLED}; {_RESNET}",
    "ResNet-50 (28)": f"ResNet-50 {_SMALL}; {_RESNET}",
    "ResNet-50 (224)": f"ResNet-50 {_UPSAMPLED}; {_RESNET}",
    "auto-sklearn": _SKLEARN,
    "AutoKeras": _KERAS,
    "Google AutoML Vision": "trained in Google's cloud on train and validation images, scored from its "
    "exported edge model on images resized to 224",
    "ResNet-18 + 2.5D": f"1 x 3 x 3 kernels, slice by slice; {_CONVERTED}",
    "ResNet-18 + 3D": f"3 x 3 x 3 kernels, three times the weights; {_CONVERTED}",
    "ResNet-18 + ACS": f"2D kernels split over axial, coronal and sagittal planes; {_CONVERTED}",
    "ResNet-50 + 2.5D": f"1 x 3 x 3 kernels, slice by slice; {_CONVERTED}",
    "ResNet-50 + 3D": f"3 x 3 x 3 kernels, about three times the weights; {_CONVERTED}",
    "ResNet-50 + ACS": f"2D kernels split over axial, coronal and sagittal planes; {_CONVERTED}",
}


@cache
def _table() -> dict:
    return tomllib.loads(Path(__file__).with_name("published.toml").read_text(encoding="utf-8"))


def flags() -> list[str]:
    """Return the datasets that have published rows: all 18, 2D first."""
    return [flag for flag in _table() if flag != "constant"]


def rows(flag: str) -> list[dict]:
    """Return one dataset's published rows, in the paper's order.

    Args:
        flag: such as "breastmnist".

    Returns:
        [{"method": name, "auc": in [0, 1], "acc": in [0, 1]}, ...]: 7 rows in 2D, 8 in 3D.

    Raises:
        ChoiceError: on an unknown flag.

    Example:
        >>> rows("pneumoniamnist")[0]
        {'method': 'ResNet-18 (28)', 'auc': 0.944, 'acc': 0.854}
    """
    table = _table()[choose(flag, flags(), "flag")]
    return [{"method": method, "auc": auc, "acc": acc} for method, (auc, acc) in table.items()]


def row(flag: str, method: str) -> dict:
    """Return one published row, such as `row("breastmnist", "ResNet-18 (28)")`.

    Raises:
        ChoiceError: on an unknown flag, or a method that has no row there.
    """
    found = {r["method"]: r for r in rows(flag)}
    return found[choose(method, found, f"published method for {flag}")]


def constant_acc(flag: str) -> float | None:
    """Return the constant guess's accuracy on the official test split; None where we have not counted."""
    return _table()["constant"].get(choose(flag, flags(), "flag"))


def below_constant(flag: str, acc: float | None = None) -> list[dict]:
    """Return the published rows whose accuracy lies below the constant guess.

    Args:
        flag: the dataset.
        acc: accuracy of the constant guess; None takes `constant_acc(flag)`.

    Returns:
        Rows as from `rows`; empty where the constant guess is not known.

    Example:
        >>> len(below_constant("adrenalmnist3d")), len(below_constant("vesselmnist3d"))
        (6, 4)
    """
    floor = constant_acc(flag) if acc is None else acc
    # Published numbers have three decimals: compare at that precision.
    return [] if floor is None else [r for r in rows(flag) if r["acc"] < round(floor, 3)]


def n_test(flag: str) -> int:
    """Return how many test cases the published scores rest on."""
    return card(flag).n_samples["test"]


def overview() -> list[dict]:
    """Return one dict a dataset: best published accuracy, constant guess, how many rows lie below it."""
    found = []
    for flag in flags():
        best = max(rows(flag), key=lambda row: row["acc"])
        found.append({
            "flag": flag, "n": n_test(flag), "method": best["method"], "acc": best["acc"],
            "constant": constant_acc(flag), "rows": len(rows(flag)), "below": len(below_constant(flag)),
        })  # fmt: skip
    return found


def overview_text() -> str:
    """Return the overview as aligned text."""
    lines = [f"{'dataset':<16} {'n test':>7} {'best ACC':>9} {'constant':>9} {'below it':>9}  best method"]
    for x in overview():
        known = x["constant"] is not None
        guess, below = (f"{x['constant']:.3f}", f"{x['below']} of {x['rows']}") if known else ("-", "-")
        lines.append(f"{x['flag']:<16} {x['n']:>7,} {x['acc']:>9.3f} {guess:>9} {below:>9}  {x['method']}")
    return "\n".join([*lines, f"Source: {SOURCE} '-': the constant guess was not counted here."])
