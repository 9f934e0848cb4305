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


def test_the_log_holds_the_command_and_both_outputs_unless_one_is_asked_for(log: TextIO) -> None:
    commands.run(["sh", "-c", "echo out; echo err >&2"], log=log)
    assert text(log) == "$ sh -c 'echo out; echo err >&2'\nout\nerr\n"
    assert commands.output(["sh", "-c", "echo out; echo err2 >&2"], log=log) == "out\n"
    assert text(log).endswith("err2\n")


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["sh", "-c", "exit 3"], "`sh -c 'exit 3'` ended with exit code 3"),
        (["no-such-program"], "`no-such-program` could not be started: No such file"),
        (["sh", "-c", "kill -9 $$"], "was killed by SIGKILL"),
    ],
)
def test_a_failure_names_the_command_and_why(log: TextIO, command: list[str], message: str) -> None:
    with pytest.raises(CommandError) as error:
        commands.run(command, log=log)
    assert message in str(error.value)


def test_files_take_the_place_of_input_and_output(tmp_path: Path, log: TextIO) -> None:
    (tmp_path / "in").write_text("hello")
    commands.run(["cat"], log=log, stdin=tmp_path / "in", stdout=tmp_path / "out")
    assert (tmp_path / "out").read_text() == "hello"


def test_the_environment_passes_on_proxies_and_indexes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {"https_proxy", "HTTPS_PROXY", "GOPROXY", "PIP_INDEX_URL", "SSL_CERT_FILE"}
    for name in kept:
        monkeypatch.setenv(name, "kept")
    for name in ("GOOS", "PIP_USER", "PYTHONPATH", "LD_PRELOAD", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "dropped")
    variables = commands.environment({"EXTRA": "added"})
    assert {name for name, value in variables.items() if value == "kept"} == kept
    assert "dropped" not in variables.values()
    assert (variables["EXTRA"], variables["LC_ALL"]) == ("added", "C.UTF-8")


def test_stopping_ends_a_command_with_its_children_and_nothing_new_starts(
    tmp_path: Path, log: TextIO
) -> None:
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
    assert not thread.is_alive()
    assert "SIGTERM" in str(failures[0])
    with pytest.raises(ProcessLookupError):
        _wait_gone(int((tmp_path / "child").read_text()))
    with pytest.raises(CommandError, match="was not started: airgap is stopping"):
        commands.run(["true"], log=io.StringIO())


def _wait_gone(pid: int) -> None:
    for _ in range(200):
        os.kill(pid, 0)
        if Path(f"/proc/{pid}/stat").read_text().split(")")[1].split()[0] == "Z":
            raise ProcessLookupError
        time.sleep(0.01)
