"""What can't be reached or stored is named at once, with what to do."""

import asyncio
import re
from dataclasses import replace

import dagger
import pytest

from ci.errors import StepError
from ci.image import base, build
from ci.image.base import BaseImage
from ci.tools import containers, failures
from tests.engine.conftest import repository
from tests.engine.test_image import locked, small

pytestmark = pytest.mark.anyio

REFERENCES = {
    "127.0.0.1:9/apache/airflow:3.1.5": "it doesn't answer",
    "registry.invalid/apache/airflow:3.1.5": "its name doesn't resolve",
    "docker.io/apache/airflow:3.99.0-python3.13": "not found",
}


async def test_base_that_cannot_be_pulled_says_why() -> None:
    errors = await asyncio.gather(*map(base.load, REFERENCES), return_exceptions=True)
    for (reference, why), error in zip(REFERENCES.items(), errors, strict=True):
        assert isinstance(error, StepError), reference
        assert str(error).startswith(f"could not pull the base image {reference}: {why}")


async def test_file_that_the_index_does_not_serve_as_locked_and_a_full_disk_fail_the_layer(
    below: BaseImage,
) -> None:
    sources = await locked(small(), below)
    text = ((await sources.exported()) / "images/small/pylock.toml").read_text(encoding="utf-8")
    wrong = re.sub(r'sha256 = "\w{8}', 'sha256 = "00000000', text)
    assert wrong != text
    changed = repository({**small(), "images/small/pylock.toml": wrong})
    package = f"{base.ENVIRONMENT}/lib/python3.13/site-packages/cowsay"
    cramped = replace(below, container=below.container.with_mounted_temp(package, size=4096))
    hashes, disk = await asyncio.gather(
        build.build((await changed.catalog()).get("small"), changed, below),
        build.build((await sources.catalog()).get("small"), sources, cramped),
        return_exceptions=True,
    )
    assert isinstance(hashes, StepError)
    assert str(hashes).startswith("small: layer 'delta' failed: the index serves a file with another hash")
    assert isinstance(disk, StepError)
    assert "disk of the engine is full" in str(disk)


async def test_index_that_does_not_answer_is_known_by_what_uv_says() -> None:
    # As a build asks it, but once: with pauses between five times it takes most of a minute.
    uv = containers.with_uv(containers.tool_container()).with_env_variable("UV_HTTP_RETRIES", "0")
    package = "cowsay @ http://127.0.0.1:9/cowsay-6.1-py3-none-any.whl"
    with pytest.raises(dagger.ExecError) as caught:
        await uv.with_exec([containers.UV, "pip", "install", "--quiet", "--system", package]).sync()
    assert failures.is_from_outside(caught.value)
    assert str(failures.step_error("small: layer 'delta' failed", caught.value)).startswith(
        "small: layer 'delta' failed: the package index doesn't answer"
    )
