"""Whether the image of a Dockerfile has Airflow, by what it is built on."""

import pytest

from ci.scaffold.dockerfile.convert import Context, convert
from ci.scaffold.dockerfile.stages import without_airflow

BUILT = {"Dockerfile.base": "FROM apache/airflow:3\n", "docker/plain/Dockerfile": "FROM python:3.13\n"}
COMPOSE = "worker:\n  image: registry.acme.io/platform:1\n  build:\n    dockerfile: Dockerfile.base\n"
AIRFLOW = (
    *("FROM apache/airflow:3.1.5", "from docker.io/apache/airflow:slim-2.9.3-python3.11 AS final"),
    *("FROM --platform=linux/amd64 ghcr.io/mirror/apache/airflow@sha256:0", "FROM acme.io/data/airflow:1"),
    *(
        "ARG V=2.9.3\nFROM apache/airflow:${V}",
        "ARG I=apache/airflow\nARG V\nFROM $I:$V",
        "FROM acme-airflow-base",
    ),
    *("ARG R\nFROM ${R:-apache/airflow}:2", "FROM quay.io/astronomer/astro-runtime:12.1.0"),
    "FROM apache/airflow AS build\nRUN x\nFROM build AS test\nFROM Build",
    "FROM python:3.12-slim\nRUN pip install --no-cache-dir 'apache-airflow[postgres]==2.9.3'",
    "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nCOPY dags /opt/airflow/dags",
    *("FROM acme/data-base:1.2", "FROM base", "FROM registry.acme.io/platform:2"),
)
OTHERS = {
    "FROM confluentinc/cp-kafka-connect:7.6": "FROM confluentinc/cp-kafka-connect:7.6",
    "FROM python:3.13\nRUN pip install apache-airflow-client==2": "FROM python:3.13",
    "FROM node:22 AS build\nFROM nginx\nCOPY --from=build /x /x": "FROM nginx",
    "FROM apache/airflow AS docs\nFROM python:3.13-slim": "FROM python:3.13-slim",
    "FROM acme/plain": "FROM acme/plain",
    "FROM acme/airflow-statsd-exporter": "FROM acme/airflow-statsd-exporter",
    "ARG B\nFROM $B\nCMD x": "FROM $B",
    "FROM x AS x\nFROM x": "FROM x",
    "": "no FROM",
}


@pytest.mark.parametrize("text", AIRFLOW)
def test_an_image_on_airflow_is_known(text: str) -> None:
    assert without_airflow("Dockerfile.x", {"Dockerfile.x": text, "compose.yaml": COMPOSE, **BUILT}) == ""


@pytest.mark.parametrize("text", OTHERS)
def test_another_image_is_known_by_its_base(text: str) -> None:
    texts = {"Dockerfile.x": text, "compose.yaml": COMPOSE, **BUILT}
    assert without_airflow("Dockerfile.x", texts) == OTHERS[text]


def test_what_a_stage_is_built_on_counts_as_its_own() -> None:
    built = "FROM apache/airflow AS b\nRUN pip install a==1\nFROM b\nENV A=b"
    text = f"FROM node AS a\nRUN pip install x==1\n{built}"
    conversion = convert("Dockerfile.x", text, Context(dag_type="x", base="apache/airflow:3", files=()))
    assert [one.text for one in conversion.requirements] == ["a==1"]
    assert conversion.env == {"A": "b"}
