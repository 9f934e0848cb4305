"""Locks: stable, and never moving what the base has."""

import pytest

from ci import lockfile, locking
from ci.base import BaseImage
from ci.errors import StepError
from ci.sources import Sources
from tests.engine.conftest import repository
from tests.engine.test_image import small

pytestmark = pytest.mark.anyio


async def lock(sources: Sources, below: BaseImage) -> dict[str, str]:
    """The locks of all types of a repository."""
    types = (await sources.catalog()).all()
    return await locking.lock(types, sources, below.container, lockfile.base_name(below.reference))


async def test_a_package_of_the_base_is_not_added_again(below: BaseImage) -> None:
    locks = await lock(repository(small(pin="simple-salesforce==1.12.9")), below)
    names = {line.split('"')[1] for line in locks["small"].splitlines() if line.startswith("name = ")}
    assert "simple-salesforce" in names
    assert "requests" not in names


async def test_a_pin_that_would_move_the_base_is_refused_with_its_name(below: BaseImage) -> None:
    with pytest.raises(StepError, match=r"images/small/pyproject.toml: can't be locked(?s:.)*httpx"):
        await lock(repository(small(pin="httpx==0.27.0")), below)


async def test_allowed_changes_of_the_base_go_into_the_lock(below: BaseImage) -> None:
    settings = 'allow-base-changes = { httpx = "the old client talks to an old server" }'
    locks = await lock(repository(small(settings, pin="httpx==0.27.0")), below)
    assert 'name = "httpx"\nversion = "0.27.0"' in locks["small"]
