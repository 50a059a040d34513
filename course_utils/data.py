"""Datasets: three splits of uint8 images and labels, real or sample, and batches of tensors."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from . import sample
from .cards import DatasetCard, card
from .errors import ChoiceError, DataError, choose
from .files import SPLITS, data_root, fetch, is_at_hand, open_arrays
from .storage import stream

SOURCES = ("auto", "real", "sample")


@dataclass(frozen=True, eq=False)
class Split:
    """Hold one split: `images` uint8 `(N, H, W)`, `(N, H, W, 3)` or `(N, D, H, W)`, `labels` `(N, L)`."""

    name: str
    images: np.ndarray
    labels: np.ndarray
    card: DatasetCard

    def __len__(self) -> int:
        """Return the number of images."""
        return len(self.images)

    def __repr__(self) -> str:
        return f"{self.card.name} {self.name}: images {self.images.shape}, labels {self.labels.shape}"

    @cached_property
    def y(self) -> np.ndarray:
        """Return the labels as metrics and losses want them: int64 `(N,)`, or `(N, 14)` for multi-label."""
        labels = self.labels.astype(np.int64)
        return labels if self.card.task == "multi-label" else labels[:, 0]

    @property
    def counts(self) -> np.ndarray:
        """Return images per class (per finding for multi-label), int64 `(K,)`."""
        if self.card.task == "multi-label":
            return self.y.sum(0)
        return np.bincount(self.y, minlength=len(self.card.labels))


@dataclass(frozen=True, eq=False)
class Dataset:
    """Hold one dataset: its card, where it came from, and its three splits."""

    card: DatasetCard
    size: int
    source: str
    train: Split
    val: Split
    test: Split
    why: str = ""

    def __getitem__(self, split: str) -> Split:
        """Return the split of that name."""
        return getattr(self, choose(split, SPLITS, "split"))

    @property
    def banner(self) -> str:
        """Return the sentence that sample data must carry wherever it is shown; empty for real data."""
        return sample.BANNER if self.source == "sample" else ""

    def __str__(self) -> str:
        """Return one line: name, shape, splits and source."""
        splits = ", ".join(f"{name} {len(self[name]):,}" for name in SPLITS)
        shape = " x ".join(map(str, self.card.image_shape(self.size)))
        kind = "volumes" if self.card.ndim == 3 else "images"
        line = f"{self.card.name}: {splits} {kind} of {shape}, {self.source} data"
        return "\n".join(filter(None, [line, self.banner, self.why]))

    __repr__ = __str__

    def _repr_html_(self) -> str:
        first = escape(str(self).splitlines()[0])
        box = "border: 2px solid #b35900; padding: .4em .8em; display: inline-block"
        banner = f"<p style='{box}'><strong>{escape(self.banner)}</strong> {escape(self.why)}</p>"
        return f"<p>{first}</p>{banner if self.banner else ''}"


def load(flag: str, *, size: int = 28, source: str = "auto", root: str | Path | None = None) -> Dataset:
    """Load a dataset: a small one into memory, a large file memory-mapped from its store.

    Of what is above 256 MB, nothing but labels is read here; the first time the file is unpacked.

    Args:
        flag: MedMNIST's lower-case name, such as "pneumoniamnist".
        size: edge length in pixels or voxels, one of the card's `sizes`.
        source: "real" (the file in `root`, fetched and checked if missing), "sample" (drawn by a program, no
            network), or "auto": real if it is there or can be fetched, else sample.
        root: folder of MedMNIST files; default MEDMNIST_ROOT, else `~/.medmnist`.

    Raises:
        ChoiceError: for an unknown flag, size or source.
        DataError: when a real file is damaged or can't be fetched. A damaged file is never hidden by sample
            data.

    Example:
        >>> load("breastmnist", source="sample").test.images.dtype
        dtype('uint8')
    """
    the_card = card(flag)
    size = choose(size, the_card.sizes, f"size for {flag}")
    choose(source, SOURCES, "source")
    if source == "sample":
        return _pack(the_card, size, "sample", sample.make(flag, size))
    path = data_root(root) / the_card.file_name(size)
    if not is_at_hand(flag, size, root):
        try:
            path = _fetch_once(flag, size, root) if source == "auto" else fetch(flag, size=size, root=root)
        except DataError as error:
            if source == "real":
                raise
            return _pack(the_card, size, "sample", sample.make(flag, size), str(error))
    return _pack(the_card, size, "real", open_arrays(path, the_card, size))


RETRY_SECONDS = 60
_failed: dict[str, float] = {}  # host -> when a download last failed


def _fetch_once(flag: str, size: int, root: str | Path | None) -> Path:
    """Fetch with one try, and for a minute don't make a student without network wait again."""
    host = urlsplit(card(flag).files[size][0]).netloc
    if time.monotonic() - _failed.get(host, -math.inf) < RETRY_SECONDS:
        name = card(flag).file_name(size)
        raise DataError(f"{name} is not in {data_root(root)}, and {host} could not be reached a moment ago.")
    try:
        return fetch(flag, size=size, root=root, tries=1)
    except DataError:
        _failed[host] = time.monotonic()
        raise


