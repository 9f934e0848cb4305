"""The SBOMs of a real image: the delta's agrees with the lock, and the same image gives the same bytes."""

import json

import pytest

from ci.attest.sbom import create
from ci.attest.sbom import document as sbom_document
from ci.image import build
from ci.image.base import BaseImage
from ci.image.build import Image
from ci.tools.checkout import Checkout

pytestmark = pytest.mark.anyio


@pytest.fixture
async def built(sources: Checkout, below: BaseImage) -> Image:
    """An image with packages, system packages left out."""
    return await build.build((await sources.catalog()).get("salesforce"), sources, below)


@pytest.mark.parametrize("form", ["cyclonedx", "spdx"])
async def test_the_delta_is_what_the_lock_says(
    form: str, built: Image, sources: Checkout, below: BaseImage
) -> None:
    locked = (await sources.lock((await sources.catalog()).get("salesforce"), _base(below))).packages
    delta = await (await built.sbom(form, "delta")).contents()
    found = {each.name: each.version for each in sbom_document.packages(delta) if each.type == "pypi"}
    assert found == locked
    whole = sbom_document.packages(await (await built.sbom(form)).contents())
    assert whole > sbom_document.packages(delta)
    assert {"pypi", "deb"} <= {each.type for each in whole}


async def test_what_the_lock_installed_has_its_hash_and_license(built: Image, sources: Checkout) -> None:
    document = json.loads(await (await built.sbom("cyclonedx", "delta")).contents())
    lock = await sources.text("images/salesforce/pylock.toml") or ""
    by_name = {each["name"]: each for each in document["components"]}
    assert by_name["zeep"]["hashes"][0]["content"] in lock
    assert by_name["zeep"]["licenses"]
    assert by_name["zeep"]["purl"].startswith("pkg:pypi/zeep@")


async def test_the_same_image_gives_the_same_bytes_and_others_are_refused(built: Image) -> None:
    texts = [await (await built.sbom("spdx")).contents() for _ in range(2)]
    assert texts[0] == texts[1]
    with pytest.raises(Exception, match="--format 'cyclonedy' isn't known: did you mean 'cyclonedx'"):
        await built.sbom("cyclonedy")
    assert create.SCOPES == ("image", "delta")


def _base(below: BaseImage) -> str:
    return below.reference.partition("@")[0]
