"""What is done with images that are published: rebuilt and compared, promoted, rolled back."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from ci.config import layers, names
from ci.config.names import Names, Reference
from ci.config.publish import PublishSettings
from ci.errors import CheckError, ConfigurationError
from ci.image import labels, oci
from ci.publish import promote, reproduce
from ci.tools import registry
from ci.tools.registry import Registry
from tests.engine import registries
from tests.engine.histories import DAG, History, only

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("afterwards")]  # two releases for all

OWNER = "afterwards"


@dataclass(frozen=True)
class Released:
    """Two releases of the DAG type ``one``, v1.0.0 and v1.1.0 (with zstd), by digest, and where they are."""

    flows: History
    names: Names
    registry: Registry
    first: str
    second: str

    @property
    def repository(self) -> str:
        """Registry and repository of the DAG type."""
        return self.names.repository("one")

    def at(self, digest: str = "", tag: str = "") -> Reference:
        """Return the reference of an image of the DAG type."""
        return Reference(repository=self.repository, tag=tag, digest=digest)

    async def points_to(self, tag: str) -> str:
        """Return the digest of a tag."""
        return oci.Blob(text=(await self.registry.image(self.at(tag=tag)))["manifest"]).digest


@pytest.fixture(scope="module")
async def released(plain_registry: str, tmp_path_factory: pytest.TempPathFactory) -> Released:
    """Releases for all tests here, each of which moves tags that no other looks at."""
    flows = History(tmp_path_factory.mktemp("flows"), OWNER, registries.passed)
    first = await release(flows, plain_registry, "v1.0.0")
    flows.write(layers.FILE, '[layers]\ncompression = "zstd"\n')
    return Released(
        flows=flows,
        names=names.names(PublishSettings(), plain_registry, OWNER, None, ["one", "two"]),
        registry=await registry.connect(plain_registry, registries.PLAIN, ""),
        first=first,
        second=await release(flows, plain_registry, "v1.1.0"),
    )


async def release(flows: History, host: str, version: str) -> str:
    """Release a new state of the DAG type ``one``; its digest."""
    flows.write("dags/one/one_dag.py", DAG.format(name=version.replace(".", "_")))
    flows.commit()
    flows.tag(version)
    published = await flows.publish(host, registries.PLAIN, "one", ref=f"refs/tags/{version}")
    flows.untag(version)
    return only(published).digest


async def test_latest_goes_back_release_by_release(released: Released) -> None:
    assert await released.points_to("latest") == released.second
    told = await promote.rollback("one", released.names, released.registry)
    assert told == (
        f"{released.repository}:latest is now {released.first}, was {released.second}, the release v1.0.0"
    )
    assert await released.points_to("latest") == released.first
    with pytest.raises(ConfigurationError, match=r"no release is earlier .*: v1\.1\.0, v1\.0\.0\): promote"):
        await promote.rollback("one", released.names, released.registry)


async def test_a_tag_is_added_by_digest_and_a_release_stays(released: Released) -> None:
    first, second, place = released.first, released.second, released.registry
    assert "is now" in await promote.promote(released.at(first), "stable", released.names, place)
    assert "already" in await promote.promote(released.at(first), "stable", released.names, place)
    assert (await released.points_to("stable"), await released.points_to("v1")) == (first, second)
    with pytest.raises(ConfigurationError, match=rf"v1\.0\.0 is released as {first} and never changes"):
        await promote.promote(released.at(second), "v1.0.0", released.names, place)
    with pytest.raises(ConfigurationError, match="--tag 'a/b' isn't a tag"):
        await promote.promote(released.at(second), "a/b", released.names, place)
    assert await released.points_to("v1.0.0") == first


async def test_an_image_is_rebuilt_from_an_older_commit(released: Released) -> None:
    flows = released.flows.directory()
    for tag, digest in (("v1.0.0", released.first), ("v1.1.0", released.second)):
        told = await reproduce.reproduce(released.at(tag=tag), released.registry, flows, flows)
        assert told.startswith(f"identical: {released.repository}@{digest}\n")


async def test_what_is_not_as_its_commit_is_told_by_file(released: Released) -> None:
    place = released.registry
    honest = await place.image(released.at(released.first))
    other = await place.image(released.at(released.second))
    # The image of one commit, with labels that claim another.
    config = json.loads(other["config"])
    config["config"]["Labels"] = json.loads(honest["config"])["config"]["Labels"]
    config_text = oci.Blob(text=oci.canonical(config))
    manifest = {**json.loads(other["manifest"]), "config": config_text.descriptor(oci.CONFIG)}
    lie = oci.Blob(text=oci.canonical(manifest))
    job = {
        "repository": released.repository,
        "digest": lie.digest,
        "texts": [config_text.text, lie.text],
        "tags": [["lie", None, lie.digest]],
    }
    answer = await place.push({"base": [], "siblings": [], "images": {"one": job}}, {}, None)
    assert answer["one"]["written"] == ["lie"]
    flows = released.flows.directory()
    with pytest.raises(CheckError) as caught:
        await reproduce.reproduce(released.at(tag="lie"), place, flows, flows)
    told = str(caught.value)
    assert told.startswith(f"different: {released.repository}@{lie.digest}")
    assert "opt/airflow/dags/one/one_dag.py: " in told
    assert "content " in told
    assert "  layer " in told


async def test_an_image_that_cannot_be_rebuilt_says_why(released: Released, tmp_path: Path) -> None:
    stranger = History(tmp_path)
    stranger.write("dags/one/one_dag.py", "# another repository")
    stranger.commit()
    where, directory = released.at(released.first), stranger.directory()
    with pytest.raises(ConfigurationError, match=r"isn't in this repository's history: fetch it first"):
        await reproduce.reproduce(where, released.registry, directory, directory)
    config = (await released.registry.image(where))["config"]
    assert labels.DAG in json.loads(config)["config"]["Labels"]