def _pack(the_card: DatasetCard, size: int, source: str, arrays: dict, why: str = "") -> Dataset:
    splits = [Split(name, arrays[f"{name}_images"], arrays[f"{name}_labels"], the_card) for name in SPLITS]
    return Dataset(the_card, size, source, *splits, why=why)


def batches(
    split: Split,
    batch_size: int = 128,
    *,
    shuffle: bool = False,
    seed: int = 0,
    device: str = "cpu",
    augment: Callable | None = None,
) -> Iterator[tuple]:
    """Yield batches of tensors: one gather of uint8 a batch, no per-image loop, no worker processes.

    A split that is memory-mapped from disk is read ahead by a thread, two batches at most, and shuffled in a
    way that a disk likes: see `storage.stream.block_order`.

    Args:
        split: what to read.
        batch_size: images a batch; the last batch may be smaller, down to one.
        shuffle: draw a new order from `seed`, else keep the file's order.
        seed: fixes order and augmentation.
        device: where the tensors go.
        augment: a function of `(x, generator)` that returns changed `x`.

    Yields:
        x: float32 `(B, C, H, W)` or `(B, 1, D, H, W)` in [-1, 1].
        y: int64 `(B,)` class numbers, or float32 `(B, L)` of 0 and 1 for multi-label.

    Raises:
        ChoiceError: for a batch size below 1.

    Example:
        >>> x, y = next(batches(load("breastmnist", source="sample").val, 4))
        >>> tuple(x.shape)
        (4, 1, 28, 28)
    """
    if batch_size < 1:
        raise ChoiceError(f"batch_size is {batch_size}, expected 1 or more.")
    return _gather(split, batch_size, shuffle, seed, device, augment)


def _gather(split, batch_size, shuffle, seed, device, augment) -> Iterator[tuple]:
    import torch

    generator = torch.Generator().manual_seed(seed)
    if isinstance(split.images, np.memmap):
        yield from _stream(split, batch_size, shuffle, generator, device, augment)
        return
    n = len(split)
    if shuffle:
        parts = torch.randperm(n, generator=generator).split(batch_size)
    else:  # neighbours need no gather
        parts = [slice(start, start + batch_size) for start in range(0, n, batch_size)]
    images, y = torch.from_numpy(split.images), torch.from_numpy(split.y)
    if split.card.task == "multi-label":
        y = y.float()
    for index in parts:
        x = to_input(images[index].to(device), split.card.channels)
        yield (augment(x, generator) if augment else x), y[index].clone().to(device)


def _stream(split, batch_size, shuffle, generator, device, augment) -> Iterator[tuple]:
    import torch

    n, images = len(split), split.images
    order = stream.block_order(n, images[:1].nbytes, generator) if shuffle else np.arange(n)
    y = torch.from_numpy(split.y)
    if split.card.task == "multi-label":
        y = y.float()
    parts = np.split(order, range(batch_size, n, batch_size))
    pin = str(device).startswith("cuda")
    for index, batch in zip(parts, stream.read_batches(images, parts, pin=pin), strict=True):
        x = to_input(batch.to(device, non_blocking=pin), split.card.channels)
        yield (augment(x, generator) if augment else x), y[torch.from_numpy(index)].to(device)


def to_input(images, channels: int):
    """Turn uint8 images `(B, ...)` as stored into float32 network input `(B, C, ...)` in [-1, 1]."""
    x = images.movedim(-1, 1) if channels == 3 else images.unsqueeze(1)
    return x.float().mul_(2 / 255).sub_(1)
