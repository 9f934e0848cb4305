"""The text of a DAG file, and of a traceback: lines, causes, imports."""

from pathlib import Path

import pytest

from ci.inside import dagfile
from ci.inside.dagfile import cause_of, line_of, line_of_name, statement_at

DAG_FILE = "/opt/airflow/dags/api/dag.py"
TRACEBACK = f"""Traceback (most recent call last):
  File "/home/airflow/.local/lib/python/site-packages/airflow/importer.py", line 99, in load
  File "{DAG_FILE}", line 3, in <module>
    import helper
  File "{DAG_FILE}", line 12, in extract
  File "/opt/airflow/dags/api/dag.py.bak", line 40, in extract
ModuleNotFoundError: No module named 'simple_salesforce'
"""
GROUP = f"""  + Exception Group Traceback (most recent call last):
  |   File "{DAG_FILE}", line 3, in <module>
  |     raise ExceptionGroup("many", [ValueError("a"), KeyError("b")])
  | ExceptionGroup: many (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | ValueError: a
    +---------------- 2 ----------------
    | Traceback (most recent call last):
    |   File "{DAG_FILE}", line 9, in f
    | KeyError: 'b'
    +------------------------------------
"""
SOURCE = """import os
from scripts.tool import (
    one,
    two,
)

with DAG("load"):
    Operator(task_id="group.first")

@dag
def extract():
    @task
    def second(): ...
"""


def test_the_line_is_the_last_one_in_the_dag_file_itself() -> None:
    assert line_of(TRACEBACK, DAG_FILE) == 12


@pytest.mark.parametrize("text", ["", "SyntaxError: x", 'File "/other.py", line 3'])
def test_without_a_line_in_the_dag_file_it_is_zero(text: str) -> None:
    assert line_of(text, DAG_FILE) == 0


def test_a_name_is_no_pattern() -> None:
    assert line_of('File "/dags/aXpy", line 3', "/dags/a.py") == 0
    assert line_of('File "/dags/a+(1).py", line 3', "/dags/a+(1).py") == 3


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        (TRACEBACK, "ModuleNotFoundError: No module named 'simple_salesforce'"),
        (
            TRACEBACK.replace("'simple", "x\nmore\n  and more\n'simple"),
            "ModuleNotFoundError: No module named x",
        ),
        (
            '  File "x.py", line 3\n    a b\n      ^\nSyntaxError: invalid syntax',
            "SyntaxError: invalid syntax",
        ),
        ("ValueError: <object object at 0x7f00c0ffee>", "ValueError: <object object>"),
        (GROUP, "ExceptionGroup: many (2 sub-exceptions): ValueError: a: KeyError: 'b'"),
        ("only this\n\n", "only this"),
        ("", "unknown"),
        ("\n \n", "unknown"),
    ],
)
def test_the_cause_is_the_error_itself_in_one_line(text: str, cause: str) -> None:
    assert cause_of(text) == cause


@pytest.mark.parametrize(
    ("line", "statement"),
    [
        (1, "import os"),
        (2, "from scripts.tool import one, two"),
        (4, "from scripts.tool import one, two"),
        (7, ""),
    ],
)
def test_the_statement_is_the_whole_import_of_a_line(line: int, statement: str) -> None:
    assert statement_at(line, SOURCE) == statement


@pytest.mark.parametrize(
    ("name", "line"), [("load", 7), ("group.first", 8), ("extract", 11), ("second", 13), ("absent", 0)]
)
def test_an_id_has_the_line_that_says_it(name: str, line: int) -> None:
    assert line_of_name(name, SOURCE) == line
    assert line_of_name(name, "no python(") == 0


def test_an_archive_has_no_source(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\xff\xfe")
    assert dagfile.source_of(str(tmp_path / "x.zip")) == ""


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (b"\xef\xbb\xbfx = '\xc3\xa9'\n", "x = 'é'\n"),
        (b"# coding: latin-1\nx = '\xe9'\n", "# coding: latin-1\nx = 'é'\n"),
        (b"# coding: nothing\n", ""),
        (b"x = '\xe9'\n", ""),
    ],
)
def test_a_source_is_read_as_python_reads_it(tmp_path: Path, written: bytes, text: str) -> None:
    (tmp_path / "x.py").write_bytes(written)
    assert dagfile.source_of(str(tmp_path / "x.py")) == text
