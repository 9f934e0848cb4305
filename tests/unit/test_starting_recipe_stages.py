"""The stages of a Dockerfile: which are the type's own, and what the image of the first says itself."""

import pytest

from ci.starting.recipe import Facts, Recipe, recipe

BASE = "docker.io/apache/airflow:3.1.5-python3.13@sha256:" + "0" * 64


def judged(text: str) -> Recipe:
    return recipe("Dockerfile.crm", text, Facts(dag_type="crm", base=BASE, files=()))


def todo(found: Recipe) -> list[str]:
    return [each.outcome for each in found.told if each.todo]


def test_the_stages_before_the_last_are_told_one_by_one() -> None:
    text = (
        "ARG V=3.1.5\nFROM python:3 AS b\nENV A=1\nRUN make\nFROM apache/airflow:${V}-python3.13\nENV B=2\n"
    )
    found = judged(text)
    assert [each.line for each in found.told if each.todo] == [1, 2, 3, 4]
    assert found.env == {"B": "2"}


def test_the_stages_that_the_last_is_made_from_are_the_types_own() -> None:
    text = (
        "FROM apache/airflow:3.1.5-python3.13 AS Base\nENV A=1\nUSER root\n"
        "FROM python:3 AS tools\nENV B=2\n"
        "FROM base AS more\nRUN pip install x==1\n"
        "FROM more\nUSER airflow\nENV C=3\n"
    )
    found = judged(text)
    assert [each.line for each in found.told if each.todo] == [4, 5]
    assert found.env == {"A": "1", "C": "3"}
    assert [each.text for each in found.installs.wishes] == ["x==1"]


def test_a_stage_may_be_named_by_an_argument() -> None:
    text = (
        "ARG FROM_STAGE=Base\nFROM apache/airflow:3.1.5-python3.13 AS base\nENV A=1\n"
        "FROM python:3 AS tools\nFROM ${FROM_STAGE}\nENV B=2\n"
    )
    found = judged(text)
    assert [each.line for each in found.told if each.todo] == [1, 4]
    assert found.env == {"A": "1", "B": "2"}


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("FROM python:3.11-slim\nARG AIRFLOW_VERSION=2.9.3\n", "apache-airflow==2.9.3"),
        ("ARG AIRFLOW_VERSION=2.9.3\nFROM python:3.11-slim\nARG AIRFLOW_VERSION\n", "apache-airflow==2.9.3"),
        ("FROM python:3.11-slim\nENV AIRFLOW_VERSION=2.9.3\n", "apache-airflow==2.9.3"),
        (
            "FROM python:3 AS a\nARG AIRFLOW_VERSION=2.9.3\nFROM apache/airflow:2.9.3\n",
            "apache-airflow==3.1.5",
        ),
        ("FROM apache/airflow:2.9.3\n", "apache-airflow==3.1.5"),
        ("FROM apache/airflow:2.9.3 AS a\nFROM a\n", "apache-airflow==3.1.5"),
        # What an image says of itself holds over an argument.
        ("FROM apache/airflow:2.9.3\nARG AIRFLOW_VERSION=2.9.3\n", "apache-airflow==3.1.5"),
        ("FROM python:3.11-slim\n", ""),
        ("ARG AIRFLOW_VERSION=2.9.3\nFROM python:3.11-slim\n", ""),
        ("FROM python:3 AS a\nARG AIRFLOW_VERSION=2.9.3\nFROM python:3\n", ""),
    ],
)
def test_which_airflow_is_meant_is_for_the_image_to_say(text: str, wish: str) -> None:
    found = judged(f'{text}RUN pip install "apache-airflow==${{AIRFLOW_VERSION}}"\n')
    assert [each.text for each in found.installs.wishes] == [wish] * bool(wish)
    assert any("only a shell could tell" in told for told in todo(found)) is not bool(wish)
    assert "AIRFLOW_VERSION" not in found.env


def test_a_stage_is_no_base_by_the_name_of_a_later_one() -> None:
    found = judged("FROM last AS base\nENV A=1\nFROM base AS last\n")
    assert [each.line for each in found.told if each.todo] == [1]
    assert found.env == {"A": "1"}
