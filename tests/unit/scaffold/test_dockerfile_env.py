"""The variables of ENV: read as Docker reads them, and kept where an image can have them."""

import pytest

from ci.scaffold.dockerfile.env import assignments, outcome


@pytest.mark.parametrize(
    ("name", "value", "kept", "todo"),
    [
        ("A", "b", True, False),
        ("A", "", True, False),
        ("PYTHONPATH", "/opt/airflow/", False, False),
        ("PYTHONPATH", "$PYTHONPATH:/opt/airflow", False, False),
        ("PYTHONPATH", "/srv", False, True),
        ("AIRFLOW_HOME", "/srv", False, True),
        ("AIRFLOW_VERSION", "2.9.3", False, True),
        ("UV_SYSTEM_PYTHON", "1", False, False),
        ("PIP_INDEX_URL", "https://example.com/simple", False, True),
        ("UV_CONSTRAINT", "/c.txt", False, True),
        ("_PIP_ADDITIONAL_REQUIREMENTS", "x", False, True),
        ("API_TOKEN", "hunter2", False, True),
        ("DB", "postgresql://u:hunter2@db/x", False, True),
        ("A", "${B}", False, True),
        ("A-B", "c", False, True),
    ],
)
def test_a_variable_is_kept_dropped_or_left_to_do(name: str, value: str, kept: bool, todo: bool) -> None:  # noqa: FBT001
    decided = outcome(name, value)
    assert (decided.kept, decided.todo) == (kept, todo)
    assert decided.secret is ("hunter2" in value)
    assert "hunter2" not in decided.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=b", [("A", "b")]),
        ('A="b c" D=', [("A", "b c"), ("D", "")]),
        ("A\tb c=d", [("A", "b c=d")]),
        ('A "b c"', [("A", "b c")]),
        ("A 'b c'", [("A", "b c")]),
        *((text, []) for text in ('A "b" c', "A it's", "A '$B'", r"A b\ c", 'A {"b": 1}', 'A ""', "A='$B'")),
        *((text, []) for text in (r"A=\$B", "A=b c", "A='b", "A", "")),
    ],
)
def test_assignments_are_read_as_docker_reads_them(text: str, expected: list[tuple[str, str]]) -> None:
    assert assignments(text) == expected
