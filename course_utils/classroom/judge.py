"""The teacher's side of a test: the test cell runs here, the student's functions run in the sandbox.

A test cell sees the student's names as plain values, or as proxies that can be called and looked into but
not compared: an object with operators of its own proves nothing. This module lives in the judge's kernel.
"""

import builtins
import json
import sys
import time
from pathlib import Path

from .plain import decode, encode

LIMIT = 96 * 1024 * 1024


class StudentError(Exception):
    """Report an error of the student's code whose class the teacher's side doesn't have."""


class Line:
    """The line to the student's kernel.

    Args:
        connection: what the kernel's connection file says.
        sign: a file that is there as long as the kernel lives.
        seconds: how long one answer may take.
    """

    def __init__(self, connection: dict, sign: str, seconds: float):
        from jupyter_client import BlockingKernelClient

        self.sign, self.seconds, self.late = sign, seconds, False
        self.client = BlockingKernelClient()
        self.client.load_connection_info(connection)
        self.client.start_channels(shell=True, iopub=False, stdin=False, hb=False, control=True)

    def ask(self, **request) -> dict:
        """Send one request to `hand.answer` and return what came back, not yet decoded."""
        if self.late:
            raise TimeoutError("The student's code didn't answer in time.")
        code = f"__import__('course_utils.classroom.hand', fromlist=['_']).answer({json.dumps(request)!r})"
        sent = self.client.execute(
            "", silent=True, store_history=False, user_expressions={"answer": code}, allow_stdin=False
        )
        said = self._reply(sent)["content"].get("user_expressions", {}).get("answer", {})
        text = said.get("data", {}).get("text/plain")
        if not isinstance(text, str) or len(text) > LIMIT:
            raise StudentError("The student's kernel gave no readable answer.")
        import ast

        reply = json.loads(ast.literal_eval(text))
        if "error" in reply:
            raise _error(*reply["error"])
        return reply

    def _reply(self, sent: str) -> dict:
        from queue import Empty

        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            try:
                message = self.client.get_shell_msg(timeout=0.5)
            except Empty:
                if not Path(self.sign).exists():
                    self.late = True
                    raise StudentError("The student's kernel has stopped.") from None
                continue
            if message["parent_header"].get("msg_id") == sent:
                return message
        self.late = True
        self.client.control_channel.send(self.client.session.msg("interrupt_request", {}))
        raise TimeoutError("The student's code didn't answer in time.")


def _error(name: str, message: str) -> Exception:
    """Return the error of that name, if it is an ordinary one that every Python has."""
    kind = getattr(builtins, str(name), None)
    known = isinstance(kind, type) and issubclass(kind, Exception) and kind is not StopIteration
    try:
        return kind(message) if known else StudentError(f"{name}: {message}")
    except TypeError:
        return StudentError(f"{name}: {message}")


class Proxy:
    """Stand for an object of the student's that is no plain value."""

    def __init__(self, line: Line, reference: dict):
        label = str(reference.get("label", "object"))
        vars(self).update(_line=line, _reference=reference, __name__=label, __qualname__=label)

    def _ask(self, do: str, **more):
        reply = self._line.ask(do=do, id=self._reference["id"], **more)
        if reply.get("missing"):
            raise AttributeError(f"The student's {self.__name__} has no attribute {more.get('name')!r}.")
        return decode(reply["value"], self._line_resolve)

    def _line_resolve(self, reference: dict):
        return _proxy(self._line, reference)

    @property
    def __class__(self):
        """The object's own class, where the teacher's side has loaded it too (for isinstance)."""
        module, name = (self._reference.get("class") or ["", ""])[:2]
        kind = getattr(sys.modules.get(str(module)), str(name), None)
        return kind if isinstance(kind, type) else type(self)

    def __getattr__(self, name: str):
        if name.startswith("__") and name != "__doc__":
            raise AttributeError(name)
        return self._ask("attr", name=name)

    def __setattr__(self, name: str, value):
        raise AttributeError("A test can't change the student's objects.")

    def __getitem__(self, key):
        return self._ask("item", key=encode(key, _refer))

    def __len__(self):
        return self._ask("len")

    def __iter__(self):
        return iter(self._ask("iter"))

    def __float__(self):
        return self._ask("float")

    def __int__(self):
        return self._ask("int")

    def __str__(self):
        return str(self._ask("str"))

    def __repr__(self):
        return f"<the student's {self.__name__}>"

    def __array__(self, dtype=None, copy=None):
        import numpy as np

        return np.asarray(self._ask("array"), dtype=dtype)

    def __bool__(self):
        self._refuse()

    def _refuse(self, *_):
        kind = (self._reference.get("class") or ["", "object"])[1]
        raise TypeError(f"Tests compare plain values only, and this is an object of class {kind}.")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __hash__ = _refuse


