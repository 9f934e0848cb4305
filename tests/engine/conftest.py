"""A session with the engine that the tests run on, and small repositories to build from."""

import os
import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import dagger
import pytest
from dagger import dag

from ci import base, pins
from ci.base import BaseImage
from ci.sources import Sources

PROJECT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
async def session(anyio_backend: str) -> AsyncIterator[None]:
    """One connection for all tests; ending all their services can take longer than dagger's 10 s."""
    assert anyio_backend
    os.environ.setdefault("_EXPERIMENTAL_DAGGER_SHUTDOWN_TIMEOUT", "5m")
    async with dagger.connection():
        yield


@pytest.fixture(scope="session")
async def below() -> BaseImage:
    """The base image of every DAG type."""
    return await base.load(pins.image("airflow"))


@pytest.fixture
def sources() -> Sources:
    """The project's own images/, dags/ and scripts/."""
    return Sources(dag.host().directory(str(PROJECT), include=["images", "dags", "scripts"]))


def repository(files: Mapping[str, str]) -> Sources:
    """A repository of the given files, by their path from its root."""
    tree = dag.directory()
    for path, text in files.items():
        tree = tree.with_new_file(path, text)
    return Sources(tree)


def anew(container: dagger.Container) -> dagger.Container:
    """The container with a variable that no run had before: what is run in it is run, not remembered."""
    return container.with_env_variable("TEST_RUN", uuid.uuid4().hex)
