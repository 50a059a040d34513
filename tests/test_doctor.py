"""The doctor names each illness it is shown, with a cure."""

import collections
import importlib.util

from course_utils import doctor


def test_healthy_machine():
    assert all(d.ok for d in doctor.examine()), doctor.report(doctor.examine())


def test_old_python(monkeypatch):
    monkeypatch.setattr(doctor.sys, "version_info", (3, 9, 1))
    assert "3.11" in doctor.python().cure


def test_missing_package(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "filelock" else find(name))
    diagnosis = doctor.packages()
    assert diagnosis.found == "missing filelock" and "requirements.txt" in diagnosis.cure


def test_broken_torch(monkeypatch):
    def fail():
        raise OSError("libtorch_cpu.so: cannot open shared object file")

    monkeypatch.setattr(doctor, "pick_device", fail)
    assert "libtorch_cpu" in doctor.device().found and "Reinstall" in doctor.device().cure


def test_missing_kernel(monkeypatch):
    monkeypatch.setattr("jupyter_client.kernelspec.KernelSpecManager.find_kernel_specs", lambda self: {})
    assert "ipykernel install" in doctor.kernel().cure


def test_wrong_data_root(monkeypatch, tmp_path):
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path / "typo"))
    assert "MEDMNIST_ROOT" in doctor.data_folder().cure


def test_read_only_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path))
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    assert "MEDMNIST_ROOT" in doctor.data_folder().cure
    (tmp_path / "breastmnist.npz").touch()
    assert doctor.data_folder().ok, "a read-only folder that holds files is fine"


def test_full_disk(monkeypatch):
    usage = collections.namedtuple("usage", "total used free")
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda path: usage(1, 1, 1e6))
    assert "Free some disk space" in doctor.disk().cure
