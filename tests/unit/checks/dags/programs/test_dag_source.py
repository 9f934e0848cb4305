"""The text of a DAG file: lines of names, and imports."""

import ast
from pathlib import Path
from unittest.mock import MagicMock

import pytest

from ci.checks.dags.programs import dag_source
from ci.checks.dags.programs.dag_source import Source, text_of

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

def late():
    "once"

"once"
"""


def test_the_statement_is_the_whole_import_of_a_line() -> None:
    whole = "from scripts.tool import one, two"
    assert [Source(SOURCE).statement_at(line) for line in (1, 2, 4, 7)] == ["import os", whole, whole, ""]


def test_an_id_has_the_first_line_with_it() -> None:
    names = ("load", "group.first", "extract", "second", "absent", "7", "once")
    assert [Source(SOURCE).line_of(name) for name in names] == [7, 8, 11, 13, 0, 0, 16]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (b"\xef\xbb\xbfx = '\xc3\xa9'\n", "x = 'é'\n"),
        (b"# coding: latin-1\nx = '\xe9'\n", "# coding: latin-1\nx = 'é'\n"),
        (b"\xef\xbb\xbfx = 1\r\ny = 2\rz = 3\r\n", "x = 1\ny = 2\nz = 3\n"),
        (b"# coding: nothing\n", ""),
        (b"# coding: rot13\n", ""),
        (b"x = '\xe9'\n", ""),
        (b"PK\xff\xfe", ""),
    ],
)
def test_a_source_is_read_as_python_reads_it(tmp_path: Path, written: bytes, text: str) -> None:
    (tmp_path / "x.py").write_bytes(written)
    assert text_of(str(tmp_path / "x.py")) == text


def test_a_text_is_parsed_once_however_many_names_are_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    parse = MagicMock(return_value=ast.Module([], []))
    monkeypatch.setattr(dag_source.ast, "parse", parse)
    source = Source(SOURCE)
    assert [source.line_of(f"dag_{number}") for number in range(1000)] == [0] * 1000
    assert source.statement_at(1) == ""
    parse.assert_called_once_with(SOURCE)


def test_of_what_python_refuses_nothing_is_known() -> None:
    for text in ("x = (", "x = '\0'", "x = f()" + ".g()" * 20_000):
        assert Source(text).line_of("x") == 0
        assert Source(text).statement_at(1) == ""
