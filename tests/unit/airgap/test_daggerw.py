"""The wrapper's choice of dagger and engine, and what it sets for dagger, on pretended machines."""

import hashlib
import os
import platform
import socket
import subprocess
import tarfile

import pytest

from .daggerw_machine import VERSION, Machine

_ENDING = "_EXPERIMENTAL_DAGGER_SHUTDOWN_TIMEOUT"


@pytest.fixture(name="running")
def start_engine(machine: Machine) -> Machine:
    """Give the machine with the record of a running engine."""
    machine.engine(machine.run_folder / "default")
    return machine


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


def test_dagger_from_path_with_docker_comes_first(running: Machine) -> None:
    running.dagger(code=7)
    with_docker(running)
    code, output, errors = running.run("call", "build", "--dag", "sales force")
    assert code == 7
    assert "engine=unset" in output
    assert [line for line in output.splitlines() if line.startswith("argument=")] == [
        *("argument=call", "argument=build", "argument=--dag", "argument=sales force")
    ]
    assert errors == f"daggerw: path: dagger {VERSION} with the engine in Docker\n"


def test_dagger_from_path_takes_the_users_own_engine(machine: Machine) -> None:
    machine.dagger()
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        machine.environment["_EXPERIMENTAL_DAGGER_RUNNER_HOST"] = address
        _, output, errors = machine.run("call")
    assert f"engine={address}" in output
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
    assert (code, output) == (1, "")
    assert "  path: " in errors
    assert reason in errors


def test_a_docker_client_without_its_daemon_is_no_engine(running: Machine) -> None:
    running.dagger()
    running.program("docker", 'echo "Cannot connect to the Docker daemon" >&2; exit 1')
    _, output, errors = running.run("call")
    assert errors.startswith("daggerw: running: ")
    assert f"engine=unix://{running.run_folder}/default/socket/engine.sock" in output


def test_daggerw_becomes_the_dagger_of_a_running_engine_without_starting_python(running: Machine) -> None:
    running.program("python3", "exit 1")
    with running.popen("call") as process:
        output = process.communicate(timeout=30)[0]
    assert process.returncode == 0
    assert f"pid={process.pid}\n" in output
    for line in ("nag=1 track=1 color=1\n", "module=unset\n", "progress=dots\n", "ending=5m\n"):
        assert line in output
    assert running.airgap_calls() == []


@pytest.mark.parametrize("flaw", ["process", "recycled", "boot", "socket", "version", "record", "command"])
def test_a_record_left_behind_is_no_running_engine(machine: Machine, flaw: str) -> None:
    default = machine.run_folder / "default"
    with subprocess.Popen(["true"]) as gone, subprocess.Popen(["sleep", "60"]) as other:
        gone.wait()
        pid = {"process": gone.pid, "recycled": other.pid}.get(flaw)
        machine.engine(default, pid=pid, version="v0.0.1" if flaw == "version" else VERSION)
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
        other.kill()
    assert code == 1
    assert f"running: no engine of {VERSION} that airgap started runs for this user" in errors


@pytest.mark.parametrize("renewed", [True, False])
def test_a_running_engine_that_may_be_outdated_is_renewed_or_not_used(
    running: Machine, *, renewed: bool
) -> None:
    os.utime(running.run_folder / "default" / "engine", (1, 1))
    if renewed:
        running.engine(running.folder / "prepared")
    code, output, _ = running.run("call")
    assert running.airgap_calls() == ["up"]
    assert (code, "argument=call" in output, output == "") == (int(not renewed), renewed, not renewed)


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


def test_where_nothing_works_every_reason_and_the_remedy_are_named(machine: Machine) -> None:
    code, output, errors = machine.run("call")
    assert (code, output) == (1, "")
    reasons = (
        *("path: there is no dagger on PATH", "running: no engine of", "download: no Docker daemon answers"),
        *("airgap: `python3 -m airgap up` failed, see above", "airgap: no way"),
        "Debian or Ubuntu, root and Python 3.11 or newer",
    )
    assert [reason for reason in reasons if reason not in errors] == []


@pytest.mark.parametrize(
    ("program", "script", "reason"),
    [
        ("id", 'if [ "$1" = -u ]; then echo 1000; else echo me; fi', "airgap: needs root; this is me"),
        ("python3", "exit 1", "airgap: needs Python 3.11 or newer"),
    ],
)
def test_airgap_is_not_even_tried_where_it_cannot_work(
    machine: Machine, program: str, script: str, reason: str
) -> None:
    machine.program(program, script)
    assert reason in machine.run("call")[2]
    assert machine.airgap_calls() == []


@pytest.mark.parametrize("choice", ["path", "running", "download", "airgap"])
def test_a_choice_can_be_forced(running: Machine, choice: str) -> None:
    official_download(running)
    running.dagger()
    with_docker(running)
    if choice == "airgap":
        (running.run_folder / "default").rename(running.folder / "prepared")
    running.environment["DAGGERW"] = choice
    code, output, errors = running.run("call")
    assert errors.startswith(f"daggerw: {choice}: ")
    assert (code, "argument=call" in output) == (0, True)
    assert running.airgap_calls() == (["up"] if choice == "airgap" else [])


def test_a_forced_choice_that_fails_is_not_replaced_and_an_unknown_one_is_refused(running: Machine) -> None:
    running.environment["DAGGERW"] = "path"
    code, _, errors = running.run("call")
    assert code == 1
    assert "path: there is no dagger on PATH" in errors
    assert "running:" not in errors
    running.environment["DAGGERW"] = "docker"
    code, _, errors = running.run("call")
    assert code == 2
    assert errors == "daggerw: DAGGERW=docker: expected path, running, download or airgap\n"


def test_outside_of_the_project_and_behind_a_link_the_module_is_this_one(running: Machine) -> None:
    assert "module=unset" in running.run("call", cwd=running.project / "ci")[1]
    assert f"module={running.project}" in running.run("call", cwd=running.folder)[1]
    real = running.project
    running.project = running.folder / "linked"
    running.project.mkdir()
    (running.project / "daggerw").symlink_to(real / "daggerw")
    assert running.run("call")[0] == 0


def test_the_users_own_settings_stay(running: Machine) -> None:
    running.environment |= {"DAGGER_NO_NAG": "0", "DO_NOT_TRACK": "0", "DAGGER_MODULE": "other"}
    running.environment |= {"DAGGER_PROGRESS": "plain", _ENDING: "1s"}
    output = running.run("call", cwd=running.folder)[1]
    for line in ("nag=0 track=0", "module=other\n", "progress=plain\n", "ending=1s\n"):
        assert line in output


def test_what_is_made_while_a_pull_waits_is_shown_until_dagger_ends(running: Machine) -> None:
    log = running.run_folder / "default" / "making.log"
    log.write_text("airgap: made before\n")
    script = f'#!/bin/sh\nsleep 0.5\necho "airgap: making trivy" >>"{log}"\n'
    script += f'sleep 0.5\necho "airgap: done" >>"{log}"\nexit 3\n'
    (running.folder / "kept dagger").write_text(script)
    code, _, errors = running.run("call", "scan")
    assert code == 3
    assert errors.endswith("airgap: making trivy\nairgap: done\n")
    assert "made before" not in errors
