"""The whole loop with the real programs, as three Unix users: a lecturer and two students."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import pytest
from conftest import ANSWERS, NAME, master

REPO = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
# Each test process has users of its own: two may run side by side.
LECTURER, ADA, BOB = (f"mc_{name}{os.getpid()}" for name in ("lecturer", "ada", "bob"))
STUDENTS = (ADA, BOB)


class User:
    """A Unix user of this machine and how to run a program as that user."""

    def __init__(self, name: str, home: Path, exchange: Path):
        self.name, self.home = name, home
        entry = pwd.getpwnam(name)
        self.uid, self.gid = entry.pw_uid, entry.pw_gid
        self.environment = {
            "HOME": str(home), "USER": name, "LOGNAME": name, "LANG": "C.UTF-8",
            "PATH": f"{BIN}:/usr/bin:/bin", "PYTHONPATH": str(REPO), "NBGRADER_EXCHANGE": str(exchange),
            "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip

    def run(self, *words, cwd: Path | None = None, fails=False) -> str:
        """Run a program of the environment; return what it said; by default it must succeed."""
        done = subprocess.run(
            [*window(), *self.become(), sys.executable, "-m", *words], cwd=cwd or self.home, text=True,
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, umask=0o022, timeout=170,
        )  # fmt: skip
        assert fails or done.returncode == 0, done.stdout[-3000:]
        return done.stdout

    def become(self) -> list[str]:
        """Return the words that make root this user."""
        return ["setpriv", f"--reuid={self.uid}", f"--regid={self.gid}", "--clear-groups"]

    def own(self, folder: Path) -> None:
        """Give a folder to this user."""
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, self.uid, self.gid)


def window() -> list[str]:
    """Return the words that show a Python below a closed folder, such as /root, to other users."""
    needed = dict.fromkeys(map(Path, (sys.base_prefix, sys.prefix, REPO)))
    closed = [up for path in needed for up in reversed(path.parents) if not up.stat().st_mode & 0o005]
    if not closed:
        return []
    words = ["bwrap", "--dev-bind", "/", "/", "--cap-add", "ALL"]
    for folder in dict.fromkeys(closed):
        words += ["--perms", "0755", "--tmpfs", str(folder)]
        for path in (path for path in needed if folder in path.parents):
            for up in [up for up in reversed(path.parents) if folder in up.parents]:
                words += ["--perms", "0755", "--dir", str(up)]
            words += ["--ro-bind", str(path), str(path)]
    return [*words, "--"]


def readable_by_others() -> bool:
    """Whether another user can start this Python: a check, not a guess from modes."""
    other = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    done = subprocess.run(
        [*window(), *other, sys.executable, "-c", "import nbgrader, course_utils"],
        cwd="/", env=os.environ | {"PYTHONPATH": str(REPO), "HOME": "/tmp"}, capture_output=True,
    )  # fmt: skip
    return done.returncode == 0


@pytest.fixture(scope="module")
def people(walled):
    """Make the three users and their homes; take them away afterwards."""
    if os.getuid() != 0 or not shutil.which("useradd"):
        pytest.skip("needs root to make Unix users")
    if not readable_by_others():
        pytest.skip(f"other users can't run {sys.executable}")
    base = Path(tempfile.mkdtemp(prefix="mcloop"))
    base.chmod(0o755)
    exchange = base / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    users = {}
    for name in (LECTURER, *STUDENTS):
        subprocess.run(["userdel", name], capture_output=True)
        home = base / name
        words = ["useradd", "--no-create-home", "--home-dir", str(home), "--shell", "/bin/false", name]
        subprocess.run(words, check=True)
        home.mkdir(mode=0o700)
        users[name] = User(name, home, exchange)
        users[name].own(home)
    yield users
    for name in users:
        subprocess.run(["userdel", name], capture_output=True)
    shutil.rmtree(base, ignore_errors=True)


def make_course(lecturer: User) -> Path:
    """Give the lecturer a course folder, closed to others, and the students the hub's settings."""
    course = lecturer.home / "course"
    (course / "solutions" / NAME).mkdir(parents=True)
    text = (REPO / "nbgrader_config.py").read_text(encoding="utf-8")
    stub = "c.ClearSolutions.code_stub = {'python': '...'}\n"
    (course / "nbgrader_config.py").write_text(f"{text}\n{stub}", encoding="utf-8")
    nbformat.write(master(), course / "solutions" / NAME / f"{NAME}.ipynb")
    lecturer.own(course)
    return course


