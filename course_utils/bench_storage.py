"""Rows of the performance table on large files: an archive in PathMNIST-224's layout, opened and read.

The `big_` rows take minutes and gigabytes of disk: ask for them by name, `bench big_open big_memory ...`.
They share one archive, made of cheap pixels in a temporary folder and deleted when Python ends.
"""

import functools
import math
import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np

from .bench import row
from .bench_train import PEAK
from .cards import card
from .data import load, to_input
from .storage import stream

FLAG, SIZE, BATCH = "pathmnist", 224, 128
SMALL, BIG = 0.3, 4.0  # gigabytes once unpacked
EPOCHS = 2


@row
def store_open() -> dict:
    """Open 0.3 GB in PathMNIST-224's layout and take a shuffled batch, as medmnist and a DataLoader do."""
    return _open_row(SMALL, goal=5)


@functools.partial(row, by_name=True)
def big_open() -> dict:
    """Open 4 GB in PathMNIST-224's layout and take a shuffled batch, after the one-time unpack."""
    return _open_row(BIG, goal=20)


@functools.partial(row, by_name=True)
def big_memory() -> dict:
    """Measure the peak memory of that beyond the imports."""
    ours, peer = (measured(BIG)[who]["mb"] for who in ("ours", "peer"))
    return _figure(f"memory of opening {BIG:g} GB and one batch, against medmnist", ours, peer, "MB", goal=20)


@functools.partial(row, by_name=True)
def big_unpack() -> dict:
    """Measure the peak memory of the one-time unpack beyond the imports; the limit is 300 MB."""
    done = measured(BIG)
    name = f"memory of unpacking {BIG:g} GB ({done['unpack']['seconds']:.0f} s), against medmnist's opening"
    return _figure(name, done["unpack"]["mb"], done["peer"]["mb"], "MB", goal=done["peer"]["mb"] / 300)


@functools.partial(row, by_name=True)
def big_bytes() -> dict:
    """Read all training images in a shuffled order as uint8 batches; numpy reads the file in sequence."""
    split = load(FLAG, size=SIZE, source="real", root=archive(BIG)).train
    name = (
        f"{split.images.nbytes / 1e9:.1f} GB as shuffled uint8 batches against numpy in sequence, cold cache"
    )
    return _epoch_row(name, split, lambda: _ours(split), lambda: _numpy(split))


@functools.partial(row, by_name=True)
def big_epoch() -> dict:
    """Feed an epoch of shuffled float32 batches; numpy reads in sequence and converts in the same way."""
    split = load(FLAG, size=SIZE, source="real", root=archive(BIG)).train
    name = f"an epoch of {split.images.nbytes / 1e9:.1f} GB against numpy in sequence, both to float32, cold"
    return _epoch_row(name, split, lambda: _ours(split, floats=True), lambda: _numpy(split, floats=True))


def _open_row(gigabytes: float, goal: float) -> dict:
    done = measured(gigabytes)
    name = f"opening {gigabytes:g} GB and a shuffled batch of {BATCH}, against medmnist with mmap_mode='r'"
    return _figure(name, done["ours"]["seconds"], done["peer"]["seconds"], "s", goal)


def _figure(name: str, ours: float, peer: float, unit: str, goal: float) -> dict:
    return {"name": name, "ours": round(ours, 3), "peer": round(peer, 3), "unit": unit,
            "ratio": round(peer / ours, 2), "goal": round(goal, 2)}  # fmt: skip


@functools.cache
def archive(gigabytes: float) -> Path:
    """Make a folder with an archive of PathMNIST-224's layout and of that size once unpacked; return it.

    Its pixels are blocks of 8 x 8, which deflate packs and unpacks faster than real ones: that is in favour
    of the peer. The labels are right: blue is 20 times the class number.
    """
    folder = tempfile.TemporaryDirectory(prefix="medmnist-bench-", ignore_cleanup_errors=True)
    _folders.append(folder)  # deleted when Python ends
    one, rng = card(FLAG), np.random.default_rng(0)
    share = gigabytes * 1e9 / one.raw_bytes(SIZE)
    path = Path(folder.name) / one.file_name(SIZE)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for split, published in one.n_samples.items():
            n = max(BATCH, round(share * published))
            labels = rng.integers(0, len(one.labels), (n, 1), dtype=np.uint8)
            _write_npy(file, f"{split}_images", (n, *one.image_shape(SIZE)), _images(labels))
            _write_npy(file, f"{split}_labels", labels.shape, [labels])
    return Path(folder.name)


_folders: list[tempfile.TemporaryDirectory] = []


def _images(labels: np.ndarray):
    """Yield images in pieces of a hundred: random blocks in red and green, the class in blue."""
    rng = np.random.default_rng(1)
    for start in range(0, len(labels), 100):
        part = labels[start : start + 100]
        coarse = rng.integers(0, 256, (len(part), 28, 28, 3), dtype=np.uint8)
        coarse[..., 2] = 20 * part[:, :, None]
        yield coarse.repeat(8, axis=1).repeat(8, axis=2)


