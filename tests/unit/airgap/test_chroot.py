"""How a program is run inside a root file system; the command alone, since running it takes root."""

import io
import shlex
from collections.abc import Sequence
from pathlib import Path

import pytest

from airgap import commands
from airgap.chroot import run_in


def test_folders_are_lent_and_the_command_gets_a_path_and_the_given_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scripts: list[str] = []

    def run(command: Sequence[str | Path], **_: object) -> None:
        assert command[:4] == ["unshare", "--mount", "--propagation", "private"]
        scripts.append(str(command[-1]))

    monkeypatch.setattr(commands, "run", run)
    lent = {"/mnt": Path("/with space")}
    run_in(Path("/r s"), ["tool", "a b"], log=io.StringIO(), env={"X": "1 2"}, lent=lent)
    mount, command = scripts[0].split(" && ")
    assert shlex.split(mount) == ["mount", "--bind", "/with space", "/r s/mnt"]
    words = shlex.split(command)
    assert words[:5] == ["exec", "chroot", "/r s", "/usr/bin/env", "-i"]
    assert words[-3:] == ["X=1 2", "tool", "a b"]
    assert [word.split("=")[0] for word in words[5:-3]] == ["PATH", "HOME", "LANG"]
