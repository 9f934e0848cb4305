"""The program that runs Airflow: what it passes on, what it hides, how it ends."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ci.checks.run.programs import run
from ci.checks.run.programs.metadata import URL
from ci.checks.run.programs.run import Output, mask_of

PYTHON = [sys.executable, "-c"]
CANARY = "c4nary/<of> mine"
REFUSED = "can't be made in the run's own server: ValueError: role *** is reserved DETAIL: ***"
NOTHING: dict[str, Any] = {"run": None, "tasks": [], "dags": {}, "broken": {}}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("it is pa<ss&wörd!", "it is ***!"),
        ("it is pa%3Css%26w%C3%B6rd!", "it is ***!"),
        ('{"a": "pa<ss&w\\u00f6rd"}', '{"a": "***"}'),
        ("prefix and prefix-and-more", "*** and ***"),
        ("first and second", "*** and ***"),
        ("true 1", "true 1"),
    ],
)
def test_values_are_hidden_in_each_form_and_short_ones_are_not(said: str, shown: str) -> None:
    pattern = mask_of(["pa<ss&wörd", "prefix", "prefix-and-more", "first\nsecond", "true", "1", ""])
    assert run.masked(said.encode(), pattern).decode() == shown


def test_without_values_nothing_is_hidden() -> None:
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
def test_what_takes_too_long_is_ended(stubborn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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
    found = {name: env[name] for name in ("IMAGE", "BOTH", "LEFT", "FIXED")}
    assert found == {"IMAGE": "image", "BOTH": "file", "LEFT": "default", "FIXED": "fixed"}


def ran(folder: Path, text: str, command: list[str]) -> tuple[int, Any]:
    """The exit code and the result of a run with a file of variables."""
    job = {
        "command": command,
        "dag": "load_customer",
        "task": "",
        "seconds": 60,
        "folder": str(folder),
        "reserved": ["PATH"],
        "defaults": {"POSTGRES_HOST": "postgres", "POSTGRES_USER": "airflow", "POSTGRES_DATABASE": "w"},
        "fixed": {URL: "postgresql://none"},
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    (folder / "env").write_text(text, encoding="utf-8")
    files = [str(folder / name) for name in ("job.json", "env", "result.json")]
    return run.main(*files), json.loads((folder / "result.json").read_text(encoding="utf-8"))


def gives(value: object) -> Callable[..., object]:
    """A function that only gives a value."""

    def give(*_: object) -> object:
        return value

    return give


def raises(error: Exception) -> Callable[..., Any]:
    """A function that only fails."""

    def fail(*_: object) -> None:
        raise error

    return fail


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A database that takes anyone, and knows nothing; for what else it says, replace its functions."""
    monkeypatch.setattr(run, "connect", gives(None))
    monkeypatch.setattr(run, "admit", gives(None))
    monkeypatch.setattr(run, "came_of", gives(NOTHING))
    return monkeypatch


def test_a_malformed_file_is_told_and_nothing_is_run(tmp_path: Path) -> None:
    status, told = ran(tmp_path, "PATH=/\n", ["no such program"])
    problem = "--env-file: line 1 sets PATH, which belongs to the image: remove the line"
    assert (status, told) == (2, {"problems": [problem]})


def test_no_text_of_the_result_holds_a_value(database: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = {
        "run": "failed",
        "tasks": [{"id": "of_customer", "map_index": -1, "state": "failed"}],
        "dags": {"load_customer": ["of_customer"], "see_customer": []},
        "broken": {"/dags/customer.py": f"ValueError: bad token {CANARY} or {CANARY!r}"},
    }
    database.setattr(run, "came_of", gives(found))
    # The states are Airflow's own words, and who asked for the DAG knows its name.
    text = f"TOKEN='{CANARY}'\nNAME=customer\nEXPECTED=failed\n"
    status, told = ran(tmp_path, text, [*PYTHON, "import os; print(os.environ['TOKEN'])"])
    assert status == 0
    assert told == {
        "status": 0,
        "late": False,
        "tail": ["***"],
        "run": "failed",
        "tasks": [{"id": "of_***", "map_index": -1, "state": "failed"}],
        "dags": {"load_customer": ["of_***"], "see_***": []},
        "broken": {"/dags/***.py": "ValueError: bad token *** or '***'"},
    }


@pytest.mark.parametrize(
    ("function", "told"),
    [
        ("connect", "the run can't be started: ValueError: role *** is reserved DETAIL: ***"),
        (
            "admit",
            f"POSTGRES_USER or POSTGRES_DATABASE {REFUSED}: choose other names, or set POSTGRES_HOST",
        ),
    ],
)
def test_what_stops_a_run_is_told_without_values(
    function: str, told: str, database: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    database.setattr(run, function, raises(ValueError(f"role {CANARY} is reserved\nDETAIL:  {CANARY}\n")))
    assert ran(tmp_path, f"POSTGRES_USER='{CANARY}'\n", ["no such program"]) == (2, {"problems": [told]})
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("database")
def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    status, told = ran(tmp_path, f"TOKEN='{CANARY}'\n", [f"/no/{CANARY}"])
    assert status == 2
    (problem,) = told["problems"]
    assert problem.startswith("the run can't be started: FileNotFoundError: ")
    assert CANARY not in problem


def test_a_run_that_leaves_no_database_behind_keeps_its_end(
    database: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    database.setattr(run, "came_of", raises(ValueError(f"{CANARY} is gone")))
    program = f"print('the end of {CANARY}'); raise SystemExit(7)"
    status, told = ran(tmp_path, f"TOKEN='{CANARY}'\n", [*PYTHON, program])
    last = "what came of the run can't be read: ValueError: *** is gone"
    assert (status, told) == (7, {"status": 7, "late": False, "tail": ["the end of ***", last]})
