"""The room a student's code runs in: bubblewrap, an allow-list of folders, no network, limits."""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from pathlib import Path

from ..errors import CourseError

HOME = "/home/student"
PACKAGE_ROOT = Path(__file__).resolve().parent.parent.parent
_MIB = 1 << 20
_COUNTER = count()
_ADOPTED: list[Path] = []
# Only what Python and its libraries read: no home folder, no course folder, no other submission.
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/etc/alternatives", "/etc/fonts")
_SYSTEM += ("/etc/ld.so.cache", "/etc/localtime", "/etc/mime.types")
# Sockets may be written by the judge's user: their folder is closed to all others by the folder above it.
_START = 'umask 0; cp -r /start/. /fonts/. "$HOME"/ 2>/dev/null; cd "$HOME" && exec "$@"'


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Args:
        seconds: wall time of the whole notebook.
        memory: MiB of all its processes together; the address space of one may be four times that.
        processes: processes and threads.
        disk: MiB of its own files, all in memory and gone afterwards.
    """

    seconds: int = 600
    memory: int = 2048
    processes: int = 256
    disk: int = 256


@dataclass
class Room:
    """One sandbox: the folder of its sockets and what it may see.

    Args:
        sockets: the only folder outside that it may write: its kernel's connection file and sockets.
        start: a folder whose files are copied into its working folder.
        limits: see `Limits`.
        uid: the user inside, if root starts it (else the same user, in a namespace of its own).
        binds: more folders it may write, for the teacher's own kernel.
    """

    sockets: Path
    start: Path
    limits: Limits = field(default_factory=Limits)
    uid: int | None = None
    binds: tuple[Path, ...] = ()

    def command(self, argv: list[str]) -> list[str]:
        """Return the command line that runs `argv` inside this room."""
        limits = self.limits
        words = ["bwrap", "--die-with-parent", "--new-session", "--clearenv"]
        words += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
        for folder in _SYSTEM:
            words += ["--ro-bind-try", folder, folder]
        words += ["--proc", "/proc", "--dev", "/dev"]
        words += ["--size", str(limits.disk * _MIB), "--perms", "1777", "--tmpfs", "/tmp"]
        words += ["--size", str(limits.disk * _MIB), "--perms", "1777", "--tmpfs", "/dev/shm"]
        words += ["--size", str(limits.disk * _MIB), "--perms", "1777", "--tmpfs", HOME]
        python = map(Path, (sys.base_prefix, sys.prefix, PACKAGE_ROOT / "course_utils"))
        shared = [(folder, "--ro-bind") for folder in dict.fromkeys(python)]
        shared += [(folder, "--bind") for folder in (self.sockets, *self.binds)]
        for parent in dict.fromkeys(up for folder, _ in shared for up in reversed(folder.parents)):
            words += ["--perms", "0755", "--dir", str(parent)]  # bubblewrap's own would be closed to others
        for folder, how in shared:
            words += [how, str(folder), str(folder)]
        words += ["--ro-bind", str(self.start), "/start", "--ro-bind", str(font_list().parent), "/fonts"]
        for name, value in _environment().items():
            words += ["--setenv", name, value]
        words += ["--cap-drop", "ALL", "--chdir", HOME]
        if self.uid is None:
            words += ["--unshare-user", "--uid", str(os.getuid()), "--gid", str(os.getgid())]
            become = []
        else:
            words += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
            become = ["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups"]
            become += ["--no-new-privs"]
        rules = ["prlimit", f"--as={4 * limits.memory * _MIB}", f"--nproc={limits.processes}"]
        rules += [f"--fsize={limits.disk * _MIB}", "--core=0", f"--cpu={limits.seconds}", "--nofile=512"]
        return [*words, "--", *become, *rules, "sh", "-c", _START, "sh", *argv]

    def give(self, path: Path) -> None:
        """Let the user inside own a file or folder."""
        if self.uid is not None:
            os.chown(path, self.uid, self.uid)


def _environment() -> dict[str, str]:
    """Return the few variables that cross the wall."""
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    # The parent of course_utils holds nothing else in there; site-packages does no harm.
    return one_thread | {
        "HOME": HOME,
        "PATH": f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin",
        "PYTHONPATH": str(PACKAGE_ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "MPLCONFIGDIR": HOME,
        "NBGRADER_EXECUTION": "autograde",
    }


def pick_uid() -> int | None:
    """Return a fresh user number of nobody's for a sandbox, or None when not root (no choice then)."""
    if not hasattr(os, "getuid") or os.getuid() != 0:
        return None
    # Each sandbox gets its own: a fork bomb uses up the processes of its user only.
    return 1_000_000_000 + 64 * (os.getpid() % 4_194_304) + next(_COUNTER) % 64