class Function(Proxy):
    """Stand for a function, a class or another callable of the student's."""

    def __call__(self, *args, **kwargs):
        """Run it in the sandbox on plain values; what it changes in place is changed here too."""
        reply = self._line.ask(
            do="call",
            id=self._reference["id"],
            args=encode(list(args), _refer),
            kwargs=encode(dict(kwargs), _refer),
        )
        given = [*args, *kwargs.values()]
        for position, now in reply.get("changed", ()):
            _write_back(given[position], decode(now, lambda reference: None))
        return decode(reply["value"], self._line_resolve)


def _write_back(target, now) -> None:
    if isinstance(target, list):
        target[:] = now
    elif isinstance(target, dict | set):
        target.clear()
        target.update(now)
    elif hasattr(target, "shape") and hasattr(target, "__setitem__"):
        target[...] = now


def _proxy(line: Line, reference: dict) -> Proxy:
    if reference.get("kind") != "ref" or not isinstance(reference.get("id"), int):
        raise StudentError("The student's kernel gave no readable answer.")
    return (Function if reference.get("callable") else Proxy)(line, reference)


def _refer(value) -> dict:
    """Name what a test passes to the student's function and what is no plain value."""
    if isinstance(value, Proxy):
        return {"kind": "ref", "id": value._reference["id"]}
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", "<")
    if module in (None, "__main__") or "<" in name:
        raise TypeError(f"A test can pass plain values and importable functions, not {value!r}.")
    return {"kind": "named", "module": module, "name": name}


class Bench:
    """Where the judge works: keeps the line and puts the student's names before each test.

    Args:
        space: the namespace of the test cells.
        line: the line to the student's kernel.
    """

    def __init__(self, space: dict, line: Line):
        self.space, self.line = space, line

    def bind(self, names: list[str]) -> None:
        """Fetch the student's names afresh; one that is missing or can't be fetched is absent here too."""
        self.line.late = False
        for name in names:
            self.space.pop(name, None)
            try:
                reply = self.line.ask(do="name", name=name)
                if not reply.get("missing"):
                    self.space[name] = decode(reply["value"], lambda reference: _proxy(self.line, reference))
            except Exception as error:
                self.space[name] = _Broken(name, error)

    @staticmethod
    def line_of_error() -> int:
        """Return the line of the test cell at which the last error left it, 0 if unknown."""
        step = getattr(sys, "last_traceback", None)
        while step is not None:
            if step.tb_frame.f_globals.get("__name__") == "__main__":
                return step.tb_lineno
            step = step.tb_next
        return 0


class _Broken:
    """Stand for a name whose value could not be fetched: any use says why."""

    def __init__(self, name: str, error: Exception):
        vars(self).update(name=name, error=error)

    def _tell(self, *_, **__):
        raise StudentError(f"{self.name} can't be tested: {self.error}")

    __getattr__ = __call__ = __getitem__ = __len__ = __iter__ = __float__ = __int__ = __bool__ = _tell
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __array__ = _tell
    __hash__ = None
