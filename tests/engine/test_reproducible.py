"""The same inputs give the same digest, whatever the engine remembers.

One type that has every kind of layer; ``tests/second_engine.py`` proves a type on an engine without a cache.
"""

from dataclasses import replace

import pytest

from ci.image import build
from ci.image.base import BaseImage
from ci.image.built import BuiltImage
from ci.tools import containers
from ci.tools.checkout import Checkout
from tests.engine.conftest import uncached

pytestmark = pytest.mark.anyio


async def test_two_builds_without_cache_are_equal(sources: Checkout, below: BaseImage) -> None:
    dag_type = (await sources.catalog()).get("salesforce")
    builds: list[BuiltImage] = []
    for _ in range(2):
        # Every layer is made in one of these two containers: with another variable no step is remembered.
        unremembered = replace(below, container=uncached(below.container))
        builds.append(
            await build.build(dag_type, sources, unremembered, uncached(containers.tool_container()))
        )
    first, second = builds
    titles = [layer.title for layer in first.layers]
    assert titles == ["delta", "scripts", "dags"]
    steps = [
        (await one.id(), await other.id())
        for one, other in zip(first.tarballs.values(), second.tarballs.values(), strict=True)
    ]
    assert all(one != other for one, other in steps)
    assert first.digest == second.digest
