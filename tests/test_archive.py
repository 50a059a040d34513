"""Hostile archives: each is refused by name, before memory is asked for, and leaves nothing behind."""

import io
import struct
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_utils import files
from course_utils.cards import card
from course_utils.errors import DataError
from course_utils.storage import archive
from course_utils.storage.archive import Damage

CARD = card("breastmnist")


def npy(array, **save) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **save)
    return buffer.getvalue()


def header(descr="|u1", shape=(6, 28, 28), fortran=False, version=1, claim=None) -> bytes:
    """Write an .npy header by hand; `claim` lies about its length."""
    text = f"{{'descr': {descr!r}, 'fortran_order': {fortran}, 'shape': {shape!r}, }}".encode() + b"\n"
    length = struct.pack("<H" if version == 1 else "<I", claim or len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text


def members(arrays) -> dict[str, bytes]:
    return {f"{name}.npy": npy(array) for name, array in arrays.items()}


def zipped(parts, packing=zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as file:
        for name, content in parts.items() if isinstance(parts, dict) else parts:
            file.writestr(name, content)
    return buffer.getvalue()


@pytest.fixture
def parts(tiny):
    return members(tiny(CARD))


def twice(parts):
    with pytest.warns(UserWarning, match="Duplicate name"):
        return zipped([*parts.items(), ("train_images.npy", parts["val_images.npy"])])


def claiming(parts, **lies):
    """Claim sizes in the header that the content does not have."""
    return zipped(parts | {"train_images.npy": header(**lies) + bytes(1000)})


def declared(parts, size):
    """Overwrite the declared size of a member in the zip's table of contents."""
    raw = bytearray(zipped(parts))
    at = raw.index(b"PK\x01\x02")  # the first entry of the table
    raw[at + 24 : at + 28] = struct.pack("<I", size)
    return bytes(raw)


def truncated(parts):
    """Declare more than a stored member holds, and cut it off at the end of the file."""
    return zipped(parts | {"test_labels.npy": parts["test_labels.npy"][:-3]})


def locked(parts):
    raw = bytearray(zipped(parts))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + offset] |= 1
    return bytes(raw)


class Trap:
    """Write a file when unpickled: the test looks whether anything did."""

    def __reduce__(self):
        return open, ("trap_was_sprung", "w")


HOSTILE = {
    "twice": (twice, "holds the member 'train_images.npy' twice"),
    "parent folder": (lambda p: zipped(p | {"../../evil.npy": b"x"}), "unsafe name '../../evil.npy'"),
    "root": (lambda p: zipped(p | {"/etc/evil.npy": b"x"}), "unsafe name '/etc/evil.npy'"),
    "drive": (lambda p: zipped(p | {"C:evil.npy": b"x"}), "unsafe name 'C:evil.npy'"),
    "backslash": (lambda p: zipped(p | {"..\\evil.npy": b"x"}), "unsafe name"),
    "dots": (lambda p: zipped(p | {"..": b"x"}), "unsafe name '..'"),
    "folder": (lambda p: zipped(p | {"train/": b""}), "unsafe name 'train/'"),
    "bell": (lambda p: zipped(p | {"a\x07.npy": b""}), "unsafe name"),
    "many": (lambda p: zipped(p | {f"{i}.npy": b"" for i in range(99)}), "holds 105 members"),
    "crowd": (lambda p: zipped(p | {f"{i:0200}.npy": b"" for i in range(9000)}), "table of contents of"),
    "lzma": (lambda p: zipped(p, zipfile.ZIP_LZMA), "a packing that numpy does not write"),
    "password": (locked, "under a password"),
    "objects": (lambda p: zipped(p | {"train_images.npy": npy(np.array([Trap()]))}), "holds Python objects"),
    "object labels": (lambda p: zipped(p | {"val_labels.npy": npy(np.array([[Trap()]]))}), "Python objects"),
    "pickle": (lambda p: zipped(p | {"train_images.npy": b"cos\nsystem\n(S'true'\ntR."}), "no numpy array"),
    "structured": (
        lambda p: claiming(p, descr=[("a", "|u1"), ("b", "|O")]),
        "holds Python objects",
    ),
    "text dtype": (lambda p: claiming(p, descr="<U9"), "expected numbers"),
    "petabyte": (lambda p: claiming(p, shape=(10**12, 28, 28)), "its shape (1000000000000, 28, 28)"),
    "minus one": (lambda p: claiming(p, shape=(-1, 28, 28)), "expected numbers"),
    "long header": (lambda p: claiming(p, version=2, claim=2**32 - 1), "header is damaged"),
    "no header": (lambda p: zipped(p | {"train_images.npy": b""}), "header is damaged"),
    "nested header": (
        lambda p: zipped(p | {"train_images.npy": b"\x93NUMPY\x01\x00\x10\x27" + b"(" * 10_000}),
        "header is damaged",
    ),
    "too many images": (
        lambda p: zipped(p | {"train_images.npy": npy(np.zeros((700, 28, 28), np.uint8))}),
        "claims 700 train_images, expected 546 at most",
    ),
    "short member": (truncated, "its shape (6, 1) of uint8 takes"),
    "declared larger": (lambda p: declared(p, 2**31), "of 2,147,483,648 bytes, but its shape"),
    "declared smaller": (lambda p: declared(p, 300), "is cut short or damaged"),
    "tar": (lambda p: b"ustar" + bytes(600), "is not an .npz archive"),
    "PK only": (lambda p: b"PK\x03\x04" + bytes(600), "is cut short or damaged"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_archives_are_refused_by_name(parts, tmp_path, monkeypatch, kind):
    make, words = HOSTILE[kind]
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "breastmnist.npz"
    path.write_bytes(make(parts))
    for refused in (
        lambda: files.open_arrays(path, CARD),
        lambda: files.convert("breastmnist", root=tmp_path),
    ):
        with pytest.raises(DataError) as caught:
            refused()
        assert words in str(caught.value) and "\n" not in str(caught.value)
    assert words in files.verify(path).problem
    assert list(tmp_path.iterdir()) == [path]


def test_a_bomb_is_refused_before_it_takes_memory(parts, tmp_path):
    """One gigabyte of zeros in 5 MB, in a child that may have 600 MB of address space."""
    path = tmp_path / "breastmnist.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as file:
        for name, content in parts.items():
            if name != "train_images.npy":
                file.writestr(name, content)
        with file.open("train_images.npy", "w", force_zip64=True) as member:
            member.write(header(shape=(1_369_568, 28, 28)))
            for _ in range(63):
                member.write(bytes(2**24))
            member.write(bytes(1_369_568 * 784 - 63 * 2**24))
    assert path.stat().st_size < 10**7
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (600 * 2**20,) * 2)\n"
        "from course_utils import files; from course_utils.cards import card\n"
        f"print(files.verify({str(path)!r}))\n"
        f"files.open_arrays({str(path)!r}, card('breastmnist'))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "claims 1,369,568 train_images, expected 546 at most" in done.stdout
    assert "DataError" in done.stderr and "MemoryError" not in done.stderr


def test_a_pipe_does_not_hang(tmp_path):
    import os

    path = tmp_path / "breastmnist.npz"
    os.mkfifo(path)
    with pytest.raises(DataError, match="is not an ordinary file"):
        files.open_arrays(path, CARD)


def test_other_peoples_huge_archives_are_only_looked_at(parts, tmp_path, monkeypatch):
    path = tmp_path / "mine.npz"
    path.write_bytes(zipped(parts))
    monkeypatch.setattr(archive, "MOST_CHECKED", 10)
    monkeypatch.setattr(archive.Archive, "check_through", lambda self: pytest.fail("read it all"))
    assert files.verify(path).ok


@pytest.mark.parametrize("version", [1, 2])
def test_headers_of_both_versions_and_orders(version):
    found = archive.parse_header(header("<i8", (3, 4), True, version) + b"data")
    assert (found.shape, found.dtype, found.fortran, found.nbytes) == ((3, 4), np.dtype("<i8"), True, 96)


@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_come_back_as_numpy_reads_them(tiny, tmp_path, order):
    arrays = {name: np.array(a, order=order) for name, a in tiny(card("pathmnist")).items()}
    np.savez_compressed(tmp_path / "x.npz", **arrays)
    with archive.opened(tmp_path / "x.npz") as source:
        assert sorted(source.names) == sorted(archive.NAMES)
        for name, array in arrays.items():
            assert np.array_equal(source.read(name), array)
            assert b"".join(source.pieces(name)) == array.tobytes("F" if order == "F" else "C")


def test_pieces_are_small(tmp_path):
    images = np.random.default_rng(0).integers(0, 9, (500, 100, 100), np.uint8)
    np.savez_compressed(tmp_path / "x.npz", images=images)
    with archive.opened(tmp_path / "x.npz") as source:
        sizes = [len(piece) for piece in source.pieces("images")]
    assert sum(sizes) == images.nbytes and max(sizes) <= archive.CHUNK


# fuzz: mutated archives


@st.composite
def mutations(draw):
    """Change bytes, cut, copy a slice elsewhere, or write a number that a length field may hold."""
    kinds = st.sampled_from(["byte", "cut", "copy", "number", "insert"])
    return [
        (draw(kinds), draw(st.floats(0, 1)), draw(st.floats(0, 1)), draw(st.integers(0, 2**32 - 1)))
        for _ in range(draw(st.integers(1, 5)))
    ]


def mutate(content: bytes, changes) -> bytes:
    content = bytearray(content)
    for kind, where, other, number in changes:
        i, j = int(where * len(content)), int(other * len(content))
        if kind == "byte" and i < len(content):
            content[i] = number % 256
        elif kind == "cut":
            del content[i : i + number % 50]
        elif kind == "copy":
            content[i : i + 30] = content[j : j + 30]
        elif kind == "number":
            content[i : i + 4] = struct.pack("<I", number if number % 3 else 2**32 - 1)
        else:
            content[i:i] = bytes(number % 50)
    return bytes(content)


@pytest.fixture(scope="module")
def seeds():
    rng = np.random.default_rng(1)
    arrays = {
        name: rng.integers(0, 2, (3, 1) if "labels" in name else (3, 28, 28), np.uint8)
        for name in archive.NAMES
    }
    return [zipped(members(arrays), packing) for packing in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)]


@settings(max_examples=400, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(which=st.integers(0, 1), near_the_table=st.booleans(), changes=mutations())
def test_fuzz_finds_no_crash_hang_or_large_allocation(
    seeds, tmp_path, monkeypatch, which, near_the_table, changes
):
    content = seeds[which]
    if near_the_table:  # half of the mutations meet the zip's own structure, not pixels
        at = content.index(b"PK\x01\x02")
        content = content[:at] + mutate(content[at:], changes)
    else:
        content = mutate(content, changes)
    path = tmp_path / "breastmnist.npz"
    path.write_bytes(content)

    def modest(shape, *args, **kwargs):
        assert np.prod(shape) < 10**7, "a large allocation"
        return allocate(shape, *args, **kwargs)

    allocate = np.empty
    monkeypatch.setattr(archive.np, "empty", modest)
    try:
        arrays = files.open_arrays(path, CARD)
    except DataError as error:
        assert files.verify(path).problem in str(error)
    else:
        assert all(array.nbytes < 10**7 for array in arrays.values())
    finally:
        monkeypatch.undo()
    assert [p.name for p in tmp_path.iterdir()] == ["breastmnist.npz"]


def test_damage_is_worded_to_follow_a_name(tmp_path):
    with pytest.raises(Damage, match=r"^is empty\.$"):
        (tmp_path / "x").touch()
        with archive.opened(tmp_path / "x"):
            pass
