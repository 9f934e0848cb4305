"""The program that Python imports in every process of a build of a source distribution."""

import os
import sys
from pathlib import Path

import pytest

from ci.image.programs import build_hook

ENVIRONMENT = "/tmp/uv/builds-v0/.tmpAb3"  # noqa: S108 - no file is written there
FOLDER = "/tmp/uv/sdists-v10/pypi/crc16/0.1.1/E7r3/src"  # noqa: S108


@pytest.fixture(autouse=True)
def in_a_build(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr(sys, "prefix", ENVIRONMENT)
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setattr(os, "getcwd", lambda: FOLDER)
    monkeypatch.setattr(build_hook, "requirements", lambda: ["setuptools==80.9.0", "wheel==0.45.1"])
    return monkeypatch


@pytest.mark.parametrize("folder", [FOLDER, f"{FOLDER}/extensions/c"])
def test_compilers_replace_the_random_folders(folder: str) -> None:
    maps = f"{FOLDER}=/src", f"{ENVIRONMENT}=/build"
    flags = build_hook.flags(folder, ENVIRONMENT)
    assert flags["CFLAGS"] == flags["CXXFLAGS"] == "-g0 " + " ".join(f"-ffile-prefix-map={m}" for m in maps)
    assert flags["RUSTFLAGS"] == " ".join(f"--remap-path-prefix={m}" for m in maps)


def test_flags_are_added_once_to_those_of_the_machine() -> None:
    os.environ["CFLAGS"] = "-O2"
    build_hook.main()
    build_hook.main()
    assert os.environ["CFLAGS"] == f"-O2 {build_hook.flags(FOLDER, ENVIRONMENT)['CFLAGS']}"


def test_what_builds_is_recorded(tmp_path: Path) -> None:
    os.environ["BUILD_RECORD"] = str(tmp_path / "record")
    build_hook.main()
    assert (tmp_path / "record").read_text() == "setuptools==80.9.0\nwheel==0.45.1\n"


def test_a_build_with_more_than_the_lock_holds_stops() -> None:
    os.environ["BUILD_LOCKED"] = "setuptools"
    with pytest.raises(
        SystemExit, match=r"builds with wheel, which the lock doesn't hold: run: dagger call lock"
    ):
        build_hook.main()
    os.environ["BUILD_LOCKED"] = "setuptools wheel"
    build_hook.main()


def test_other_processes_are_left_alone(in_a_build: pytest.MonkeyPatch) -> None:
    in_a_build.setattr(sys, "prefix", "/home/airflow/.local")
    os.environ["BUILD_LOCKED"] = ""
    build_hook.main()
    assert "CFLAGS" not in os.environ