def _write_npy(file: zipfile.ZipFile, name: str, shape: tuple, pieces) -> None:
    with file.open(f"{name}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array_header_1_0(member, {"descr": "|u1", "fortran_order": False, "shape": shape})
        for piece in pieces:
            member.write(piece.tobytes())


@functools.cache
def measured(gigabytes: float) -> dict[str, dict[str, float]]:
    """Unpack, open with ours, open with medmnist, each in a fresh Python on the same archive.

    Returns:
        {"unpack", "ours", "peer"}, each {"seconds", "mb"}: time after the imports, and peak memory beyond
        that of a Python that only imports the same.
    """
    root, one = archive(gigabytes), card(FLAG)
    share = gigabytes * 1e9 / one.raw_bytes(SIZE)
    counts = {split: max(BATCH, round(share * n)) for split, n in one.n_samples.items()}
    words = {"root": str(root), "counts": counts, "flag": FLAG, "size": SIZE, "batch": BATCH}
    base_ours, base_peer = (_child(code, words)["mb"] for code in (OUR_IMPORTS, PEER_IMPORTS))
    found = {
        "unpack": _child(OUR_IMPORTS + UNPACK, words),
        "ours": _child(OUR_IMPORTS + OURS, words),
        "peer": _child(PEER_IMPORTS + PEER, words),
    }
    for name, result in found.items():
        result["mb"] = max(0.1, result["mb"] - (base_peer if name == "peer" else base_ours))
        if result["check"] is False:
            raise AssertionError(f"{name}: the batch is not what its labels say")
    return found


def _child(code: str, words: dict) -> dict:
    """Run code in a fresh Python; return its own seconds, its peak memory in MB and its check."""
    code = f"words = {words!r}\ncheck = None\n{code}\nseconds = time.perf_counter() - start\n{CHECK}{PEAK}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, check, peak = done.stdout.split()[-3:]
    return {
        "seconds": float(seconds),
        "mb": int(peak) / 1024,
        "check": {"True": True, "False": False}.get(check),
    }


OUR_IMPORTS = """
import time, torch, course_utils
from course_utils import files
start = time.perf_counter()
"""
UNPACK = """
files.convert(words["flag"], size=words["size"], root=words["root"])
"""
OURS = """
data = course_utils.load(words["flag"], size=words["size"], source="real", root=words["root"])
x, y = next(course_utils.batches(data.train, words["batch"], shuffle=True))
"""
PEER_IMPORTS = """
import time, torch, numpy as np, medmnist
from torch.utils.data import DataLoader
medmnist.INFO["pathmnist"]["n_samples"] = words["counts"]  # its len() asserts the published number
def normalise(image):  # what torchvision's ToTensor and Normalize([.5], [.5]) do
    x = torch.from_numpy(np.asarray(image, dtype=np.float32))
    return (x / 255).movedim(2, 0) * 2 - 1
start = time.perf_counter()
"""
PEER = """
data = medmnist.PathMNIST("train", size=words["size"], root=words["root"], mmap_mode="r", transform=normalise)
x, y = next(iter(DataLoader(data, batch_size=words["batch"], shuffle=True)))
"""
# The class is in the blue channel: were it another image's, the comparison would be worth nothing.
CHECK = """
if "x" in dir() and "y" in dir():
    blue = ((x[:, 2].amax((1, 2)) + 1) * 127.5 / 20).round().long()
    check = x.shape == (words["batch"], 3, 224, 224) and bool((blue == y.flatten()).all())
print(seconds, check)
"""


def _epoch_row(name: str, split, ours, peer) -> dict:
    """Time two ways over a split in turns, each with a cold cache; the goal is 1.3 times the peer's time."""
    best = {}
    for _ in range(EPOCHS):
        for who, way in (("ours", ours), ("peer", peer)):
            _forget(Path(split.images.filename))
            start = time.perf_counter()
            total = way()
            best[who] = min(best.get(who, math.inf), time.perf_counter() - start)
            if total != len(split):
                raise AssertionError(f"{who}: {total} images were read, not {len(split)}")
    return _figure(name, best["ours"], best["peer"], "s", goal=1 / 1.3)


def _forget(path: Path) -> None:
    """Ask the system to drop a file from its cache, where it can: reading then means reading the disk."""
    if hasattr(os, "posix_fadvise"):
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _ours(split, *, floats: bool = False) -> int:
    import torch

    from .data import batches

    if floats:
        return sum(len(y) for _, y in batches(split, BATCH, shuffle=True))
    order = stream.block_order(len(split), split.images[:1].nbytes, torch.Generator().manual_seed(0))
    parts = np.split(order, range(BATCH, len(split), BATCH))
    return sum(len(x) for x in stream.read_batches(split.images, parts))


def _numpy(split, *, floats: bool = False) -> int:
    import torch

    shape = split.images.shape[1:]
    total = 0
    with Path(split.images.filename).open("rb") as file:
        file.seek(split.images.offset)
        while len(piece := np.fromfile(file, np.uint8, BATCH * math.prod(shape))):
            total += len(piece) // math.prod(shape)
            if floats:
                to_input(torch.from_numpy(piece.reshape(-1, *shape)), split.card.channels)
    return total
