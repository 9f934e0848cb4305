"""Bringing an instance up and down, as far as it needs no root; and the command line."""

import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest

from airgap import gotools, lifecycle, network, report
from airgap.errors import AirgapError
from airgap.folders import PROJECT
from airgap.instance import Instance, instance

Airgap = Callable[..., tuple[object, str, str]]


@pytest.fixture(name="one")
def make_instance(tmp_path: Path) -> Instance:
    return replace(instance({"AIRGAP_PORT": "1"}), run=tmp_path / "run", state=tmp_path / "state")


@pytest.fixture
def airgap(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Airgap:
    """Give the command line in this process, whose signals and mask stay: it returns code, output, errors."""
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setenv("AIRGAP_INSTANCE", "unit-test-none")
    for module, name in ((signal, "signal"), (os, "umask")):
        monkeypatch.setattr(module, name, Mock())

    def run(*arguments: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["airgap", *arguments])
        with pytest.raises(SystemExit) as ended:
            runpy.run_module("airgap", run_name="__main__")
        output, errors = capsys.readouterr()
        return ended.value.code, output, errors

    return run


@pytest.mark.parametrize("command", ["up", "down", "clean"])
def test_without_root_the_error_says_what_to_do(
    one: Instance, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    options = {"everything": False} if command == "clean" else {}
    with pytest.raises(AirgapError, match=r"must run as root \(this is user id 1000\).*sudo"):
        getattr(lifecycle, command)(one, **options)


@pytest.mark.usefixtures("as_root")
def test_missing_programs_are_named(one: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    def which(name: str, **_: object) -> str | None:
        return None if name in {"apt-get", "perl"} else f"/bin/{name}"

    monkeypatch.setattr(lifecycle.shutil, "which", which)
    with pytest.raises(AirgapError, match="has no apt-get, perl: airgap needs Debian or Ubuntu"):
        lifecycle.up(one)


@pytest.mark.usefixtures("as_root")
def test_what_never_ran_is_not_stopped_and_has_no_digest_and_no_bridge(
    one: Instance, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert lifecycle.down(one) is False
    assert report.status(one) == 3
    assert capsys.readouterr().out.splitlines()[1:3] == ["engine    not running", "registry  not running"]
    one.run.mkdir(exist_ok=True)
    (one.run / "engine").write_text("1 1 boot\nv1\n/dagger\ndigest\n")
    assert lifecycle.running_digest(one) is None
    (one.run / "engine.process").write_text("1 1 another-boot\n")
    assert lifecycle.running_digest(one) is None
    network.remove_bridge(replace(one, network_name="airgap-none"), tmp_path)
    assert not network.exists("airgap-none0")


def test_a_log_is_printed_and_for_an_unknown_one_all_are_listed(
    one: Instance, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (cache / "logs").mkdir(parents=True)
    (cache / "logs" / "trivy.log").write_text("built\n")
    one.state.mkdir()
    (one.state / "engine.log").write_text("started\n")
    report.logs(one, "engine", follow=False)
    assert capsys.readouterr().out == "started\n"
    with pytest.raises(AirgapError, match="no log 'nothing': there are engine, trivy"):
        report.logs(one, "nothing", follow=False)


def test_the_command_line_has_exit_codes_and_a_help_with_every_setting(airgap: Airgap) -> None:
    calls = (["status"], ["logs", "nothing"], ["fly"], ["tool"])
    assert [airgap(*arguments)[0] for arguments in calls] == [3, 1, 2, 2]
    code, text, _ = airgap("--help")
    assert code == 0
    names = ("AIRGAP_INSTANCE", "AIRGAP_PORT", "AIRGAP_NETWORK", "AIRGAP_DEBIAN_MIRROR", "XDG_CACHE_HOME")
    assert [name for name in names if name not in text] == []


def test_a_tool_is_one_path_on_standard_output_and_an_unknown_one_lists_all(
    airgap: Airgap, cache: Path
) -> None:
    built = gotools.tool_step(gotools.ACT).result
    (built / "bin").mkdir(parents=True)
    assert airgap("tool", "act") == (0, f"{built}/bin/act\n", "")
    assert built.is_relative_to(cache)
    code, _, errors = airgap("tool", "nothing")
    assert code == 2
    assert [name for name in gotools.COMMANDS if name not in errors] == []


def test_an_error_is_one_line_and_no_traceback() -> None:
    variables = {"PYTHONPATH": str(PROJECT), "AIRGAP_INSTANCE": "unit-test-none", "AIRGAP_PORT": "x"}
    command = [sys.executable, "-m", "airgap", "status"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, **variables}
    )
    assert done.returncode == 1
    assert done.stderr == ("airgap: AIRGAP_PORT='x': expected a port between 1 and 65535, such as 5000\n")


@pytest.mark.usefixtures("as_root")
def test_a_cache_that_another_engine_runs_from_is_not_removed(
    one: Instance, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle.engine, "running_from_cache", lambda: ["default", "second"])
    cache.mkdir(parents=True)
    with pytest.raises(AirgapError, match="other instances run from this cache: second"):
        lifecycle.clean(one, everything=True)
    assert cache.exists()
