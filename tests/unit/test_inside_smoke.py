"""Smoke tests: what each check makes of what a command said."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from ci.inside import smoke
from ci.inside.smoke import Outcome, Ran
from ci.report import Report

Commands = list[tuple[list[str], int]]


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[list[str]], Ran]], Commands]:
    """Give a function that puts answers in place of commands, and returns the list of what will be run."""

    def answered(by: Callable[[list[str]], Ran]) -> Commands:
        commands: Commands = []

        def run(argv: list[str], uid: int) -> Ran:
            commands.append((argv, uid))
            return by(argv)

        monkeypatch.setattr(smoke, "run", run)
        return commands

    return answered


Answer = Callable[[Callable[[list[str]], Ran]], Commands]


def causes(outcome: Outcome) -> list[object]:
    return [finding["cause"] for finding in outcome.findings]


def test_the_tail_is_the_end_of_what_was_said_errors_first() -> None:
    assert Ran(1, "output", "a\n\n").tail == "a"
    assert Ran(1, "output\n", "  \n").tail == "output"
    assert Ran(1, "", "").tail == ""
    assert Ran(1, "", "\n".join(map(str, range(20)))).tail.splitlines() == [
        str(number) for number in range(12, 20)
    ]


def test_a_command_that_cannot_start_is_told() -> None:
    ran = smoke.run(["/nothing/of/that/name"], 12345)
    assert ran.status == 126
    assert ran.errors


def test_a_command_that_takes_too_long_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_long(*_: object, **__: object) -> NoReturn:
        raise subprocess.TimeoutExpired("sleep", 1)

    monkeypatch.setattr(subprocess, "run", too_long)
    assert smoke.run(["sleep"], 0) == Ran(124, "", f"took more than {smoke.SECONDS} s")


@pytest.mark.parametrize(("uid", "check"), [(50000, 50000), (12345, 12345)])
def test_a_command_runs_as_the_user_in_group_0(monkeypatch: pytest.MonkeyPatch, uid: int, check: int) -> None:
    given: dict[str, Any] = {}

    def run(argv: list[str], **options: object) -> subprocess.CompletedProcess[str]:
        given.update(options)
        return subprocess.CompletedProcess(argv, 3, "out", "err")

    monkeypatch.setattr(subprocess, "run", run)
    assert smoke.run(["x"], uid) == Ran(3, "out", "err")
    assert (given["user"], given["group"], given["extra_groups"]) == (check, 0, [])


def test_a_program_beside_is_asked_and_its_last_line_taken(answer: Answer) -> None:
    commands = answer(lambda _: Ran(0, 'noise\n{"facts": ["f"], "findings": []}\n', "more noise"))
    assert smoke.check_dags() == Outcome(facts=["f"])
    assert smoke.check_imports(["a==1", "b==2"]).facts == ["f"]
    (parse, parse_uid), (imports, imports_uid) = commands
    assert parse[-2:] == [str(smoke.HERE / "parse.py"), "/opt/airflow/dags"]
    assert imports[-3:] == [str(smoke.HERE / "imports.py"), "a==1", "b==2"]
    assert (parse_uid, imports_uid) == (50000, 50000)


@pytest.mark.parametrize("said", ["", "Killed", "[]", "null", '{"other": 1}', "5"])
def test_a_program_that_ends_without_an_outcome_is_a_finding(answer: Answer, said: str) -> None:
    answer(lambda _: Ran(137, said, "out of memory"))
    assert causes(smoke.check_dags()) == ["exit code 137: out of memory"]


def test_a_sound_environment_is_a_fact(answer: Answer) -> None:
    answer(lambda _: Ran(0, "No broken requirements found.", ""))
    assert smoke.check_environment() == Outcome(facts=["packages: pip check finds no conflict"])


@pytest.mark.parametrize(
    ("ran", "told"),
    [
        (Ran(1, "a needs b\nc needs d\n", "warning"), ["a needs b", "c needs d"]),
        (Ran(1, "", "no module named pip"), ["no module named pip"]),
        (Ran(-9, "", ""), ["pip check: exit code -9"]),
    ],
)
def test_each_conflict_of_the_environment_is_a_finding(answer: Answer, ran: Ran, told: list[str]) -> None:
    answer(lambda _: ran)
    outcome = smoke.check_environment()
    assert causes(outcome) == told
    assert outcome.facts == []


def entrypoint(argv: list[str]) -> Ran:
    return Ran(0, "banner\n3.1.5\n" if "version" in argv else "12345\n", "")


def test_an_entrypoint_that_works_is_a_fact(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_VERSION", "3.1.5")
    commands = answer(entrypoint)
    outcome = smoke.check_entrypoint(["/usr/bin/dumb-init", "--", "/entrypoint"], 12345)
    assert outcome.facts == ["entrypoint: airflow version and bash -c work as uid 12345, gid 0"]
    assert all(argv[:3] == ["/usr/bin/dumb-init", "--", "/entrypoint"] for argv, _ in commands)
    assert {uid for _, uid in commands} == {12345}


@pytest.mark.parametrize(
    ("ran", "told"),
    [
        (
            Ran(1, "3.1.5", "Permission denied"),
            "exit code 1, expected '3.1.5' on its last line: Permission denied",
        ),
        (Ran(0, "2.0.0", ""), "exit code 0, expected '3.1.5' on its last line: 2.0.0"),
        (Ran(0, "", ""), "exit code 0, expected '3.1.5' on its last line: "),
    ],
)
def test_an_entrypoint_that_fails_is_a_finding(
    answer: Answer, monkeypatch: pytest.MonkeyPatch, ran: Ran, told: str
) -> None:
    monkeypatch.setenv("AIRFLOW_VERSION", "3.1.5")
    answer(lambda argv: ran if "version" in argv else entrypoint(argv))
    outcome = smoke.check_entrypoint([], 12345)
    assert causes(outcome) == [f"airflow version as uid 12345, gid 0: {told}"]
    assert outcome.facts == []


def test_another_user_than_the_wanted_one_is_a_finding(
    answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_VERSION", "3.1.5")
    answer(entrypoint)
    (cause,) = causes(smoke.check_entrypoint([], 50000))
    assert str(cause).startswith("bash -c as uid 50000, gid 0: exit code 0, expected '50000'")


def test_all_checks_make_one_report_that_the_module_reads(
    answer: Answer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AIRFLOW_VERSION", "3.1.5")
    monkeypatch.setattr(smoke, "cut_network", lambda: None)
    answer(
        lambda argv: (
            entrypoint(argv) if "/entrypoint" in argv else Ran(1, "", f"{Path(argv[-1]).name} failed")
        )
    )
    (tmp_path / "wanted.json").write_text(
        json.dumps({"requirements": ["a==1"], "entrypoint": ["/entrypoint"]})
    )
    assert smoke.main(str(tmp_path / "wanted.json"), str(tmp_path / "report.json")) == 0
    report = Report.model_validate_json((tmp_path / "report.json").read_text())
    assert report.facts == ("entrypoint: airflow version and bash -c work as uid 12345, gid 0",)
    assert [finding.check for finding in report.findings] == ["dags", "imports", "entrypoint", "packages"]
