"""Checks in an image: their results by the output of commands."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from ci.checks import report as report_module
from ci.checks.dags.programs import check as programs_check
from ci.checks.dags.programs.check import CheckResult, CommandResult

Commands = list[tuple[list[str], int]]


Answer = Callable[[Callable[[list[str]], CommandResult]], Commands]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Give a function that replaces commands by answers, and returns the list of commands."""
    monkeypatch.setenv("AIRFLOW_VERSION", "3.1.5")

    def answered(by: Callable[[list[str]], CommandResult]) -> Commands:
        commands: Commands = []

        def run(argv: list[str], uid: int, seconds: float = programs_check.SECONDS) -> CommandResult:
            assert seconds >= programs_check.SECONDS
            commands.append((argv, uid))
            return by(argv)

        monkeypatch.setattr(programs_check, "run", run)
        return commands

    return answered


def causes(result: CheckResult) -> list[object]:
    return [finding["cause"] for finding in result.findings]


def test_the_tail_is_the_end_of_the_output_errors_first() -> None:
    tails = {("output", "a\n\n"): "a", ("output\n", "  \n"): "output", ("", ""): ""}
    tails["", "\n".join("abcdefghij")] = "\n".join("cdefghij")
    assert {said: CommandResult(1, *said).tail for said in tails} == tails


def test_a_command_runs_as_the_user_in_group_0_and_without_a_status_of_its_own_gets_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    command = programs_check.run(["/nothing/of/that/name"], 12345)
    assert (command.status, bool(command.errors)) == (126, True)
    process = MagicMock()
    process.return_value.__enter__.return_value = process.return_value
    process.return_value.configure_mock(pid=1, returncode=3)
    communicate = process.return_value.communicate
    communicate.return_value = "out", "err"
    monkeypatch.setattr(subprocess, "Popen", process)
    assert programs_check.run(["x"], 12345) == CommandResult(3, "out", "err")
    assert process.call_args.kwargs.items() >= {"user": 12345, "group": 0, "extra_groups": []}.items()
    communicate.side_effect = subprocess.TimeoutExpired("sleep", 1)
    overdue = MagicMock(side_effect=[-5, -5, -5, 0, 0])
    monkeypatch.setattr(programs_check.clock, "overdue", overdue)
    late = programs_check.run(["sleep"], 0)
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
    assert programs_check.own_configuration(5) == expected


