"""What becomes of ENV's variables."""

import pytest

from ci.starting.variables import assignments, fate


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
        ("UV_INDEX_HOUSE_PASSWORD", "x", False, True),
        ("PIP_INDEX_URL", "https://example.com/simple", False, True),
        ("PIP_EXTRA_INDEX_URL", "https://u:p@example.com/simple", False, True),
        ("UV_DEFAULT_INDEX", "https://example.com/simple", False, True),
        ("UV_FIND_LINKS", "/wheels", False, True),
        ("PIP_CONSTRAINT", "/c.txt", False, True),
        ("UV_BUILD_CONSTRAINT", "/c.txt", False, True),
        ("PIP_REQUIREMENT", "r.txt", False, True),
        ("A", "${B}", False, True),
        ("A-B", "c", False, True),
    ],
)
def test_fate(name: str, value: str, kept: bool, todo: bool) -> None:  # noqa: FBT001
    found = fate(name, value)
    assert (found.kept, found.todo) == (kept, todo)
    assert found.outcome


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=b", [("A", "b")]),
        ('A="b c" D=', [("A", "b c"), ("D", "")]),
        ("A b c=d", [("A", "b c=d")]),
        ('A "b c"', [("A", "b c")]),
        ("A 'b c'", [("A", "b c")]),
        ('A "b" c', []),
        ("A it's", []),
        ("A '$B'", []),
        (r"A b\ c", []),
        ('A {"b": 1}', []),
        ('A ""', []),
        ("A='$B'", []),
        (r"A=\$B", []),
        ("A=b c", []),
        ("A='b", []),
        ("A", []),
        ("", []),
    ],
)
def test_assignments(text: str, expected: list[tuple[str, str]]) -> None:
    assert assignments(text) == expected


def test_an_index_is_told_with_where_to_name_it() -> None:
    assert "[[tool.uv.index]], without a login" in fate("PIP_INDEX_URL", "https://u:p@h/simple").outcome
