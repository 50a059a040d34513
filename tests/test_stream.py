"""Batches from disk: the same images as in memory, an order as random as a full shuffle's, little memory."""

import threading

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import stats

from course_utils import batches, card
from course_utils.data import Split
from course_utils.storage import stream
from course_utils.storage.stream import block_order


@pytest.fixture
def small(monkeypatch):
    """Blocks of 4 rows of 10 bytes, windows of 16 blocks."""
    monkeypatch.setattr(stream, "BLOCK_BYTES", 40)
    monkeypatch.setattr(stream, "WINDOW_BYTES", 640)


def seeded(seed):
    return torch.Generator().manual_seed(seed)


def on_disk(tmp_path, flag, n, size=28):
    """Return the same split twice: in memory, and memory-mapped."""
    one = card(flag)
    rng = np.random.default_rng(n)
    images = rng.integers(0, 256, (n, *one.image_shape(size)), dtype=np.uint8)
    top = 2 if one.task == "multi-label" else len(one.labels)
    labels = rng.integers(0, top, (n, one.label_width), dtype=np.uint8)
    np.save(tmp_path / f"{flag}.npy", images)
    mapped = np.load(tmp_path / f"{flag}.npy", mmap_mode="r")
    return Split("train", images, labels, one), Split("train", mapped, labels, one)


@pytest.mark.parametrize(
    ("flag", "size"), [("breastmnist", 28), ("pathmnist", 28), ("chestmnist", 28), ("adrenalmnist3d", 64)]
)
@pytest.mark.parametrize("batch_size", [1, 7, 8, 100])
def test_in_the_files_order_disk_and_memory_give_the_same(tmp_path, flag, size, batch_size):
    memory, disk = on_disk(tmp_path, flag, 15, size)
    pairs = list(zip(batches(memory, batch_size), batches(disk, batch_size), strict=True))
    assert len(pairs) == -(-15 // batch_size)
    for (x, y), (dx, dy) in pairs:
        assert torch.equal(x, dx) and torch.equal(y, dy) and y.dtype == dy.dtype


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    flag=st.sampled_from(["breastmnist", "pathmnist", "chestmnist"]),
    n=st.integers(1, 60),
    batch_size=st.integers(1, 20),
    block=st.integers(1, 9),
    window=st.integers(1, 5),
)
def test_shuffled_batches_hold_each_image_once_with_its_label(
    tmp_path, monkeypatch, flag, n, batch_size, block, window
):
    memory, disk = on_disk(tmp_path, flag, n)
    row = memory.images[0].nbytes
    monkeypatch.setattr(stream, "BLOCK_BYTES", block * row)
    monkeypatch.setattr(stream, "WINDOW_BYTES", window * block * row)
    got = list(batches(disk, batch_size, shuffle=True, seed=1))
    assert [len(y) for _, y in got] == [len(y) for _, y in batches(memory, batch_size)]
    x, y = torch.cat([x for x, _ in got]), torch.cat([y for _, y in got])
    want_x, want_y = next(batches(memory, n))
    where = {image.numpy().tobytes(): i for i, image in enumerate(want_x)}
    order = [where[image.contiguous().numpy().tobytes()] for image in x.contiguous()]
    assert sorted(order) == list(range(n))
    assert torch.equal(y, want_y[order])


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 300), st.integers(1, 10**7), st.integers(0, 99))
def test_every_row_once(n, row_bytes, seed):
    order = block_order(n, row_bytes, seeded(seed))
    assert sorted(order.tolist()) == list(range(n))


def test_the_seed_fixes_the_order():
    orders = [block_order(5000, 200_000, seeded(seed)) for seed in (3, 3, 4)]
    assert np.array_equal(orders[0], orders[1]) and not np.array_equal(orders[0], orders[2])


def test_augmentation_follows_the_seed(tmp_path):
    _, disk = on_disk(tmp_path, "breastmnist", 9)

    def noise(x, generator):
        return x + torch.rand(x.shape, generator=generator)

    def run(seed):
        return torch.cat([x for x, _ in batches(disk, 4, shuffle=True, seed=seed, augment=noise)])

    assert torch.equal(run(0), run(0)) and not torch.equal(run(0), run(1))


# How random is it? One test for a full shuffle, the block shuffle, and orders that must not pass.


def full(n, seed):
    return torch.randperm(n, generator=seeded(seed)).numpy()


def blocks(n, seed):
    return block_order(n, 10, seeded(seed))


def in_sequence(n, seed):
    return np.arange(n)


def turned(n, seed):
    return np.roll(np.arange(n), seed * 7)


def within_windows_only(n, seed):
    """Shuffle 64 neighbours among themselves, as a small shuffle buffer does."""
    return np.concatenate([part[full(len(part), seed)] for part in np.split(np.arange(n), range(64, n, 64))])


N, SEEDS, BATCH = 256, 1500, 16