def answer(path: Path, *names, **texts) -> None:
    """Edit a notebook as a student would."""
    nb = nbformat.read(path, as_version=4)
    for cell in nb.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in names:
            cell.source = ANSWERS[name]
        if name in texts:
            cell.source = texts[name]
    nbformat.write(nb, path)


def test_from_master_to_grades(people):
    lecturer, ada, bob = (people[name] for name in (LECTURER, *STUDENTS))
    course = make_course(lecturer)
    (lecturer.home.parent / "exchange").chmod(0o777)
    lecturer.run("course_utils", "assignments", cwd=course)
    lecturer.run("nbgrader", "release_assignment", NAME, cwd=course)
    lecturer.run("nbgrader", "db", "assignment", "add", NAME, "--duedate=2099-01-01 12:00 UTC", cwd=course)

    for student in (ada, bob):
        (student.home / "nbgrader_config.py").write_text(
            "import os\nc = get_config()\nc.CourseDirectory.course_id = 'medmnist'\n"
            "c.Exchange.root = os.environ['NBGRADER_EXCHANGE']\n"
        )
        student.run("nbgrader", "fetch_assignment", NAME)
        assert (student.home / NAME / f"{NAME}.ipynb").exists()
    answer(ada.home / NAME / f"{NAME}.ipynb", "mean", "total", "scale", why="Outliers pull it.")
    answer(bob.home / NAME / f"{NAME}.ipynb", "mean", total="total = 7")
    assert "Success" in ada.run("nbgrader", "validate", str(Path(NAME) / f"{NAME}.ipynb"))
    assert "VALIDATION FAILED" in bob.run("nbgrader", "validate", str(Path(NAME) / f"{NAME}.ipynb"))
    for student in (ada, bob):
        student.run("nbgrader", "submit", NAME)

    # A student can read neither the course nor another's submission.
    for folder in (course, lecturer.home.parent / "exchange" / "medmnist" / "inbound"):
        done = subprocess.run(
            ["ls", str(folder)], user=bob.uid, group=bob.gid, extra_groups=[], capture_output=True
        )
        assert done.returncode != 0

    lecturer.run("nbgrader", "collect", NAME, cwd=course)
    graded = lecturer.run("course_utils", "grade", NAME, cwd=course)
    assert "1 graded, 1 needs a human, 0 failed, 0 not graded, 0 missing" in graded
    assert (course / "grading").stat().st_mode & 0o077 == 0

    lecturer.run("nbgrader", "generate_feedback", NAME, cwd=course)
    lecturer.run("nbgrader", "release_feedback", NAME, cwd=course)
    for student, points in ((ada, "8"), (bob, "2")):
        student.run("nbgrader", "fetch_feedback", NAME)
        page = next((student.home / NAME / "feedback").rglob("*.html")).read_text(encoding="utf-8")
        assert f"Score: {points}.0 / 10.0" in page
        assert "no: it is 45" not in page

    table = lecturer.run("course_utils", "export", NAME, cwd=course)
    rows = [line.split(",") for line in table.splitlines()]
    got = {row[0]: dict(zip(rows[0], row, strict=True)) for row in rows[1:]}
    assert (got[BOB]["score"], got[BOB]["status"]) == ("2", "graded")
    assert (got[ADA]["score"], got[ADA]["score_so_far"]) == ("", "8")


def test_a_link_in_the_exchange_is_not_followed(people):
    """A student puts a link into a submission, hoping that the lecturer's rights will read it."""
    lecturer, _, bob = (people[name] for name in (LECTURER, *STUDENTS))
    course = lecturer.home / "course"
    if not course.exists():
        pytest.skip("needs the test above")
    bob.run("nbgrader", "submit", NAME)
    inbound = lecturer.home.parent / "exchange" / "medmnist" / "inbound"
    newest = max(inbound.glob(f"{BOB}+*"), key=lambda path: path.name)
    link = newest / "data.csv"
    key = course / "solutions" / NAME / f"{NAME}.ipynb"
    subprocess.run([*bob.become(), "ln", "-s", str(key), str(link)], check=True)
    lecturer.run("nbgrader", "collect", NAME, "--update", cwd=course)
    assert not (course / "grading" / "submitted" / BOB / NAME / "data.csv").exists()
