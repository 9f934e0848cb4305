"""The settings in images/base.toml, and the message if it is missing."""

import re

import pytest

from ci.config import base, pins
from ci.errors import ConfigurationError

from ..refusals import refusal

DIGEST = f"sha256:{'a' * 64}"


@pytest.mark.parametrize(
    "reference",
    [
        "docker.io/apache/airflow:3.1.5-python3.13",
        f"docker.io/apache/airflow:3.1.5-python3.13@{DIGEST}",
        "registry.example:5000/team/airflow:latest",
        "localhost/airflow:1",
    ],
)
def test_a_reference_is_read_as_written(reference: str) -> None:
    assert base.parse(base.written(reference)).reference == reference


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[base", "images/base.toml: invalid TOML: "),
        ("", "images/base.toml: has no table [base]"),
        ("[bsae]", "images/base.toml: unknown table [bsae]: did you mean 'base'?"),
        ("[base]", "images/base.toml: [base] lacks 'reference'"),
        ("base = 1", "images/base.toml: base: 1 is wrong: expected the table [base]"),
        ("[base]\nreferense = 1", "[base] has an unknown key 'referense': did you mean 'reference'?"),
        ("[base]\nreference = 3", "[base] reference: 3 is wrong: "),
        (
            "[base]\nreference = 'apache/airflow:3.1.5'",
            "'apache/airflow:3.1.5' is not an image reference; expected",
        ),
        ("[base]\nreference = 'docker.io/apache/airflow'", "is not an image reference"),
        (
            f"[base]\nreference = 'docker.io/apache/airflow@{DIGEST}'",
            "has no tag; expected one like 'docker.io/",
        ),
        ("[base]\nreference = 'docker.io/apache/airflow:1@sha256:12'", "is not an image reference"),
    ],
)
def test_what_is_wrong_is_said_with_what_was_expected(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=re.escape(problem)):
        base.parse(text)


def test_a_missing_file_is_said_with_what_to_write() -> None:
    (problem,) = refusal(base.parse, None)
    head, _, text = problem.partition("\n")
    assert head == "images/base.toml: not found; it names the base image of every DAG type. Write it:"
    assert base.parse(text).reference == pins.default_base()
