"""A process that answers one question after another: what it is asked, and how it ends."""

import sys
from collections.abc import Callable, Iterator
from unittest.mock import MagicMock

import pytest

from ci.checks.dags.programs import airflow_process
from ci.checks.dags.programs.airflow_process import Airflow
from ci.checks.dags.programs.commands import TIMED_OUT, CommandResult

ANSWER = "print('\\n' + json.dumps({'files': [question], 'patterns': [], 'problem': ''}), flush=True)"
Program = Callable[[str], Airflow]


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> Iterator[Program]:
    """Give a function that lets lines of Python take the place of the program, for each question."""
    made: list[Airflow] = []

    def replaced(lines: str) -> Airflow:
        code = f"import json, sys, time\nprint('noise')\nfor question in map(json.loads, sys.stdin):\n{lines}"
        monkeypatch.setattr(airflow_process, "program", MagicMock(return_value=[sys.executable, "-c", code]))
        monkeypatch.setattr(airflow_process, "options", MagicMock(return_value={}))
        made.append(Airflow())
        return made[-1]

    yield replaced
    for each in made:
        each.close()


def test_one_process_answers_all_questions(program: Program) -> None:
    airflow = program(f"    print('[]')\n    print('{{}}')\n    {ANSWER}")
    for role in ("worker", "scheduler"):
        answer = airflow.ask(role, 2.5, 60)
        assert answer == {"files": [{"role": role, "seconds": 2.5}], "patterns": [], "problem": ""}
    assert airflow.starts == 1


def test_a_process_that_ended_is_told_and_the_next_question_starts_another(program: Program) -> None:
    airflow = program(f"    if question['seconds'] == 1:\n        sys.exit('out of memory')\n    {ANSWER}")
    answers = [airflow.ask("worker", seconds, 60) for seconds in (1, 2, 1, 1)]
    ended = [answer.ended for answer in answers if isinstance(answer, CommandResult)]
    assert ended == ["exit code 1: out of memory"] * 3
    assert airflow.starts == 3  # the second and the third question have one


def test_a_process_that_takes_too_long_is_killed(program: Program) -> None:
    airflow = program("    time.sleep(60)")
    answer = airflow.ask("worker", 2, 0.2)
    assert isinstance(answer, CommandResult)
    assert (answer.status, answer.tail.partition(" (")[0]) == (TIMED_OUT, "took more than 0.2 s")


def test_an_image_without_python_is_told(monkeypatch: pytest.MonkeyPatch, program: Program) -> None:
    airflow = program("")
    monkeypatch.setattr(airflow_process, "program", MagicMock(return_value=["/nothing/of/that/name"]))
    answer = airflow.ask("worker", 2, 60)
    assert isinstance(answer, CommandResult)
    assert "/nothing/of/that/name" in answer.ended
