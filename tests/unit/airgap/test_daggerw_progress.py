"""How daggerw has dagger show progress where the output goes to a log."""

from pathlib import Path

import pytest

from tests.unit.airgap.daggerw_machine import Machine


@pytest.fixture(name="machine")
def make_machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_a_log_has_dots_for_the_steps_that_pass(machine: Machine) -> None:
    machine.engine(machine.run_folder / "default")
    _, output, _ = machine.run("check")
    assert "progress=dots\n" in output


def test_the_users_own_way_of_showing_progress_is_kept(machine: Machine) -> None:
    machine.engine(machine.run_folder / "default")
    machine.environment["DAGGER_PROGRESS"] = "plain"
    _, output, _ = machine.run("check")
    assert "progress=plain\n" in output


def test_what_is_made_while_a_pull_waits_is_shown_until_dagger_ends(machine: Machine) -> None:
    folder = machine.run_folder / "default"
    machine.engine(folder)
    log = folder / "making.log"
    log.write_text("airgap: made before\n")
    lines = (
        "sleep 0.5",
        f'echo "airgap: making trivy" >>"{log}"',
        "sleep 0.5",
        f'echo "airgap: done" >>"{log}"',
    )
    (machine.folder / "kept dagger").write_text("\n".join(("#!/bin/sh", *lines, "exit 3\n")))
    code, _, errors = machine.run("call", "scan")
    assert code == 3
    assert errors.endswith("airgap: making trivy\nairgap: done\n")
    assert "made before" not in errors
