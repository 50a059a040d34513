"""The doctor: find what commonly breaks a course on a student's machine, and say the cure."""

import importlib.util
import json
import os
import shutil
import socket
import sys
import urllib.request
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from urllib.parse import urlsplit

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


def torch_builds() -> Diagnosis:
    """Check that one torch is installed, not a second one that hides behind it."""
    found = sorted({d.version for d in distributions() if (d.metadata["Name"] or "").lower() == "torch"})
    if len(found) < 2:
        return Diagnosis("torch builds", ", ".join(found) or "none")
    cure = "Make a fresh environment (rm -rf .venv; make run), or pip uninstall torch until none is left."
    return Diagnosis("torch builds", f"{len(found)} at once: {', '.join(found)}", cure)


def gpu() -> Diagnosis:
    """Check that torch can use the NVIDIA GPU of this machine, where there is one."""
    if shutil.which("nvidia-smi") is None:
        return Diagnosis("NVIDIA GPU", "none, and none is needed")
    try:
        import torch

        if torch.cuda.is_available():
            return Diagnosis("NVIDIA GPU", torch.cuda.get_device_name())
        built = torch.version.cuda
    except Exception as error:
        return Diagnosis("NVIDIA GPU", f"torch does not start ({type(error).__name__})", "See device, above.")
    if built is None:
        cure = "Lessons run on the CPU. For the GPU: pip uninstall torch, then pip install torch==2.13.0."
        return Diagnosis("NVIDIA GPU", "there, but this torch is a CPU build", cure)
    cure = "Update the NVIDIA driver, or install a torch built for the CUDA that nvidia-smi names."
    return Diagnosis("NVIDIA GPU", f"there, but torch was built for CUDA {built} and can't use it", cure)


def home() -> Diagnosis:
    """Check that Jupyter and matplotlib can write their settings."""
    folder = Path.home()
    if os.access(folder, os.W_OK):
        return Diagnosis("home folder", str(folder))
    return Diagnosis("home folder", f"{folder} is read-only", "Set HOME to a folder you may write to.")


def proxy() -> Diagnosis:
    """Check that a proxy, where one is set, answers."""
    found = urllib.request.getproxies()
    address = found.get("https") or found.get("http")
    if not address:
        return Diagnosis("proxy", "none set")
    parts = urlsplit(address if "//" in address else f"//{address}")
    shown = f"{parts.hostname}:{parts.port or 80}"  # without a password
    try:
        socket.create_connection((parts.hostname, parts.port or 80), timeout=3).close()
    except OSError as error:
        cure = "Correct or unset HTTPS_PROXY; lessons themselves run on sample data without a network."
        return Diagnosis("proxy", f"{shown} does not answer ({error})", cure)
    return Diagnosis("proxy", shown)


def data_files() -> Diagnosis:
    """Check that no MedMNIST file is half there."""
    folder = files.data_root()
    broken = []
    for path in sorted(folder.glob("*.npz")) if folder.is_dir() else ():
        try:
            with zipfile.ZipFile(path) as archive:
                archive.namelist()
        except (OSError, zipfile.BadZipFile):
            broken.append(path.name)
    if broken:
        cure = f"Delete it and fetch it again: python -m course_utils data fetch {broken[0].split('.')[0]}"
        return Diagnosis("data files", f"incomplete: {', '.join(broken)}", cure)
    return Diagnosis("data files", "none is cut off")


def widgets() -> Diagnosis:
    """Check that JupyterLab will draw the explorers' sliders."""
    name = "@jupyter-widgets/jupyterlab-manager"
    if importlib.util.find_spec("jupyterlab") is None:
        return Diagnosis("widgets", "no JupyterLab here")
    from jupyter_core.paths import jupyter_config_path, jupyter_path

    off = []
    for folder in jupyter_config_path():
        for file in Path(folder, "labconfig").glob("*.json"):
            off += json.loads(file.read_text(encoding="utf-8")).get("disabledExtensions", {})
    if any(name.startswith(entry) for entry in off):
        return Diagnosis("widgets", "switched off", f"Run: python -m jupyter labextension enable {name}")
    if not any(Path(folder, "labextensions", name).exists() for folder in jupyter_path()):
        cure = "Run: python -m pip install --force-reinstall jupyterlab_widgets"
        return Diagnosis("widgets", f"JupyterLab has no {name}", cure)
    return Diagnosis("widgets", "on")


CHECKS: tuple[Callable[[], Diagnosis], ...] = (
    python, packages, device, torch_builds, gpu, kernel, widgets, home, data_folder, data_files, disk, proxy,
)  # fmt: skip
