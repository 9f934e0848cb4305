"""What is done with images that are published: rebuilt and compared, promoted, rolled back."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from ci import labels, names, oci, promoting, reproducing
from ci import registry as registries_of_ci
from ci.errors import CheckError, ConfigurationError
from ci.names import Reference
from ci.publish_settings import PublishSettings
from ci.registry import Access, Registry
from tests.engine import registries
from tests.engine.histories import DAG, History, only

pytestmark = pytest.mark.anyio

ADDRESS = f"registry:{registries.PORT}"
REPOSITORY = f"{ADDRESS}/example/de-airflow-pipeline-one"
ACCESS = Access(plain_http=True)


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Registry]:
    """A registry without a password; images pass the gate, which is tested elsewhere."""
    registries.pass_all(monkeypatch)
    service = registries.plain()
    registries.bind(monkeypatch, {"registry": service})
    async with registries.running(service):
        yield await registries_of_ci.connect(ADDRESS, ACCESS, "")


async def release(flows: History, version: str) -> str:
    """Release a new state of the DAG type ``one``; its digest."""
    flows.write("dags/one/one_dag.py", DAG.format(name=version.replace(".", "_")))
    flows.commit()
    flows.tag(version)
    digest = only(await flows.publish(ADDRESS, ACCESS, "one", ref=f"refs/tags/{version}")).digest
    flows.untag(version)
    return digest


def at(digest: str = "", tag: str = "") -> Reference:
    return Reference(repository=REPOSITORY, tag=tag, digest=digest)


async def points_to(place: Registry, tag: str) -> str:
    return oci.Blob(text=(await place.image(at(tag=tag)))["manifest"]).digest


async def test_latest_goes_back_release_by_release(place: Registry, tmp_path: Path) -> None:
    flows = History(tmp_path)
    first, second = await release(flows, "v1.0.0"), await release(flows, "v1.1.0")
    assert await points_to(place, "latest") == second
    called = names.names(PublishSettings(), ADDRESS, "example", None)
    told = await promoting.rollback("one", called, place)
    assert told == f"{REPOSITORY}:latest is now {first}, was {second}, the release v1.0.0"
    assert await points_to(place, "latest") == first
    with pytest.raises(ConfigurationError, match=r"no earlier release .*: v1\.1\.0, v1\.0\.0; promote"):
        await promoting.rollback("one", called, place)


async def test_a_tag_is_added_by_digest_and_a_release_stays(place: Registry, tmp_path: Path) -> None:
    flows = History(tmp_path)
    first, second = await release(flows, "v1.0.0"), await release(flows, "v1.1.0")
    assert "is now" in await promoting.promote(at(first), "stable", place)
    assert "already" in await promoting.promote(at(first), "stable", place)
    assert (await points_to(place, "stable"), await points_to(place, "v1")) == (first, second)
    with pytest.raises(ConfigurationError, match=rf"v1\.0\.0 is released as {first} and never changes"):
        await promoting.promote(at(second), "v1.0.0", place)
    with pytest.raises(ConfigurationError, match="--tag 'a/b' is no tag"):
        await promoting.promote(at(second), "a/b", place)
    assert await points_to(place, "v1.0.0") == first


async def test_an_image_is_rebuilt_from_an_older_commit(place: Registry, tmp_path: Path) -> None:
    flows = History(tmp_path)
    first = await release(flows, "v1.0.0")
    await release(flows, "v1.1.0")
    told = await reproducing.reproduce(at(tag="v1.0.0"), place, flows.directory())
    assert told.startswith(f"identical: {REPOSITORY}@{first}\n")


async def test_what_is_not_as_its_commit_is_told_by_file(place: Registry, tmp_path: Path) -> None:
    flows = History(tmp_path)
    first, second = await release(flows, "v1.0.0"), await release(flows, "v1.1.0")
    honest, other = await place.image(at(first)), await place.image(at(second))
    # The image of one commit, with labels that claim another.
    config = json.loads(other["config"])
    config["config"]["Labels"] = json.loads(honest["config"])["config"]["Labels"]
    config_text = oci.Blob(text=oci.canonical(config))
    manifest = {**json.loads(other["manifest"]), "config": config_text.descriptor(oci.CONFIG)}
    lie = oci.Blob(text=oci.canonical(manifest))
    job = {
        "repository": REPOSITORY,
        "digest": lie.digest,
        "texts": [config_text.text, lie.text],
        "tags": {"lie": None},
    }
    answer = await place.push({"base": [], "siblings": [], "images": {"one": job}}, {}, None)
    assert answer["one"]["written"] == ["lie"]
    with pytest.raises(CheckError) as caught:
        await reproducing.reproduce(at(tag="lie"), place, flows.directory())
    told = str(caught.value)
    assert told.startswith(f"different: {REPOSITORY}@{lie.digest}")
    assert "opt/airflow/dags/one/one_dag.py: " in told
    assert "content " in told
    assert "  layer " in told


async def test_an_image_that_cannot_be_rebuilt_says_why(place: Registry, tmp_path: Path) -> None:
    flows = History(tmp_path / "here")
    digest = await release(flows, "v1.0.0")
    stranger = History(tmp_path / "there")
    stranger.write("dags/one/one_dag.py", "# another repository")
    stranger.commit()
    with pytest.raises(ConfigurationError, match=r"isn't in this repository's history: fetch it first"):
        await reproducing.reproduce(at(digest), place, stranger.directory())
    assert labels.DAG in json.loads((await place.image(at(digest)))["config"])["config"]["Labels"]
