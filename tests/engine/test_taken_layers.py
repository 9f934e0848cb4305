"""Layers of packages that a published image has: taken by digest where they fit, else made anew."""

import json
import uuid
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ci.config import lockfile, names
from ci.config.layers import LayerSettings
from ci.config.names import Reference
from ci.image import dependencies, labels, oci, published
from ci.image.base import BaseImage
from ci.lock import resolve
from ci.publish.publication import Row
from ci.tools import containers, registry
from ci.tools.checkout import Checkout
from ci.tools.registry import Question, Registry
from tests.engine import registries
from tests.engine.conftest import repository
from tests.engine.histories import DAG, History, only
from tests.engine.registries import PLAIN, PORT
from tests.engine.signed_images import keys

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("publish")]  # one registry for all

PYPROJECT = """
[project]
name = "one"
version = "1"
dependencies = ["cowsay==6.1"]

[tool.uv]
exclude-newer = "2025-12-20T00:00:00Z"
"""
LOCK = f"images/one/{lockfile.NAME}"
Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
async def proxied(plain_registry: str) -> AsyncIterator[str]:
    """HOST:PORT of a proxy that counts, before the registry of all tests."""
    name = registries.host("counting")
    async with registries.running(registries.counting(name, plain_registry)):
        yield f"{name}:{PORT}"


@dataclass(frozen=True)
class Place:
    """A repository with one DAG type that has a package, and the registry that it is published to."""

    flows: History
    address: str
    owner: str
    lock: str

    @property
    def repository(self) -> str:
        """The repository of the type's images."""
        return f"{self.address}/{self.owner}/de-airflow-pipeline-one"

    async def connected(self) -> Registry:
        """Return the registry."""
        return await registry.connect(self.address, PLAIN, self.owner)

    async def publish(self, **asked: Any) -> Row:  # noqa: ANN401 - fields of Request
        """Publish the type."""
        return only(await self.flows.publish(self.address, PLAIN, "one", **asked))

    async def made(self) -> frozenset[str]:
        """Return the inputs of the layers that this engine made."""
        looked = await (await self.connected()).look({"one": Question(self.repository, [])})
        return looked["one"].made

    async def inputs(self, below: BaseImage) -> str:
        """Return the digest of the inputs of the type's layers."""
        checkout = Checkout(self.flows.directory())
        dag_type = (await checkout.catalog()).get("one")
        lock = await checkout.lock(dag_type, lockfile.base_name(below.reference))
        return dependencies.inputs_digest(below.image, dag_type, lock, LayerSettings())

    async def forget(self, below: BaseImage) -> None:
        """Let the engine forget that it made the layers."""
        await removed(containers.MADE, [await self.inputs(below)])

    def edit_dag(self) -> None:
        """Edit the DAG, and commit."""
        self.flows.write("dags/one/one_dag.py", DAG.format(name=f"dag_{uuid.uuid4().hex[:8]}"))
        self.flows.commit()

    async def new_lock(self, below: BaseImage) -> str:
        """Commit a lock of the same packages that no engine knows; return the digest of the inputs."""
        text = self.lock.replace('created-by = "uv"', f'created-by = "uv {uuid.uuid4().hex}"')
        assert text != self.lock
        self.flows.write(LOCK, text)
        self.edit_dag()
        return await self.inputs(below)

    async def relabel(self, row: Row, inputs: str, change: Change | None = None) -> Reference:
        """Let latest point to a published image with other inputs in its label, and a change."""
        where, connected = names.reference(row.reference, digest=True), await self.connected()
        there = await connected.image(where)
        manifest, config = json.loads(there["manifest"]), json.loads(there["config"])
        config["config"]["Labels"][labels.DEPENDENCIES] = inputs
        manifest["annotations"][labels.DEPENDENCIES] = inputs
        if change:
            change(manifest)
        text = oci.Blob(text=oci.canonical(config))
        manifest["config"] = text.descriptor(oci.CONFIG)
        top = oci.Blob(text=oci.canonical(manifest))
        put = f"regctl manifest put --content-type {oci.MANIFEST}"
        commands = [
            f"regctl registry set --tls disabled {self.address}",
            f"printf %s '{text.text}' | regctl blob put {self.repository}",
            f"printf other | regctl blob put {self.repository}",
            f"printf %s '{top.text}' | {put} {self.repository}:latest",
        ]
        await registries.clients().with_exec(["sh", "-ec", "; ".join(commands)]).sync()
        return replace(where, digest=top.digest)

    async def layers(self, where: Reference) -> tuple[oci.Layer, ...]:
        """Return the layers that an image adds to its base."""
        there = await (await self.connected()).image(where)
        return published.added_layers(there["manifest"], there["config"])


