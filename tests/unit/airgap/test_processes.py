"""Processes known by id, start and boot."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from airgap import processes
from airgap.processes import Process, identify


@pytest.fixture(name="sleeper")
def start_sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as child:
        yield child
        child.kill()


def identity(child: subprocess.Popen[bytes]) -> Process:
    process = identify(child.pid)
    assert process is not None
    return process


@pytest.mark.parametrize("line", ["", "12", "12 34", "x 34 boot", "12 y boot", "12 34 boot more"])
def test_a_record_reads_back_and_another_line_is_none(sleeper: subprocess.Popen[bytes], line: str) -> None:
    assert processes.parse(f"{identity(sleeper)}\n") == identity(sleeper)
    assert processes.parse(line) is None


def test_a_process_is_alive_until_it_ends_and_not_as_a_zombie(sleeper: subprocess.Popen[bytes]) -> None:
    one = identity(sleeper)
    assert one.alive()
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert not one.alive()
    sleeper.wait()
    assert not one.alive()


@pytest.mark.parametrize("change", [{"started": "1"}, {"boot": "another"}])
def test_a_recycled_id_is_never_signalled(sleeper: subprocess.Popen[bytes], change: dict[str, str]) -> None:
    former = replace(identity(sleeper), **change)
    assert not former.alive()
    former.stop(0.1)
    assert sleeper.poll() is None


def test_stopping_kills_only_what_ignores_the_request(sleeper: subprocess.Popen[bytes]) -> None:
    assert identity(sleeper).stop(5) is False
    assert sleeper.wait() == -15
    script = "trap '' TERM; echo ready; while :; do sleep 0.05; done"
    with subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert identity(child).stop(0.1) is True
        assert child.wait() == -9


def test_a_name_with_blanks_and_brackets_does_not_confuse(tmp_path: Path) -> None:
    (tmp_path / "7").mkdir()
    numbers = " ".join(str(number) for number in range(4, 23))
    (tmp_path / "7" / "stat").write_text(f"7 (a) b (c) S {numbers}\n")
    process = identify(7, proc=tmp_path)
    assert process is not None
    assert process.started == "22"
