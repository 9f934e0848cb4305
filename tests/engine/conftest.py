"""A session with the engine that the tests run on, its registry, and small repositories to build from."""

import os
import uuid
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import dagger
import pytest
from dagger import dag

from ci.config import base as config_base
from ci.image import base
from ci.image.base import BaseImage
from ci.tools import containers
from ci.tools.checkout import Checkout
from tests.engine import registries

PROJECT = Path(__file__).parents[2]
BASE_FILE = (PROJECT / config_base.FILE).read_text(encoding="utf-8")
BASE_REFERENCE = config_base.parse(BASE_FILE).reference
uncached = containers.uncached


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
    """Return the base image of every DAG type."""
    return await base.load(BASE_REFERENCE)


@pytest.fixture(scope="session")
async def plain_registry() -> AsyncIterator[str]:
    """HOST:PORT of a registry that all tests share: each writes below an owner of its own."""
    name = registries.host("plain")
    async with registries.running(registries.plain(name)):
        yield f"{name}:{registries.PORT}"


@pytest.fixture
def owner() -> str:
    """Return the first part of the names of a test's repositories, which no other test has."""
    return f"test-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def sources() -> Checkout:
    """Return the project's own images/, dags/ and scripts/."""
    return Checkout(dag.host().directory(str(PROJECT), include=["images", "dags", "scripts"]))


def repository(files: Mapping[str, str]) -> Checkout:
    """Return a repository of the given files, by their path from its root, on this project's own base."""
    tree = dag.directory()
    for path, text in {config_base.FILE: BASE_FILE, **files}.items():
        tree = tree.with_new_file(path, text)
    return Checkout(tree)
