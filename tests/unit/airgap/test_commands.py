"""Commands that steps run: output, failures, environment, and stopping them with their children."""

import io
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from airgap import commands
from airgap.errors import CommandError


@pytest.fixture(name="log")
def open_log(tmp_path: Path) -> Iterator[TextIO]:
    with (tmp_path / "log").open("w+") as file:
        yield file


def text(log: TextIO) -> str:
    log.seek(0)
    return log.read()


def test_the_log_holds_the_command_and_both_outputs(log: TextIO) -> None:
    commands.run(["sh", "-c", "echo out; echo err >&2"], log=log)
    assert text(log) == "$ sh -c 'echo out; echo err >&2'\nout\nerr\n"


def test_a_failure_names_command_and_exit_code(log: TextIO) -> None:
    with pytest.raises(CommandError, match=r"`sh -c 'exit 3'` ended with exit code 3"):
        commands.run(["sh", "-c", "exit 3"], log=log)


def test_a_command_that_is_not_there_is_named(log: TextIO) -> None:
    with pytest.raises(CommandError, match=r"`no-such-program` could not be started: No such file"):
        commands.run(["no-such-program"], log=log)


def test_a_killed_command_says_by_what(log: TextIO) -> None:
    with pytest.raises(CommandError, match="was killed by SIGKILL"):
        commands.run(["sh", "-c", "kill -9 $$"], log=log)


def test_output_is_returned_and_its_errors_logged(log: TextIO) -> None:
    assert commands.output(["sh", "-c", "echo out; echo err >&2"], log=log) == "out\n"
    assert text(log).endswith("err\n")


def test_files_take_the_place_of_input_and_output(tmp_path: Path, log: TextIO) -> None:
    (tmp_path / "in").write_text("hello")
    commands.run(["cat"], log=log, stdin=tmp_path / "in", stdout=tmp_path / "out")
    assert (tmp_path / "out").read_text() == "hello"


def test_the_environment_passes_on_proxies_and_indexes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "HTTPS_PROXY", "GOPROXY", "PIP_INDEX_URL", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "kept")
    for name in ("GOOS", "PIP_USER", "PYTHONPATH", "LD_PRELOAD", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "dropped")
    found = commands.environment({"EXTRA": "added"})
    assert {name for name, value in found.items() if value == "kept"} == {
        *("https_proxy", "HTTPS_PROXY", "GOPROXY", "PIP_INDEX_URL", "SSL_CERT_FILE")
    }
    assert "dropped" not in found.values()
    assert found["EXTRA"] == "added"
    assert found["LC_ALL"] == "C.UTF-8"


def test_stopping_ends_a_command_with_its_children(tmp_path: Path, log: TextIO) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/child; wait"
    failures: list[CommandError] = []

    def work() -> None:
        try:
            commands.run(["sh", "-c", script], log=log)
        except CommandError as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    while not (tmp_path / "child").exists() or not (tmp_path / "child").read_text():
        time.sleep(0.01)
    commands.stop_all()
    thread.join(5)
    child = int((tmp_path / "child").read_text())
    assert not thread.is_alive()
    assert "SIGTERM" in str(failures[0])
    with pytest.raises(ProcessLookupError):
        _wait_gone(child)


def _wait_gone(pid: int) -> None:
    for _ in range(200):
        os.kill(pid, 0)
        if Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z":
            raise ProcessLookupError
        time.sleep(0.01)


def test_nothing_new_is_started_while_stopping() -> None:
    commands.stop_all()
    with pytest.raises(CommandError, match="was not started: airgap is stopping"):
        commands.run(["true"], log=io.StringIO())
