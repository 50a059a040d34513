"""The graded assignments: current, solvable, kind to an empty hand-in, fair to half a one, tight-lipped."""

import json
import os
import re
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

import nbformat
import pytest

from course_utils import sample
from course_utils.classroom import names as classroom_names
from course_utils.classroom import release
from course_utils.errors import ChoiceError, CourseError
from course_utils.teach import answers

NAMES = release.names()
BIN = str(Path(sys.executable).parent)


def read(folder, name):
    return nbformat.read(folder / name / f"{name}.ipynb", as_version=4)


def master(name):
    return read(release.SOLUTIONS, name)


def released(name):
    return read(release.ASSIGNMENTS, name)


def cells(book, **flags):
    """Return the cells whose nbgrader metadata has all these flags."""
    metas = [(cell, cell.metadata.get("nbgrader", {})) for cell in book.cells]
    return [cell for cell, meta in metas if meta and all(meta.get(k) == v for k, v in flags.items())]


def graded_of(book):
    return cells(book, grade=True, solution=False)


def answers_of(book):
    return cells(book, grade=False, solution=True)


def setups_of(book):
    return cells(book, grade=False, solution=False)


def gid(cell):
    return cell.metadata.nbgrader.grade_id


def play(book):
    """Run all marked code cells in this process, as a kernel would; return what each test said ("": passed).

    The unmarked example cells, most of which draw, run in the kernels of the tests with `validate`.
    """
    space, said = {"__name__": "__main__"}, {}
    for cell in cells(book):
        if cell.cell_type == "code":
            try:
                exec(compile(cell.source, cell.id, "exec"), space)
                message = ""
            except Exception as error:
                message = str(error) or type(error).__name__
            if cell.metadata.nbgrader.grade:
                said[gid(cell)] = message
            else:
                assert not message, f"{cell.id}: {message}"
    return said


@pytest.fixture(autouse=True, scope="module")
def draw_sample_data_once():
    """Let `play` draw each sample dataset only once; no cell of an assignment changes it in place."""
    make = sample.make
    sample.make = cache(make)
    yield
    sample.make = make


def with_hidden_tests(name, solved):
    """Return what the autograder runs for a student who solved the answer cells with these ids."""
    book, full = released(name), {cell.id: cell for cell in master(name).cells}
    for cell in graded_of(book):
        cell.source = full[cell.id].source
    for cell in answers_of(book):
        if gid(cell) in solved:
            cell.source = full[cell.id].source
    return book


def regions(book, what):
    """Return the lines between BEGIN and END of `what`, and all other lines."""
    inside, outside = [], []
    for cell in book.cells:
        lines = outside
        for line in cell.source.splitlines():
            if f"### BEGIN {what}" in line:
                lines = inside
            elif f"### END {what}" in line:
                lines = outside
            else:
                lines.append(line.strip())
        assert lines is outside, f"{cell.id}: no END {what}"
    return inside, outside


def test_they_are_all_there():
    assert NAMES == ["a1_explore", "a2_classify", "a3_tasks_and_metrics", "a4_volumes"]


@pytest.mark.parametrize("name", NAMES)
def test_the_release_is_current(name):
    path = release.ASSIGNMENTS / name / f"{name}.ipynb"
    made = release.generate(name)
    assert made == release.generate(name)
    assert path.read_text(encoding="utf-8") == made, (
        f"generate {name} again, see course_utils/classroom/release.py"
    )
    assert [p.name for p in path.parent.iterdir() if p.suffix != ".ipynb_checkpoints"] == [path.name]


def test_the_release_is_byte_for_byte_that_of_nbgrader(tmp_path):
    name = NAMES[0]
    (tmp_path / "nbgrader_config.py").write_text(
        "c = get_config()\n"
        f"c.CourseDirectory.source_directory = {str(release.SOLUTIONS)!r}\n"
        "c.CourseDirectory.release_directory = 'made'\n"
        "from course_utils.classroom import release\n"
        "release.configure(c)\n"
    )
    env = os.environ | {"PATH": BIN + os.pathsep + os.environ["PATH"], "PYTHONPATH": str(release.REPO)}
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", name, "--no-db"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "made" / name / f"{name}.ipynb").read_text(encoding="utf-8") == release.generate(name)


