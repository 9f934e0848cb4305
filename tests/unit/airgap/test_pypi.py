"""Wheels fetched and unpacked, by whatever pip there is."""

import importlib.util
import io
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from airgap import commands, debian, pypi
from airgap.errors import AirgapError


def wheel(folder: Path) -> Path:
    path = folder / "tool-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        program = zipfile.ZipInfo("go/bin/go")
        program.external_attr = 0o755 << 16
        archive.writestr(program, "#!/bin/sh\n")
        archive.writestr("tool-1.0.data/scripts/tool", "#!/bin/sh\n")
        archive.writestr("tool-1.0.dist-info/METADATA", "Name: tool\n")
    return path


Unpack = Callable[..., list[list[str]]]


@pytest.fixture(name="unpack")
def fake_pip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Unpack:
    """Give a function that unpacks a wheel where Python lacks some modules, and returns the commands."""
    calls: list[list[str]] = []

    def run(command: list[object], **_: object) -> None:
        words = [str(word) for word in command]
        calls.append(words)
        if "--dest" in words:
            wheel(Path(words[words.index("--dest") + 1]))

    def unpack(*lacking: str) -> list[list[str]]:
        def find_spec(name: str) -> object:
            return None if name in lacking else object()

        monkeypatch.setattr(importlib.util, "find_spec", find_spec)
        pypi.unpack_wheels(["tool==1.0"], tmp_path, log=io.StringIO())
        return calls

    monkeypatch.setattr(commands, "run", run)
    return unpack


def test_programs_are_executable_and_scripts_lie_in_bin(unpack: Unpack, tmp_path: Path) -> None:
    (command,) = unpack()
    assert (tmp_path / "go/bin/go").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "bin/tool").stat().st_mode & 0o100
    assert not (tmp_path / "wheels").exists()
    assert command[:4] == [sys.executable, "-m", "pip", "download"]
    assert "tool==1.0" in command


def test_without_pip_a_new_environment_has_one(unpack: Unpack, tmp_path: Path) -> None:
    calls = unpack("pip")
    assert calls[0] == [sys.executable, "-m", "venv", str(tmp_path / "pip")]
    assert calls[1][0] == str(tmp_path / "pip/bin/python")


def test_without_any_pip_debians_wheel_serves_or_the_error_says_what_to_install(
    unpack: Unpack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = tmp_path / "deb/usr/share/python-wheels"
    wheels.mkdir(parents=True)
    (wheels / "pip-25.1-py3-none-any.whl").touch()
    packages = {"python3-pip-whl": tmp_path / "deb"}

    def package(name: str, **_: object) -> Path:
        if name not in packages:
            raise AirgapError(f"no package lists for {name}")
        return packages[name]

    monkeypatch.setattr(debian, "package", package)
    calls = unpack("pip", "ensurepip")
    assert calls[0][:2] == [sys.executable, str(wheels / "pip-25.1-py3-none-any.whl/pip")]
    packages.clear()
    with pytest.raises(AirgapError, match=r"has no pip.*no package lists.*apt-get install python3-pip"):
        unpack("pip", "ensurepip")
