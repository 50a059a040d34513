"""The doctor names each illness it is shown, with a cure."""

import collections
import importlib.metadata
import importlib.util
import json
import socket

import numpy as np
import pytest
import torch

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


def test_two_torch_builds(monkeypatch, tmp_path):
    for version in ("2.13.0", "2.15.0"):
        folder = tmp_path / f"torch-{version}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n")
    monkeypatch.setattr(
        doctor, "distributions", lambda: importlib.metadata.distributions(path=[str(tmp_path)])
    )
    diagnosis = doctor.torch_builds()
    assert diagnosis.found == "2 at once: 2.13.0, 2.15.0" and "fresh environment" in diagnosis.cure


@pytest.mark.parametrize(("built", "words"), [(None, "CPU build"), ("13.0", "built for CUDA 13.0")])
def test_a_gpu_that_torch_cannot_use(monkeypatch, built, words):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", built)
    assert words in doctor.gpu().found and doctor.gpu().cure


def test_no_gpu_is_no_illness(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "which", lambda name: None)
    assert doctor.gpu().ok


def test_read_only_home(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert doctor.home().ok
    monkeypatch.setattr(doctor.os, "access", lambda path, mode: False)
    assert "HOME" in doctor.home().cure


def test_a_dead_proxy_is_named_without_its_password(monkeypatch):
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert doctor.proxy().ok
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port = door.getsockname()[1]
        monkeypatch.setenv("https_proxy", f"http://ada:secret@127.0.0.1:{port}")
        assert "does not answer" in doctor.proxy().found and "secret" not in doctor.proxy().found
        door.listen()
        assert doctor.proxy() == doctor.Diagnosis("proxy", f"127.0.0.1:{port}")


def test_a_half_downloaded_file(monkeypatch, tmp_path):
    monkeypatch.setenv("MEDMNIST_ROOT", str(tmp_path))
    np.savez(tmp_path / "whole.npz", x=np.zeros(9))
    assert doctor.data_files().ok
    (tmp_path / "bloodmnist.npz").write_bytes((tmp_path / "whole.npz").read_bytes()[:-30])
    diagnosis = doctor.data_files()
    assert diagnosis.found == "incomplete: bloodmnist.npz" and "data fetch bloodmnist" in diagnosis.cure


def test_widgets_switched_off(monkeypatch, tmp_path):
    assert doctor.widgets().ok
    (tmp_path / "labconfig").mkdir()
    settings = {"disabledExtensions": {"@jupyter-widgets/jupyterlab-manager": True}}
    (tmp_path / "labconfig" / "page_config.json").write_text(json.dumps(settings))
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path))
    assert "labextension enable" in doctor.widgets().cure


def test_widgets_not_installed(monkeypatch):
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda: [])
    assert "jupyterlab_widgets" in doctor.widgets().cure
