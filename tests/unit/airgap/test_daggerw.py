"""The wrapper's choice of dagger and engine, on pretended machines."""

import hashlib
import os
import platform
import socket
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from .daggerw_machine import VERSION, Machine

_ENDING = "_EXPERIMENTAL_DAGGER_SHUTDOWN_TIMEOUT"


@pytest.fixture(name="machine")
def make_machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture(name="listening")
def open_socket() -> Iterator[str]:
    """Give the address of something that listens as an engine does."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}"


def with_docker(machine: Machine) -> None:
    machine.program("docker", "exit 0")


def official_download(machine: Machine, *, checksum: str | None = None) -> None:
    """Let curl serve an official release from the machine's own folder."""
    names = {"x86_64": "amd64", "aarch64": "arm64"}
    archive = f"dagger_{VERSION}_linux_{names[platform.machine()]}.tar.gz"
    release = machine.folder / "release"
    release.mkdir()
    program = machine.dagger()
    with tarfile.open(release / archive, "w:gz") as tar:
        tar.add(program, "dagger")
    program.unlink()
    digest = checksum or hashlib.sha256((release / archive).read_bytes()).hexdigest()
    (release / "checksums.txt").write_text(f"{digest}  {archive}\n")
    machine.program(
        "curl",
        'while [ "$1" != -o ]; do shift; done\n'
        f"case $3 in https://dl.dagger.io/dagger/releases/{VERSION[1:]}/*) ;; *) exit 22;; esac\n"
        f'cat "{release}/${{3##*/}}" >"$2"',
    )


def test_dagger_from_path_with_docker_comes_first(machine: Machine) -> None:
    machine.dagger()
    with_docker(machine)
    machine.engine(machine.run_folder / "default")
    code, output, errors = machine.run("call", "build", "--dag", "sales force")
    assert code == 0
    assert "engine=unset" in output
    assert [line for line in output.splitlines() if line.startswith("argument=")] == [
        *("argument=call", "argument=build", "argument=--dag", "argument=sales force")
    ]
    assert errors == f"daggerw: path: dagger {VERSION} with the engine in Docker\n"


def test_dagger_from_path_takes_the_users_own_engine(machine: Machine, listening: str) -> None:
    machine.dagger()
    machine.environment["_EXPERIMENTAL_DAGGER_RUNNER_HOST"] = listening
    _, output, errors = machine.run("call")
    assert f"engine={listening}" in output
    assert errors.startswith("daggerw: path: ")


@pytest.mark.parametrize(
    ("version", "setting", "reason"),
    [
        ("v0.0.8", None, f"is v0.0.8, not {VERSION}"),
        (VERSION, None, "no Docker daemon answers"),
        (VERSION, "unix:///nowhere/engine.sock", "no engine answers at unix:///nowhere/engine.sock"),
        (VERSION, "tcp://127.0.0.1:1", "no engine answers at tcp://127.0.0.1:1"),
    ],
)
def test_an_engine_that_is_not_there_is_never_waited_for(
    machine: Machine, version: str, setting: str | None, reason: str
) -> None:
    machine.dagger(version)
    if setting:
        machine.environment["_EXPERIMENTAL_DAGGER_RUNNER_HOST"] = setting
    code, output, errors = machine.run("call")
    assert code == 1
    assert output == ""
    assert "  path: " in errors
    assert reason in errors


def test_a_docker_client_without_its_daemon_is_no_engine(machine: Machine) -> None:
    machine.dagger()
    machine.program("docker", 'echo "Cannot connect to the Docker daemon" >&2; exit 1')
    machine.engine(machine.run_folder / "default")
    _, output, errors = machine.run("call")
    assert errors.startswith("daggerw: running: ")
    assert f"engine=unix://{machine.run_folder}/default/socket/engine.sock" in output


def test_a_running_engine_is_used_without_starting_python(machine: Machine) -> None:
    machine.engine(machine.run_folder / "default")
    machine.program("python3", "exit 1")
    code, output, _ = machine.run("call")
    assert code == 0
    assert "nag=1 track=1 color=1" in output
    assert machine.airgap_calls() == []


@pytest.mark.parametrize("flaw", ["process", "boot", "socket", "version", "record", "command"])
def test_a_record_left_behind_is_no_running_engine(machine: Machine, flaw: str) -> None:
    default = machine.run_folder / "default"
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    machine.engine(
        default,
        pid=gone.pid if flaw == "process" else None,
        version="v0.0.1" if flaw == "version" else VERSION,
    )
    record = default / "engine"
    lines = record.read_text().splitlines()
    if flaw == "boot":
        record.write_text("\n".join([lines[0].rsplit(" ", 1)[0] + " another-boot", *lines[1:]]) + "\n")
    if flaw == "record":
        record.write_text(lines[0] + "\n")
    if flaw == "socket":
        (default / "socket" / "engine.sock").unlink()
    if flaw == "command":
        (machine.folder / "kept dagger").unlink()
    machine.environment["DAGGERW"] = "running"
    code, _, errors = machine.run("call")
    assert code == 1
    assert f"running: no engine of {VERSION} that airgap started runs for this user" in errors


def test_a_recycled_process_id_is_no_running_engine(machine: Machine) -> None:
    machine.environment["DAGGERW"] = "running"
    with subprocess.Popen(["sleep", "60"]) as other:
        machine.engine(machine.run_folder / "default", pid=other.pid)
        code = machine.run("call")[0]
        other.kill()
    assert code == 1


