"""What a COPY names, and whether it puts it where an image has it."""

import pytest

from ci.starting.places import named_below, same_place

FILES = frozenset({"dags/a.py", "dags/crm/b.py", "dags/crm_c.py", "scripts/x.py"})


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", {""}),
        ("crm", {"crm"}),
        ("*.py", {"a.py", "crm_c.py"}),
        ("crm*", {"crm", "crm_c.py"}),
        ("x*", set[str]()),
    ],
)
def test_a_pattern_names_what_is_there(pattern: str, expected: set[str]) -> None:
    assert named_below("dags", pattern, FILES) == expected


@pytest.mark.parametrize(
    ("path", "target", "expected"),
    [
        ("dags", "/opt/airflow/dags", True),
        ("dags/crm", "/opt/airflow/dags", False),
        ("dags/a.py", "/opt/airflow/dags", True),
        ("dags/*.py", "/opt/airflow/dags", True),
        ("dags/a.py", "/srv", False),
    ],
)
def test_a_folder_is_copied_by_what_is_inside(path: str, target: str, expected: bool) -> None:  # noqa: FBT001
    assert same_place(path, target, FILES) is expected
