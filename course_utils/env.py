"""The machine: which device, which versions, one seed for everything."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from .errors import ChoiceError, choose

DEVICES = ("auto", "cpu", "cuda", "mps")
COLAB_HINT = "On Colab: menu Runtime > Change runtime type > GPU."


def pick_device(name: str = "auto") -> str:
    """Return the device to compute on.

    Args:
        name: "auto" takes CUDA, then MPS, then CPU; any other name is taken if the machine has it.

    Returns:
        "cuda", "mps" or "cpu".

    Raises:
        ChoiceError: for an unknown name or a device this machine lacks.
    """
    import torch

    choose(name, DEVICES, "device")
    here = ["cpu"]
    if torch.backends.mps.is_available():
        here.insert(0, "mps")
    if torch.cuda.is_available():
        here.insert(0, "cuda")
    if name != "auto" and name not in here:
        raise ChoiceError(f"This machine has no {name} device. Possible: auto, {', '.join(here)}.")
    return here[0] if name == "auto" else name


def seed_all(seed: int) -> None:
    """Fix Python's, numpy's and torch's random numbers, so that a run can be repeated."""
    import random

    import numpy as np
    import torch

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - scikit-learn and others still draw from it
    torch.manual_seed(seed)


def describe() -> str:
    """Return the environment in one line, fit for a bug report and a result file."""
    packages = ("torch", "numpy", "scikit-learn", "medmnist", "jupyterlab")
    versions = ", ".join(f"{name} {_version(name)}" for name in packages)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    system = f"{platform.system()} {platform.machine()}"
    return f"Python {platform.python_version()}, {versions}, {system}, {cores} cores"


def in_colab() -> bool:
    """Return whether this runs in Google Colab."""
    return "google.colab" in sys.modules


def start() -> None:
    """Set the course's figure style and print the environment: the first call of every lesson."""
    from .look.figures import use_style

    use_style()
    print(describe())
    if in_colab():
        print(COLAB_HINT)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
