"""Downloads against a server on this machine that cuts, stalls, lies, redirects, refuses and disappears."""

import contextlib
import hashlib
import multiprocessing
import os
import random
import re
import signal
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from course_utils.storage import download
from course_utils.storage.download import Failed, part_path

BODY = np.random.default_rng(0).integers(0, 256, 600_000, np.uint8).tobytes()
MD5 = hashlib.md5(BODY).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Serve BODY at /<kind>/x; each kind misbehaves in its own way, `server.asked` records the requests."""

    def do_GET(self):
        kind = self.path.strip("/").split("/")[0].split(":")[0]
        server, wanted = self.server, self.headers.get("Range")
        start = int(re.match(r"bytes=(\d+)-", wanted)[1]) if wanted else 0
        server.asked.append((self.path, start))
        first = len(server.asked) == 1
        if kind.isdecimal() and (first or not self.path.endswith("once")):
            self.send_response(int(kind))
            if int(kind) == 429:
                self.send_header("Retry-After", "7")
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if kind == "moved":
            return self.redirect("/ranges/x")
        if kind == "circle":
            return self.redirect("/circle/x")
        if kind == "file":
            return self.redirect("file:///etc/passwd")
        if kind == "gone" and not first:
            return self.close_connection_rudely()
        body = BODY if kind != "wrong" else BODY[:-1] + b"?"
        ranged = kind not in ("plain", "plaincut", "longer", "shorter", "endless", "wrong")
        if ranged and start >= len(body):
            return self.send_error(416)
        return self.send(kind, body, start if ranged else 0, ranged, first)

    def redirect(self, to):
        self.send_response(302)
        self.send_header("Location", to)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def close_connection_rudely(self):
        self.close_connection = True
        self.connection.close()

    def send(self, kind, body, start, ranged, first):
        rest = body[start:]
        length = len(rest) + {"longer": 999, "overlong": 99, "shorter": -999}.get(kind, 0)
        if kind == "huge":
            length = 10**15
        self.send_response(206 if start else 200)
        if ranged:
            self.send_header("Accept-Ranges", "bytes")
        if start:
            told = start + (5 if kind == "shifted" else 0)
            self.send_header("Content-Range", f"bytes {told}-{len(body) - 1}/{len(body)}")
        if kind != "endless":
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if kind == "endless":
            while True:
                self.wfile.write(bytes(2**16))
        if kind in ("cut", "plaincut", "gone", "shifted"):  # 150,000 bytes, then the line is dead
            rest = rest[:150_000]
        if kind == "stall" and first:
            self.wfile.write(rest[:100_000])
            self.wfile.flush()
            self.server.gate.wait(20)
            return
        if kind in ("slow", "trickle"):
            step = 10_000 if kind == "slow" else 1
            for i in range(0, len(rest), step):
                self.wfile.write(rest[i : i + step])
                self.server.gate.wait(0.004 if kind == "slow" else 0.05)
            return
        self.wfile.write(rest)

    def handle(self):
        with contextlib.suppress(OSError):  # whoever asked has gone, or we closed the line
            super().handle()

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    httpd.daemon_threads = True
    httpd.asked, httpd.gate = [], threading.Event()
    httpd.url = f"http://127.0.0.1:{httpd.server_address[1]}"
    thread = threading.Thread(target=httpd.serve_forever, args=(0.02,))
    thread.start()
    yield httpd
    httpd.gate.set()
    httpd.shutdown()
    thread.join()
    httpd.server_close()


@pytest.fixture
def naps(monkeypatch):
    """Record the pauses between tries instead of taking them."""
    taken = []
    monkeypatch.setattr(download.time, "sleep", taken.append)
    return taken


@pytest.fixture
def bring(server, tmp_path):
    """Return a function that downloads one kind, or several addresses, into tmp_path / x."""

    def go(*kinds, **options):
        urls = [kind if "://" in kind else f"{server.url}/{kind}/x" for kind in kinds]
        download.download(urls, tmp_path / "x", MD5, **{"most_bytes": 10**6, **options})
        assert (tmp_path / "x").read_bytes() == BODY
        assert [p.name for p in tmp_path.iterdir()] == ["x"]
        return [start for _, start in server.asked]

    return go


def left(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("kind", ["ranges", "plain", "moved", "slow"])
def test_what_works(bring, naps, kind):
    assert bring(kind)[-1] == 0 and naps == []


def test_a_cut_line_is_taken_up_where_it_broke(bring, naps):
    starts = bring("cut", tries=2)
    assert starts == [0, 150_000, 300_000, 450_000]  # not a byte was lost
    assert naps == [1, 1, 1]  # each try brought something, so patience starts anew


def test_without_ranges_a_cut_line_means_a_fresh_start_and_in_the_end_nothing(bring, naps, tmp_path, server):
    with pytest.raises(Failed, match="broke off"):
        bring("plaincut")
    assert [start for _, start in server.asked] == [0, 150_000, 150_000]
    assert left(tmp_path) == []


def test_a_later_call_takes_up_what_an_earlier_one_left(bring, naps, tmp_path, server):
    with pytest.raises(Failed):
        bring("gone", tries=1)
    assert left(tmp_path) == [part_path(tmp_path / "x", MD5).name]
    have = part_path(tmp_path / "x", MD5).stat().st_size
    assert have == 150_000
    server.asked.clear()
    assert bring("ranges") == [have]


def test_a_part_survives_a_call_without_network(bring, naps, tmp_path):
    part = part_path(tmp_path / "x", MD5)
    part.write_bytes(BODY[:1000])
    with pytest.raises(Failed, match="no connection"):
        bring("http://127.0.0.1:9/x", tries=1)
    assert part.read_bytes() == BODY[:1000]
    assert bring("ranges") == [1000]


@pytest.mark.parametrize("junk", [b"?" * 1000, BODY + b"?", b"?" * len(BODY), BODY])
def test_a_part_with_wrong_bytes_costs_one_fresh_start(bring, naps, tmp_path, junk):
    """Also a part that is complete or too long, which the server answers with 416."""
    part_path(tmp_path / "x", MD5).write_bytes(junk)
    starts = bring("ranges", tries=1)
    assert starts == ([len(BODY)] if junk == BODY else [len(junk), 0])


def test_a_stalled_line_is_given_up_and_taken_up(bring, naps, monkeypatch):
    monkeypatch.setattr(download, "READ_SECONDS", 0.4)
    starts = bring("stall")
    assert starts == [0, 100_000]


def test_a_line_that_trickles_is_given_up(bring, naps, monkeypatch):
    monkeypatch.setattr(download, "READ_SECONDS", 0.2)
    with pytest.raises(Failed, match=r"sent only \d+ bytes in 0 s"):
        bring("trickle", tries=1)


def test_a_length_too_long_is_found_out(bring, naps):
    """The server announces 99 bytes that never come: what is there turns out to be all."""
    assert bring("overlong") == [0, len(BODY)]


@pytest.mark.parametrize(
    ("kind", "words", "asked"),
    [
        ("longer", "broke off", 3),
        ("shorter", "another checksum", 3),
        ("wrong", "another checksum", 3),
        ("endless", "more than the file can hold", 1),
        ("huge", "announces 1,000,000,000,000,000 bytes, more", 1),
        ("circle", "redirects in circles", None),
        ("file", "is no web address", None),
        ("403", "answered 403", 1),
        ("404", "answered 404", 1),
        ("429", "answered 429", 3),
        ("500", "answered 500", 3),
        ("503", "answered 503", 3),
        ("shifted", "another part than was asked for", 2),
    ],
)
def test_what_fails_says_why_in_one_line_and_leaves_no_false_file(
    bring, naps, tmp_path, server, kind, words, asked
):
    with pytest.raises(Failed) as caught:
        bring(kind)
    assert words in str(caught.value) and "\n" not in str(caught.value)
    assert not (tmp_path / "x").exists()
    assert left(tmp_path) in ([], [part_path(tmp_path / "x", MD5).name])
    if kind in ("longer", "shorter", "wrong", "endless", "huge", "403", "404"):
        assert left(tmp_path) == []
    assert asked is None or len(server.asked) == asked


@pytest.mark.parametrize(("kind", "pause"), [("503:/once", 1), ("429:/once", 7)])
def test_a_busy_server_is_asked_again_when_it_says(server, naps, tmp_path, kind, pause):
    download.download([f"{server.url}/{kind}"], tmp_path / "x", MD5, most_bytes=10**6)
    assert naps == [pause] and (tmp_path / "x").read_bytes() == BODY


def test_pauses_grow_and_end(bring, naps):
    with pytest.raises(Failed):
        bring("503", tries=8)
    assert naps == [1, 2, 4, 8, 16, 30, 30]


def test_a_server_that_disappears_is_named(bring, naps, tmp_path):
    with pytest.raises(Failed, match=r"no connection to 127\.0\.0\.1:9, or it broke off"):
        bring("http://127.0.0.1:9/x")
    assert left(tmp_path) == []


def test_the_next_address_goes_on_where_the_first_broke(bring, naps, server):
    starts = bring("gone", "ranges", tries=1)
    assert [path.split("/")[1] for path, _ in server.asked] == ["gone", "ranges"]
    assert starts == [0, 150_000]


def test_all_addresses_are_named_when_all_fail(bring, naps):
    with pytest.raises(Failed, match=r"answered 404.*; .*answered 403"):
        bring("404", "403")


def test_a_proxy_of_the_environment_is_used(server, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")
    download.download(["http://data.example/ranges/x"], tmp_path / "x", MD5, most_bytes=10**6)
    assert server.asked == [("http://data.example/ranges/x", 0)]
    server.asked.clear()
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    download.download([server.url + "/ranges/y"], tmp_path / "y", MD5, most_bytes=10**6)
    assert server.asked == [("/ranges/y", 0)]


def test_a_full_disk_is_said_before_the_bytes_come(bring, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "SPARE_BYTES", 10**18)
    with pytest.raises(OSError, match=r"0\.0 GB are to come and .* GB are free"):
        bring("ranges")
    assert left(tmp_path) == []


def test_a_disk_that_fills_up_leaves_a_part_to_go_on_from(bring, tmp_path, monkeypatch):
    """Writing fails half-way, as on a full disk; the bytes so far are good."""
    real, calls = download.chunks, []

    def until_full(*args):
        for chunk in real(*args):
            calls.append(1)
            if len(calls) == 4:
                raise OSError(28, "No space left on device")
            yield chunk

    monkeypatch.setattr(download, "chunks", until_full)
    with pytest.raises(OSError, match="No space left"):
        bring("ranges")
    assert left(tmp_path) == [part_path(tmp_path / "x", MD5).name]
    monkeypatch.undo()
    assert bring("ranges")[-1] > 0


# several processes, killed processes


def fork(work) -> int:
    pid = os.fork()
    if not pid:
        try:
            work()
        finally:
            os._exit(0)
    return pid


def test_concurrent_kernels_share_one_download(server, tmp_path):
    url = f"{server.url}/slow/x"
    context = multiprocessing.get_context("fork")
    pool = [
        context.Process(
            target=download.download, args=([url], tmp_path / "x", MD5), kwargs={"most_bytes": 10**6}
        )
        for _ in range(4)
    ]
    for one in pool:
        one.start()
    for one in pool:
        one.join(30)
        assert one.exitcode == 0
    assert len(server.asked) == 1
    assert (tmp_path / "x").read_bytes() == BODY and left(tmp_path) == ["x"]


def test_kill_at_twenty_random_moments(server, tmp_path):
    """After a kill -9 the next call gives the right bytes, takes up what is there, and leaves no rubbish."""
    url, target = f"{server.url}/slow/x", tmp_path / "x"

    def work():
        download.download([url], target, MD5, most_bytes=10**6)

    def fetch():
        work()
        download.finish(target, MD5)

    start = time.perf_counter()
    os.waitpid(fork(work), 0)
    whole = time.perf_counter() - start
    chance, resumed = random.Random(0), 0
    for _ in range(20):
        target.unlink(missing_ok=True)
        pid = fork(work)
        time.sleep(chance.random() * whole)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        server.asked.clear()
        fetch()
        resumed += any(begin for _, begin in server.asked)
        assert target.read_bytes() == BODY
        assert left(tmp_path) == ["x"]
    assert resumed >= 5  # the kills did meet half a file
