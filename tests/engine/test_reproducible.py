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
from tests.engine.test_image import locked, small

pytestmark = pytest.mark.anyio

BUILT = """system-packages = ["dbus", "ssl-cert"]

[tool.uv]
exclude-newer = "2025-06-01"
"""


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
    assert titles == ["byte code", "lxml", "psycopg-binary", "delta", "scripts", "dags"]
    steps = [
        (await one.id(), await other.id())
        for one, other in zip(first.tarballs.values(), second.tarballs.values(), strict=True)
    ]
    assert all(one != other for one, other in steps)
    assert first.digest == second.digest


async def test_what_is_built_or_installed_by_scripts_is_the_same_each_time(below: BaseImage) -> None:
    sources = await locked(small(BUILT, pin="sgmllib3k==1.0.0"), below)  # it has no wheel
    dag_type = (await sources.catalog()).get("small")
    assert "/setuptools-80.9.0-" in (await sources.text("images/small/pylock.toml") or "")
    unremembered = [replace(below, container=uncached(below.container)) for _ in range(2)]
    first, second = [await build.build(dag_type, sources, base) for base in unremembered]
    assert [layer.digest for layer in first.layers] == [layer.digest for layer in second.layers]
    keys = "find /etc/machine-id /var/lib/dbus/machine-id /etc/ssl/private -type f -size +0 2>/dev/null || :"
    assert await first.container().with_user("root").with_exec(["sh", "-c", keys]).stdout() == ""
