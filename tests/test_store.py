"""Stores: made once, right, complete or not there; they notice a changed archive and survive a kill."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import namedtuple

import numpy as np
import pytest

from course_utils import files, load
from course_utils.cards import card
from course_utils.errors import DataError
from course_utils.storage import archive, leftovers, locks, store

CARD = card("breastmnist")


@pytest.fixture
def put(tiny, tmp_path):
    """Return a maker of a real-looking archive in tmp_path."""

    def make(flag="breastmnist", size=28, n=6, change=None):
        arrays = tiny(card(flag), n=n, size=size)
        if change:
            change(arrays)
        path = tmp_path / card(flag).file_name(size)
        np.savez_compressed(path, **arrays)
        return path, arrays

    return make


@pytest.fixture(autouse=True)
def all_are_large(monkeypatch):
    monkeypatch.setattr(store, "LARGE", 0)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(
    ("flag", "size"), [("breastmnist", 28), ("pathmnist", 64), ("chestmnist", 28), ("adrenalmnist3d", 64)]
)
def test_a_large_archive_is_unpacked_once_and_mapped(put, tmp_path, monkeypatch, flag, size):
    path, arrays = put(flag, size)
    one = load(flag, size=size, source="real", root=tmp_path)
    for split in ("train", "val", "test"):
        assert isinstance(one[split].images, np.memmap) and not one[split].images.flags.writeable
        assert np.array_equal(one[split].images, arrays[f"{split}_images"])
        assert np.array_equal(one[split].labels, arrays[f"{split}_labels"])
    home = path.with_suffix(".store")
    assert names(tmp_path) == sorted([path.name, home.name])
    assert names(home) == sorted([*(f"{name}.npy" for name in arrays), "manifest.json"])
    manifest = json.loads((home / "manifest.json").read_text())
    assert manifest["archive"]["md5"] == files.md5_of(path) and not manifest["published"]
    assert manifest["arrays"]["val_images"] == {"shape": list(arrays["val_images"].shape), "dtype": "|u1"}
    monkeypatch.setattr(store, "_make", lambda *args: pytest.fail("unpacked again"))
    again = load(flag, size=size, source="real", root=tmp_path)
    assert np.array_equal(again.train.images, arrays["train_images"])


def test_small_archives_stay_in_memory(put, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "LARGE", 256 * 10**6)
    path, _ = put()
    assert not isinstance(load("breastmnist", source="real", root=tmp_path).train.images, np.memmap)
    assert names(tmp_path) == [path.name]


def test_convert_unpacks_small_ones_too(put, tmp_path, monkeypatch):
    monkeypatch.setattr(store, "LARGE", 256 * 10**6)
    path, arrays = put()
    assert files.convert("breastmnist", root=tmp_path) == path.with_suffix(".store")
    images = load("breastmnist", source="real", root=tmp_path).test.images
    assert isinstance(images, np.memmap) and np.array_equal(images, arrays["test_images"])


def test_columns_become_rows(put, tmp_path, monkeypatch):
    """An archive in Fortran order would make every image a thousand reads."""
    monkeypatch.setattr(store, "ROWS_BYTES", 2 * 28 * 28 * 3)
    _, arrays = put("pathmnist", change=lambda a: a.update({k: np.asfortranarray(v) for k, v in a.items()}))
    images = load("pathmnist", source="real", root=tmp_path).train.images
    assert images.flags.c_contiguous and np.array_equal(images, arrays["train_images"])
    assert not list(tmp_path.rglob("*.raw"))


def test_a_changed_archive_is_noticed(put, tmp_path):
    put()
    old = load("breastmnist", source="real", root=tmp_path)
    put(n=7, change=lambda a: a["train_images"].fill(9))
    new = load("breastmnist", source="real", root=tmp_path)
    assert len(new.train) == 7 and (new.train.images == 9).all()
    assert len(old.train) == 6  # who has the old one open keeps it
    assert len(names(tmp_path)) == 2


def test_same_size_other_bytes_is_noticed_by_the_checksum(put, tmp_path):
    path, _ = put()
    load("breastmnist", source="real", root=tmp_path)
    changed = bytearray(path.read_bytes())
    changed[len(changed) // 2] ^= 255
    path.write_bytes(changed)
    os.utime(path, ns=(1, 1))
    with pytest.raises(DataError, match="damaged"):  # not the old pixels under a new archive
        load("breastmnist", source="real", root=tmp_path)


def test_a_touched_archive_is_not_unpacked_again(put, tmp_path, monkeypatch):
    path, _ = put()
    load("breastmnist", source="real", root=tmp_path)
    os.utime(path, ns=(5, 5))
    monkeypatch.setattr(store, "_make", lambda *args: pytest.fail("unpacked again"))
    load("breastmnist", source="real", root=tmp_path)
    monkeypatch.setattr(store.hashlib, "file_digest", lambda *args: pytest.fail("read it again"))
    load("breastmnist", source="real", root=tmp_path)  # its new date was remembered
    assert names(path.with_suffix(".store"))[0] == "manifest.json"


def test_a_store_serves_without_its_archive(put, tmp_path):
    path, arrays = put()
    load("breastmnist", source="real", root=tmp_path)
    path.unlink()
    for source in ("real", "auto"):
        one = load("breastmnist", source=source, root=tmp_path)
        assert one.source == "real" and np.array_equal(one.val.images, arrays["val_images"])


@pytest.mark.parametrize(
    "spoil",
    [
        lambda home: (home / "manifest.json").write_text("{"),
        lambda home: (home / "manifest.json").write_text("[1]"),
        lambda home: (home / "val_images.npy").unlink(),
        lambda home: (home / "train_images.npy").write_bytes((home / "val_images.npy").read_bytes()[:-9]),
        lambda home: np.save(home / "test_labels.npy", np.full((6, 1), 7)),
        lambda home: np.save(home / "test_images.npy", np.zeros((6, 9, 9), np.uint8)),
        lambda home: (home / "manifest.json").write_text(
            (home / "manifest.json").read_text().replace('"version": 1', '"version": 0')
        ),
    ],
)
def test_a_spoilt_store_is_made_anew(put, tmp_path, spoil):
    path, arrays = put()
    home = files.convert("breastmnist", root=tmp_path)
    spoil(home)
    one = load("breastmnist", source="real", root=tmp_path)
    assert all(np.array_equal(one[s].images, arrays[f"{s}_images"]) for s in archive.SPLITS)
    assert names(tmp_path) == sorted([path.name, home.name])


@pytest.mark.parametrize("fault", ["labels", "cut"])
def test_a_damaged_archive_leaves_nothing(put, tmp_path, fault):
    path, _ = put(change=lambda a: a["val_labels"].fill(5) if fault == "labels" else None)
    if fault == "cut":
        raw = bytearray(path.read_bytes())
        raw[3000:3040] = bytes(40)
        path.write_bytes(raw)
    with pytest.raises(DataError, match="from 5 to 5" if fault == "labels" else "damaged"):
        load("breastmnist", source="real", root=tmp_path)
    assert names(tmp_path) == [path.name]


def test_an_archive_that_changes_meanwhile_is_refused(put, tmp_path, monkeypatch):
    path, _ = put()
    write = store._write

    def touch_and_write(*args):
        os.utime(path, ns=(7, 7))
        write(*args)

    monkeypatch.setattr(store, "_write", touch_and_write)
    with pytest.raises(DataError, match="changed while it was being unpacked"):
        load("breastmnist", source="real", root=tmp_path)
    assert names(tmp_path) == [path.name]


def test_too_little_disk_is_said_before_a_byte_is_written(put, tmp_path, monkeypatch):
    path, _ = put()
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(store.shutil, "disk_usage", lambda folder: usage(10**8))
    monkeypatch.setattr(store, "_write", lambda *args: pytest.fail("wrote"))
    with pytest.raises(DataError, match=r"0\.1 GB\s+free.*smaller size"):
        load("breastmnist", source="real", root=tmp_path)
    assert names(tmp_path) == [path.name]


def test_a_read_only_data_folder_gets_its_store_elsewhere(put, tmp_path, tmp_path_factory, monkeypatch):
    path, arrays = put()
    cache = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("MEDMNIST_STORES", str(cache / "new"))
    tmp_path.chmod(0o555)
    try:
        one = load("breastmnist", source="real", root=tmp_path)
        assert np.array_equal(one.train.images, arrays["train_images"])
        assert names(tmp_path) == [path.name]
        (home,) = (cache / "new").iterdir()
        assert home.name.startswith("breastmnist-") and store.is_store(home)
        assert [one.path for one in leftovers.find(tmp_path)] == [home]
    finally:
        tmp_path.chmod(0o755)


def test_no_folder_to_write_to_is_said(put, tmp_path, monkeypatch):
    put()
    (tmp_path / "taken").touch()
    monkeypatch.setenv("MEDMNIST_STORES", str(tmp_path / "taken" / "below"))
    tmp_path.chmod(0o555)
    try:
        with pytest.raises(DataError, match="MEDMNIST_STORES, to a folder you may write to"):
            load("breastmnist", source="real", root=tmp_path)
    finally:
        tmp_path.chmod(0o755)


def test_the_home_cache_is_the_last_resort(tmp_path, monkeypatch):
    monkeypatch.delenv("MEDMNIST_STORES", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(store, "_writable", lambda folder: False)
    home = store.places(tmp_path / "a" / "pathmnist.npz").store
    other = store.places(tmp_path / "b" / "pathmnist.npz").store
    assert home.parent == other.parent == tmp_path / ".cache" / "medmnist-course" and home != other


# several processes, killed processes

CHILD = """
import sys, time, zlib
from course_utils import load
from course_utils.storage import store
store.LARGE = 0
one = load("breastmnist", size=224, source="real", root=sys.argv[1])
print(*[zlib.crc32(one[s].images.tobytes() + one[s].labels.tobytes()) for s in ("train", "val", "test")])
"""


def child(root):
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(root)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def sums(arrays):
    import zlib

    parts = [arrays[f"{s}_images"].tobytes() + arrays[f"{s}_labels"].tobytes() for s in archive.SPLITS]
    return " ".join(str(zlib.crc32(part)) for part in parts)


def test_three_processes_at_once_unpack_once(put, tmp_path):
    path, arrays = put(size=224, n=60)
    children = [child(tmp_path) for _ in range(3)]
    outputs = [one.communicate(timeout=60) for one in children]
    for out, err in outputs:
        assert out.splitlines()[-1] == sums(arrays), err
    assert names(tmp_path) == sorted([path.name, path.with_suffix(".store").name])


def test_kill_at_twenty_random_moments(put, tmp_path):
    """After a kill -9 during the unpack the next open gives the right data, and no rubbish stays."""
    path, arrays = put(size=224, n=78)
    home, part = (
        path.with_suffix(".store"),
        path.with_suffix(".store").with_name("breastmnist_224.store.part"),
    )
    chance, caught = random.Random(0), 0
    pid = fork_and_unpack(path)
    start = time.perf_counter()
    os.waitpid(pid, 0)
    whole = time.perf_counter() - start
    for _ in range(20):
        shutil.rmtree(home, ignore_errors=True)
        pid = fork_and_unpack(path)
        time.sleep(chance.random() * whole)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        caught += part.exists()
        one = load("breastmnist", size=224, source="real", root=tmp_path)
        for split in archive.SPLITS:
            assert np.array_equal(one[split].images, arrays[f"{split}_images"])
            assert np.array_equal(one[split].labels, arrays[f"{split}_labels"])
        assert names(tmp_path) == sorted([path.name, home.name])
    assert caught >= 5  # the kills did meet half-made stores


def fork_and_unpack(path) -> int:
    """Start a process that unpacks at once, without half a second of imports."""
    pid = os.fork()
    if not pid:
        try:
            store.unpack(path, CARD, 224)
        finally:
            os._exit(0)
    return pid


def test_a_killed_replacement_is_mended(put, tmp_path):
    """Killed between the two renames: the old store stands aside, the new one is still unnamed."""
    path, arrays = put()
    home = files.convert("breastmnist", root=tmp_path)
    home.rename(store.places(path).old)
    (store.places(path).part).mkdir()
    (tmp_path / ".breastmnist.store.lock").touch()
    one = load("breastmnist", source="real", root=tmp_path)
    assert np.array_equal(one.train.images, arrays["train_images"])
    assert names(tmp_path) == sorted([path.name, home.name])


def test_who_waits_says_so(tmp_path, capsys, monkeypatch):
    import threading

    held, free = threading.Event(), threading.Event()

    def hold():
        with locks.alone(tmp_path / "x", "unpacking"):
            held.set()
            free.wait(5)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(5)
    monkeypatch.setattr(locks, "PATIENCE_SECONDS", 0.1)
    try:
        with pytest.raises(DataError, match="Stop it"), locks.alone(tmp_path / "x", "unpacking"):
            pass
    finally:
        free.set()
        thread.join()
    assert "Another process is unpacking x; waiting" in capsys.readouterr().out
    assert names(tmp_path) == []


# data clean


def test_leftovers_are_found_and_only_ours_are_removed(put, tmp_path):
    path, _ = put()
    home = files.convert("breastmnist", root=tmp_path)
    (home / "my notes.txt").write_text("keep me")
    half = tmp_path / "pathmnist_224.store.part"
    half.mkdir()
    (half / "train_images.npy").write_bytes(b"123")
    cut = tmp_path / f"retinamnist.npz.{card('retinamnist').files[28][1][:8]}.part"
    cut.write_bytes(b"12345")
    (tmp_path / ".octmnist.npz.lock").touch()
    strangers = ["bloodmnist.store", "emnist_backup.npz", "retinamnist.npz.part", "mine.store.part"]
    for name in strangers:
        (tmp_path / name).mkdir()
    found = leftovers.find(tmp_path)
    assert [(one.path.name, one.nbytes) for one in found][::2] == [(".octmnist.npz.lock", 0), (half.name, 3)]
    assert (found[3].path, found[3].nbytes) == (cut, 5)
    assert found[1].path == home and "store" in str(found[1])
    assert [one.path for one in leftovers.find(tmp_path, "retinamnist")] == [cut]
    kept = [leftovers.remove(one) for one in found]
    assert kept == [[], [home / "my notes.txt"], [], []]
    assert names(tmp_path) == sorted([path.name, home.name, *strangers]) and names(home) == ["my notes.txt"]


def test_clean_keeps_away_from_work_in_progress(put, tmp_path):
    put()
    home = files.convert("breastmnist", root=tmp_path)
    (one,) = leftovers.find(tmp_path)
    with locks.alone(home, "unpacking"), pytest.raises(DataError, match="Another process is at work"):
        leftovers.remove(one)
    assert store.is_store(home)
