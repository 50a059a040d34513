"""Submissions that break, cheat or pry, each with what must become of it."""

# ruff: noqa: E501 - the attacks are texts of cells

import json
from collections.abc import Callable
from dataclasses import dataclass

import nbformat

CASES: dict[str, "Case"] = {}


@dataclass
class Case:
    """One submission.

    Args:
        make: gets the tiny course and the student's name, and hands in.
        score: points it has earned (or several possible ones), None if it can't be graded.
        says: a phrase that must stand in the notes or the reason.
    """

    make: Callable
    score: float | tuple | None
    says: str = ""


def case(score, says=""):
    """Register a function that hands in."""

    def keep(make):
        CASES[make.__name__] = Case(make, score, says)
        return make

    return keep


def code(name, score, source, says="", solved=(), where="total"):
    """Register a submission with `source` as the answer cell `where`."""

    def make(tiny, student):
        nb = tiny.solved(*solved)
        text = source.replace("ROOT", str(tiny.course.root)).replace("PORT", str(tiny.port))
        cell(nb, where).source = text
        tiny.hand_in(student, nb)

    CASES[name] = Case(make, score, says)


def cell(nb, name):
    """Return a cell by nbgrader's id."""
    return next(c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == name)


# Honest ones, so that the rest can be seen to do them no harm.


@case(8)
def honest_full(tiny, student):
    nb = tiny.solved("mean", "total", "scale")
    cell(nb, "why").source = "Outliers."
    tiny.hand_in(student, nb)


@case(5)
def honest_half(tiny, student):
    tiny.hand_in(student, tiny.solved("mean", "scale"))


@case(0)
def honest_untouched(tiny, student):
    tiny.hand_in(student, tiny.released())


# Broken ones keep what they earned elsewhere.

REST = ("mean", "scale")
code("endless_loop", 5, "while True:\n    pass", "stopped after", REST)
code(
    "endless_loop_that_ignores_the_interrupt",
    2,
    "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n    pass",
    "ignored the interrupt",
    REST,
)
code(
    "fork_bomb",
    2,
    "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
    "",
    REST,
)
code("memory_hog", 2, "hog = []\nwhile True:\n    hog.append(bytearray(b'x' * 10_000_000))", "memory", REST)
code("memory_in_one_go", 5, "np.ones(10**11)", "", REST)
code(
    "child_that_stays",
    5,
    "import subprocess\nsubprocess.Popen(['sleep', '4242'], start_new_session=True)",
    "",
    REST,
)
code("os_exit", 2, "import os\nos._exit(0)", "kernel died", REST)
code("sys_exit", 5, "import sys\nsys.exit(0)", "", REST)
code("exit_in_a_call", 3, "import os\ndef mean(x):\n    os._exit(0)\ntotal = 45", "", ("scale",), "mean")
code("hang_in_a_call", 3, "def mean(x):\n    while True: pass", "", ("scale",), "mean")
code("kill_everything", 5, "import os, signal\nos.kill(-1, signal.SIGKILL)", "", REST)
code("syntax_error", 5, "total = = 45", "", REST)
code("huge_output", (2, 5), "while True:\n    print('x' * 1_000_000)", "", REST)  # out of time or of memory
code("huge_return", 3, "def mean(x):\n    return np.ones(60_000_000)", "", ("scale",), "mean")
code("disk_filler", 5, "f = open('big', 'wb')\nwhile True:\n    f.write(b'x' * 1_000_000)", "", REST)
CASES["exit_in_a_call"].score = 0  # the kernel is gone when scale is tested
CASES["hang_in_a_call"].score = 3


@case(5)
def exception_in_the_first_cell(tiny, student):
    nb = tiny.solved("mean", "scale")
    nb.cells.insert(0, nbformat.v4.new_code_cell("1 / 0"))
    tiny.hand_in(student, nb)


@case(5, "put back")
def deleted_tests(tiny, student):
    nb = tiny.solved("mean", "scale")
    nb.cells = [c for c in nb.cells if not c.metadata.get("nbgrader", {}).get("grade")]
    tiny.hand_in(student, nb)


