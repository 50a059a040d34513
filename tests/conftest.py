"""What all tests share: no network, real files only where MEDMNIST_ROOT has them."""

import os
import socket
from pathlib import Path

import numpy as np
import pytest

REPO = Path(__file__).parent.parent
# Fixed before any test may change the environment.
REAL_ROOT = Path(os.environ.get("MEDMNIST_ROOT", REPO.parent / "shared" / "data")).absolute()
REAL_FLAGS = ("breastmnist", "pneumoniamnist", "retinamnist", "adrenalmnist3d")
HAS_REAL = all((REAL_ROOT / f"{flag}.npz").exists() for flag in REAL_FLAGS)
os.environ.setdefault("OMP_NUM_THREADS", "1")  # two test processes on two cores


def pytest_collection_modifyitems(items):
    """Skip what needs real files where they are missing."""
    if HAS_REAL:
        return
    for item in items:
        if "real" in item.keywords:
            item.add_marker(
                pytest.mark.skip(reason=f"no real MedMNIST files in {REAL_ROOT}; set MEDMNIST_ROOT")
            )


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Let no test of this process reach beyond this machine."""
    connect = socket.socket.connect

    def guarded(self, address):
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"a test tried to reach {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture
def real_root(monkeypatch):
    """Point the course's data folder at the real files."""
    monkeypatch.setenv("MEDMNIST_ROOT", str(REAL_ROOT))
    return REAL_ROOT


@pytest.fixture
def best_source(real_root):
    """Name the best data there is: real files where all are found, else sample data."""
    return "real" if HAS_REAL else "sample"


@pytest.fixture
def tiny():
    """Return a maker of six small arrays in MedMNIST's layout for a card."""

    def make(card, n=6, size=28):
        rng = np.random.default_rng(0)
        top = 2 if card.task == "multi-label" else len(card.labels)
        arrays = {}
        for split in ("train", "val", "test"):
            arrays[f"{split}_images"] = rng.integers(0, 256, (n, *card.image_shape(size)), dtype=np.uint8)
            arrays[f"{split}_labels"] = rng.integers(0, top, (n, card.label_width), dtype=np.uint8)
        return arrays

    return make


@pytest.fixture(scope="module")
def borrowed_python(tmp_path_factory):
    """Return the Python of a fresh environment that sees this one's packages, but not the course itself.

    A `.pth` file lends the folder of packages; an editable install in it is not followed, so the course is
    missing, as it is on Colab and on Binder before postBuild.
    """
    import sysconfig
    import venv

    home = tmp_path_factory.mktemp("borrowed") / "env"
    venv.create(home, with_pip=True)
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    here = sysconfig.get_path("purelib")
    there = sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)})
    Path(there, "borrowed.pth").write_text(here + "\n")
    return python
