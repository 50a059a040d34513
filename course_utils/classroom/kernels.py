"""Two kernels for one submission: the student's in a sandbox, the judge's in another that can talk to it."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat.v4 import new_output
from traitlets import Any

from .sandbox import Guard, Limits, Room, pick_uid

OUTPUT_LIMIT = 1_000_000  # characters that one cell may print or show
MESSAGE_LIMIT = 64 * 1024 * 1024  # bytes of one message; a longer one cuts the line


class RoomManager(AsyncKernelManager):
    """Start a Python kernel inside a room, or bare where the user said so."""

    room = Any(None, allow_none=True)
    walled = Any(True)

    @property
    def kernel_spec(self):
        """The one kernel there is, whatever the notebook asks for."""
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python", interrupt_mode="message")

    def format_kernel_cmd(self, extra_arguments=None):
        """Wrap the kernel's command line in the sandbox's."""
        words = super().format_kernel_cmd(extra_arguments)
        if not self.walled:
            return words
        self.room.give(self.room.sockets)
        self.room.give(Path(self.connection_file))
        return self.room.command(words)


class Player(NotebookClient):
    """Run cells in one kernel; bound what they print and how long they take.

    Args:
        nb: the notebook; outputs go into its cells.
        room: where the kernel lives.
        walled: False only when the user trusts the code.
        seconds: what one cell may take.
    """

    def __init__(self, nb, room: Room, *, walled: bool, seconds: int):
        import zmq.asyncio

        manager = RoomManager(
            connection_file=str(room.sockets / "kernel.json"), context=zmq.asyncio.Context()
        )
        manager.context.setsockopt(zmq.MAXMSGSIZE, MESSAGE_LIMIT)
        manager.room, manager.walled = room, walled
        if os.name != "nt":
            manager.transport, manager.ip = "ipc", str(room.sockets / "kernel")
        super().__init__(
            nb, km=manager, timeout=seconds, allow_errors=True, interrupt_on_timeout=False,
            raise_on_iopub_timeout=False, iopub_timeout=4, startup_timeout=60, store_widget_state=False,
            skip_cells_with_tag=uuid.uuid4().hex,  # nobody may skip a cell
        )  # fmt: skip
        self.room, self.guard, self._shown = room, None, 0

    async def open(self) -> None:
        """Start the kernel and its guard."""
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        await self.km.start_kernel(
            cwd=str(self.room.start), extra_arguments=["--HistoryManager.enabled=False"], **quiet
        )
        pid = self.km.provisioner.process.pid
        self.guard = Guard(pid, self.room.limits, self.room.sockets / "alive")
        self.guard.start()
        await self.async_start_new_kernel_client()

    async def close(self) -> None:
        """End the kernel and everything it started."""
        if self.kc is not None:
            self.kc.stop_channels()
        if self.guard is not None:
            self.guard.stop("finished")
            self.guard.finish()
        if self.km.has_kernel:
            try:
                await self.km.shutdown_kernel(now=True)
            except Exception:
                self.km.provisioner.process.send_signal(signal.SIGKILL)
        self.km.context.destroy(linger=0)

    def output(self, outs, msg, display_id, cell_index):
        """Keep an output unless the cell has shown too much already."""
        size = len(json.dumps(msg["content"], default=str))
        self._shown += size
        if self._shown <= OUTPUT_LIMIT:
            return super().output(outs, msg, display_id, cell_index)
        if self._shown - size <= OUTPUT_LIMIT:
            outs.append(new_output("stream", name="stdout", text="\n... more output was cut off ...\n"))
        return None

    async def play(self, cell, index: int, source: str | None = None) -> str:
        """Run a cell, or `source` in its place; return "" or why it didn't end by itself.

        An error of the code is no such reason: it stands in the cell's outputs.
        """
        self._shown = 0
        written, cell.source = cell.source, cell.source if source is None else source
        try:
            await self.async_execute_cell(cell, index)
            return ""
        except CellTimeoutError:
            why = await self._interrupt()
            say(cell, "CellTimeoutError", f"stopped after {self.timeout} seconds")
            return why or f"a cell was stopped after {self.timeout} seconds"
        except DeadKernelError:
            return await self._dead(cell)
        except Exception as error:  # a broken line to the kernel
            self.guard.stop(f"the line to the kernel broke: {type(error).__name__}")
            return await self._dead(cell)
        finally:
            cell.source = written

    async def _dead(self, cell) -> str:
        await asyncio.sleep(2 * self.guard.pause)  # the guard sees it within one round
        self.guard.stop("the kernel died")
        say(cell, "KernelDied", self.guard.reason)
        return self.guard.reason

    async def _interrupt(self) -> str:
        """Interrupt the running cell; end the kernel if it doesn't listen."""
        await self.km.interrupt_kernel()
        try:
            await self.ask("1")
            return ""
        except (TimeoutError, Exception):
            self.guard.stop(f"code ran for more than {self.timeout} seconds and ignored the interrupt")
            return self.guard.reason

    async def ask(self, code: str, expression: str = "1", seconds: float = 5) -> str:
        """Run trusted helper code quietly and return the text of an expression."""
        sent = self.kc.execute(code, silent=True, store_history=False, user_expressions={"value": expression})
        end = asyncio.get_running_loop().time() + seconds
        while (left := end - asyncio.get_running_loop().time()) > 0:
            message = await self.kc.get_shell_msg(timeout=left)
            if message["parent_header"].get("msg_id") == sent:
                said = message["content"].get("user_expressions", {}).get("value", {})
                return said.get("data", {}).get("text/plain", "")
        raise TimeoutError

    @property
    def alive(self) -> bool:
        """Whether the kernel still runs."""
        return self.guard is not None and self.guard.alive