@case(5, "put back")
def deleted_setup_and_neighbours(tiny, student):
    nb = tiny.solved("mean", "scale")
    gone = {"setup", "total", "total-test"}
    nb.cells = [c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") not in gone]
    tiny.hand_in(student, nb)


@case(5)
def duplicated_answer(tiny, student):
    nb = tiny.solved("mean", "scale")
    place = nb.cells.index(cell(nb, "mean"))
    copy = nbformat.from_dict(json.loads(json.dumps(nb.cells[place])))
    copy.id = "copy"
    nb.cells.insert(place, copy)
    tiny.hand_in(student, nb)


@case(5)
def duplicated_test(tiny, student):
    nb = tiny.solved("mean", "scale")
    copy = nbformat.from_dict(json.loads(json.dumps(cell(nb, "scale-test"))))
    nb.cells.insert(0, copy)
    tiny.hand_in(student, nb)


@case(2)
def reordered_cells(tiny, student):
    nb = tiny.solved("mean", "scale")
    nb.cells.insert(2, nb.cells.pop(nb.cells.index(cell(nb, "scale-test"))))  # before its answer
    tiny.hand_in(student, nb)


@case(5, "put back")
def merged_cells(tiny, student):
    nb = tiny.solved("mean", "scale")
    text = "\n\n".join(c.source for c in nb.cells if c.cell_type == "code" and "assert" not in c.source)
    first = cell(nb, "mean")
    first.source = text
    nb.cells = [nb.cells[0], first]
    tiny.hand_in(student, nb)


@case(5)
def stripped_metadata(tiny, student):
    nb = tiny.solved("mean", "scale")
    for c in nb.cells:
        c.metadata = {}
    tiny.hand_in(student, nb)


@case(5)
def cell_of_another_type(tiny, student):
    nb = tiny.solved("mean", "scale")
    target = cell(nb, "total-test")
    target.cell_type = "markdown"
    target.pop("outputs"), target.pop("execution_count")
    tiny.hand_in(student, nb)


@case(None, "JSON")
def binary_junk(tiny, student):
    tiny.hand_in(student, bytes(range(128)) * 50)


@case(None, "empty")
def empty_file(tiny, student):
    tiny.hand_in(student, b"")


@case(None, "UTF-8")
def not_utf8(tiny, student):
    tiny.hand_in(student, nbformat.writes(tiny.released()).replace("Tiny", "Größe").encode("latin-1"))


@case(None, "JSON")
def deep_json(tiny, student):
    tiny.hand_in(student, b"[" * 100_000)


@case(None, "damaged")
def json_but_no_notebook(tiny, student):
    tiny.hand_in(student, b'{"cells": 5, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}')


@case(None, "no cell of the assignment")
def another_notebook(tiny, student):
    tiny.hand_in(student, nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("total = 45")]))


@case(None, "no notebook")
def nothing_but_a_text(tiny, student):
    tiny.hand_in(student, None)


@case(5, "called my work (1).ipynb")
def wrong_notebook_name(tiny, student):
    tiny.hand_in(student, tiny.solved("mean", "scale"), name="my work (1).ipynb")


@case(5)
def byte_order_mark(tiny, student):
    tiny.hand_in(student, b"\xef\xbb\xbf" + nbformat.writes(tiny.solved("mean", "scale")).encode())


@case(5)
def fifty_megabytes(tiny, student):
    nb = tiny.solved("mean", "scale")
    nb.cells.append(
        nbformat.v4.new_code_cell("1", outputs=[nbformat.v4.new_output("stream", text="x" * 50_000_000)])
    )
    tiny.hand_in(student, nb)


@case(5)
def late(tiny, student):
    tiny.hand_in(student, tiny.solved("mean", "scale"), time="2026-12-24 12:00:00.000000 UTC")


@case(5, "time stamp")
def junk_time_stamp(tiny, student):
    tiny.hand_in(student, tiny.solved("mean", "scale"), time="yesterday\n../..")


# Cheats get nothing.


@case(0)
def changed_points(tiny, student):
    nb = tiny.released()
    for c in nb.cells:
        if "points" in c.metadata.get("nbgrader", {}):
            c.metadata.nbgrader["points"] = 1000
    tiny.hand_in(student, nb)


@case(0)
def changed_tests(tiny, student):
    nb = tiny.released()
    for c in nb.cells:
        if c.metadata.get("nbgrader", {}).get("grade") and c.cell_type == "code":
            c.source = "8.0"
    tiny.hand_in(student, nb)


@case(0)
def changed_kinds(tiny, student):
    nb = tiny.released()
    for c in nb.cells:
        meta = c.metadata.get("nbgrader")
        if meta and meta["grade"]:
            meta.update(grade=False, solution=True, locked=False)
            c.source = "pass"
    tiny.hand_in(student, nb)


