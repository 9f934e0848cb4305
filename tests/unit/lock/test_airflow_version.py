"""The version of Airflow in a base's tag, and the base of another version."""

import pytest

from ci.errors import ConfigurationError
from ci.lock.airflow_version import airflow_of, is_airflow, python_of, series, target, upgraded, version


@pytest.mark.parametrize(
    ("requested", "expected"),
    [
        *((series, "3.2") for series in ("3.2.x", "3.2.*", "3.2")),
        *((release, None) for release in ("3.2.1", " 3.10.0 ", "3.3.0rc1", "3.3.0b2", "3.3.0a1")),
    ],
)
def test_a_series_is_distinguished_from_a_release(requested: str, expected: str | None) -> None:
    assert series(requested) == expected


@pytest.mark.parametrize(
    "requested", ["", "3", "three", "3.2.1-rc1", "3.2.xrc1", "3.2rc1", "3.2.x-python3.13", "v3.2.1"]
)
def test_another_text_is_refused_with_what_was_expected(requested: str) -> None:
    message = r"invalid version; expected 3\.2\.1, 3\.3\.0rc1, or 3\.2\.x"
    with pytest.raises(ConfigurationError, match=message):
        series(requested)


@pytest.mark.parametrize(
    ("pinned", "reference"),
    [
        ("docker.io/apache/airflow:3.1.5-python3.13", "docker.io/apache/airflow:{}-python3.13"),
        (f"apache/airflow:3.1.5-python3.13@sha256:{'a' * 64}", "apache/airflow:{}-python3.13"),
        ("apache/airflow:slim-3.1.5-python3.12", "apache/airflow:slim-{}-python3.12"),
        ("r.example:5000/airflow:slim-3.1.5", "r.example:5000/airflow:slim-{}"),
        ("apache/airflow:3.3.0rc1-python3.13", "apache/airflow:{}-python3.13"),
        ("r.example:5000/a/airflow:3.1.5", "r.example:5000/a/airflow:{}"),
        ("apache/airflow:slim-latest", ""),
        ("apache/airflow:our-3.1.5", ""),
        ("apache/airflow:3.1.5dev", ""),
        ("r.example:5000/a/airflow", ""),
    ],
)
@pytest.mark.parametrize("version", ["3.2.1", "3.3.0rc1"])
def test_the_base_of_another_version_keeps_the_rest(pinned: str, reference: str, version: str) -> None:
    if reference:
        assert upgraded(pinned, version) == reference.format(version)
    else:
        with pytest.raises(ConfigurationError, match="name the base to try with --base"):
            upgraded(pinned, version)


@pytest.mark.parametrize(
    ("reference", "airflow", "python", "official"),
    [
        ("docker.io/apache/airflow:3.1.5-python3.13", "3.1.5", "3.13", True),
        ("docker.io/apache/airflow:3.2.0rc1-python3.14@sha256:00", "3.2.0rc1", "3.14", True),
        ("nexus.corp:5000/hub/apache/airflow:2.9.3", "2.9.3", "", True),
        ("nexus.corp:5000/hub/apache/airflow:slim-2.9.3", "", "", True),
        ("apache/airflow", "", "", True),
        ("localhost:5000/house:latest", "", "", False),
        ("python:3.11-slim", "", "", False),
        ("apache/airflow-providers:1", "", "", False),
        ("myapache/airflow:1", "", "", False),
        ("house/airflow:1", "", "", False),
        ("", "", "", False),
    ],
)
def test_a_tag_tells_versions(reference: str, airflow: str, python: str, *, official: bool) -> None:
    assert (airflow_of(reference), python_of(reference)) == (airflow, python)
    assert is_airflow(reference) is official


@pytest.mark.parametrize(
    ("had", "newest", "to"),
    [
        ("3.1.5", "3.1.8", "3.1.8"),
        ("3.1.9", "3.1.10", "3.1.10"),
        ("3.1.5", "3.1.5", "3.1.5"),
        ("3.1.5", "3.1.4", "3.1.5"),  # as of a day before the present one
        ("3.2.0rc1", "3.2.0", "3.2.0"),
        ("3.1.5", "3.2.0", "3.2.0"),
        ("3.2.1", "3.1.8", "3.1.8"),  # another series was asked for by name
    ],
)
def test_within_a_series_nothing_goes_back(had: str, newest: str, to: str) -> None:
    assert target(had, newest) == to


def test_a_base_of_someones_own_says_nothing_of_newer_ones() -> None:
    assert version("docker.io/apache/airflow:slim-3.1.5-python3.13@sha256:" + "a" * 64) == "3.1.5"
    with pytest.raises(ConfigurationError, match=r"r\.example/base:7 doesn't begin .* change it by hand"):
        version("r.example/base:7")
