"""The program that runs Airflow: copied output, hidden values, exit codes."""

import io
import json
import sys
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from ci.checks.run.programs import run
from ci.checks.run.programs.run import Output, mask_of

PYTHON = [sys.executable, "-c"]
CANARY = "c4nary/<of> mine"
REFUSED = (
    "could not create POSTGRES_USER or POSTGRES_DATABASE in the run's own server: "
    "ValueError: role *** is reserved DETAIL: ***"
)
NOTHING: dict[str, Any] = {"run_state": None, "tasks": [], "dags": {}, "import_errors": {}}


def test_values_are_hidden_in_each_form_and_short_ones_are_not() -> None:
    hidden = {
        "it is pa<ss&wörd!": "it is ***!",
        "it is pa%3Css%26w%C3%B6rd!": "it is ***!",
        '{"a": "pa<ss&w\\u00f6rd"}': '{"a": "***"}',
        "prefix and prefix-and-more": "*** and ***",
        "first and second+lines and second%20lines": "*** and *** and ***",
        "true 1": "true 1",
    }
    pattern = mask_of(["pa<ss&wörd", "prefix", "prefix-and-more", "first\nsecond lines", "true", "1", ""])
    assert {text: run.masked(text.encode(), pattern).decode() for text in hidden} == hidden
    assert mask_of(["", "abcd"]) is None
    assert run.masked(b"abcd", None) == b"abcd"


def test_output_is_passed_on_and_its_last_lines_are_kept_without_colours() -> None:
    target = io.BytesIO()
    output = Output(mask_of(["secret"]), target)
    output.copy(io.BytesIO(b"one secret\n\n\x1b[31mtwo\x1b[0m\nthree \xff"))
    assert target.getvalue() == b"one ***\n\n\x1b[31mtwo\x1b[0m\nthree \xff"
    assert list(output.tail) == ["one ***", "two", "three \ufffd"]


@pytest.mark.parametrize(
    ("program", "status"),
    [("pass", 0), ("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137)],
)
def test_the_exit_code_is_a_shells(program: str, status: int, tmp_path: Path) -> None:
    assert run.run([*PYTHON, program], {}, str(tmp_path), 60, Output(None, io.BytesIO())) == status


def test_a_command_gets_its_variables_and_folder_and_both_streams_are_passed_on(tmp_path: Path) -> None:
    target = io.BytesIO()
    program = "import os, sys; print(os.environ['A'], os.getcwd(), flush=True); print('2', file=sys.stderr)"
    run.run([*PYTHON, program], {"A": "1"}, str(tmp_path), 60, Output(None, target))
    assert target.getvalue().decode() == f"1 {tmp_path}\n2\n"


@pytest.mark.parametrize("stubborn", ["", "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "])
def test_a_command_that_takes_too_long_is_ended(
    stubborn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "GRACE", 0.05)
    program = f"{stubborn}import time; time.sleep(600)"
    assert run.run([*PYTHON, program], {}, str(tmp_path), 0.2, Output(None, io.BytesIO())) is None


def test_the_file_counts_more_than_the_image_and_less_than_what_is_fixed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("IMAGE", "image")
    monkeypatch.setenv("BOTH", "image")
    job = {"defaults": {"IMAGE": "default", "LEFT": "default"}, "fixed": {"FIXED": "fixed"}}
    env = run.environment(job, {"BOTH": "file", "FIXED": "file"})
    expected = {"IMAGE": "image", "BOTH": "file", "LEFT": "default", "FIXED": "fixed"}
    assert env.items() >= expected.items()


def ran(folder: Path, text: str, command: list[str]) -> tuple[int, Any]:
    """Run a command with a file of variables, and return exit code and result."""
    job = {
        "command": command,
        "dag": "load_customer",
        "task": "",
        "seconds": 60,
        "folder": str(folder),
        "reserved": ["PATH"],
        "defaults": {"POSTGRES_HOST": "postgres", "POSTGRES_USER": "airflow", "POSTGRES_DATABASE": "w"},
        "database": "postgresql://none",
        "fixed": {},
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    (folder / "env").write_text(text, encoding="utf-8")
    files = [str(folder / name) for name in ("job.json", "env", "result.json")]
    return run.main(*files), json.loads((folder / "result.json").read_text(encoding="utf-8"))


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Replace the database by an empty one that accepts every user."""
    monkeypatch.setattr(run, "connect", MagicMock())
    monkeypatch.setattr(run, "create_user_and_database", MagicMock())
    monkeypatch.setattr(run, "read_result", MagicMock(return_value=NOTHING))
    return monkeypatch


def test_a_malformed_file_is_an_error_and_nothing_is_run(tmp_path: Path) -> None:
    status, result = ran(tmp_path, "PATH=/\n", ["no such program"])
    problem = "--env-file: line 1 sets PATH, which belongs to the image: remove the line"
    assert (status, result) == (2, {"problems": [problem]})


def test_no_text_of_the_result_holds_a_value(database: pytest.MonkeyPatch, tmp_path: Path) -> None:
    database_result = {
        "run_state": "failed",
        "tasks": [{"id": "of_customer", "map_index": -1, "state": "failed"}],
        "dags": {"load_customer": ["of_customer"], "see_customer": []},
        "import_errors": {"/dags/customer.py": f"ValueError: bad token {CANARY} or {CANARY!r}"},
    }
    database.setattr(run, "read_result", MagicMock(return_value=database_result))
    # States are Airflow's own words, and the user knows the requested DAG.
    text = f"TOKEN='{CANARY}'\nNAME=customer\nEXPECTED=failed\n"
    status, result = ran(tmp_path, text, [*PYTHON, "import os; print(os.environ['TOKEN'])"])
    assert status == 0
    assert result == {
        "status": 0,
        "tail": ["***"],
        "run_state": "failed",
        "tasks": [{"id": "of_***", "map_index": -1, "state": "failed"}],
        "dags": {"load_customer": ["of_***"], "see_***": []},
        "import_errors": {"/dags/***.py": "ValueError: bad token *** or '***'"},
    }


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        ("connect", "could not start the run: ValueError: role *** is reserved DETAIL: ***"),
        ("create_user_and_database", f"{REFUSED}: choose other names, or set POSTGRES_HOST"),
    ],
)
def test_the_error_of_a_run_that_cannot_start_has_no_values(
    function: str,
    problem: str,
    database: pytest.MonkeyPatch,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    error = ValueError(f"role {CANARY} is reserved\nDETAIL:  {CANARY}\n")
    database.setattr(run, function, MagicMock(side_effect=error))
    assert ran(tmp_path, f"POSTGRES_USER='{CANARY}'\n", ["no such program"]) == (2, {"problems": [problem]})
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("database")
def test_a_missing_program_is_an_error(tmp_path: Path) -> None:
    status, result = ran(tmp_path, f"TOKEN='{CANARY}'\n", [f"/no/{CANARY}"])
    assert status == 2
    (problem,) = result["problems"]
    assert problem.startswith("could not start the run: FileNotFoundError: ")
    assert CANARY not in problem


def test_a_run_without_a_database_at_its_end_keeps_its_log(
    database: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    database.setattr(run, "read_result", MagicMock(side_effect=ValueError(f"{CANARY} is gone")))
    program = f"print('the end of {CANARY}'); raise SystemExit(7)"
    status, result = ran(tmp_path, f"TOKEN='{CANARY}'\n", [*PYTHON, program])
    last = "could not read the result of the run: ValueError: *** is gone"
    assert (status, result) == (7, {"status": 7, "tail": ["the end of ***", last]})
