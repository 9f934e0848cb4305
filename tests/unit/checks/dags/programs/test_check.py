"""Checks in an image: their results by the output of commands."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from ci.checks import report as report_module
from ci.checks.dags.programs import check as programs_check
from ci.checks.dags.programs.check import CheckResult
from ci.checks.dags.programs.commands import SECONDS, TIMED_OUT, CommandResult

Commands = list[tuple[list[str], int]]


Answer = Callable[[Callable[[list[str]], CommandResult]], Commands]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Answer:
    """Give a function that replaces commands by answers, and returns the list of commands."""
    monkeypatch.setenv("AIRFLOW_VERSION", "3.1.5")

    def answered(by: Callable[[list[str]], CommandResult]) -> Commands:
        commands: Commands = []

        def run(argv: list[str], uid: int, seconds: float = SECONDS) -> CommandResult:
            assert seconds >= SECONDS
            commands.append((argv, uid))
            return by(argv)

        monkeypatch.setattr(programs_check, "run", run)
        return commands

    return answered


def causes(result: CheckResult) -> list[object]:
    return [finding["cause"] for finding in result.findings]


def test_what_takes_too_long_is_no_conflict_of_packages(answer: Answer) -> None:
    answer(lambda _: CommandResult(TIMED_OUT, "", "took more than 180 s"))
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
    assert (response["parsed"], response["imported"], response["late"]) == ({}, None, False)
    result = report_module.CheckResult.model_validate(response["result"])
    assert [fact.detail for fact in result.facts] == ["airflow version and bash -c work as uid 12345, gid 0"]
    assert [finding.check for finding in result.findings] == ["entrypoint", "packages"]


@pytest.mark.parametrize("said", ["", "Killed", "[]", "null", '{"other": 1}', "5"])
@pytest.mark.parametrize(
    ("status", "problem", "late"),
    [(137, "exit code 137: out of memory", False), (TIMED_OUT, "out of memory", True)],
)
def test_a_program_that_ends_without_an_answer_is_a_problem(
    answer: Answer, said: str, status: int, problem: str, *, late: bool
) -> None:
    answer(lambda _: CommandResult(status, said, "out of memory"))
    imported = programs_check.check_imports([], [])
    assert imported == ({"failed": {}, "broken": {}, "problem": problem}, late)


def test_imports_are_a_program_whose_last_line_is_the_answer(
    answer: Answer, run_job: Callable[[object], dict[str, Any]]
) -> None:
    commands = answer(
        lambda _: CommandResult(0, 'noise\n{"failed": {"x": {}}, "broken": {}}\n', "more noise")
    )
    response = run_job({"imports": {"requirements": ["a==1", "b==2"], "names": ["x"]}})
    assert len(response.pop("run")) == 16
    assert response == {
        "imported": {"failed": {"x": {}}, "broken": {}, "problem": ""},
        "late": False,
        "parsed": {},
        "result": {"facts": [], "findings": []},
        "starts": 0,
    }
    ((argv, uid),) = commands
    assert (argv[:3], argv[4:], uid) == (["python", "-B", "-c"], ["a==1", "b==2", "--", "x"], 50000)
    assert "from programs import imports as program" in argv[3]


def test_a_parse_is_asked_for_all_types_at_once(
    monkeypatch: pytest.MonkeyPatch, run_job: Callable[[object], dict[str, Any]]
) -> None:
    parsed = {"a": {"problem": "x"}}
    parse_types = MagicMock(return_value=(parsed, True, 1))
    monkeypatch.setattr(programs_check, "parse_types", parse_types)
    job = {"role": "worker", "environment": "sha256:0", "seconds": {"a": 2.0}}
    response = run_job({"parse": job})
    assert (response["parsed"], response["late"], response["starts"]) == (parsed, True, 1)
    parse_types.assert_called_once_with(**job)
