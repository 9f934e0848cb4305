"""How a program is run inside a root file system; the command alone, since running it takes root."""

import io
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from airgap import commands
from airgap.chroot import run_in


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the shell scripts that would have run in a mount namespace."""
    scripts: list[str] = []

    def run(command: Sequence[str | Path], **_: object) -> None:
        assert command[:4] == ["unshare", "--mount", "--propagation", "private"]
        scripts.append(str(command[-1]))

    monkeypatch.setattr(commands, "run", run)
    return scripts


def test_the_command_gets_a_path_and_only_the_variables_given(script: list[str]) -> None:
    run_in(Path("/r"), ["tool", "a b"], log=io.StringIO(), env={"X": "1 2"})
    words = shlex.split(script[0])
    assert words[:5] == ["exec", "chroot", "/r", "/usr/bin/env", "-i"]
    assert words[-3:] == ["X=1 2", "tool", "a b"]
    assert [word.split("=")[0] for word in words[5:-3]] == ["PATH", "HOME", "LANG"]


def test_folders_are_lent_before_the_command_runs(script: list[str]) -> None:
    run_in(Path("/r s"), ["tool"], log=io.StringIO(), lent={"/mnt": Path("/with space")})
    mount, command = script[0].split(" && ")
    assert shlex.split(mount) == ["mount", "--bind", "/with space", "/r s/mnt"]
    assert shlex.split(command)[:3] == ["exec", "chroot", "/r s"]
