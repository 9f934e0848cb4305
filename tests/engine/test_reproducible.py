"""The same inputs give the same digest, whatever the engine remembers.

One type that has every kind of layer; ``tests/second_engine.py`` proves a type on an engine without a cache.
"""

from dataclasses import replace

import pytest

from ci.image import build
from ci.image.base import BaseImage
from ci.tools import containers
from ci.tools.checkout import Checkout
from tests.engine.conftest import uncached
from tests.engine.test_image import locked, small

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("reproducible")]  # byte code of two bases for all

BUILT = """system-packages = ["dbus", "ssl-cert"]

[tool.uv]
exclude-newer = "2025-06-01"
"""


@pytest.fixture(scope="module")
async def unremembered(below: BaseImage) -> list[BaseImage]:
    """Return the base twice: with another variable no step on it is remembered; both tests share its own."""
    return [replace(below, container=uncached(below.container)) for _ in range(2)]


async def test_two_builds_without_cache_are_equal(sources: Checkout, unremembered: list[BaseImage]) -> None:
    dag_type = (await sources.catalog()).get("salesforce")
    # Every layer is made in one of these two containers.
    first, second = [
        await build.build(dag_type, sources, base, uncached(containers.tool_container()))
        for base in unremembered
    ]
    titles = [layer.title for layer in first.layers]
    assert titles == ["byte code", "lxml", "psycopg-binary", "delta", "scripts", "dags"]
    steps = [
        (await one.id(), await other.id())
        for one, other in zip(first.tarballs.values(), second.tarballs.values(), strict=True)
    ]
    assert all(one != other for one, other in steps)
    assert first.digest == second.digest


async def test_what_is_built_or_installed_by_scripts_is_the_same_each_time(
    below: BaseImage, unremembered: list[BaseImage]
) -> None:
    sources = await locked(small(BUILT, pin="sgmllib3k==1.0.0"), below)  # it has no wheel
    dag_type = (await sources.catalog()).get("small")
    assert "/setuptools-80.9.0-" in (await sources.text("images/small/pylock.toml") or "")
    first, second = [await build.build(dag_type, sources, base) for base in unremembered]
    assert [layer.digest for layer in first.layers] == [layer.digest for layer in second.layers]
    keys = "find /etc/machine-id /var/lib/dbus/machine-id /etc/ssl/private -type f -size +0 2>/dev/null || :"
    assert await first.container().with_user("root").with_exec(["sh", "-c", keys]).stdout() == ""
