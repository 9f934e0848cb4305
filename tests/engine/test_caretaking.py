"""What is published is scanned anew: by what is known today, on the base it was made on."""

import hashlib
import io
import json
import re
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dagger import dag

from ci.checks.scan import formats, rescan, rescan_targets
from ci.checks.scan.database import DatabaseRequest
from ci.checks.scan.formats import ScanResult, gate
from ci.checks.scan.verdict import Decision, State, Verdict
from ci.config import names
from ci.config.names import Names, Reference
from ci.config.publish import PublishSettings
from ci.errors import CheckError, ConfigurationError, StepError
from ci.image import labels, oci, published
from ci.image.base import BaseImage
from ci.publish.publication import Publication
from ci.tools import registry
from ci.tools.checkout import Checkout
from ci.tools.registry import Registry
from tests.engine import registries
from tests.engine.advisories import advisory, archive
from tests.engine.conftest import PROJECT, repository
from tests.engine.histories import DAG, History, only

pytestmark = pytest.mark.anyio

ZEEP = advisory("zeep")  # salesforce installs it
BASE = advisory("gitpython", id="CVE-2026-99002")  # the base has it
NAME, DIGEST = f"{labels.OCI}base.name", f"{labels.OCI}base.digest"
NOWHERE = f"sha256:{'0' * 64}"


@dataclass(frozen=True)
class Place:
    """A registry, what is published to it is called, and the repository that it is published from."""

    registry: Registry
    names: Names
    flows: History

    async def publish(self, name: str = "") -> Publication:
        """Publish a DAG type, or all of them."""
        return await self.flows.publish(self.registry.host, registries.PLAIN, name)

    async def rescanned(self, *known: Mapping[str, Any], tag: str = "latest", name: str = "") -> ScanResult:
        """Scan what is published, by a database of these advisories."""
        sources = Checkout(self.flows.directory())
        try:
            types = (await sources.catalog()).chosen(name)
            database = DatabaseRequest(archive=archive([dict(each) for each in known]))
            targets = rescan_targets.targets([each.name for each in types], self.names, tag)
            return await rescan.rescan(targets, self.registry, database, sources)
        finally:
            sources.close()

    def latest(self, name: str) -> Reference:
        """Return what a DAG type's latest points to."""
        return Reference(repository=self.names.repository(name), tag="latest", digest="")


async def connected(address: str, owner: str, folder: Path) -> Place:
    """Return a registry and a repository of two small DAG types; images pass the gate: others test it."""
    return Place(
        await registry.connect(address, registries.PLAIN, ""),
        names.names(PublishSettings(), address, owner, None),
        History(folder, owner, registries.passed),
    )


@pytest.fixture
async def place(plain_registry: str, owner: str, tmp_path: Path) -> Place:
    """Return the registry, where nothing is published of the repository."""
    return await connected(plain_registry, owner, tmp_path)


