"""Which base image another version of Airflow has."""

import pytest

from ci.errors import ConfigurationError
from ci.lock.airflow_version import series, upgraded

PINNED = "docker.io/apache/airflow:3.1.5-python3.13"


@pytest.mark.parametrize(
    ("requested", "expected"),
    [
        ("3.2.1", None),
        ("3.2.x", "3.2"),
        ("3.2.*", "3.2"),
        ("3.2", "3.2"),
        (" 3.10.0 ", None),
        ("3.3.0rc1", None),
        ("3.3.0b2", None),
        ("3.3.0a1", None),
    ],
)
def test_a_series_is_distinguished_from_a_release(requested: str, expected: str | None) -> None:
    assert series(requested) == expected


@pytest.mark.parametrize(
    "requested", ["", "3", "three", "3.2.1-rc1", "3.2.xrc1", "3.2rc1", "3.2.x-python3.13", "v3.2.1"]
)
def test_what_is_no_version_is_refused_with_what_was_expected(requested: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"invalid version; expected 3\.2\.1, 3\.3\.0rc1, or 3\.2\.x"
    ):
        series(requested)


@pytest.mark.parametrize(
    ("pinned", "reference"),
    [
        (PINNED, "docker.io/apache/airflow:3.2.1-python3.13"),
        (f"{PINNED}@sha256:{'a' * 64}", "docker.io/apache/airflow:3.2.1-python3.13"),
        ("apache/airflow:slim-3.1.5-python3.12", "apache/airflow:slim-3.2.1-python3.12"),
        ("r.example:5000/airflow:slim-3.1.5", "r.example:5000/airflow:slim-3.2.1"),
        ("apache/airflow:3.3.0rc1-python3.13", "apache/airflow:3.2.1-python3.13"),
        ("apache/airflow:slim-latest", None),
        ("apache/airflow:our-3.1.5", None),
        ("apache/airflow:3.1.5dev", None),
        ("r.example:5000/a/airflow:3.1.5", "r.example:5000/a/airflow:3.2.1"),
        ("r.example:5000/a/airflow", None),
    ],
)
def test_the_base_of_another_version_keeps_repository_and_python(pinned: str, reference: str | None) -> None:
    if reference is None:
        with pytest.raises(ConfigurationError, match="name the base to try with --base"):
            upgraded(pinned, "3.2.1")
    else:
        assert upgraded(pinned, "3.2.1") == reference


def test_a_release_candidate_has_a_base_too() -> None:
    assert upgraded(PINNED, "3.3.0rc1") == "docker.io/apache/airflow:3.3.0rc1-python3.13"
