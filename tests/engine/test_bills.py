"""The SBOMs of a real image: the delta's agrees with the lock, and the same image gives the same bytes."""

import json

import pytest
from dagger import dag

from ci.api.image import Image
from ci.attest.sbom import create, purl
from ci.attest.sbom import document as sbom_document
from ci.image import build
from ci.image.base import BaseImage
from ci.tools.checkout import Checkout

pytestmark = pytest.mark.anyio


@pytest.fixture
async def built(sources: Checkout, below: BaseImage) -> Image:
    """Build an image with packages, system packages left out."""
    built = await build.build((await sources.catalog()).get("salesforce"), sources, below)
    return Image.of(built, dag.directory())


async def test_the_delta_is_what_the_lock_says(built: Image, sources: Checkout, below: BaseImage) -> None:
    locked = (await sources.lock((await sources.catalog()).get("salesforce"), _base(below))).packages
    delta = await (await built.sbom("cyclonedx", "delta")).contents()
    found = {each.name: each.version for each in sbom_document.packages(delta) if each.type == "pypi"}
    assert found == locked
    whole = sbom_document.packages(await (await built.sbom("cyclonedx")).contents())
    assert whole > sbom_document.packages(delta)
    assert {"pypi", "deb"} <= {each.type for each in whole}


async def test_what_the_lock_installed_has_its_hash_and_license(built: Image, sources: Checkout) -> None:
    document = json.loads(await (await built.sbom("cyclonedx", "delta")).contents())
    lock = await sources.text("images/salesforce/pylock.toml") or ""
    by_name = {each["name"]: each for each in document["components"]}
    assert by_name["zeep"]["hashes"][0]["content"] in lock
    assert by_name["zeep"]["licenses"]
    assert by_name["zeep"]["purl"].startswith("pkg:pypi/zeep@")


@pytest.mark.parametrize("scope", create.SCOPES)
async def test_spdx_is_the_same_document_with_other_words(built: Image, scope: str) -> None:
    texts = [await (await built.sbom("spdx", scope)).contents() for _ in range(2)]
    assert texts[0] == texts[1]
    document = json.loads(texts[0])
    assert document["spdxVersion"] == "SPDX-2.3"
    purls = {
        each["referenceLocator"]
        for package in document["packages"]
        for each in package.get("externalRefs", ())
    }
    cyclonedx = await (await built.sbom("cyclonedx", scope)).contents()
    assert {package for each in purls if (package := purl.package(each))} >= sbom_document.packages(cyclonedx)
    (zeep,) = (each for each in document["packages"] if each["name"] == "zeep")
    by_name = {each["name"]: each for each in json.loads(cyclonedx)["components"]}
    assert [each["checksumValue"] for each in zeep["checksums"]] == [by_name["zeep"]["hashes"][0]["content"]]


async def test_an_unknown_format_or_scope_is_refused(built: Image) -> None:
    with pytest.raises(Exception, match="unknown format 'cyclonedy': did you mean 'cyclonedx'"):
        await built.sbom("cyclonedy")
    with pytest.raises(Exception, match="unknown scope 'all': choose image or delta"):
        await built.sbom("cyclonedx", "all")


def _base(below: BaseImage) -> str:
    return below.reference.partition("@")[0]
