"""Wheels fetched and unpacked, by whatever pip there is."""

import importlib.util
import sys
import zipfile
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


@pytest.fixture(name="calls")
def fake_pip(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Let every command that downloads put a wheel where it is told to, and record the commands."""
    calls: list[list[str]] = []

    def run(command: list[object], **_: object) -> None:
        words = [str(word) for word in command]
        calls.append(words)
        if "--dest" in words:
            wheel(Path(words[words.index("--dest") + 1]))

    monkeypatch.setattr(commands, "run", run)
    return calls


def unpack(folder: Path) -> None:
    with (folder / "log").open("w") as log:
        pypi.unpack_wheels(["tool==1.0"], folder, log=log)


def hide(monkeypatch: pytest.MonkeyPatch, *modules: str) -> None:
    def find(name: str) -> object:
        return None if name in modules else object()

    monkeypatch.setattr(importlib.util, "find_spec", find)


def test_programs_are_executable_and_scripts_lie_in_bin(
    calls: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(monkeypatch)  # this Python has pip
    unpack(tmp_path)
    assert (tmp_path / "go/bin/go").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "bin/tool").stat().st_mode & 0o100
    assert not (tmp_path / "wheels").exists()
    assert calls[0][:4] == [sys.executable, "-m", "pip", "download"]
    assert "tool==1.0" in calls[0]


def test_without_pip_a_new_environment_has_one(
    calls: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(monkeypatch, "pip")
    unpack(tmp_path)
    assert calls[0] == [sys.executable, "-m", "venv", str(tmp_path / "pip")]
    assert calls[1][0] == str(tmp_path / "pip/bin/python")


def test_without_any_pip_debians_wheel_serves(
    calls: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheels = tmp_path / "deb/usr/share/python-wheels"
    wheels.mkdir(parents=True)
    (wheels / "pip-25.1-py3-none-any.whl").touch()

    def package(name: str, **_: object) -> Path:
        return {"python3-pip-whl": tmp_path / "deb"}[name]

    monkeypatch.setattr(debian, "package", package)
    hide(monkeypatch, "pip", "ensurepip")
    unpack(tmp_path)
    assert calls[0][:2] == [sys.executable, str(wheels / "pip-25.1-py3-none-any.whl/pip")]


def test_where_no_pip_can_be_had_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(name: str, **_: object) -> Path:
        raise AirgapError(f"no package lists for {name}")

    monkeypatch.setattr(debian, "package", fail)
    hide(monkeypatch, "pip", "ensurepip")
    with pytest.raises(AirgapError, match=r"has no pip.*no package lists.*apt-get install python3-pip"):
        unpack(tmp_path)