@pytest.mark.parametrize("name", NAMES)
def test_points_and_parts(name):
    book = master(name)
    graded = cells(book, grade=True)
    assert sum(cell.metadata.nbgrader.points for cell in graded) == 20
    by_hand = cells(book, grade=True, solution=True)
    assert len(by_hand) == 1 and by_hand[0].cell_type == "markdown"
    assert 6 <= len(answers_of(book)) <= 10
    ids = [gid(cell) for cell in cells(book)]
    assert len(set(ids)) == len(ids) and len({cell.id for cell in book.cells}) == len(book.cells)
    bound = set().union(*(classroom_names.made(cell.source) for cell in [*graded_of(book), *setups_of(book)]))
    for cell in answers_of(book):  # the judge would take a name that a test binds for the teacher's own
        assert not classroom_names.made(cell.source) & bound
    given = set().union(*(classroom_names.made(cell.source) for cell in setups_of(book)))
    for cell in graded_of(book):  # a test must not spoil what the first cell gave
        imported = classroom_names.made(classroom_names.imports(cell.source))
        assert not (classroom_names.made(cell.source) - imported) & given
        owners = [gid(a) for a in answers_of(book) if gid(cell).startswith(gid(a) + "-")]
        assert len(owners) == 1, f"{gid(cell)} belongs to one answer cell"
        assert "### BEGIN HIDDEN TESTS" in cell.source
    stated, given = [], []  # what each heading promises, what the cells below it give
    for cell in book.cells:
        if found := re.search(r"^## .*\((\d+) points?\b", cell.source, re.M):
            stated.append(int(found[1]))
            given.append(0)
        if cell in graded:
            given[-1] += cell.metadata.nbgrader.points
    assert stated == given


@pytest.mark.parametrize("name", NAMES)
def test_the_mark_scheme_stands_in_the_master_only(name):
    (cell,) = cells(master(name), grade=True, solution=True)
    assert "**Mark scheme (4 points).**" in cell.source
    (cell,) = cells(released(name), grade=True, solution=True)
    assert cell.source == release.TEXT_STUB


@pytest.mark.parametrize("name", NAMES)
def test_nothing_of_solution_or_hidden_test_leaks(name):
    book = master(name)
    shown = "\n".join(cell.source for cell in released(name).cells)
    shown_lines = {line.strip() for line in shown.splitlines()}
    raw = (release.ASSIGNMENTS / name / f"{name}.ipynb").read_text(encoding="utf-8")
    assert "BEGIN" not in raw and "HIDDEN" not in raw and "SOLUTION" not in raw
    everything = [regions(book, what) for what in ("SOLUTION", "HIDDEN TESTS")]
    for inside, outside in everything:
        secret = {line for line in inside if len(line) > 12} - set(outside)
        assert len(secret) > 15
        # A sentence of a test may name a call, such as loss.backward(); no whole line, and nothing long.
        found = [line for line in secret if line in shown_lines or (len(line) > 30 and line in shown)]
        assert found == []
    assert all(not cell.get("outputs") for cell in released(name).cells)