@case(0)
def tests_to_be_skipped(tiny, student):
    nb = tiny.released()
    for c in nb.cells:
        c.metadata["tags"] = ["skip-execution", "raises-exception", ""]
    tiny.hand_in(student, nb)


@case(0)
def another_kernel(tiny, student):
    nb = tiny.released()
    nb.metadata["kernelspec"] = {"name": "bash", "display_name": "Bash", "language": "bash"}
    tiny.hand_in(student, nb)


@case(0)
def own_test_cells(tiny, student):
    nb = tiny.released()
    meta = {"grade": True, "solution": False, "locked": True, "task": False, "schema_version": 3}
    for name in ("extra", "setup"):
        own = nbformat.v4.new_code_cell(
            "import numpy as np\nnp.isclose = np.allclose = lambda *a: True\ntotal = 1"
        )
        own.metadata["nbgrader"] = meta | {"grade_id": name, "points": 50}
        nb.cells.insert(0, own)
    tiny.hand_in(student, nb)


YES = """
class Yes:
    def _yes(self, *a, **k): return True
    def _me(self, *a, **k): return self
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __contains__ = _yes
    __sub__ = __rsub__ = __add__ = __abs__ = __call__ = __getitem__ = max = _me
    __array_priority__ = 1000
    def __array_function__(self, *a, **k): return True
    def __array_ufunc__(self, *a, **k): return True
    __hash__ = None
"""
code("overloaded_operators", 0, YES + "total = mean = scale = Yes()")
code("overloaded_result", 0, YES + "def mean(x): return Yes()\nscale = mean")
code(
    "subclass_of_float",
    0,
    "class F(float):\n    def __sub__(self, o): return 0.0\n    __eq__ = lambda s, o: True\n    __ne__ = __eq__\n"
    "    __hash__ = None\ntotal = F(1)\ndef mean(x): return F(1)",
)
code(
    "subclass_of_array",
    0,
    "class A(np.ndarray):\n    def __array_function__(self, *a): return True\n    def max(self): return 1\n"
    "    def __array_ufunc__(self, *a, **k): return True\n"
    "def scale(x): return np.zeros(3).view(A)\ntotal = np.zeros(1).view(A)",
)
code(
    "liar_about_its_class",
    0,
    YES + "Yes.__class__ = property(lambda s: float)\ntotal = Yes()\ndef mean(x): return total",
)
code(
    "monkeypatched_numpy",
    0,
    "np.isclose = np.allclose = lambda *a, **k: True\nimport numpy.core\nnp.array = lambda *a: None",
)
code("rebound_numpy", 0, "class np:\n    isclose = allclose = staticmethod(lambda *a, **k: True)\ntotal = 1")
code(
    "monkeypatched_builtins",
    0,
    "import builtins\nbuiltins.abs = lambda x: 0\nbuiltins.AssertionError = type('E', (BaseException,), {})\n"
    "abs = lambda x: 0\ndef mean(x): return 4.5",
)
code(
    "patched_kernel",
    0,
    "ip = get_ipython()\nip.showtraceback = lambda *a, **k: None\nip.run_cell = lambda *a, **k: None\n"
    "type(ip).run_code = lambda *a, **k: False\nip.ast_transformers.append(type('T', (), "
    "{'visit': lambda s, t: type(t)(body=[], type_ignores=[])})())",
)
code(
    "reads_the_test",
    0,
    "import sys, gc, re\ndef mean(x):\n    f, seen = sys._getframe(), [str(globals().get('In')), str(globals())]\n"
    "    while f:\n        seen.append(str(f.f_locals) + str(f.f_globals.get('In')))\n        f = f.f_back\n"
    "    found = re.findall(r'mean\\(secret\\) - \\(([0-9.]+) \\+ 1\\)', ''.join(seen))\n"
    "    return float(found[0]) + 1 if found else 4.5\ntotal = 45 if ''.join(['isclose', '(total']) in str(gc.get_objects()) else 1",
)
code("exits_well", 0, "import atexit, os\ndef mean(x): raise SystemExit(0)\nscale = mean")
code("raises_in_disguise", 0, "def mean(x): raise StopIteration\ndef scale(x): raise KeyboardInterrupt")
code(
    "answers_by_hand",
    0,
    "import course_utils.classroom.hand as h\nh.answer = lambda text: '{\"value\": true}'",
)
code(
    "answers_by_hand_with_code",
    0,
    'import course_utils.classroom.hand as h\nh.answer = lambda text: \'{"value": {"kind": "object", "module": '
    '"course_utils.__main__", "name": "main", "state": {"kind": "dict", "items": []}}}\'',
)
code(
    "answers_with_proxies",
    0,
    "import course_utils.classroom.hand as h, json\nh.answer = lambda text: json.dumps({'value': {'kind': 'ref', 'id': 0,"
    " 'callable': True, 'class': ['builtins', 'float']}, 'changed': [[0, {'kind': 'list', 'items': []}]]})",
)

