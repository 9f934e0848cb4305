"""What a base's tag tells."""

import pytest

from ci.lock.airflow_version import airflow_of, is_airflow, python_of


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


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("apache/airflow:2.9.3", True),
        ("apache/airflow", True),
        ("docker.io/apache/airflow:3.1.5-python3.13@sha256:00", True),
        ("nexus.corp:5000/hub/apache/airflow:slim-2.9.3", True),
        ("python:3.11-slim", False),
        ("apache/airflow-providers:1", False),
        ("myapache/airflow:1", False),
        ("house/airflow:1", False),
        ("", False),
    ],
)
def test_the_images_that_say_which_airflow_they_have(reference: str, expected: bool) -> None:  # noqa: FBT001
    assert is_airflow(reference) is expected
