"""Programs that go on by themselves: recorded by themselves, logged, in a session of their own."""

import os
import time
from pathlib import Path

import pytest

from airgap import detached
from airgap.errors import AirgapError
from airgap.processes import Process, identify


def start(folder: Path, *command: str, inside: tuple[str, ...] = ()) -> Process:
    env = {"PATH": os.environ["PATH"]}
    return detached.start(command, record=folder / "record", log=folder / "a.log", env=env, inside=inside)


def test_the_record_names_the_program_itself_in_a_session_of_its_own(tmp_path: Path) -> None:
    process = start(tmp_path, "sleep", "60")
    try:
        assert identify(process.pid) == process
        command = Path(f"/proc/{process.pid}/cmdline")
        # It is recorded first, and then becomes the program.
        while command.read_bytes().startswith(b"sh\x00"):
            time.sleep(0.01)
        assert command.read_bytes() == b"sleep\x0060\x00"
        assert detached.running(tmp_path / "record") == process
        assert os.getsid(process.pid) != os.getsid(0)
    finally:
        process.stop(5)
    assert detached.running(tmp_path / "record") is None
    assert detached.recorded(tmp_path / "record") == process


def test_what_it_prints_is_logged_and_the_last_log_is_kept(tmp_path: Path) -> None:
    for word in ("first", "second"):
        process = start(tmp_path, "sh", "-c", f"echo {word}; exec sleep 60")
        while not (tmp_path / "a.log").read_text():
            time.sleep(0.01)
        process.stop(5)
    assert (tmp_path / "a.previous.log").read_text() == "first\n"
    assert (tmp_path / "a.log").read_text() == "second\n"


def test_a_program_that_cannot_be_started_shows_the_last_lines_of_its_log(tmp_path: Path) -> None:
    with pytest.raises(AirgapError, match=r"(?s)did not start \(exit code 1\); log: .*\| oh no"):
        start(tmp_path, "sleep", "60", inside=("sh", "-c", "echo oh no; exit 1"))
    (tmp_path / "log").write_text("one\ntwo\nthree\n")
    assert detached.log_tail(tmp_path / "log", lines=2) == "\n    | two\n    | three"
    assert detached.log_tail(tmp_path / "none") == ""
