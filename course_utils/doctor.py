"""The doctor: find what commonly breaks a course on a student's machine, and say the cure."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import files
from .env import describe, pick_device

NEEDED = ("torch", "numpy", "scipy", "sklearn", "skimage", "matplotlib", "plotly", "ipywidgets", "pandas",
          "filelock", "requests", "medmnist", "papermill", "nbconvert", "nbformat", "ipykernel", "click",
          "rich", "tqdm", "safetensors", "latex2mathml")  # fmt: skip
FREE_GIGABYTES = 1


@dataclass(frozen=True)
class Diagnosis:
    """Hold one check's result: `cure` is empty if all is well."""

    name: str
    found: str
    cure: str = ""

    @property
    def ok(self) -> bool:
        """Return whether nothing needs a cure."""
        return not self.cure


def examine() -> list[Diagnosis]:
    """Run every check and return the diagnoses, in order."""
    return [check() for check in CHECKS]


def report(diagnoses: list[Diagnosis]) -> str:
    """Return the report to paste into a bug report."""
    lines = [describe()]
    for d in diagnoses:
        lines.append(f"{'ok  ' if d.ok else 'CURE'}  {d.name}: {d.found}")
        lines += [f"      -> {d.cure}"] * (not d.ok)
    return "\n".join(lines)


def python() -> Diagnosis:
    """Check the Python version."""
    found = ".".join(map(str, sys.version_info[:3]))
    cure = (
        ""
        if sys.version_info >= (3, 11)
        else "Install Python 3.11 or newer and make a new environment with it."
    )
    return Diagnosis("Python", found, cure)


def packages() -> Diagnosis:
    """Check that every package is installed."""
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if not missing:
        return Diagnosis("packages", "all there")
    return Diagnosis(
        "packages", f"missing {', '.join(missing)}", "Run: python -m pip install -r requirements.txt"
    )


def device() -> Diagnosis:
    """Check that torch computes, and name the device."""
    try:
        import torch

        name = pick_device()
        torch.ones(2, device=name).sum().item()
    except Exception as error:  # a broken torch raises anything from OSError to RuntimeError
        cure = "Reinstall torch: python -m pip install --force-reinstall -r requirements.txt"
        return Diagnosis("device", f"torch does not compute ({type(error).__name__}: {error})", cure)
    return Diagnosis("device", name)


def kernel() -> Diagnosis:
    """Check that Jupyter finds a Python kernel."""
    try:
        from jupyter_client.kernelspec import KernelSpecManager

        found = sorted(KernelSpecManager().find_kernel_specs())
    except ImportError:
        found = []
    cure = "" if "python3" in found else "Run: python -m ipykernel install --sys-prefix"
    return Diagnosis("kernels", ", ".join(found) or "none", cure)


def data_folder() -> Diagnosis:
    """Check the folder of MedMNIST files: that it is where MEDMNIST_ROOT says, and can be written."""
    folder = files.data_root()
    if not folder.exists() and os.environ.get("MEDMNIST_ROOT"):
        return Diagnosis("data folder", f"{folder} is not there", "Correct or unset MEDMNIST_ROOT.")
    nearest = next(p for p in (folder, *folder.parents) if p.exists())
    if not os.access(nearest, os.W_OK):
        cure = "Only needed for downloads: set MEDMNIST_ROOT to a folder you may write to."
        return Diagnosis("data folder", f"{folder} is read-only", "" if list(folder.glob("*.npz")) else cure)
    return Diagnosis("data folder", f"{folder}, {len(list(folder.glob('*.npz')))} files")


def disk() -> Diagnosis:
    """Check that there is room for downloads."""
    nearest = next(p for p in (Path.cwd(), *Path.cwd().parents) if p.exists())
    free = shutil.disk_usage(nearest).free / 1e9
    cure = "" if free > FREE_GIGABYTES else f"Free some disk space: lessons want {FREE_GIGABYTES} GB."
    return Diagnosis("free disk", f"{free:.1f} GB", cure)


CHECKS: tuple[Callable[[], Diagnosis], ...] = (python, packages, device, kernel, data_folder, disk)
