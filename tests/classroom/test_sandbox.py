"""What the room lets through, and what it stops."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from course_utils.classroom import sandbox
from course_utils.classroom.sandbox import Guard, Limits, Room

LOOK = """
import json, os, socket
def can(f):
    try: f(); return True
    except OSError: return False
print(json.dumps({
    "root": sorted(os.listdir("/")), "repo": os.listdir(REPO), "start": os.listdir("."),
    "names": sorted(os.environ), "uid": os.getuid(),
    "pids": sum(p.isdigit() for p in os.listdir("/proc")),
    "wrote": [p for p in ("/usr/x", REPO + "/course_utils/x", "/x", "/start/x") if can(lambda: open(p, "w"))],
    "wrote_here": can(lambda: open("x", "w")), "home_of_user": can(lambda: os.listdir(USER)),
    "called": can(lambda: socket.create_connection(("1.1.1.1", 53), 1)),
    "interfaces": [name for _, name in socket.if_nameindex()],
}))
"""


@pytest.fixture
def room(tmp_path, walled):
    (tmp_path / "start").mkdir()
    (tmp_path / "start" / "data.csv").write_text("1,2")
    (tmp_path / "sockets").mkdir()
    return Room(tmp_path / "sockets", tmp_path / "start", Limits(seconds=20, memory=300), sandbox.pick_uid())


def run(room, code):
    return subprocess.run(
        room.command([sys.executable, "-c", code]), capture_output=True, text=True, timeout=30
    )


def test_the_room_holds_only_what_is_needed(room):
    repo = Path(sandbox.PACKAGE_ROOT)
    done = run(room, f"REPO, USER = {str(repo)!r}, {str(Path.home() / '.ssh')!r}\n{LOOK}")
    seen = json.loads(done.stdout)
    assert set(seen["repo"]) <= {"course_utils", ".venv"}
    assert "data.csv" in seen["start"]
    assert seen["uid"] != 0
    assert seen["pids"] <= 4
    assert seen["wrote"] == []
    assert seen["wrote_here"]
    assert not seen["home_of_user"]
    assert not seen["called"]
    assert seen["interfaces"] == ["lo"]
    assert "TOKEN" not in " ".join(seen["names"])
    assert {"srv", "work", "opt", "var"}.isdisjoint(set(seen["root"]) - {repo.parts[1]})


def test_limits_of_one_process(room):
    assert "MemoryError" in run(room, "bytearray(2 * 10**9)").stderr
    full = run(room, "f = open('x', 'wb')\nfor _ in range(40): f.write(bytes(10 * 2**20))")
    assert full.returncode != 0


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass", "processes|seconds"),
        ("import time\nx = [bytearray(b'x' * 10**8) for _ in range(4)]\ntime.sleep(60)", "memory"),
        ("import time\ntime.sleep(60)", "seconds"),
    ],
)
def test_the_guard_stops_what_is_too_much(room, tmp_path, code, reason):
    import re

    process = subprocess.Popen(room.command([sys.executable, "-c", code]), stderr=subprocess.DEVNULL)
    guard = Guard(process.pid, Limits(seconds=3, memory=300, processes=100), tmp_path / "alive")
    guard.start()
    start = time.monotonic()
    process.wait(20)
    guard.join(5)
    assert time.monotonic() - start < 10
    assert re.search(reason, guard.reason)
    assert not guard.alive


def test_trouble_is_told_in_one_sentence(monkeypatch):
    monkeypatch.setattr(sandbox, "trouble", lambda: "the program bwrap is missing")
    with pytest.raises(sandbox.CourseError, match=r"bwrap is missing.*--no-sandbox"):
        sandbox.require()
    monkeypatch.undo()
    sandbox.trouble.cache_clear()
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    assert "apt-get install bubblewrap" in sandbox.trouble()
    sandbox.trouble.cache_clear()