def validate(path):
    from nbgrader.validator import Validator

    return Validator().validate(str(path)).get("failed", [])


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_passes_every_test(name, monkeypatch):
    monkeypatch.setenv("PATH", BIN + os.pathsep + os.environ["PATH"])
    monkeypatch.setenv("PYTHONPATH", str(release.REPO))
    start = time.perf_counter()
    assert validate(release.SOLUTIONS / name / f"{name}.ipynb") == []
    assert time.perf_counter() - start < 90
    assert set(play(with_hidden_tests(name, {gid(cell) for cell in answers_of(master(name))})).values()) == {
        ""
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_fresh_release_fails_every_test_kindly(name, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", BIN + os.pathsep + os.environ["PATH"])
    monkeypatch.setenv("PYTHONPATH", str(release.REPO))
    book = released(name)
    book.cells = [cell for cell in book.cells if "train.fit(" not in cell.source]  # ready-made, and slow
    nbformat.write(book, tmp_path / "fresh.ipynb")
    failed = validate(tmp_path / "fresh.ipynb")
    assert len(failed) == len(cells(master(name), grade=True))
    for one in failed:
        assert re.fullmatch(
            r"Not yet: `\w+` is still open: replace the dots .*|You did not provide a response\.",
            one["error"].strip(),
        )


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("start", [0, 1])
def test_half_a_hand_in_scores_what_the_key_says(name, start):
    solved = {gid(cell) for cell in answers_of(master(name))[start::2]}
    said = play(with_hidden_tests(name, solved))
    expected = {gid(c): any(gid(c).startswith(s + "-") for s in solved) for c in graded_of(master(name))}
    assert {test: not message for test, message in said.items()} == expected


# A typical wrong answer to each question: the test that must object, words of its sentence, the code.
WRONG = [
    ("a1-describe-shape", "swapped",
     "def describe(x): return dict(zip(['images', 'width', 'height'], x.shape))"),
    ("a1-shares-test", "classes are missing",
     "def class_shares(y, n): return np.unique(y, return_counts=True)[1] / len(y)"),
    ("a1-rarest-test", "Right so far, but", "def rarest_name(split): return 'drusen'"),
    ("a1-guess-test", "knows only train", "def guess_accuracy(a, b): return np.bincount(b).max() / len(b)"),
    ("a1-draw-test", "4 of each class", "def draw(y, n, seed): return np.arange(n)"),
    ("a1-montage-grey", "torn", "def lay_out(i, c): return i.reshape(len(i) // c * i.shape[1], -1)"),
    ("a1-copies-test", "groups of one",
     "def copies(x): return [[j for j in range(len(x)) if (x[j] == x[i]).all()] for i in (0, 1, 3)]"),
    ("a1-leaks-labels", "labels agree", "def leaks(a, y, b, z): return [1, 3], [1]"),
    ("a2-nearest-rule", "label of the nearest image",
     "def nearest_mean(a, y, b): return [y[abs(a - 1.0 * v).reshape(len(a), -1).sum(1).argmin()] for "
     "v in b]"),
    ("a2-weights-test", "without the bias", "def conv_weights(i, o, e, b): return i * o * e * e"),
    ("a2-edge-test", "with padding", "def edge_after(e, s): return e // 2**s"),
    ("a2-cnn-test", "without a bend",
     "def tiny_cnn(c, k): return nn.Sequential(nn.Conv2d(c, 8, 3), nn.Conv2d(8, k, 3), "
     "nn.AdaptiveAvgPool2d(1), nn.Flatten())"),
    ("a2-epoch-weights", "No weight has moved", "def one_epoch(n, d, lr): return n, 0.5"),
    ("a2-epoch-loss", "weigh each", "def one_epoch(n, d, lr): return n, (np.log(2) + np.log(1 + np.e)) / 2"),
    ("a2-stop-rule", "before epoch 5", "def stop_early(v, p): return np.argmin(v) + 1, len(v)"),
    ("a2-diagnose-test", "more than 10 %",
     "def diagnose(h): return 'overfitting' if h[-1]['val_loss'] > min(r['val_loss'] for r in h) "
     "else 'learning'"),
    ("a2-report-test", "taken part in the choice", "def report(c): return max(one['test_acc'] for one in c)"),
    ("a3-probabilities-test", "use a sigmoid",
     "def probabilities(z, task): return np.exp(z) / np.exp(z).sum(1, keepdims=True)"),
    ("a3-loss-test", "The sign is wrong",
     "def mean_loss(p, y, task): return np.log(p[np.arange(len(y)), y]).mean()"),
    ("a3-decide-one", "not above 0.5", "def decide(p, task): return (p[:, 1] >= 0.5).astype(int)"),
    ("a3-decide-many", "likeliest grade",
     "def decide(p, task): return (p > 0.5) * 1 if task == 'multi-label' else p.argmax(1)"),
    ("a3-blind-test", "Always 0", "def blind_accuracy(a, b): return (b == 0).mean()"),
    ("a3-balanced-test", "plain accuracy", "def balanced_accuracy(y, s): return (y == s).mean()"),
    ("a3-found-test", "class 1 as the ill one",
     "def found_and_spared(y, s, ill): return s[y == 1].mean(), 1 - s[y == 0].mean()"),
    ("a3-promise-threshold", "chose on test", "def promise(v, p, t, q, share): return min(q[t == 1]), 1.0"),
    ("a3-promise-share", "on validation",
     "def promise(v, p, t, q, share): return 0.4, (p[v == 1] >= 0.4).mean()"),
    ("a3-interval-test", "n is 20", "def found_interval(a, b): return 0.6569, 0.8246"),
    ("a3-beats-test", "reaches down", "def beats_guess(right, n, guess): return right / n > guess"),
    ("a4-plane-test", "you fixed W", "def plane(v, axis, i): return v[:, :, i]"),
    ("a4-centre-test", "counted the same", "def centre(v): return np.argwhere(v > 0).mean(0)"),
    ("a4-project-test", "took the maximum", "def project(v, axis, how): return v.max('DHW'.index(axis))"),
    ("a4-depth-test", "argmax gives 0", "def depth_map(v, level): return (v > level).argmax(0)"),
    ("a4-size-test", "counts the voxels", "def millilitres(v, mm, level): return (v > level).sum() / 1000"),
    ("a4-mirror-test", "Nothing has changed", "def mirrored(y, names): return y"),
    ("a4-weights-test", "three times as many",
     "def weights(i, o, kind): return i * o * (9 if kind in ('2d', '2.5d') else 27)"),
    ("a4-macs-test", "Round up",
     "def macs(s, i, o, k, t): return int(np.prod(np.array(s) // t)) * i * o * (27 if k == '3d' else 9)"),
    ("a4-slices-test", "sees its own slice", "def slices_seen(kinds): return 1 + 2 * len(kinds)"),
    ("a4-vote-test", "slices first", "def vote(net, x): return net(x.mean(2))"),
]  # fmt: skip


@pytest.mark.parametrize(("test", "words", "code"), WRONG, ids=[row[0] for row in WRONG])
def test_a_typical_mistake_gets_its_sentence(test, words, code):
    (name,) = [name for name in NAMES if name.startswith(test[:2])]
    book = with_hidden_tests(name, ())
    (cell,) = [cell for cell in answers_of(book) if test.startswith(gid(cell) + "-")]
    cell.source = code
    book.cells = [c for c in cells(book) if not c.metadata.nbgrader.grade or gid(c) == test]
    assert words in play(book)[test]


def test_every_question_has_a_typical_mistake():
    asked = {gid(cell) for name in NAMES for cell in answers_of(master(name))}
    assert {test.rpartition("-")[0] for test, _, _ in WRONG} == asked


@pytest.mark.parametrize("name", NAMES)
def test_names_that_a_beginner_overwrites_break_no_test(name):
    book = with_hidden_tests(name, {gid(cell) for cell in answers_of(master(name))})
    for cell in graded_of(book):
        cell.source = "sum = max = len = range = np = random = result = expect = 0\n" + cell.source
    assert set(play(book).values()) == {""}


class Flatterer(float):
    """Equal to everything, near everything."""

    def __eq__(self, other):
        return True

    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__
    __hash__ = None


@pytest.mark.parametrize(
    "value", [Flatterer(1), [Flatterer(1)], {"a": Flatterer(1)}, object(), {1, 2}, float("nan")]
)
def test_only_plain_values_are_compared(value):
    with pytest.raises(answers.NotYet):
        answers.result(lambda: value)


def test_a_verdict_is_one_sentence():
    with pytest.raises(answers.NotYet) as caught:
        answers.expect([0.123456, 2], [1.0, 2], "Expected {right}, found {value}.")
    assert caught.value._render_traceback_() == ["Not yet: Expected [1, 2], found [0.1235, 2]."]


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [(1, 1.0, True), (True, 1, True), ("1", 1, False), ([1], 1, False), ([1], [1, 2], False),
     ({"a": 1}, {"b": 1}, False), (1e9, 1e9 + 1, True), (0.5, 0.50001, False), ([], [], True)],
)  # fmt: skip
def test_same(a, b, equal):
    assert answers.same(a, b) is equal


def test_release_speaks_of_what_is_wrong(tmp_path):
    with pytest.raises(ChoiceError, match="a1_explore"):
        release.generate("a9")
    name = "a1_explore"
    book = master(name)
    book.cells.append(book.cells[-1] | {"id": "again"})
    (tmp_path / name).mkdir()
    (tmp_path / name / f"{name}.ipynb").write_text(json.dumps(book))
    with pytest.raises(CourseError, match="can't be released"):
        release.generate(name, tmp_path)
