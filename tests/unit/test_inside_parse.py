"""What is told of a DAG file that can't be imported: its line, the cause, and what to do."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ci.inside import parse
from ci.inside.parse import cause_of, line_of, looks_like_dag_file, remedy_for

DAG_FILE = "/opt/airflow/dags/api/dag.py"
GOOGLE = "the package that provides 'google.cloud' in the type's pyproject.toml and lock"
TRACEBACK = f"""Traceback (most recent call last):
  File "/home/airflow/.local/lib/python/site-packages/airflow/importer.py", line 99, in load
  File "{DAG_FILE}", line 3, in <module>
    import helper
  File "{DAG_FILE}", line 12, in extract
  File "/opt/airflow/dags/api/dag.py.bak", line 40, in extract
ModuleNotFoundError: No module named 'simple_salesforce'
"""


def test_the_line_is_the_last_one_in_the_dag_file_itself() -> None:
    assert line_of(TRACEBACK, DAG_FILE) == 12


@pytest.mark.parametrize("text", ["", "SyntaxError: x", 'File "/other.py", line 3'])
def test_without_a_line_in_the_dag_file_it_is_zero(text: str) -> None:
    assert line_of(text, DAG_FILE) == 0


def test_a_name_is_no_pattern() -> None:
    assert line_of('File "/dags/aXpy", line 3', "/dags/a.py") == 0
    assert line_of('File "/dags/a+(1).py", line 3', "/dags/a+(1).py") == 3


def test_the_cause_is_the_last_line_that_says_something() -> None:
    assert cause_of(TRACEBACK + "\n  \n") == "ModuleNotFoundError: No module named 'simple_salesforce'"


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_the_cause_of_nothing_is_unknown(text: str) -> None:
    assert cause_of(text) == "unknown"


@pytest.mark.parametrize(
    ("cause", "remedy"),
    [
        ("ModuleNotFoundError: No module named 'google.cloud'", f"pin {GOOGLE}, or list its file in scripts"),
        ("SyntaxError: invalid syntax", "correct the line"),
        ("IndentationError: unexpected indent", "correct the line"),
        ("KeyError: 'TOKEN'", "make the file importable without network, database and secrets"),
    ],
)
def test_each_cause_has_its_remedy(cause: str, remedy: str) -> None:
    assert remedy_for(cause) == remedy


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("from airflow.sdk import DAG", True),
        ("from AIRFLOW.sdk import dag", True),
        ("from airflow.sdk import asset", True),
        ("import airflow", False),
        ("a dag of another kind", False),
        ("", False),
    ],
)
def test_a_file_looks_like_a_dag_file_by_its_words(tmp_path: Path, content: str, *, expected: bool) -> None:
    file = tmp_path / "file.py"
    file.write_text(content)
    assert looks_like_dag_file(str(file)) is expected


def test_an_archive_always_looks_like_a_dag_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "dags.zip", "w") as archive:
        archive.writestr("code.py", "nothing to see")
    assert looks_like_dag_file(str(tmp_path / "dags.zip"))


class Bag:
    """Stands for Airflow's DagBag: a file's first line is the DAG it defines, or the error it fails with."""

    def __init__(self, dag_folder: str, **_: object) -> None:
        text = Path(dag_folder).read_text()
        self.import_errors = {dag_folder: text} if "Error" in text else {}
        first = text.partition("\n")[0]
        self.dags = {first: object()} if first and not self.import_errors else {}


@pytest.fixture
def outcome(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """Give a function that parses DAG files, given as name and content, and reads what it prints last."""

    def python_files(folder: Path) -> list[str]:
        return sorted(map(str, folder.rglob("*.py")))

    monkeypatch.setattr(parse, "dag_bag", lambda: Bag)
    monkeypatch.setattr(parse, "python_files", python_files)

    def parsed(**files: str) -> Any:  # noqa: ANN401 - JSON
        for name, content in files.items():
            (tmp_path / f"{name}.py").write_text(content)
        assert parse.main(str(tmp_path)) == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    return parsed


def test_sound_files_are_counted_with_their_dags(outcome: Callable[..., Any]) -> None:
    assert outcome(a="extract\nairflow dag", b="load\nairflow dag", helpers="") == {
        "facts": ["dags: extract, load in 3 Python files"],
        "findings": [],
    }


def test_every_file_that_fails_is_told(outcome: Callable[..., Any]) -> None:
    found = outcome(a="SyntaxError: one", b="extract\nairflow dag", c="KeyError: 'two'")
    assert found["facts"] == []
    told = [(each["file"], each["cause"]) for each in found["findings"]]
    assert told == [("dags/a.py", "SyntaxError: one"), ("dags/c.py", "KeyError: 'two'")]


def test_a_dag_that_a_scheduler_would_skip_is_told(outcome: Callable[..., Any]) -> None:
    (finding,) = outcome(a="extract")["findings"]
    assert finding["cause"] == "has a DAG, but not the words 'airflow' and 'dag'"


def test_a_dag_file_without_a_dag_is_told(outcome: Callable[..., Any]) -> None:
    (finding,) = outcome(a="\nfrom airflow import dag")["findings"]
    assert (finding["file"], finding["line"], finding["cause"]) == ("dags/a.py", 1, "defines no DAG")


@pytest.mark.parametrize(("files", "count"), [({}, 0), ({"helpers": ""}, 1)])
def test_a_folder_without_any_dag_is_told(
    outcome: Callable[..., Any], files: dict[str, str], count: int
) -> None:
    (finding,) = outcome(**files)["findings"]
    assert finding["cause"] == f"{count} Python files, none with a DAG"