def test_the_more_dag_files_the_longer_a_parse_may_take(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = MagicMock(return_value=CommandResult(0, "", ""))
    monkeypatch.setattr(programs_check, "run", run)
    monkeypatch.setattr(programs_check, "DAGS", str(tmp_path))
    programs_check.parse_dags("worker", 2)
    (tmp_path / "deep").mkdir()
    for name in ("a.py", "deep/b.zip", "c.csv"):
        (tmp_path / name).touch()
    programs_check.parse_dags("worker", 2)
    assert [made.args[2] for made in run.call_args_list] == [180, 180 + 2 * (400 + 6 * 2)]


def test_programs_are_started_with_arguments_and_their_last_line_is_the_answer(answer: Answer) -> None:
    imports = answer(lambda _: CommandResult(0, 'noise\n{"failed": {"x": {}}, "broken": {}}\n', "more noise"))
    imported: dict[str, object] = {"failed": {"x": dict[str, str]()}, "broken": {}, "problem": ""}
    assert programs_check.check_imports(["a==1", "b==2"], ["x"]) == (imported, False)
    parse = answer(
        lambda _: CommandResult(0, '{"files": [{"late": true}], "patterns": [], "problem": ""}', "")
    )
    parsed = {"files": [{"late": True}], "patterns": [], "problem": ""}
    assert programs_check.parse_dags("scheduler", 1.5) == (parsed, True)
    expected = {"imports": ["a==1", "b==2", "--", "x"], "parse": ["scheduler", "1.5"]}
    for (name, arguments), ((argv, uid),) in zip(expected.items(), (imports, parse), strict=True):
        assert (argv[:3], argv[4:], uid) == (["python", "-B", "-c"], arguments, 50000)
        assert f"from programs import {name} as program" in argv[3]


def test_a_program_starts_with_nothing_of_ours_on_its_path(tmp_path: Path) -> None:
    (tmp_path / "programs").mkdir()
    (tmp_path / "programs/__init__.py").touch()
    text = "import sys\ndef main(arguments):\n    print(arguments, PLACE in sys.path, '' in sys.path)\n"
    (tmp_path / "programs/sample.py").write_text(text.replace("PLACE", repr(str(tmp_path))))
    start = programs_check.START.format("sample").replace(repr(programs_check.PROGRAMS), repr(str(tmp_path)))
    command = [sys.executable, "-c", start, "a", "b"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=30)
    assert done.stdout == "['a', 'b'] False False\n"


@pytest.mark.parametrize("said", ["", "Killed", "[]", "null", '{"other": 1}', "5"])
@pytest.mark.parametrize(
    ("status", "problem", "late"),
    [(137, "exit code 137: out of memory", False), (programs_check.TIMED_OUT, "out of memory", True)],
)
def test_a_program_that_ends_without_an_answer_is_a_problem(
    answer: Answer, said: str, status: int, problem: str, *, late: bool
) -> None:
    answer(lambda _: CommandResult(status, said, "out of memory"))
    imported, parsed = programs_check.check_imports([], []), programs_check.parse_dags("worker", 2)
    assert imported == ({"failed": {}, "broken": {}, "problem": problem}, late)
    assert parsed == ({"files": [], "patterns": [], "problem": problem}, late)


def test_what_takes_too_long_is_no_conflict_of_packages(answer: Answer) -> None:
    answer(lambda _: CommandResult(programs_check.TIMED_OUT, "", "took more than 180 s"))
    result = programs_check.check_environment()
    assert (causes(result), result.late) == (["pip check took more than 180 s"], True)
    assert "pin" not in str(result.findings[0]["remedy"])


@pytest.mark.parametrize(
    ("command", "facts", "expected"),
    [
        (CommandResult(0, "No broken requirements", ""), ["pip check finds no conflict"], []),
        (CommandResult(1, "a needs b\nc needs d\n", "warning"), [], ["a needs b", "c needs d"]),
        (CommandResult(1, "", "no module named pip"), [], ["no module named pip"]),
        (CommandResult(-9, "", ""), [], ["pip check: exit code -9"]),
    ],
)
def test_each_conflict_of_the_environment_is_a_finding(
    answer: Answer, command: CommandResult, facts: list[str], expected: list[str]
) -> None:
    answer(lambda _: command)
    result = programs_check.check_environment()
    assert causes(result) == expected
    assert result.facts == [{"check": "packages", "told": fact} for fact in facts]


def entrypoint(argv: list[str]) -> CommandResult:
    return CommandResult(0, "banner\n3.1.5\n" if "version" in argv else "12345\n", "")


def test_an_entrypoint_works_for_the_expected_user(answer: Answer) -> None:
    commands = answer(entrypoint)
    result = programs_check.check_entrypoint(["/usr/bin/dumb-init", "--", "/entrypoint"], 12345)
    detail = "airflow version and bash -c work as uid 12345, gid 0"
    assert result.facts == [{"check": "entrypoint", "told": detail}]
    assert all(argv[:3] == ["/usr/bin/dumb-init", "--", "/entrypoint"] for argv, _ in commands)
    assert {uid for _, uid in commands} == {12345}
    assert "/opt/airflow/.written-12345" in commands[1][0][-1]  # no two users write the same file
    (cause,) = causes(programs_check.check_entrypoint([], 50000))
    assert str(cause).startswith("bash -c as uid 50000, gid 0: exit code 0, expected '50000'")


def test_an_entrypoint_that_fails_is_a_finding(answer: Answer) -> None:
    for status, output, errors in ((1, "3.1.5", "Permission denied"), (0, "2.0.0", ""), (0, "", "")):
        command = CommandResult(status, output, errors)
        answer(lambda argv, command=command: command if "version" in argv else entrypoint(argv))
        result = programs_check.check_entrypoint([], 12345)
        expected = f"exit code {status}, expected '3.1.5' on its last line: {errors or output}"
        assert causes(result) == [f"airflow version as uid 12345, gid 0: {expected}"]
        assert result.facts == []


@pytest.fixture
def run_job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[object], dict[str, Any]]:
    """Give a function that runs the program on a job, and reads its answer."""
    cut_network = MagicMock()
    monkeypatch.setattr(programs_check, "cut_network", cut_network)

    def made(job: object) -> dict[str, Any]:
        (tmp_path / "job.json").write_text(json.dumps(job))
        assert programs_check.main(str(tmp_path / "job.json"), str(tmp_path / "answer.json")) == 0
        cut_network.assert_called_once()
        return json.loads((tmp_path / "answer.json").read_text())

    return made


def test_all_checks_of_an_environment_make_one_result_that_the_module_reads(
    answer: Answer, run_job: Callable[[object], dict[str, Any]]
) -> None:
    answer(lambda argv: entrypoint(argv) if "/entrypoint" in argv else CommandResult(1, "", "failed"))
    response = run_job({"environment": {"entrypoint": ["/entrypoint"]}})
    assert (response["parsed"], response["imported"], response["late"]) == (None, None, False)
    result = report_module.CheckResult.model_validate(response["result"])
    assert [fact.detail for fact in result.facts] == ["airflow version and bash -c work as uid 12345, gid 0"]
    assert [finding.check for finding in result.findings] == ["entrypoint", "packages"]


@pytest.mark.parametrize(
    ("job", "part", "told"),
    [
        (
            {"parse": {"role": "worker", "seconds": 2}},
            "parsed",
            {"files": [], "patterns": [], "problem": "x"},
        ),
        ({"imports": {"requirements": [], "names": []}}, "imported", {"failed": {}, "broken": {}}),
    ],
)
def test_a_job_may_be_one_program_alone(
    answer: Answer,
    run_job: Callable[[object], dict[str, Any]],
    job: object,
    part: str,
    told: dict[str, object],
) -> None:
    commands = answer(lambda _: CommandResult(0, json.dumps(told), ""))
    response = run_job(job)
    assert response.pop(part) == {"problem": "", **told}
    result: dict[str, list[object]] = {"facts": [], "findings": []}
    other = ({"parsed", "imported"} - {part}).pop()
    assert response == {"result": result, "late": False, other: None}
    assert len(commands) == 1
