"""Rows of the performance table on training: batches, imports, time to the published score, memory."""

import inspect
import subprocess
import sys
import time

import numpy as np

from . import env
from .bench import as_medmnist, compare, row
from .data import batches, load
from .files import data_root
from .judge import published
from .measure import metrics

OFFICIAL_EPOCHS, OFFICIAL_BATCH = 100, 128


@row
def batches_grey() -> dict:
    """Feed one epoch of 600 grey images as normalised tensors, as medmnist with a DataLoader does."""
    return _batches("pneumoniamnist", "an epoch of grey batches against medmnist and a DataLoader", goal=40)


@row
def batches_colour() -> dict:
    """Feed one epoch of 600 colour images as normalised tensors, as medmnist with a DataLoader does."""
    return _batches("pathmnist", "an epoch of colour batches against medmnist and a DataLoader", goal=20)


@row
def batches_volume() -> dict:
    """Feed one epoch of 240 volumes as normalised tensors, as medmnist with a DataLoader does."""
    return _batches("nodulemnist3d", "an epoch of volume batches against medmnist and a DataLoader", goal=1.5)


def _batches(flag: str, name: str, goal: float) -> dict:
    import torch
    from torch.utils.data import DataLoader

    split = load(flag, source="sample").train
    theirs = as_medmnist(split)
    theirs.as_rgb, theirs.target_transform, theirs.flag = False, None, flag

    # What torchvision's ToTensor and Normalize([.5], [.5]) do, without torchvision.
    def normalise(image):
        x = torch.from_numpy(np.asarray(image, dtype=np.float32))
        return (x if split.card.ndim == 3 else (x / 255).view(*x.shape[:2], -1).movedim(2, 0)) * 2 - 1

    theirs.transform = normalise
    loader = DataLoader(theirs, batch_size=128)
    ours_x, peer_x = next(batches(split, 128))[0], next(iter(loader))[0]
    if not torch.allclose(ours_x, peer_x, atol=1e-6):
        raise AssertionError("ours and the peer feed different tensors: the comparison would be unfair")
    return compare(
        name, lambda: [len(x) for x, _ in batches(split, 128)], lambda: [len(x) for x, _ in loader],
        goal=goal, repeats=7,
    )  # fmt: skip


@row
def import_time() -> dict:
    """Start Python and import the package, as `import medmnist` does."""
    best = {name: min(_child(f"import {name}")[0] for _ in range(3)) for name in ("course_utils", "medmnist")}
    return _figure("import, against import medmnist", best["course_utils"], best["medmnist"], "s", goal=5)


@row
def import_memory() -> dict:
    """Measure the peak memory of Python after importing the package, against `import medmnist`."""
    ours, peer = (_child(f"import {name}")[1] for name in ("course_utils", "medmnist"))
    return _figure("memory of an import, against import medmnist", ours, peer, "MB", goal=3)


@row
def volume_step_memory() -> dict:
    """Measure what a training step on 4 volumes adds to peak memory: the small CNN against ResNet-18 + 3D."""
    ours, peer = (_child(STEP.format(model=name))[1] for name in ("small_cnn", "resnet18"))
    base = _child("import torch; from course_utils import models")[1]
    name = "memory of a 3D training step, against ResNet-18 + 3D"
    return _figure(name, ours - base, peer - base, "MB", goal=5)


STEP = """
import torch
from course_utils import card, models
net = models.build("{model}", card("nodulemnist3d"))
optimizer = torch.optim.AdamW(net.parameters())
for _ in range(2):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(net(torch.zeros(4, 1, 28, 28, 28)), torch.zeros(4).long()).backward()
    optimizer.step()
"""


@row
def time_to_published() -> dict:
    """Train the course's recipe; compare with the official recipe's measured cost a step times its steps.

    On real PneumoniaMNIST where its file is at hand; a test AUC below the published ResNet-18 (28) row's
    makes the ratio 0: the score was not reached in any time. On sample data only the cost is compared.
    """
    import torch
    from torch.nn import functional as F  # noqa: N812

    from .learn import train
    from .learn.models import small_cnn
    from .learn.recipes import recipe
    from .learn.resnets import resnet

    flag = "pneumoniamnist"
    real = (data_root() / f"{flag}.npz").is_file()
    data = load(flag, source="real" if real else "sample")
    result = train.fit(small_cnn(data.card), data, progress=False)
    probs = train.predict(result.model, data.test, tta=recipe(data.card, len(data.train)).tta)
    # The official script: ResNet-18 on three equal channels, Adam, batches of 128, 100 epochs.
    net = resnet(18, 3, data.card.n_outputs)
    optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
    x, y = next(batches(data.train, OFFICIAL_BATCH))
    seconds = []
    for _ in range(2):
        start = time.perf_counter()
        optimizer.zero_grad()
        F.cross_entropy(net(x.repeat(1, 3, 1, 1)), y).backward()
        optimizer.step()
        seconds.append(time.perf_counter() - start)
    steps = OFFICIAL_EPOCHS * np.ceil(len(data.train) / OFFICIAL_BATCH)
    name = f"training {data.card.name} ({data.source}), against 100 epochs of ResNet-18 (28)"
    figure = _figure(name, result.seconds, float(min(seconds) * steps), "s", goal=50)
    if real:
        ours = metrics.auc(data.test.y, probs, data.card.task)
        theirs = published.row(flag, "ResNet-18 (28)")["auc"]
        figure["name"] += f"; test AUC {ours:.3f}, published {theirs:.3f}"
        if ours < theirs:
            figure["ratio"] = 0.0
    return figure


def _figure(name: str, ours: float, peer: float, unit: str, goal: float) -> dict:
    return {"name": name, "ours": round(ours, 3), "peer": round(peer, 3), "unit": unit,
            "ratio": round(peer / ours, 2), "goal": goal}  # fmt: skip


def _child(code: str) -> tuple[float, float]:
    """Run code in a fresh Python; return its seconds and its peak memory in MB."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code + PEAK], capture_output=True, text=True, check=True)
    return time.perf_counter() - start, int(done.stdout.split()[-1]) / 1024


# What a child runs last: it prints its peak in kB. The function's source, since importing it would weigh too.
PEAK = f"""
import re, sys
from pathlib import Path
{inspect.getsource(env.peak_memory)}
print(round(peak_memory() * 1024))
"""
