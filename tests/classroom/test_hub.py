"""A JupyterHub on this machine: two students and a lecturer work in Chromium, each as a Unix user.

Needs more than the suite installs, so it is skipped unless these are found:

    pip install jupyterhub          # or a folder with it on PYTHONPATH
    npm install -g configurable-http-proxy
"""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from conftest import NAME
from test_loop import BIN, LECTURER, REPO, STUDENTS, answer, make_course, people, window  # noqa: F401

CHROMIUM = "/usr/bin/chromium"
CONFIG = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.ConfigurableHTTPProxy.pid_file = "{base}/proxy.pid"
c.JupyterHub.db_url = "sqlite:///{base}/hub.sqlite"
c.JupyterHub.cookie_secret_file = "{base}/cookie"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "only-on-this-machine"
c.Authenticator.allowed_users = {users!r}
c.JupyterHub.spawner_class = "jupyterhub.spawner.LocalProcessSpawner"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.default_url = "/lab"
c.Spawner.start_timeout = c.Spawner.http_timeout = 120
c.Spawner.environment = {environment!r}
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def hub(people, tmp_path_factory):  # noqa: F811
    """Start the hub with the course released; return its address and the people."""
    proxy = shutil.which("configurable-http-proxy")
    if importlib.util.find_spec("jupyterhub") is None or proxy is None:
        pytest.skip("needs jupyterhub (pip) and configurable-http-proxy (npm)")
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no Chromium at {CHROMIUM}")
    lecturer = people[LECTURER]
    course = make_course(lecturer)
    lecturer.run("course_utils", "assignments", cwd=course)
    lecturer.run("nbgrader", "release_assignment", NAME, cwd=course)
    exchange = lecturer.environment["NBGRADER_EXCHANGE"]
    for user in people.values():
        folder = user.home / ".jupyter"
        folder.mkdir()
        text = f"c = get_config()\nc.CourseDirectory.course_id = 'medmnist'\nc.Exchange.root = {exchange!r}\n"
        if user is lecturer:
            text += f"c.CourseDirectory.root = {str(course)!r}\n"
        (folder / "nbgrader_config.py").write_text(text)
        user.own(folder)
    base = tmp_path_factory.mktemp("hub")
    port = free_port()
    path = os.pathsep.join(filter(None, [str(REPO), os.environ.get("PYTHONPATH", "")]))
    environment = {"PYTHONPATH": path, "NBGRADER_EXCHANGE": exchange, "OMP_NUM_THREADS": "1"}
    (base / "config.py").write_text(
        CONFIG.format(
            port=port, hub=free_port(), api=free_port(), base=base, users=set(people), python=sys.executable,
            proxy=[shutil.which("node"), os.path.realpath(proxy)], environment=environment,
        )
    )  # fmt: skip
    log = (base / "log.txt").open("w")
    process = subprocess.Popen(
        [*window(), sys.executable, "-m", "jupyterhub", "-f", str(base / "config.py")], cwd=base, stdout=log,
        stderr=subprocess.STDOUT, start_new_session=True,
        env=os.environ | environment | {"PATH": f"{BIN}:{os.environ['PATH']}"},
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{address}/hub/login", timeout=2)
                break
            except OSError:
                time.sleep(0.5)
        else:
            pytest.fail((base / "log.txt").read_text()[-3000:])
        yield address, people, course
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture
def log_in(hub):
    """Return a function that logs a user in and returns a page of JupyterLab."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])

        def go(name: str, path: str = "lab"):
            page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
            page.set_default_timeout(40_000)
            page.goto(f"{hub[0]}/hub/login?next=%2Fhub%2Fspawn")
            page.fill("#username_input", name)
            page.fill("#password_input", "only-on-this-machine")
            page.click("#login_submit")
            page.wait_for_url(f"**/user/{name}/lab**")
            page.wait_for_selector("#jp-MainLogo", state="visible")
            if path != "lab":
                page.goto(f"{hub[0]}/user/{name}/{path}")
            return page

        yield go
        browser.close()


def open_list(page):
    """Open nbgrader's Assignment List."""
    page.click("#jp-MainMenu >> text=Nbgrader")
    page.click(".lm-Menu-item:has-text('Assignment List')")
    page.wait_for_selector("text=Released assignments")


def test_two_students_and_a_lecturer(hub, log_in):
    address, users, course = hub
    for name, answers in zip(STUDENTS, (("mean", "total", "scale"), ("mean",)), strict=True):
        page = log_in(name)
        open_list(page)
        page.click("button:has-text('Fetch')")
        notebook = users[name].home / NAME / f"{NAME}.ipynb"
        page.wait_for_selector("button:has-text('Submit')")
        assert notebook.exists()
        answer(notebook, *answers, why="Outliers pull it.")
        users[name].own(notebook.parent)
        page.goto(f"{address}/user/{name}/lab/tree/{NAME}/{NAME}.ipynb")
        page.wait_for_selector(".jp-Notebook-cell")
        page.click(":is(button, jp-button):has-text('Validate')")
        said = page.locator(".jp-Dialog").inner_text(timeout=90_000)
        assert ("Success" in said) == (len(answers) == 3), said
        page.click(".jp-Dialog button")
        open_list(page)
        page.click("button:has-text('Submit')")
        page.wait_for_selector("#submitted_assignments_list :text('tiny')")
        page.context.close()
    users[LECTURER].run("nbgrader", "collect", NAME, cwd=course)
    assert "2 needs a human" in users[LECTURER].run("course_utils", "grade", NAME, cwd=course)
    page = log_in(LECTURER, f"formgrader/manage_submissions/{NAME}")
    for name in STUDENTS:
        page.wait_for_selector(f"text={name}")
    page.context.close()
