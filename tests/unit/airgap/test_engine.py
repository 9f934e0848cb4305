"""Whether an engine answers, which results are in use, and where its cache can't be kept."""

import inspect
import os
import socket
import subprocess
import threading
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from airgap import engine, lifecycle
from airgap.errors import AirgapError
from airgap.instance import instance
from airgap.processes import Process, identify

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
MOUNTS = """\
1 0 8:1 / / rw - overlay overlay rw
2 1 8:2 / /data rw shared:1 - ext4 /dev/b rw
3 2 0:9 / /data/with\\040blank rw - nfs4 server:/x rw
"""


@contextmanager
def listener(path: Path, answer: bytes) -> Generator[None]:
    """Listen at the path; give one answer to whoever asks, or close without one."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def serve() -> None:
            link, _ = server.accept()
            with link:
                link.recv(1000)
                link.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        thread.join(5)


@pytest.fixture(name="path")
def socket_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # the path of a socket has 107 characters at most
    return Path("engine.sock")


@pytest.fixture(name="process")
def running_process() -> Generator[Process]:
    with subprocess.Popen(["sleep", "600"]) as child:
        process = identify(child.pid)
        assert process is not None
        yield process
        child.kill()


@pytest.fixture(name="log")
def engine_log(tmp_path: Path) -> Path:
    log = tmp_path / "engine.log"
    log.write_text("marked unclean; wiping and cold-starting\n")
    return log


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b""])
def test_any_answer_to_a_request_counts(path: Path, answer: bytes) -> None:
    with listener(path, answer):
        assert engine.answers(path) is bool(answer)
    assert path.is_socket()  # left behind
    assert not engine.answers(path)
    assert not engine.answers(Path("none.sock"))


def test_an_engine_that_answers_late_is_waited_for_and_the_user_reads_why(
    path: Path, process: Process, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    messages: list[str] = []
    with ExitStack() as stack:

        def say(text: str) -> None:
            messages.append(text)
            stack.enter_context(listener(path, OK))

        monkeypatch.setattr(engine, "say", say)
        engine.wait_until_ready(process, path, log, silent=0)
    (text,) = messages
    assert "one that was killed clears its cache when it starts, which can take minutes" in text
    assert text.endswith(f"log: {log}")
    assert process.alive()
    options = inspect.signature(engine.wait_until_ready).parameters
    assert options["limit"].default - options["silent"].default > 600


def test_an_engine_that_answers_soon_is_not_spoken_of(
    path: Path, process: Process, log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with listener(path, OK):
        engine.wait_until_ready(process, path, log, silent=0, limit=0)
    assert capsys.readouterr().err == ""


def test_stopping_what_does_not_run_removes_its_records(tmp_path: Path) -> None:
    for name, text in (("engine.process", "1 1 another-boot\n"), ("engine", "x")):
        (tmp_path / name).write_text(text)
    assert engine.stop(replace(instance({}), run=tmp_path)) is False
    assert list(tmp_path.iterdir()) == []


def test_results_of_every_running_engine_are_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "engine.parts").write_text(f"/steps/{name}\n/steps/shared\n")
    monkeypatch.setattr(engine, "RUN", tmp_path)
    assert engine.results_in_use() == {Path("/steps/one"), Path("/steps/two"), Path("/steps/shared")}


def test_an_engine_that_ends_is_not_waited_for_and_a_silent_one_is_stopped(
    path: Path, process: Process, log: Path
) -> None:
    with pytest.raises(AirgapError, match="ended while starting") as error:
        engine.wait_until_ready(Process(1, "1", "another-boot"), path, log)
    assert str(error.value).endswith("    | marked unclean; wiping and cold-starting")
    with pytest.raises(AirgapError, match=r"did not answer within 0 s; log: .*\n    \| marked unclean"):
        engine.wait_until_ready(process, path, log, limit=0)
    assert not process.alive()


def test_the_file_system_is_that_of_the_deepest_mount_and_must_not_be_overlay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    paths = ("/", "/data", "/data/x", "/data/with blank/x", "/database")
    kinds = [engine.filesystem(Path(path), MOUNTS) for path in paths]
    assert kinds == ["overlay", "ext4", "ext4", "nfs4", "overlay"]

    def overlay(_: Path) -> str:
        return "overlay"

    monkeypatch.setattr(engine, "filesystem", overlay)
    with pytest.raises(AirgapError, match=r"is on overlay, .*set XDG_CACHE_HOME"):
        engine.start(instance({}), lifecycle.parts())


def test_other_parts_or_configuration_are_another_engine(tmp_path: Path) -> None:
    (tmp_path / "engine.json").write_text("{}")
    parts = lifecycle.parts()
    before = parts.digest(tmp_path)
    other = replace(parts, sdk=replace(parts.sdk, inputs="0" * 64))
    assert other.digest(tmp_path) != before
    (tmp_path / "engine.json").write_text('{"gc": {}}')
    assert parts.digest(tmp_path) != before


def test_only_engines_that_run_from_this_cache_are_named(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = identify(os.getpid())
    for name, folder, record in (
        ("here", cache, process),
        ("elsewhere", tmp_path / "other", process),
        ("ended", cache, "1 1 another-boot"),
    ):
        (tmp_path / "run" / name).mkdir(parents=True)
        (tmp_path / "run" / name / "engine.parts").write_text(f"{folder}/steps/dagger-1\n")
        (tmp_path / "run" / name / "engine.process").write_text(f"{record}\n")
    monkeypatch.setattr(engine, "RUN", tmp_path / "run")
    assert engine.running_from_cache() == ["here"]


def test_control_groups_that_are_empty_are_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("memory/buildkit/a", "pids/buildkit/b/in-use", "pids/other"):
        (tmp_path / path).mkdir(parents=True)
    monkeypatch.setattr(engine, "_CGROUPS", tmp_path)
    engine.remove_cgroups()
    assert not (tmp_path / "memory" / "buildkit").exists()
    assert (tmp_path / "pids" / "buildkit" / "b" / "in-use").exists()
    assert (tmp_path / "pids" / "other").exists()