def add_salesforce(flows: History) -> None:
    """Add this project's own DAG type, which has packages."""
    for tree in ("images/salesforce", "dags/salesforce", "scripts"):
        for file in sorted((PROJECT / tree).rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                flows.write(str(file.relative_to(PROJECT)), file.read_text(encoding="utf-8"))
    flows.commit()


def decided(found: Verdict) -> dict[str, tuple[bool, Decision]]:
    """Each advisory of these tests that matched: whether the type added it, and what the policy says."""
    return {
        each.detection.id: (each.added, each.decision)
        for each in found.found
        if each.detection.id.startswith("CVE-2026-99")
    }


async def test_what_is_published_fails_by_what_became_known_since(place: Place) -> None:
    add_salesforce(place.flows)
    digest = only(await place.publish("salesforce")).digest
    # What is in the tree by now isn't what is scanned; its lock says where an alert is shown.
    place.flows.write("dags/salesforce/later.py", DAG.format(name="later"))

    bad = await place.rescanned(ZEEP, BASE)
    (found,) = bad.verdicts
    assert (found.dag, found.image, found.state) == ("salesforce", digest, State.FAILED)
    assert decided(found) == {
        "CVE-2026-99001": (True, Decision.FAILS),
        "CVE-2026-99002": (False, Decision.TOLERATED),
    }
    with pytest.raises(CheckError, match=r"one: never published \(.*pipeline-one has no tags\)"):
        gate(bad)
    (run,) = json.loads(formats.render("sarif", bad.verdicts, bad.locks))["runs"]
    (place_of,) = [each for each in run["results"] if each["ruleId"] == "CVE-2026-99001"]
    shown = place_of["locations"][0]["physicalLocation"]
    assert shown["artifactLocation"]["uri"] == "images/salesforce/pylock.toml"
    lines = bad.locks["salesforce"].splitlines()
    assert lines[shown["region"]["startLine"] - 1] == 'name = "zeep"'

    good = await place.rescanned()
    told = gate(good)
    assert "salesforce: passed" in told
    assert digest in told
    assert f"salesforce: scanned {place.latest('salesforce')}" in told
    assert "two: never published" in told

    other = await place.rescanned(tag="v9.9.9")
    (missing,) = other.verdicts
    assert (missing.dag, missing.state, missing.image) == ("salesforce", State.NOT_SCANNED, "")
    (why,) = missing.reasons
    assert re.fullmatch(r".*:v9\.9\.9 does not exist \(published tags: .*latest.*\): publish it, .*", why)
    with pytest.raises(CheckError, match=r"published tags: .*latest"):
        gate(other)


async def test_every_image_of_an_index_is_judged(place: Place, tmp_path: Path) -> None:
    await place.publish("one")
    where = place.latest("one")
    image = await place.registry.image(where)
    # Beside the image one with a package of its base, whose labels name a base that is gone.
    layer = gitpython_layer()
    (tmp_path / "layer.tar").write_bytes(layer)
    digest = f"sha256:{hashlib.sha256(layer).hexdigest()}"
    config = json.loads(relabelled(image["config"], {DIGEST: NOWHERE}))
    gone = oci.canonical({**config, "rootfs": {"type": "layers", "diff_ids": [digest]}, "history": []})
    manifest = {
        **json.loads(image["manifest"]),
        "config": oci.Blob(text=gone).descriptor(oci.CONFIG),
        "layers": [
            {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": len(layer)}
        ],
    }
    manifests = [oci.canonical(manifest), image["manifest"]]  # of one platform by their configurations
    entries = [
        {**oci.Blob(text=each).descriptor(oci.MANIFEST), "platform": {"os": "linux", "architecture": name}}
        for each, name in zip(manifests, ("amd64", "arm64"), strict=True)
    ]
    index = oci.canonical({"schemaVersion": 2, "mediaType": oci.INDEX, "manifests": entries})
    texts = [image["config"], gone, *manifests, index]
    job = {"repository": where.repository, "digest": oci.Blob(text=index).digest, "texts": texts}
    images = {"one": {**job, "tags": [["both", None, job["digest"]]]}}
    blobs = {digest: dag.host().file(str(tmp_path / "layer.tar"))}
    answer = await place.registry.push({"base": [], "siblings": [], "images": images}, blobs, None)
    assert answer["one"]["written"] == ["both"]

    (alone,) = (await place.rescanned(BASE, name="one")).verdicts
    assert (alone.state, decided(alone)) == (State.PASSED, {"CVE-2026-99002": (False, Decision.TOLERATED)})
    (found,) = (await place.rescanned(BASE, tag="both", name="one")).verdicts
    assert (found.image, found.state) == (job["digest"], State.FAILED)
    assert decided(found) == {"CVE-2026-99002": (True, Decision.FAILS)}
    (why,) = found.reasons
    assert re.search("could not pull the base image .*.*: everything in the image is judged", why)


def gitpython_layer() -> bytes:
    """Return a layer with the metadata of an installed gitpython and nothing else: little to scan."""
    packed, metadata = io.BytesIO(), b"Metadata-Version: 2.1\nName: GitPython\nVersion: 3.1.45\n"
    with tarfile.open(fileobj=packed, mode="w") as tar:
        file = tarfile.TarInfo("usr/lib/python3/dist-packages/GitPython-3.1.45.dist-info/METADATA")
        file.size = len(metadata)
        tar.addfile(file, io.BytesIO(metadata))
    return packed.getvalue()


async def test_a_base_is_subtracted_only_where_the_image_stands_on_it(below: BaseImage) -> None:
    config, manifest = oci.canonical(below.image.config), oci.canonical(below.image.manifest)
    sources = repository({})
    platform = published.platform(config)
    name, _, digest = below.reference.partition("@")
    named = {NAME: name, DIGEST: digest}
    found, missing = await rescan.base_of((manifest, relabelled(config, named)), platform, sources)
    assert (found and found.digest, missing) == (below.digest, [])
    lower = {**below.image.manifest, "layers": below.image.manifest["layers"][1:]}
    for text, said, told in (
        (manifest, {NAME: "", DIGEST: ""}, "the image's labels name no base"),
        (manifest, {**named, DIGEST: "sha256:x"}, "the image's labels name an invalid base"),
        (manifest, {**named, DIGEST: NOWHERE}, "could not pull the base image"),
        (
            oci.canonical(lower),
            named,
            f"the image is not built on {below.reference}, the base in its labels",
        ),
    ):
        found, (why,) = await rescan.base_of((text, relabelled(config, said)), platform, sources)
        assert found is None
        assert told in why
        assert why.endswith("everything in the image is judged, including its base")


def relabelled(config: str, said: Mapping[str, str]) -> str:
    """Return the text of a configuration with other labels."""
    document = json.loads(config)
    document["config"]["Labels"] = {**(document["config"].get("Labels") or {}), **said}
    return oci.canonical(document)


async def test_an_image_that_cannot_be_fetched_hides_no_other(place: Place) -> None:
    assert len((await place.publish()).rows) == 2
    where = place.latest("two")
    top = json.loads((await place.registry.image(where))["manifest"])
    host, _, path = where.repository.partition("/")
    await registries.ask(f"http://{host}/v2/{path}/blobs/{top['layers'][-1]['digest']}", "DELETE")
    one, two = (await place.rescanned()).verdicts
    assert (one.dag, one.state) == ("one", State.PASSED)
    assert (two.dag, two.state, two.base) == ("two", State.NOT_SCANNED, "")
    assert two.image.startswith("sha256:")
    assert "not found: check name, tag and digest" in two.reasons[0]


async def test_a_registry_without_images_or_that_does_not_answer_is_told(
    place: Place, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="no published image to scan: publish first"):
        await place.rescanned()
    with pytest.raises(ConfigurationError, match="invalid tag 'a/b'"):
        await place.rescanned(tag="a/b")
    silent = await connected(f"{place.registry.host.partition(':')[0]}:5999", "nobody", tmp_path / "silent")
    with pytest.raises(StepError, match="the registry doesn't answer: check --registry, and that it runs"):
        await silent.rescanned()
