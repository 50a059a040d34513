"""A JupyterLab on a copy of the lessons, in the memory that Binder promises, and a Chromium to look at it."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from anatomy import BINDER_MB

from course_utils import lessons

REPO = Path(__file__).parents[2]
SCREENSHOTS = REPO / "build" / "screenshots"
LESSONS = ("02_look_in_2d", "03_look_in_3d")
TOKEN = "lesson"
START_SECONDS, RUN_SECONDS, SAVE_SECONDS = 120, 420, 60
SETTINGS = {  # of JupyterLab: no news toast, and every cell in the page even when it is far below
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "notebook-extension/tracker": {"windowingMode": "none"},
}


def lack(reason: str):
    """Skip for a missing tool; in CI, where it must be there, fail."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@dataclass
class Lab:
    """Hold a running JupyterLab: the folder it serves and its address."""

    folder: Path
    address: str

    def open(self, browser, lesson: str):
        """Open a lesson, run all its cells, wait for the last, save it, and return the page."""
        page = browser.new_page(viewport={"width": 1300, "height": 1000})
        page.goto(f"{self.address}/lab/tree/{lesson}.ipynb?token={TOKEN}&reset")
        page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=START_SECONDS * 1000)
        page.get_by_text("| Idle").wait_for(timeout=START_SECONDS * 1000)  # else Run does nothing
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.locator('.lm-Menu-item[data-command="runmenu:run-all"]').click()
        cells = nbformat.read(self.folder / f"{lesson}.ipynb", as_version=4).cells
        code = sum(cell.cell_type == "code" and bool(cell.source.strip()) for cell in cells)
        page.wait_for_function(
            "n => [...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')]"
            ".filter(p => /\\[\\d+\\]/.test(p.textContent)).length >= n",
            arg=code,
            timeout=RUN_SECONDS * 1000,
        )
        page.keyboard.press("Control+s")
        deadline = time.monotonic() + SAVE_SECONDS
        while not self._is_saved(lesson) and time.monotonic() < deadline:
            page.wait_for_timeout(200)
        return page

    def shut_down(self) -> None:
        """End all kernels, as one does before the next lesson."""
        for session in json.load(self._ask("sessions")):
            self._ask(f"sessions/{session['id']}", method="DELETE").close()

    def _ask(self, what: str, **options):
        headers = {"Authorization": f"token {TOKEN}"}
        request = urllib.request.Request(f"{self.address}/api/{what}", headers=headers, **options)
        return urllib.request.urlopen(request, timeout=60)

    def _is_saved(self, lesson: str) -> bool:
        try:
            cells = self.read(lesson).cells
        except (OSError, nbformat.reader.NotJSONError):  # it is being written
            return False
        return all(c.execution_count for c in cells if c.cell_type == "code" and c.source.strip())

    def read(self, lesson: str):
        """Return the lesson as it was saved."""
        return nbformat.read(self.folder / f"{lesson}.ipynb", as_version=4)


@pytest.fixture(scope="session")
def browser():
    """Start Debian's Chromium through playwright."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        lack("no Chromium here: apt install chromium")
    sync_api = pytest.importorskip("playwright.sync_api") if not os.environ.get("CI") else None
    if sync_api is None:
        from playwright import sync_api
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory):  # no browser, no server
    """Start JupyterLab on a copy of the lessons, set to sample data and the fast profile."""
    folder, settings = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("settings")
    for lesson in lessons.find():
        lessons.copy_fast(lesson, folder)
    for name, values in SETTINGS.items():
        plugin = settings / "@jupyterlab" / f"{name}.jupyterlab-settings"
        plugin.parent.mkdir(parents=True, exist_ok=True)
        plugin.write_text(json.dumps(values))
    port = _free_port()
    paths = [str(REPO), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {
        "JUPYTERLAB_SETTINGS_DIR": str(settings),
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "MEDMNIST_ROOT": str(folder / "no-files"),
    }
    options = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        f"--IdentityProvider.token={TOKEN}",
    ]
    with capped(BINDER_MB) as words, (folder / "lab.log").open("wb") as log:
        server = subprocess.Popen(
            [*words, sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={folder}"],
            cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/api?token={TOKEN}", server, folder / "lab.log")
            yield Lab(folder, address)
        finally:
            server.terminate()
            server.wait(30)


@contextmanager
def capped(megabytes: int):
    """Give the words that start a program in a control group with so much memory: root on Linux can make one.

    Elsewhere there are no words; test_colab.py holds each lesson to its measured memory everywhere.
    """
    for base, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
        group = Path(base, f"course{os.getpid()}")
        if os.access(Path(base, "cgroup.procs"), os.W_OK):
            group.mkdir()
            if (group / limit).exists():
                (group / limit).write_text(f"{megabytes}M")
                yield ["sh", "-c", 'echo $$ > "$0"; exec "$@"', str(group / "cgroup.procs")]
                while (group / "cgroup.procs").read_text():
                    time.sleep(0.1)
                group.rmdir()
                return
            group.rmdir()
    yield []


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(address, server, log) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")
