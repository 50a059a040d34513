"""Files from learning platforms find their student, and nothing leads out."""

import stat
import zipfile

import nbformat
import pytest

from course_utils.classroom.collection import copy_plain, drop_links
from course_utils.classroom.lms import collect, whose
from course_utils.errors import CourseError

NAMES = {
    "Ada Lovelace_1234567_assignsubmission_file_/tiny.ipynb": ("1234567", "tiny.ipynb"),
    "Ada Lovelace_1234567_assignsubmission_file/tiny.ipynb": ("1234567", "tiny.ipynb"),
    "Ada Lovelace_1234567_assignsubmission_file_tiny.ipynb": ("1234567", "tiny.ipynb"),
    "Course-Tiny-99/Ada Lovelace_1234567_assignsubmission_file_/tiny.ipynb": ("1234567", "tiny.ipynb"),
    "lovelaceada_4711_998877_tiny.ipynb": ("4711", "tiny.ipynb"),
    "lovelaceada_LATE_4711_998877_tiny-2.ipynb": ("4711", "tiny.ipynb"),
    "lovelaceada_4711_998877_tiny (1).ipynb": ("4711", "tiny.ipynb"),
    "tiny_ada_attempt_2026-11-01-10-30-00_tiny.ipynb": ("ada", "tiny.ipynb"),
    "a1_explore_ada_attempt_2026-11-01-10-30-00_a1_explore.ipynb": ("ada", "a1_explore.ipynb"),
    "ada/tiny.ipynb": ("ada", "tiny.ipynb"),
    "ada_tiny.ipynb": ("ada", "tiny.ipynb"),
}


@pytest.mark.parametrize("name", NAMES)
def test_names_of_platforms(name):
    found = whose(name)
    assert (found["student"], found["file"]) == NAMES[name]


def test_a_name_without_a_student():
    assert whose("tiny.ipynb") is None


def test_a_zip_becomes_submissions(tiny_course, tmp_path):
    text = nbformat.writes(tiny_course.released())
    path = tmp_path / "moodle.zip"
    with zipfile.ZipFile(path, "w") as archive:
        when = (2026, 11, 2, 9, 30, 0)
        archive.writestr(zipfile.ZipInfo("Ada L_17_assignsubmission_file_/tiny.ipynb", when), text)
        archive.writestr("Bob_18_assignsubmission_file_/tiny.ipynb", text)
        archive.writestr("../../evil_19_assignsubmission_file_/tiny.ipynb", text)
        archive.writestr("readme.txt", "hello")
        link = zipfile.ZipInfo("Eve_20_assignsubmission_file_/tiny.ipynb")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, str(tiny_course.course.root / "solutions/tiny/tiny.ipynb"))
    done = collect(tiny_course.course, "tiny", path, roster={"17": "ada", "Bob": "bob"})
    assert done.students == {"ada": ["tiny.ipynb"], "bob": ["tiny.ipynb"]}
    assert len(done.left) == 3
    folder = tiny_course.course.folder("submitted", "ada", "tiny")
    assert (folder / "tiny.ipynb").read_text() == text
    assert (folder / "timestamp.txt").read_text().startswith("2026-11-0")
    assert not list(tmp_path.parent.rglob("evil*"))


def test_the_newest_version_counts(tiny_course, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for hour, text in (("10", "new"), ("08", "old")):
        (folder / f"tiny_ada_attempt_2026-11-01-{hour}-00-00_tiny.ipynb").write_text(text)
    (folder / "other_ada_attempt_2026-11-01-11-00-00_other.ipynb").write_text("x")
    done = collect(tiny_course.course, "tiny", folder)
    target = tiny_course.course.folder("submitted", "ada", "tiny")
    assert (target / "tiny.ipynb").read_text() == "new"
    assert (target / "timestamp.txt").read_text().startswith("2026-11-01 10:00:00")
    assert done.left == ["other_ada_attempt_2026-11-01-11-00-00_other.ipynb: belongs to other"]


def test_what_cannot_be_collected_says_why(tiny_course, tmp_path):
    with pytest.raises(CourseError, match="There is no"):
        collect(tiny_course.course, "tiny", tmp_path / "nowhere")
    (tmp_path / "x.zip").write_bytes(b"junk")
    with pytest.raises(CourseError, match="no zip file"):
        collect(tiny_course.course, "tiny", tmp_path / "x.zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CourseError, match="tells whose"):
        collect(tiny_course.course, "tiny", tmp_path / "empty")


def test_links_are_not_followed(tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("key")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "file").write_text("mine")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "secret" / "key")
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "secret")
    assert len(copy_plain(tmp_path / "in", tmp_path / "out")) == 2
    assert [p.name for p in (tmp_path / "out").rglob("*")] == ["file"]
    drop_links(tmp_path / "in")
    assert [p.name for p in (tmp_path / "in").iterdir()] == ["file"]
    assert (tmp_path / "secret" / "key").exists()