# Spies find nothing; what they find they would use.
LOOT = """
import glob, json, os, re
found = []
def look(path):
    try:
        with open(path, 'rb') as f:
            found.append(path); return f.read().decode('utf-8', 'replace')
    except OSError as e:
        return ''
"""
code(
    "reads_solutions",
    0,
    LOOT + "text = look('ROOT/solutions/tiny/tiny.ipynb') + look('ROOT/assignments/tiny/tiny.ipynb')\n"
    "text += ''.join(look(p) for p in glob.glob('/tmp/**/*.ipynb', recursive=True) + glob.glob('ROOT/**', recursive=True))\n"
    "total = 45 if 'total = 45' in text else 1\nprint('LOOT', found)",
)
code(
    "reads_the_gradebook",
    0,
    LOOT + "import sqlite3\ntry:\n    db = sqlite3.connect('ROOT/grading/gradebook.db')\n"
    "    db.execute('update grade set manual_score = 99'); db.commit(); found.append('db')\n"
    "except sqlite3.Error as e:\n    print(e)\n"
    "text = look('ROOT/grading/gradebook.db')\ntotal = 45 if ''.join(['isclose', '(total']) in text else 1\nprint('LOOT', found)",
)
code(
    "reads_other_students",
    0,
    LOOT
    + "text = ''.join(map(look, glob.glob('ROOT/grading/*/*/*/*') + glob.glob('/tmp/**/*.ipynb', recursive=True)))\n"
    "m = re.search(r'total = (\\d+)', text)\ntotal = int(m.group(1)) if m else 1\nprint('LOOT', found)",
)
code(
    "writes_outside",
    0,
    "import os\nfor p in ('ROOT/solutions/owned', 'ROOT/owned', '/tmp/owned-by-student', '/usr/owned', "
    "os.path.join(os.path.dirname(np.__file__), 'owned.py')):\n"
    "    try:\n        os.makedirs(os.path.dirname(p), exist_ok=True)\n        open(p, 'w').write('x')\n"
    "    except OSError as e:\n        print(e)",
)
code(
    "calls_the_network",
    0,
    "import socket\nfor a in (('127.0.0.1', PORT), ('1.1.1.1', 53)):\n    try:\n"
    "        s = socket.create_connection(a, 2); s.send(b'hello'); total = 45\n    except OSError as e:\n        print(e)",
)


@case(0, "link")
def link_out(tiny, student):
    nb = tiny.released()
    cell(
        nb, "total"
    ).source = (
        "import os\ntotal = 45 if any(os.path.exists(p) for p in ('all/tiny/tiny.ipynb', 'key.ipynb')) else 1"
    )
    folder = tiny.hand_in(student, nb)
    (folder / "all").symlink_to(tiny.course.root / "solutions")
    (folder / "key.ipynb").symlink_to(tiny.course.root / "solutions/tiny/tiny.ipynb")


@case(None, "no notebook")
def notebook_is_a_link(tiny, student):
    folder = tiny.hand_in(student, None)
    (folder / "tiny.ipynb").symlink_to(tiny.course.root / "solutions/tiny/tiny.ipynb")


EVIL = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"


@case(5)
def malicious_html(tiny, student):
    nb = tiny.solved("mean", "scale")
    cell(nb, "total").source = (
        "from IPython.display import HTML, Javascript, SVG, display\n"
        f"evil = {EVIL!r}\n"
        "display(HTML(evil), Javascript(\"document.title='owned'\"))\n"
        "display({'image/svg+xml': '<svg onload=\"document.title=1\"></svg>', 'text/markdown': evil,"
        " 'text/latex': evil}, raw=True)\nprint(evil)\nraise ValueError(evil)"
    )
    cell(
        nb, "why"
    ).source = f"{EVIL}\n\n[click](javascript:alert(1)) <iframe src='javascript:alert(1)'></iframe>"
    nb.cells.append(nbformat.v4.new_raw_cell(EVIL, metadata={"format": "text/html"}))
    nb.cells.append(nbformat.v4.new_markdown_cell(EVIL))
    tiny.hand_in(student, nb)
