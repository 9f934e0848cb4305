"""The cause of a DAG file's errors."""

import pytest

from ci.checks.dags.parsed import ParsedFile, ParseError


def error(cause: str, kind: str = "import") -> ParseError:
    return ParseError(kind=kind, cause=cause, line=1, statement="")


def test_the_missing_module_is_known() -> None:
    assert error("ModuleNotFoundError: No module named 'a.b'; 'a' is not a package").missing == "a.b"
    assert error("ImportError: cannot import name 'x'").missing == ""


@pytest.mark.parametrize(
    ("cause", "kind", "expected"),
    [
        ("ModuleNotFoundError: x", "import", False),
        ("ImportError: x", "import", False),
        ("SyntaxError: x", "import", False),
        ("TypeError: x", "import", True),
        ("socket.gaierror: x", "import", True),
        ("DAG 'x': ValueError", "dag", True),
        ("circle", "cycle", False),
        ("timed out", "timeout", False),
    ],
)
def test_what_a_made_up_answer_may_cause(cause: str, kind: str, *, expected: bool) -> None:
    assert error(cause, kind).may_be_made_up is expected


def test_a_file_failed_by_an_error_or_by_its_end() -> None:
    assert ParsedFile(file="a", errors=(error("x"),)).failed
    assert ParsedFile(file="a", died="x").failed
    assert not ParsedFile(file="a", slow=True, skipped=True).failed
