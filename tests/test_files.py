import dataclasses
import hashlib
import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_utils import files
from course_utils.cards import card
from course_utils.errors import DataError

NAME = "breastmnist.npz"


def packed(arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


@pytest.fixture
def good(tiny) -> bytes:
    return packed(tiny(card("breastmnist")))


# fetch


@pytest.fixture
def server(good):
    """Serve the good file and several ways to fail, on this machine only; `.hits` counts requests."""
    gate = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            httpd.hits += 1
            httpd.paths.append(self.path)
            body = {"/wrong": good[:-1] + b"?", "/cut": good[: len(good) // 2]}.get(self.path, good)
            if self.path.startswith("/missing"):
                return self.send_error(404, "Not Found")
            if self.path == "/busy":
                return self.send_error(503, "Service Unavailable")
            if self.path == "/slow":
                gate.wait(20)
            self.send_response(200)
            self.send_header("Content-Length", str(len(good)))
            self.end_headers()
            self.wfile.write(body)
            return None

        def log_message(self, *args):
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.hits, httpd.paths = 0, []
    httpd.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = threading.Thread(target=httpd.serve_forever, args=(0.02,))
    thread.start()
    yield httpd
    gate.set()
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def publish(server, good, monkeypatch):
    """Make the card point at a path of the server."""

    def at(path):
        address = server.url + path
        fake = dataclasses.replace(card("breastmnist"), files={28: (address, hashlib.md5(good).hexdigest())})
        monkeypatch.setattr(files, "card", lambda flag: fake)
        return address

    return at


def test_fetch_brings_the_file_and_makes_the_folder(publish, good, tmp_path, capfd):
    publish("/ok")
    root = tmp_path / "a" / "b"
    path = files.fetch("breastmnist", root=root)
    assert path == root / NAME and path.read_bytes() == good
    assert [p.name for p in root.iterdir()] == [NAME]
    assert path.stat().st_mode & 0o777 == 0o644
    assert capfd.readouterr() == ("", "")  # no progress bar where nobody watches


def test_fetch_expands_the_home_folder(publish, tmp_path, monkeypatch):
    publish("/ok")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("MEDMNIST_ROOT", raising=False)
    assert files.fetch("breastmnist") == tmp_path / ".medmnist" / NAME


def test_fetch_never_touches_a_file_that_is_there(publish, server, tmp_path):
    publish("/ok")
    (tmp_path / NAME).write_bytes(b"a student's own work")
    assert files.fetch("breastmnist", root=tmp_path) == tmp_path / NAME
    assert (tmp_path / NAME).read_bytes() == b"a student's own work"
    assert server.hits == 0


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/wrong", "another checksum"),
        ("/cut", "broke off"),
        ("/missing", "answered 404 Not Found"),
        ("/slow", "did not answer in time"),
    ],
)
def test_a_failed_download_leaves_nothing_and_names_the_manual_way(
    publish, tmp_path, monkeypatch, path, reason
):
    address = publish(path)
    if path == "/slow":  # only there: a busy machine may be slow to answer the others
        monkeypatch.setattr(files.download, "READ_SECONDS", 0.3)
    with pytest.raises(DataError) as caught:
        files.fetch("breastmnist", root=tmp_path, tries=1)
    message = str(caught.value)
    assert reason in message
    assert address in message and str(tmp_path / NAME) in message
    assert "python -m course_utils data verify breastmnist" in message
    assert list(tmp_path.iterdir()) == []


def test_fetch_tries_again(publish, server, tmp_path, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    publish("/busy")
    with pytest.raises(DataError, match="answered 503 Service Unavailable"):
        files.fetch("breastmnist", root=tmp_path)
    assert server.hits == files.TRIES


def test_fetch_asks_once_for_what_is_not_there(publish, server, tmp_path):
    publish("/missing")
    with pytest.raises(DataError, match="404"):
        files.fetch("breastmnist", root=tmp_path)
    assert server.hits == 1


def test_a_mirror_is_asked_first_and_the_official_address_if_it_fails(
    publish, server, good, tmp_path, monkeypatch
):
    official = publish("/ok")
    monkeypatch.setenv("MEDMNIST_MIRROR", server.url + "/mirror/")
    files.fetch("breastmnist", root=tmp_path)
    assert server.paths == [f"/mirror/{NAME}"]
    (tmp_path / NAME).unlink()
    monkeypatch.setenv("MEDMNIST_MIRROR", server.url + "/missing?")
    files.fetch("breastmnist", root=tmp_path)
    assert server.paths[1:] == [f"/missing?/{NAME}", "/ok"] and official.endswith("/ok")
    assert (tmp_path / NAME).read_bytes() == good


def test_no_network_is_said_in_one_line(tmp_path):
    with pytest.raises(DataError, match=r"no connection to zenodo\.org") as caught:
        files.fetch("pathmnist", size=64, root=tmp_path, tries=1)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_nothing(publish, tmp_path, monkeypatch):
    publish("/ok")

    def interrupted(answer, host):
        yield b"PK half a file"
        raise KeyboardInterrupt

    monkeypatch.setattr(files.download, "chunks", interrupted)
    with pytest.raises(KeyboardInterrupt):
        files.fetch("breastmnist", root=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_root_that_is_a_file(publish, tmp_path):
    publish("/ok")
    (tmp_path / "taken").write_text("x")
    for root in (tmp_path / "taken", tmp_path / "taken" / "below"):
        with pytest.raises(DataError, match=r"can't write to .*MEDMNIST_ROOT"):
            files.fetch("breastmnist", root=root)
    assert (tmp_path / "taken").read_text() == "x"


def test_a_read_only_root(publish, tmp_path, monkeypatch):
    publish("/ok")

    def refuse(*args, **kwargs):  # chmod would not stop root, who runs many a container
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    with pytest.raises(DataError, match=r"can't write to .*Permission denied.*MEDMNIST_ROOT"):
        files.fetch("breastmnist", root=tmp_path)


def test_data_root(monkeypatch, tmp_path):
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path))
    assert files.data_root() == tmp_path
    assert files.data_root("elsewhere").name == "elsewhere"
    monkeypatch.setenv("MEDMNIST_ROOT", "")
    monkeypatch.setenv("HOME", "/home/ada")
    assert str(files.data_root()) == "/home/ada/.medmnist"


# open and verify


def test_open_returns_the_six_arrays(tiny, tmp_path):
    for flag in ("breastmnist", "pathmnist", "chestmnist", "adrenalmnist3d"):
        arrays = tiny(card(flag))
        (tmp_path / "x.npz").write_bytes(packed(arrays))
        found = files.open_arrays(tmp_path / "x.npz", card(flag))
        assert found.keys() == arrays.keys()
        assert all((found[name] == arrays[name]).all() for name in arrays)


def changed(arrays, **new):
    return packed({**arrays, **{name: array for name, array in new.items() if array is not None}})


def lacking(arrays):
    return packed({name: array for name, array in arrays.items() if name != "val_labels"})


FAULTS = {
    "empty": (lambda a: b"", "is empty"),
    "text": (lambda a: b"not found\n", "is not an .npz archive"),
    "page": (lambda a: b"<!DOCTYPE html><html>", "is not an .npz archive (it starts with b'<!DO')"),
    "truncated": (lambda a: packed(a)[:-200], "is cut short or damaged"),
    "half": (lambda a: packed(a)[:3000], "is cut short or damaged"),
    "bit flip": (lambda a: packed(a)[:2000] + b"\0\0\0\0" + packed(a)[2004:], "is cut short or damaged"),
    "objects": (lambda a: changed(a, train_images=np.array([{}, []], object)), "holds Python objects"),
    "object labels": (lambda a: changed(a, test_labels=np.array([[None]] * 6)), "holds Python objects"),
    "no val labels": (lacking, "lacks the array 'val_labels'"),
    "float images": (lambda a: changed(a, test_images=a["test_images"] / 255.0), "test_images of float64"),
    "other size": (
        lambda a: changed(a, train_images=np.zeros((6, 64, 64), np.uint8)),
        "(6, 64, 64), expected uint8 (N, 28, 28)",
    ),
    "colour": (lambda a: changed(a, val_images=np.zeros((6, 28, 28, 3), np.uint8)), "val_images of uint8"),
    "no images": (
        lambda a: changed(a, val_images=a["val_images"][:0], val_labels=a["val_labels"][:0]),
        "N of 1 or more",
    ),
    "flat labels": (lambda a: changed(a, train_labels=a["train_labels"][:, 0]), "expected integers (6, 1)"),
    "float labels": (lambda a: changed(a, train_labels=a["train_labels"] / 1.0), "expected integers (6, 1)"),
    "fewer labels": (lambda a: changed(a, test_labels=a["test_labels"][:5]), "expected integers (6, 1)"),
    "other labels": (lambda a: changed(a, test_labels=a["test_labels"] + 5), "expected 0 to 1"),
    "negative labels": (lambda a: changed(a, test_labels=a["test_labels"] - np.int8(3)), "expected 0 to 1"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_named_and_nothing_is_changed(tiny, tmp_path, fault):
    spoil, words = FAULTS[fault]
    path, content = tmp_path / NAME, spoil(tiny(card("breastmnist")))
    path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        files.open_arrays(path, card("breastmnist"))
    finding = files.verify(path)
    assert not finding.ok
    assert words in finding.problem and words in str(caught.value)
    for text in (str(caught.value), str(finding)):
        assert str(path) in text and "\n" not in text
        assert "data fetch breastmnist --size 28" in text
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", [NAME, "mine.npz"])
def test_what_is_no_readable_file(tmp_path, name):
    path = tmp_path / name
    assert "is not there" in str(files.verify(path))
    path.symlink_to(path)  # unreadable for everybody, root too
    assert "can't be opened: Too many levels" in files.verify(path).problem
    path.unlink()
    path.mkdir()
    assert files.verify(path).problem == "is a folder, not a file."
    with pytest.raises(DataError, match="is a folder"):
        files.open_arrays(path, card("breastmnist"))


def test_a_missing_file_says_how_to_fetch_it(tmp_path):
    with pytest.raises(DataError, match=r"is not there\. Fetch it: .*data fetch adrenalmnist3d --size 64"):
        files.open_arrays(tmp_path / "none.npz", card("adrenalmnist3d"), 64)


def test_too_little_memory_names_the_need(tmp_path, monkeypatch):
    def full(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr(files.archive, "opened", full)
    with pytest.raises(DataError, match=r"needs 16\.1 GB of free memory; take a smaller size"):
        files.open_arrays(tmp_path / "pathmnist_224.npz", card("pathmnist"), 224)


def test_verify_passes_what_is_sound(good, tmp_path, monkeypatch):
    fake = dataclasses.replace(card("breastmnist"), files={28: ("", hashlib.md5(good).hexdigest())})
    monkeypatch.setattr(files, "cards", lambda: [fake])
    (tmp_path / NAME).write_bytes(good)
    assert files.verify(tmp_path / NAME).ok
    assert files.verify(tmp_path / NAME).note == "sound"


def test_verify_names_an_altered_file_that_still_opens(good, tmp_path):
    (tmp_path / NAME).write_bytes(good)
    finding = files.verify(tmp_path / NAME)
    assert not finding.ok and "its checksum is not the published one" in finding.problem


def test_verify_leaves_other_peoples_files_alone(good, tmp_path):
    (tmp_path / "mine.npz").write_bytes(good)
    assert files.verify(tmp_path / "mine.npz").ok
    (tmp_path / "notes.npz").write_text("shopping list")
    finding = files.verify(tmp_path / "notes.npz")
    assert "is not an .npz archive" in finding.problem and "move it away" in finding.advice


def test_md5_of(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")
    assert files.md5_of(tmp_path / "abc") == "900150983cd24fb0d6963f7d28e17f72"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_random_damage_never_surprises(good, tmp_path, chance):
    content = bytearray(good)
    for _ in range(chance.draw(st.integers(1, 4))):
        content[chance.draw(st.integers(0, len(content) - 1))] = chance.draw(st.integers(0, 255))
    content = bytes(content[: chance.draw(st.sampled_from([len(content), len(content) // 2, 100, 5, 0]))])
    path = tmp_path / NAME
    path.write_bytes(content)
    finding = files.verify(path)
    try:
        files.open_arrays(path, card("breastmnist"))
    except DataError as error:
        assert finding.problem in str(error)
    assert path.read_bytes() == content


@pytest.mark.real
def test_the_real_files_are_sound(real_root):
    for name in ("breastmnist", "pneumoniamnist", "retinamnist", "adrenalmnist3d"):
        assert files.verify(real_root / f"{name}.npz").note == "sound"
