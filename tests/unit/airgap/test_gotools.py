"""Which Go builds the tools, and with what settings."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from airgap import gotools, lifecycle, pins, standins, steps
from airgap.folders import PROJECT
from airgap.gotools import ADVISORIES, DAGGER, REGCTL, TRIVY, Tool, tool_step
from airgap.lock import locked
from airgap.step import all_steps, heavy_lock


def fake_go(folder: Path, version: str) -> Path:
    folder.mkdir(exist_ok=True)
    program = folder / "go"
    program.write_text(f'#!/bin/sh\n[ "$1" = version ] && echo "go version go{version} linux/amd64"\n')
    program.chmod(0o755)
    return program


Built = Callable[[Tool], tuple[list[str], dict[str, Any]]]


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Built:
    """Give a function that returns the command that builds a tool, and its options."""
    calls: list[tuple[list[str], dict[str, Any]]] = []

    def run(command: list[object], **options: Any) -> None:  # noqa: ANN401
        calls.append(([str(word) for word in command], options))

    def build(tool: Tool) -> tuple[list[str], dict[str, Any]]:
        with (tmp_path / "log").open("w") as log:
            tool_step(tool).build(tmp_path, log)
        return calls.pop()

    monkeypatch.setattr(gotools.commands, "run", run)
    return build


def test_the_engine_is_built_as_the_version_that_the_module_asks_for(built: Built) -> None:
    command, _ = built(DAGGER)
    assert f"engine.Version={pins.dagger_version()} " in command[command.index("-ldflags") + 1]
    assert "dfexcludepatterns dfparents" in command
    needed = all_steps([*lifecycle.parts().steps(), *standins.standin_steps().values()])
    assert {"act", "actionlint"} & {step.name for step in needed} == {"actionlint"}  # tests alone call act


def test_a_version_reads_as_numbers(tmp_path: Path) -> None:
    assert gotools.go_version(str(fake_go(tmp_path, "1.26.8"))) == (1, 26, 8)
    assert gotools.go_version(str(tmp_path / "none")) == ()


@pytest.mark.parametrize(
    ("version", "fetched"), [("1.19", True), ("1.26.0", True), ("1.27.1", False), ("2.0", False)]
)
def test_go_is_fetched_only_where_the_machines_own_is_too_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, *, fetched: bool
) -> None:
    fake_go(tmp_path / "bin", version)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    gotools.toolchain_step.cache_clear()
    needs = [step.name for step in tool_step(REGCTL).needs]
    gotools.toolchain_step.cache_clear()
    assert needs == (["go"] if fetched else [])


def test_the_build_uses_our_caches_and_the_users_flags(
    built: Built, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOFLAGS", "-mod=vendor -v")
    command, options = built(TRIVY)
    assert options["env"]["GOMODCACHE"] == str(cache / "go" / "mod")
    assert options["env"]["GOFLAGS"] == "-v -mod=readonly"
    assert options["env"]["GOEXPERIMENT"] == "jsonv2"
    assert options["cwd"] == gotools.TOOLS / "trivy"
    version = pins.module_version(gotools.TOOLS / "trivy" / "go.mod", "github.com/aquasecurity/trivy")
    assert any(word.endswith(f"app.ver={version.removeprefix('v')}") for word in command)


def test_a_tool_is_built_where_its_go_mod_and_go_sum_lie(built: Built, tmp_path: Path) -> None:
    command, options = built(ADVISORIES)
    assert options["cwd"] == PROJECT / "tests" / "advisories"
    assert command[command.index("-o") + 1 :] == [str(tmp_path / "bin" / "advisories"), "."]
    assert REGCTL.folder == gotools.TOOLS / "regctl"
    tools = [value for value in vars(gotools).values() if isinstance(value, Tool)]
    assert len(tools) >= 8
    for tool in tools:
        assert (tool.folder / "go.sum").stat().st_size > 0
        assert pins.module_version(tool.folder / "go.mod", tool.module).startswith("v")


def no_toolchain(_: tuple[int, ...]) -> None:
    """Go as a machine has it that needs no other."""


@pytest.mark.parametrize("name", sorted(gotools.COMMANDS))
def test_a_command_is_built_once_and_told_by_its_path(
    name: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds: list[list[str]] = []

    def run(command: list[object], **_: object) -> None:
        words = [str(word) for word in command]
        builds.append(words)
        (Path(words[words.index("-o") + 1]) / name).write_text("the program")

    monkeypatch.setattr(gotools.commands, "run", run)
    monkeypatch.setattr(gotools, "toolchain_step", no_toolchain)
    monkeypatch.setattr(steps, "_FIRST_TIME", 0)
    program = gotools.program(name)
    assert program.read_text() == "the program"
    assert program.is_relative_to(cache / "steps")
    assert gotools.program(name) == program
    assert len(builds) == 1


def test_where_a_folder_lies_does_not_change_what_is_built_of_it(tmp_path: Path) -> None:
    elsewhere = replace(REGCTL, source=tmp_path / "elsewhere")
    shutil.copytree(REGCTL.folder, elsewhere.folder)
    assert tool_step(elsewhere).result == tool_step(REGCTL).result
    (elsewhere.folder / "go.sum").write_text("")
    assert tool_step(elsewhere).result != tool_step(REGCTL).result


def test_the_caches_of_go_go_when_nothing_is_built_and_no_tool_is_missing(cache: Path) -> None:
    modules, compiled = cache / "go" / "mod", cache / "go" / "build"
    step = tool_step(REGCTL)

    def trimmed() -> list[str]:
        for folder in (modules, compiled):
            folder.mkdir(parents=True, exist_ok=True)
        gotools.trim_caches([step])
        return [folder.name for folder in (modules, compiled) if not folder.exists()]

    with locked(heavy_lock(), "building"):
        assert trimmed() == []
    assert trimmed() == ["mod"]
    step.result.mkdir(parents=True)
    assert trimmed() == ["mod", "build"]
