"""Commands of an image: the user they run as, their limits, and how they ended."""

import subprocess
import sys
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from ci.checks.dags.programs import commands
from ci.checks.dags.programs.commands import CommandResult


def test_the_tail_is_the_end_of_the_output_errors_first() -> None:
    tails = {("output", "a\n\n"): "a", ("output\n", "  \n"): "output", ("", ""): ""}
    tails["", "\n".join("abcdefghij")] = "\n".join("cdefghij")
    assert {said: CommandResult(1, *said).tail for said in tails} == tails


def test_a_command_runs_as_the_user_in_group_0_and_without_a_status_of_its_own_gets_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = commands.run(["/nothing/of/that/name"], 12345)
    assert (command.status, bool(command.errors)) == (126, True)
    process = MagicMock()
    process.return_value.__enter__.return_value = process.return_value
    process.return_value.configure_mock(pid=1, returncode=3)
    communicate = process.return_value.communicate
    communicate.return_value = "out", "err"
    monkeypatch.setattr(subprocess, "Popen", process)
    assert commands.run(["x"], 12345) == CommandResult(3, "out", "err")
    assert process.call_args.kwargs.items() >= {"user": 12345, "group": 0, "extra_groups": []}.items()
    communicate.side_effect = subprocess.TimeoutExpired("sleep", 1)
    overdue = MagicMock(side_effect=[-5, -5, -5, 0, 0])
    monkeypatch.setattr(commands.clock, "overdue", overdue)
    late = commands.run(["sleep"], 0)
    assert (late.status, late.tail.partition(" (")[0]) == (124, "took more than 180 s")
    assert communicate.call_count == 3


@pytest.mark.parametrize(
    ("variable", "exists", "expected"),
    [("", False, {"AIRFLOW_CONFIG": "/tmp/airflow-5.cfg"}), ("", True, {}), ("/etc/airflow.cfg", False, {})],  # noqa: S108
)
def test_an_image_keeps_the_configuration_that_it_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, expected: dict[str, str], *, exists: bool
) -> None:
    monkeypatch.setenv("AIRFLOW_HOME", str(tmp_path))
    monkeypatch.setenv("AIRFLOW_CONFIG", variable)
    if exists:
        (tmp_path / "airflow.cfg").touch()
    assert commands.own_configuration(5) == expected


def test_a_program_starts_with_nothing_of_ours_on_its_path(tmp_path: Path) -> None:
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs/__init__.py").touch()
    text = "import sys\ndef main(arguments):\n    print(arguments, PLACE in sys.path, '' in sys.path)\n"
    (tmp_path / "programs/sample.py").write_text(text.replace("PLACE", repr(str(tmp_path))))
    start = commands.START.format("sample").replace(repr(commands.PROGRAMS), repr(str(tmp_path)))
    command = [sys.executable, "-c", start, "a", "b"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
    assert done.stdout == "['a', 'b'] False False\n"
