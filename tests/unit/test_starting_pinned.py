"""What a base's tag tells."""

import pytest

from ci.starting.pinned import airflow_of, python_of


@pytest.mark.parametrize(
    ("reference", "airflow", "python"),
    [
        ("docker.io/apache/airflow:3.1.5-python3.13", "3.1.5", "3.13"),
        ("docker.io/apache/airflow:3.2.0rc1-python3.14@sha256:00", "3.2.0rc1", "3.14"),
        ("localhost:5000/house:latest", "", ""),
    ],
)
def test_airflow_and_python(reference: str, airflow: str, python: str) -> None:
    assert (airflow_of(reference), python_of(reference)) == (airflow, python)
