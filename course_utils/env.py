"""The machine: which device, which versions, one seed for everything."""

import atexit
import json
import os
import platform
import re
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

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
    _note_cost()
    print(describe())
    if in_colab():
        print(COLAB_HINT)


def peak_memory() -> float:
    """Return the most memory this process has held so far, in MB."""
    status = Path("/proc/self/status")  # Linux's ru_maxrss would also remember the parent process
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) / 1024
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def _note_cost() -> None:
    """Note at the kernel's end what the lesson cost, where the lesson runner asks for it."""
    if file := os.environ.get("COURSE_COST"):
        path = Path(file).absolute()  # now: the lesson may change its folder
        note = {"memory_mb": 0.0, "cpu_seconds": 0.0}

        def write():
            note.update(memory_mb=peak_memory(), cpu_seconds=time.process_time())
            path.write_text(json.dumps(note), encoding="utf-8")

        atexit.register(write)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