@cache
def font_list() -> Path:
    """Return matplotlib's list of fonts, alone in a folder; without it every kernel searches for seconds."""
    if _ADOPTED:
        return _ADOPTED[0]
    import matplotlib

    found = sorted(Path(matplotlib.get_cachedir()).glob("fontlist-*.json"))
    if not found:
        found = sorted(Path(matplotlib.get_cachedir()).glob("fontlist-*.json"))
    folder = Path(tempfile.mkdtemp(prefix="mcf"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    for path in found[-1:]:
        shutil.copy(path, folder)
    return folder / "fontlist.json"


def adopt(fonts: str) -> None:
    """Take over what another process has found out: the sandbox works, and where the font list is."""
    _ADOPTED.append(Path(fonts))


@cache
def trouble() -> str:
    """Return why student code can't be locked in on this machine, or "" if it can."""
    if _ADOPTED:
        return ""
    if not sys.platform.startswith("linux"):
        return f"bubblewrap needs Linux, and this is {sys.platform}"
    for program, package in (("bwrap", "bubblewrap"), ("prlimit", "util-linux")):
        if shutil.which(program) is None:
            return f"the program {program} is missing: apt-get install {package}"
    with tempfile.TemporaryDirectory() as folder:
        room = Room(Path(folder), Path(folder), Limits(seconds=60), uid=pick_uid())
        done = subprocess.run(
            room.command([sys.executable, "-c", "import course_utils"]), capture_output=True, text=True
        )
    said = (done.stderr.strip().splitlines() or ["no message"])[-1]
    return f"bubblewrap doesn't work here: {said}" if done.returncode else ""


def require() -> None:
    """Raise an error with the ways out unless student code can be locked in.

    Raises:
        CourseError: without bubblewrap.
    """
    if why := trouble():
        raise CourseError(
            f"Student code can't be locked in, because {why}. Grade on Linux with bubblewrap (WSL2 or a "
            "container will do), or add --no-sandbox if you trust every submission with your files."
        )


class Guard(threading.Thread):
    """Watch a sandbox from outside: stop it when it takes too long, too much or too many.

    Args:
        pid: the sandbox's outermost process.
        limits: see `Limits`.
        sign: a file that exists as long as the sandbox lives, for those who wait for an answer.
    """

    def __init__(self, pid: int, limits: Limits, sign: Path, pause: float = 0.1):
        super().__init__(daemon=True)
        self.pid, self.limits, self.sign, self.pause = pid, limits, sign, pause
        self.reason = ""
        self._done = threading.Event()
        sign.touch()

    def run(self) -> None:
        """Look every tenth of a second until the sandbox is gone."""
        import psutil

        end = time.monotonic() + self.limits.seconds
        try:
            outer = psutil.Process(self.pid)
            while not self._done.wait(self.pause):
                if not outer.is_running() or outer.status() == psutil.STATUS_ZOMBIE:
                    self.reason = self.reason or "the kernel died"
                    break
                family = outer.children(recursive=True)
                if why := self._too_much(family, end):
                    self.stop(why)
        except psutil.NoSuchProcess:
            self.reason = self.reason or "the kernel died"
        self.sign.unlink(missing_ok=True)

    def _too_much(self, family: list, end: float) -> str:
        limits = self.limits
        if time.monotonic() > end:
            return f"it ran for more than {limits.seconds} seconds"
        if len(family) > limits.processes:
            return f"it started more than {limits.processes} processes"
        if sum(map(_memory, family)) > limits.memory * _MIB:
            return f"it used more than {limits.memory} MiB of memory"
        return ""

    def stop(self, reason: str) -> None:
        """End the sandbox and everything in it: its first process takes the others along."""
        import psutil

        self.reason = self.reason or reason
        self.sign.unlink(missing_ok=True)
        try:
            outer = psutil.Process(self.pid)
            for process in [*outer.children(), outer]:
                process.kill()
        except psutil.NoSuchProcess:
            pass

    def finish(self) -> None:
        """Stop watching."""
        self._done.set()
        self.join()

    @property
    def alive(self) -> bool:
        """Whether the sandbox still runs."""
        return self.sign.exists()


def _memory(process) -> int:
    import psutil

    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0