def p_values(order) -> dict[str, float]:
    """Test an order over many seeds against what chance gives.

    place: is every row equally often in every sixteenth of the epoch (chi-squared)?
    classes: do a batch's images of a class that lies at random in the file count as the hypergeometric
        distribution says (chi-squared)?
    """
    orders = np.array([order(N, seed) for seed in range(SEEDS)])
    place = np.zeros((N, N // BATCH))
    for sixteenth in range(N // BATCH):
        rows = orders[:, sixteenth * BATCH : (sixteenth + 1) * BATCH].ravel()
        place[:, sixteenth] = np.bincount(rows, minlength=N)
    ill = np.random.default_rng(0).permutation(N) < 64
    counts = ill[orders[:, :BATCH]].sum(1)
    law = stats.hypergeom(N, 64, BATCH)
    bins = np.clip(counts, 1, 8)
    seen = np.bincount(bins, minlength=9)[1:]
    hoped = np.array([law.cdf(1), *law.pmf(range(2, 8)), law.sf(7)]) * SEEDS
    expected = SEEDS * BATCH / N
    cells = ((place - expected) ** 2 / expected).sum()
    return {
        "place": stats.chi2.sf(cells, (N - 1) * (N // BATCH - 1)),
        "classes": stats.chisquare(seen, hoped).pvalue,
    }


def test_block_shuffle_passes_the_test_of_a_full_shuffle(small):
    for order in (full, blocks):
        for name, p in p_values(order).items():
            assert p > 1e-3, (order.__name__, name, p)


@pytest.mark.parametrize("order", [in_sequence, turned, within_windows_only])
def test_the_test_catches_bad_orders(order):
    assert min(p_values(order).values()) < 1e-6


def test_neighbours_in_the_file_seldom_meet():
    """At 224 pixels two neighbours share a batch hardly more often than chance puts them there."""
    n, row, batch = 10_000, 224 * 224 * 3, 128
    together = 0
    for seed in range(20):
        place = np.empty(n, int)
        place[block_order(n, row, seeded(seed))] = np.arange(n) // batch
        together += (place[1:] == place[:-1]).mean() / 20
    window = stream.WINDOW_BYTES // row
    assert batch / n < together < 1.1 * batch / window  # 0.07 against 0.013 for a full shuffle


def test_reads_stay_within_a_window_of_the_disk():
    n, row = 20_000, 224 * 224 * 3
    order = block_order(n, row, seeded(0))
    block = stream.BLOCK_BYTES // row
    size = stream.WINDOW_BYTES // (block * row) * block
    for start in range(0, n - size, size):
        places = np.unique(order[start : start + size])
        assert (np.diff(places) > 1).sum() <= size / block + 2  # no more jumps than blocks


def test_the_next_window_is_announced_once_and_in_the_files_order():
    n, row, batch = 8_000, 224 * 224 * 3, 100
    order = block_order(n, row, seeded(0))
    parts = np.split(order, range(batch, n, batch))
    hints = list(stream._hints(parts, row))
    assert len(hints) == len(parts)
    many = stream.WINDOW_BYTES // (batch * row)
    for start in range(0, len(parts), many):
        told = np.concatenate(hints[start : start + many]).reshape(-1, 2)
        rows = np.concatenate([np.arange(*run) for run in told.tolist()] or [np.arange(0)])
        coming = parts[start + many : start + 2 * many]
        assert np.array_equal(rows, np.sort(np.concatenate(coming)) if coming else [])


# memory and threads


def test_only_a_few_batches_are_read_ahead(tmp_path, monkeypatch):
    _, disk = on_disk(tmp_path, "breastmnist", 60)
    read, done = stream._Rows.read, []
    monkeypatch.setattr(stream._Rows, "read", lambda self, *args: done.append(1) or read(self, *args))
    stop = threading.Event()
    for number, _ in enumerate(batches(disk, 4), start=1):
        stop.wait(0.01)
        assert len(done) <= number + stream.AHEAD
    assert len(done) == 15


def test_breaking_off_ends_the_thread_and_closes_the_file(tmp_path):
    _, disk = on_disk(tmp_path, "breastmnist", 60)
    before = threading.active_count()
    reading = batches(disk, 4, shuffle=True)
    next(reading)
    assert threading.active_count() == before + 1
    reading.close()
    assert threading.active_count() == before


def test_a_file_cut_meanwhile_is_an_error_not_a_hang(tmp_path):
    _, disk = on_disk(tmp_path, "breastmnist", 60)
    with (tmp_path / "breastmnist.npy").open("r+b") as file:
        file.truncate(10_000)
    with pytest.raises(OSError, match="has become shorter"):
        list(batches(disk, 4))


def test_columns_are_refused(tmp_path):
    np.save(tmp_path / "x.npy", np.asfortranarray(np.zeros((3, 4), np.uint8)))
    with pytest.raises(ValueError, match="C order"):
        list(stream.read_batches(np.load(tmp_path / "x.npy", mmap_mode="r"), [np.arange(2)]))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_a_gpu_gets_the_same_from_pinned_memory(tmp_path):
    memory, disk = on_disk(tmp_path, "pathmnist", 30)
    for (x, y), (dx, dy) in zip(batches(memory, 8), batches(disk, 8, device="cuda"), strict=True):
        assert torch.equal(x, dx.cpu()) and torch.equal(y, dy.cpu())