def test_a_running_engine_that_may_be_outdated_is_checked_first(machine: Machine) -> None:
    machine.engine(machine.run_folder / "default")
    os.utime(machine.run_folder / "default" / "engine", (1, 1))
    machine.engine(machine.folder / "prepared")
    code, output, _ = machine.run("call")
    assert machine.airgap_calls() == ["up"]
    assert code == 0
    assert "argument=call" in output


def test_an_outdated_engine_that_cannot_be_renewed_is_not_used(machine: Machine) -> None:
    machine.engine(machine.run_folder / "default")
    os.utime(machine.run_folder / "default" / "engine", (1, 1))
    code, output, _ = machine.run("call")
    assert (code, output) == (1, "")
    assert machine.airgap_calls() == ["up"]


def test_the_official_download_is_verified_kept_and_used_with_docker(machine: Machine) -> None:
    official_download(machine)
    with_docker(machine)
    _, output, errors = machine.run("call")
    assert errors == f"daggerw: download: dagger {VERSION} with the engine in Docker\n"
    assert "argument=call" in output
    machine.program("curl", "exit 7")
    assert machine.run("call")[0] == 0


def test_a_download_with_another_checksum_is_thrown_away(machine: Machine) -> None:
    official_download(machine, checksum="0" * 64)
    with_docker(machine)
    code, _, errors = machine.run("call")
    assert code == 1
    assert f"download: dagger {VERSION} could not be had from dl.dagger.io" in errors
    assert list((machine.folder / "home/.cache/airflow-images/download").iterdir()) == []


def test_airgap_comes_last_and_makes_everything(machine: Machine) -> None:
    machine.engine(machine.folder / "prepared")
    code, output, errors = machine.run("call")
    assert code == 0
    assert machine.airgap_calls() == ["up"]
    assert "argument=call" in output
    assert errors.startswith("daggerw: airgap: ")


def test_where_nothing_works_every_reason_and_the_remedy_are_said(machine: Machine) -> None:
    code, output, errors = machine.run("call")
    assert (code, output) == (1, "")
    for reason in (
        "path: there is no dagger on PATH",
        "running: no engine of",
        "download: no Docker daemon answers",
        "airgap: `python3 -m airgap up` failed, see above",
        "Debian or Ubuntu, root and Python 3.11 or newer",
    ):
        assert reason in errors
    assert "airgap: no way" in errors


def test_without_root_airgap_is_not_even_tried(machine: Machine) -> None:
    machine.program("id", 'if [ "$1" = -u ]; then echo 1000; else echo me; fi')
    _, _, errors = machine.run("call")
    assert "airgap: needs root; this is me" in errors
    assert machine.airgap_calls() == []


def test_an_old_python_is_said(machine: Machine) -> None:
    machine.program("python3", "exit 1")
    assert "airgap: needs Python 3.11 or newer" in machine.run("call")[2]


@pytest.mark.parametrize("choice", ["path", "running", "download", "airgap"])
def test_each_choice_can_be_forced(machine: Machine, choice: str) -> None:
    official_download(machine)
    machine.dagger()
    with_docker(machine)
    machine.engine(machine.run_folder / "default")
    if choice == "airgap":
        (machine.run_folder / "default").rename(machine.folder / "prepared")
    machine.environment["DAGGERW"] = choice
    assert machine.run("call")[2].startswith(f"daggerw: {choice}: ")


def test_a_forced_choice_that_fails_is_not_replaced(machine: Machine) -> None:
    machine.engine(machine.run_folder / "default")
    machine.environment["DAGGERW"] = "path"
    code, _, errors = machine.run("call")
    assert code == 1
    assert "path: there is no dagger on PATH" in errors
    assert "running:" not in errors


def test_an_unknown_choice_is_a_usage_error(machine: Machine) -> None:
    machine.environment["DAGGERW"] = "docker"
    code, _, errors = machine.run("call")
    assert code == 2
    assert errors == "daggerw: DAGGERW=docker: expected path, running, download or airgap\n"


def test_the_exit_code_is_daggers_own(machine: Machine) -> None:
    machine.dagger(code=7)
    with_docker(machine)
    assert machine.run("call")[0] == 7


def test_daggerw_becomes_dagger(machine: Machine) -> None:
    machine.engine(machine.run_folder / "default")
    with machine.popen("call") as process:
        output = process.communicate(timeout=30)[0]
    assert f"pid={process.pid}\n" in output


def test_outside_of_the_project_the_module_is_still_this_one(machine: Machine) -> None:
    machine.engine(machine.run_folder / "default")
    assert "module=unset" in machine.run("call", cwd=machine.project / "ci")[1]
    assert f"module={machine.project}" in machine.run("call", cwd=machine.folder)[1]


def test_a_link_to_daggerw_finds_the_project(machine: Machine) -> None:
    machine.engine(machine.run_folder / "default")
    real = machine.project
    machine.project = machine.folder / "linked"
    machine.project.mkdir()
    (machine.project / "daggerw").symlink_to(real / "daggerw")
    assert machine.run("call")[0] == 0


def test_the_users_own_settings_stay(machine: Machine) -> None:
    machine.engine(machine.run_folder / "default")
    machine.environment |= {"DAGGER_NO_NAG": "0", "DO_NOT_TRACK": "0", "DAGGER_MODULE": "other"}
    output = machine.run("call", cwd=machine.folder)[1]
    assert "nag=0 track=0" in output
    assert "module=other" in output


@pytest.mark.parametrize(("setting", "expected"), [({}, "5m"), ({_ENDING: "1s"}, "1s")])
def test_the_end_of_a_large_session_is_waited_for(
    machine: Machine, setting: dict[str, str], expected: str
) -> None:
    machine.engine(machine.run_folder / "default")
    machine.environment |= setting
    assert f"ending={expected}\n" in machine.run("check")[1]
