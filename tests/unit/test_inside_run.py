"""The program that runs Airflow: what it passes on, what it hides, how it ends."""

import io
import json
import sys
from pathlib import Path

import pytest

from ci.inside import run
from ci.inside.run import Output, mask_of

PYTHON = [sys.executable, "-c"]


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


def test_a_malformed_file_is_told_and_nothing_is_run(tmp_path: Path) -> None:
    (tmp_path / "job.json").write_text(json.dumps({"reserved": ["PATH"]}), encoding="utf-8")
    (tmp_path / "env").write_text("PATH=/\n", encoding="utf-8")
    files = [str(tmp_path / name) for name in ("job.json", "env", "result.json")]
    assert run.main(*files) == 2
    told = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))
    assert told == {"problems": ["line 1 sets PATH, which belongs to the image: remove the line"]}