def say(cell, name: str, text: str) -> None:
    """Add an error to a cell's outputs; on a test cell it costs the points."""
    cell.outputs.append(new_output("error", ename=name, evalue=text, traceback=[f"{name}: {text}"]))


class Pair:
    """The student's kernel and the judge's, with their rooms, as one thing to open and close.

    Args:
        nb: the notebook.
        files: folder with the student's files, copied into the student's room.
        given: folder with the assignment's own files, copied into the judge's room.
        walled, seconds, limits: see `Player` and `Limits`.
    """

    def __init__(self, nb, files: Path, given: Path, *, walled: bool, seconds: int, limits: Limits):
        self.folder = Path(tempfile.mkdtemp(prefix="mc", dir="/tmp" if os.name != "nt" else None))
        self.seconds = seconds
        pupil, bench = self.folder / "p", self.folder / "j"
        pupil.mkdir()
        bench.mkdir()
        self.pupil = Player(
            nb, Room(pupil, files, limits, pick_uid() if walled else None), walled=walled, seconds=seconds
        )
        # The judge waits for the student's code, so it gets a little longer; it reaches the pupil's sockets.
        slack = Limits(limits.seconds + 30, limits.memory, limits.processes, limits.disk)
        room = Room(bench, given, slack, pick_uid() if walled else None, binds=(pupil,))
        self.judge = Player(nb, room, walled=walled, seconds=seconds + 15)

    async def __aenter__(self):
        try:
            await asyncio.gather(self.pupil.open(), self.judge.open())
            connection = self.pupil.km.get_connection_info()
            connection["key"] = connection["key"].decode()
            sign = self.pupil.guard.sign
            await self.judge.ask(
                "from course_utils.classroom import judge as _judge\n"
                f"_line = _judge.Line({connection!r}, {str(sign)!r}, {self.seconds})\n"
                "_bench = _judge.Bench(globals(), _line)\n"
                "del _judge, _line",
                seconds=60,
            )
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_):
        for player in (self.judge, self.pupil):
            await player.close()
        shutil.rmtree(self.folder, ignore_errors=True)
