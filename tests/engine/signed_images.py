"""An image that was published and signed, copies of it, and ways to tamper with them."""

import json
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dagger
import pytest
from dagger import dag

from ci.attest import attach
from ci.attest import statements as attest_statements
from ci.attest.attach import AttestedImage
from ci.attest.verify import verify
from ci.attest.verify.expected import Expected
from ci.config import names, policy
from ci.config.names import Reference
from ci.config.policy import Policy
from ci.errors import CheckError
from ci.image import oci
from ci.tools import cosign, registry
from ci.tools.cosign import Signer, Trust
from ci.tools.registry import Registry
from tests.engine import registries
from tests.engine.histories import History, only, secret

PASSWORD = "canary-4a7d1c0e9b52"  # noqa: S105 - of a test's key


@dataclass(frozen=True)
class Keys:
    """A key pair: to sign with, and to verify with."""

    signer: Signer
    trust: Trust


async def keys() -> Keys:
    """Make a new key pair, as ``dagger call registry keygen`` makes it."""
    folder = cosign.key_pair(secret(PASSWORD))
    private, public = sorted(await folder.entries())
    assert (Path(private).suffix, Path(public).suffix) == (".key", ".pub")
    key = secret(await folder.file(private).contents())
    file = dag.file("cosign.pub", await folder.file(public).contents())
    return Keys(Signer(key=key, password=secret(PASSWORD)), Trust(key=file))


@dataclass(frozen=True)
class Place:
    """A registry with one image that was published and signed."""

    flows: History
    keys: Keys
    where: Reference
    registry: Registry
    commit: str

    async def verify(self, where: Reference | None = None, trust: Trust | None = None, **asked: Any) -> str:  # noqa: ANN401
        """Return what ``registry image verify`` prints."""
        wanted, whose = where or self.where, trust or self.keys.trust
        expected = Expected(digest=wanted.digest, signer="the expected key", **asked)

        async def rules(name: str) -> Policy:
            assert name == "one"
            return policy.parse(None)

        return await verify.verify(wanted, self.registry, whose, expected, rules)

    async def refused(self, where: Reference | None = None, trust: Trust | None = None, **asked: Any) -> str:  # noqa: ANN401
        """Return what it prints where it fails, as it must."""
        with pytest.raises(CheckError) as told:
            await self.verify(where, trust, **asked)
        assert "NOT verified" in str(told.value)
        return str(told.value)

    async def run(self, *commands: str) -> str:
        """Run regctl or cosign, as anyone may who can write to the registry."""
        insecure = f"regctl registry set --tls disabled {self.registry.host}"
        return await registries.clients().with_exec(["sh", "-ec", "; ".join((insecure, *commands))]).stdout()

    async def copy(self) -> "Place":
        """Copy the image, with all that vouches for it, to a repository of its own."""
        where = replace(self.where, repository=f"{self.where.repository}-{uuid.uuid4().hex[:8]}")
        source, copied = self.where.repository, where.repository
        await self.run(
            f"regctl image copy --referrers {source}@{where.digest} {copied}@{where.digest}",
            f"regctl image copy {source}:main {copied}:main",
        )
        return replace(self, where=where)

    async def said(self) -> dict[str, dict[str, Any]]:
        """Return the predicates that are signed of the published image, by type."""
        there, signed = await self.registry.signed({self.where: False})
        answers = next(
            iter(
                (await cosign.verify(self.keys.trust, signed, list(there), attest_statements.TYPES)).values()
            )
        )
        return {kind: answer["statements"][0]["predicate"] for kind, answer in answers.items()}

    async def attest(self, image: AttestedImage) -> dict[str, str | int]:
        """Sign and attach what isn't attached yet."""
        attached = await self.registry.signed({image.reference: False})
        return await attach.attest(self.registry, self.keys.signer, [image], attached)

    async def vouch(self, where: Reference, predicates: dict[str, dict[str, Any]]) -> None:
        """Sign predicates of another image with the same key, as whoever has it may do."""
        statements = {
            kind: attest_statements.statement(kind, where.repository, where.digest, predicate)
            for kind, predicate in predicates.items()
        }
        told = await self.attest(AttestedImage(reference=where, statements=statements))
        assert told == {where.digest: len(predicates)}


async def published(address: str, owner: str, folder: Path) -> Place:
    """Publish a signed image to the registry at an address, without the smoke tests, which others test."""
    flows, made = History(folder, owner, registries.passed), await keys()
    done = await flows.publish(address, registries.PLAIN, "one", signer=made.signer)
    where = names.reference(only(done).reference, digest=True)
    assert only(done).signed == len(attest_statements.TYPES)
    place = await registry.connect(address, registries.PLAIN, owner)
    return Place(flows, made, where, place, done.commit)


async def changed(place: Place, *, note: str = "changed", first_layer: bool = False) -> Reference:
    """Another image in the same repository: with one more label, or without the first layer."""
    held = await place.registry.image(place.where)
    manifest, config = json.loads(held["manifest"]), json.loads(held["config"])
    config["config"]["Labels"]["note"] = note
    if first_layer:
        manifest["layers"] = manifest["layers"][1:]
        config["rootfs"]["diff_ids"] = config["rootfs"]["diff_ids"][1:]
    text = oci.canonical(config)
    blob = oci.Blob(text=text)
    manifest["config"] |= {"digest": blob.digest, "size": len(text.encode())}
    top = oci.Blob(text=oci.canonical(manifest))
    repository = place.where.repository
    put = f"printf %s '{top.text}' | regctl manifest put --content-type {oci.MANIFEST} {repository}"
    await place.run(
        f"printf %s '{text}' | regctl blob put {repository}",
        f"{put}@{top.digest}",
        f"{put}:main",
    )
    return replace(place.where, digest=top.digest)


async def signed_bundle(place: Place, where: Reference, kind: str, predicate: dict[str, Any]) -> dagger.File:
    """Return a signed statement, as a bundle."""
    text = attest_statements.statement(kind, where.repository, where.digest, predicate)
    nothing = dag.directory().with_new_directory("x")
    _, bundles = await cosign.sign(place.keys.signer, {"x": {kind: text}}, nothing, attest_statements.TYPES)
    return bundles.file(f"x/{kind}.json")


async def said_too(place: Place, where: Reference, kind: str, predicate: dict[str, Any]) -> None:
    """Attach one more statement of a type by the same key, as whoever has it may do."""
    made = dag.directory().with_file("more.json", await signed_bundle(place, where, kind, predicate))
    bundle = {"file": f"{registry.BUNDLES}/more.json", "predicate": attest_statements.TYPES[kind]}
    job = {"more": {"repository": where.repository, "digest": where.digest, "bundles": [bundle]}}
    assert (await place.registry.attach(job, made))["more"]["attached"] == 1


async def older_signature(place: Place, where: Reference) -> None:
    """Put a signature under the tag where older cosigns look for it, and lose the blob that it lists."""
    config, lost = oci.Blob(text="{}"), oci.Blob(text="lost")
    layer = lost.descriptor("application/vnd.dev.cosign.simplesigning.v1+json")
    about = {"schemaVersion": 2, "mediaType": oci.MANIFEST, "config": config.descriptor(oci.CONFIG)}
    top, repository = oci.canonical({**about, "layers": [layer]}), where.repository
    await place.run(
        *(f"printf %s '{each.text}' | regctl blob put {repository}" for each in (config, lost)),
        f"printf %s '{top}' | regctl manifest put --content-type {oci.MANIFEST} "
        f"{repository}:{where.digest.replace(':', '-')}.sig",
        f"regctl blob delete {repository} {lost.digest}",
    )