async def removed(volume: str, digests: Iterable[str]) -> None:
    """Remove what a volume of the engine has of digests."""
    files = [f"{containers.volume(volume)}/{names.hex_digits(digest)}" for digest in digests]
    container = containers.with_volume(containers.uncached(containers.tool_container()), volume)
    await container.with_exec(["rm", "--force", *files]).sync()


@pytest.fixture(scope="module")
async def lock(below: BaseImage) -> str:
    """Return the text of the type's lock."""
    texts = {"images/one/pyproject.toml": PYPROJECT, "dags/one/dag.py": DAG.format(name="one")}
    sources = repository(texts)
    types = (await sources.catalog()).all()
    return (await resolve.lock(types, sources, below.container, lockfile.base_name(below.reference)))["one"]


@pytest.fixture
def place(proxied: str, owner: str, lock: str, tmp_path: Path) -> Place:
    """Return a repository with a type that isn't published yet; what is tested of images comes after."""
    flows = History(tmp_path, owner, registries.passed)
    flows.write("images/one/pyproject.toml", PYPROJECT)
    flows.write(LOCK, lock)
    flows.commit()
    return Place(flows, proxied, owner, lock)


async def test_an_engine_without_them_takes_the_layers_and_installs_nothing(
    place: Place, below: BaseImage
) -> None:
    first = await place.publish()
    assert (first.taken, first.note) == ((), "")
    inputs = await place.new_lock(below)
    where = await place.relabel(first, inputs)
    *own, dags = await place.layers(where)
    assert [layer.title for layer in own] == ["byte code", "delta"]
    await removed(registry.BLOBS, [layer.digest for layer in own])
    await registries.counts(place.address)

    row = await place.publish()
    counted = await registries.counts(place.address)
    assert row.taken == (str(where),)
    assert names.hex_digits(inputs) not in await place.made()
    fetched = sum(layer.size for layer in own)
    assert fetched <= sum(counted["downloaded"].values()) <= fetched + 20_000
    assert sum(counted["uploaded"].values()) <= 1.1 * dags.size + 6_000

    # The same as one that is installed, by which the engine has them; then it takes none.
    installed = only(await place.flows.publish(f"{place.address}/installed", PLAIN, "one"))
    assert (installed.digest, installed.taken) == (row.digest, ())
    again = await place.publish()
    assert (again.digest, again.taken, again.written) == (row.digest, (), ())


async def test_layers_of_another_lock_or_other_than_described_are_installed(
    place: Place, below: BaseImage
) -> None:
    first = await place.publish()
    await place.new_lock(below)
    other = await place.publish()
    assert (other.taken, other.note) == ((), "")

    def tampered(manifest: dict[str, Any]) -> None:
        manifest["layers"][-2] |= {"digest": oci.Blob(text="other").digest, "size": len("other")}

    inputs = await place.new_lock(below)
    where = await place.relabel(first, inputs, tampered)
    row = await place.publish()
    assert row.taken == ()
    assert row.note.startswith(f"dependencies installed, not taken: {where}: ")
    assert row.digest != other.digest
    assert await place.layers(names.reference(row.reference, digest=True)) == (
        *(await place.layers(names.reference(other.reference, digest=True)))[:-1],
        (await place.layers(names.reference(row.reference, digest=True)))[-1],
    )
    assert names.hex_digits(inputs) in await place.made()


async def test_what_is_signed_has_layers_of_what_the_same_key_signed(place: Place, below: BaseImage) -> None:
    mine, foreign = (await keys()).signer, (await keys()).signer
    await place.publish(signer=foreign)
    await place.forget(below)
    place.edit_dag()
    row = await place.publish(signer=mine)
    assert row.taken == ()
    assert "not signed by this publish's signer" in row.note
    await place.forget(below)
    place.edit_dag()
    signed = await place.publish(signer=mine)
    assert signed.taken == (row.reference,)
    assert signed.signed
