"""Signing and verifying for real: what is published verifies, and what anyone tampered with doesn't."""

import base64
import json
from typing import Any

import pytest
from dagger import dag

from ci.attest import statements
from ci.attest.attach import AttestedImage
from ci.attest.statements import CYCLONEDX, PROVENANCE, SCAN, SIGNATURE
from ci.config import names
from ci.errors import ConfigurationError
from ci.tools import containers, registry
from ci.tools.cosign import Trust
from tests.engine import registries
from tests.engine.histories import only
from tests.engine.signed_images import (
    PASSWORD,
    Place,
    changed,
    keys,
    older_signature,
    published,
    said_too,
    signed_bundle,
)

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("trust")]  # one signed image for all

WEB = "https://github.com/Example/flows"


@pytest.fixture(scope="module")
async def original(plain_registry: str, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Return an image that was published and signed; tests of this file only read it."""
    return await published(plain_registry, "trust", tmp_path_factory.mktemp("flows"))


@pytest.fixture
async def place(original: Place) -> Place:
    """Return a copy of the signed image, to be tampered with."""
    return await original.copy()


def of_another_maker(commit: str) -> dict[str, Any]:
    """Write a provenance as a pipeline may do beside ours: it knows nothing of base and gate."""
    source = {"uri": f"git+{WEB}.git@refs/heads/main", "digest": {"gitCommit": commit}}
    return {
        "buildDefinition": {
            "buildType": "https://ci.example/build/v1",
            "externalParameters": {},
            "internalParameters": {},
            "resolvedDependencies": [source],
        },
        "runDetails": {"builder": {"id": "https://ci.example/builder"}, "metadata": {}},
    }


async def test_what_is_published_verifies_and_is_signed_once(original: Place) -> None:
    base = (await original.registry.image(original.where))["config"]
    digest = json.loads(base)["config"]["Labels"]["org.opencontainers.image.base.digest"]
    told = await original.verify(source=WEB, commit=original.commit, base_digest=digest)
    lines = told.splitlines()
    assert lines[0] == f"{original.where}: verified"
    wanted = (
        "signature",
        "provenance",
        "gate",
        "builder",
        "source",
        "commit",
        "base",
        "labels",
        "layers",
    )
    checks = {line.split()[1]: line.split()[0] for line in lines[1 : lines.index("by hand:")]}
    assert checks == dict.fromkeys((*wanted, CYCLONEDX, SCAN), "ok")
    # The commands it prints do the same with cosign alone.
    by_hand = [line.strip() for line in lines[lines.index("by hand:") + 1 :]]
    pub = await original.keys.trust.key.contents() if original.keys.trust.key else ""
    plain = [command.replace("cosign.pub", "/k") + " >/dev/null 2>&1" for command in by_hand]
    assert await original.run(f"printf %s '{pub}' >/k", *plain, "echo all good") == "all good\n"

    host, signer = original.registry.host, original.keys.signer
    again = only(await original.flows.publish(host, registries.PLAIN, "one", signer=signer))
    assert (again.digest, again.signed) == (original.where.digest, 0)


async def test_the_key_and_its_password_are_nowhere(original: Place) -> None:
    _, signed = await original.registry.signed({original.where: False})
    found = await (
        containers.tool_container()
        .with_mounted_directory("/signed", signed)
        .with_exec(["sh", "-c", f"grep -rlE '{PASSWORD}|PRIVATE KEY' /signed; echo searched"])
        .stdout()
    )
    assert found == "searched\n"


async def test_another_key_is_not_enough(original: Place) -> None:
    told = await original.refused(trust=(await keys()).trust)
    for name in (SIGNATURE, PROVENANCE, CYCLONEDX, SCAN):
        assert f"failed       {name}" in told


async def test_other_expectations_are_told_one_by_one(original: Place) -> None:
    told = await original.refused(
        source="https://github.com/Example/other", commit="0" * 40, base_digest=f"sha256:{'0' * 64}"
    )
    assert "failed       source" in told
    assert f"failed       commit      expected {'0' * 40}; the provenance says {original.commit}" in told
    assert "failed       base " in told
    assert "older than 0 days" in await original.refused(scan_days=0)


async def test_a_tag_that_was_moved_after_signing_leads_to_nothing_signed(place: Place) -> None:
    with pytest.raises(ConfigurationError, match="has no digest"):
        names.reference(f"{place.where.repository}:main", digest=True)
    other = await changed(place)
    told = await place.refused(other)
    assert "failed       signature   no signature by the expected key" in told


async def test_a_signature_copied_from_another_image_does_not_count(place: Place) -> None:
    other = await changed(place)
    answer, signed = await place.registry.signed({place.where: False})
    key = place.where.digest.partition(":")[2]
    assert answer[key]["attached"] == len(statements.TYPES)
    # Every bundle of the one is attached to the other, as whoever can write to the registry may do.
    files = await signed.directory(f"{key}/blobs/sha256").entries()
    bundles: list[dict[str, str]] = []
    for name in files:
        text = await signed.file(f"{key}/blobs/sha256/{name}").contents()
        if text.startswith('{"mediaType":"application/vnd.dev.sigstore.bundle'):
            bundles.append(
                {
                    "file": f"{registry.BUNDLES}/{key}/blobs/sha256/{name}",
                    "predicate": "https://slsa.dev/provenance/v1",
                }
            )
    assert len(bundles) == len(statements.TYPES)
    job = {"other": {"repository": other.repository, "digest": other.digest, "bundles": bundles}}
    assert (await place.registry.attach(job, signed))["other"]["attached"] == len(bundles)
    told = await place.refused(other)
    for name in (SIGNATURE, PROVENANCE, CYCLONEDX, SCAN):
        assert f"failed       {name}" in told


async def test_an_edited_provenance_does_not_count(place: Place) -> None:
    other = await changed(place)
    made = await signed_bundle(place, place.where, PROVENANCE, {"buildDefinition": {"buildType": "x"}})
    edited = json.loads(await made.contents())
    payload = json.loads(base64.b64decode(edited["dsseEnvelope"]["payload"]))
    payload["subject"][0]["digest"]["sha256"] = other.digest.partition(":")[2]
    edited["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(payload).encode()).decode()
    folder = dag.directory().with_new_file("edited.json", json.dumps(edited))
    bundle = {"file": f"{registry.BUNDLES}/edited.json", "predicate": statements.TYPES[PROVENANCE]}
    job = {"other": {"repository": other.repository, "digest": other.digest, "bundles": [bundle]}}
    await place.registry.attach(job, folder)
    assert "failed       provenance  no provenance signed by the expected key" in await place.refused(other)


async def test_a_statement_alone_is_no_signature(place: Place) -> None:
    other = await changed(place)
    said = statements.statement(CYCLONEDX, other.repository, other.digest, {"bomFormat": "CycloneDX"})
    alone = AttestedImage(reference=other, statements={CYCLONEDX: said})
    told = await place.attest(alone)
    assert told == {other.digest: 1}
    assert "failed       signature   no signature by the expected key" in await place.refused(other)


async def test_an_sbom_that_lacks_an_installed_package_is_found(place: Place) -> None:
    other = await changed(place)
    predicates = await place.said()
    components = predicates[CYCLONEDX]["components"]
    predicates[CYCLONEDX]["components"] = [each for each in components if each["name"] != "bash"]
    await place.vouch(other, predicates)
    told = await place.refused(other)
    assert "ok           signature" in told
    assert "failed       cyclonedx   installed packages missing in it: 1 (debian/bash" in told


async def test_another_provenance_by_the_same_key_takes_and_hides_nothing(place: Place) -> None:
    predicates, theirs = await place.said(), of_another_maker(place.commit)
    await said_too(place, place.where, PROVENANCE, theirs)
    told = await place.verify(source=f"{WEB}.git", commit=place.commit)
    assert told.startswith(f"{place.where}: verified")
    for name, part in (
        ("gate", {"internalParameters": {"forced": "an audit"}}),
        ("provenance", {"resolvedDependencies": _dirty(predicates[PROVENANCE])}),
    ):
        other = await changed(place, note=name)
        made = {**predicates[PROVENANCE]["buildDefinition"], **part}
        said = {**predicates[PROVENANCE], "buildDefinition": made}
        await place.vouch(other, {**predicates, PROVENANCE: said})
        await said_too(place, other, PROVENANCE, theirs)
        assert f"failed       {name}" in await place.refused(other)


def _dirty(provenance: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the dependencies of a provenance, of a tree that no commit has."""
    source, *others = provenance["buildDefinition"]["resolvedDependencies"]
    return [{**source, "annotations": {"dirty": True, "tree": "0" * 16}}, *others]


async def test_other_sboms_by_the_same_key_and_lost_signatures_take_nothing(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = (await place.said())[CYCLONEDX]
    part = [each for each in whole["components"] if each["name"] != "bash"]
    await said_too(place, place.where, CYCLONEDX, {**whole, "components": part})
    with monkeypatch.context() as older:  # which signed an SPDX document, too
        older.setitem(statements.TYPES, "spdx", "https://spdx.dev/Document")
        await said_too(place, place.where, "spdx", {"x": 1})
    await older_signature(place, place.where)
    told = await place.verify()
    assert told.startswith(f"{place.where}: verified")
    assert "incomplete signed SBOMs: 1" in told


async def test_a_scan_is_signed_anew_once_a_day(place: Place) -> None:
    other, predicates = await changed(place), await place.said()
    times = dict.fromkeys(("scanStartedOn", "scanFinishedOn"), "2020-01-01T00:00:00Z")
    await place.vouch(other, {**predicates, SCAN: {**predicates[SCAN], "metadata": times}})
    assert "older than 30 days: publish again" in await place.refused(other)
    await place.vouch(other, {SCAN: predicates[SCAN]})
    assert "older than" not in await place.refused(other)
    said = statements.statement(SCAN, other.repository, other.digest, predicates[SCAN])
    again = AttestedImage(reference=other, statements={SCAN: said})
    assert await place.attest(again) == {other.digest: 0}


async def test_a_base_that_is_not_the_one_of_the_provenance_is_found(place: Place) -> None:
    other = await changed(place, first_layer=True)
    await place.vouch(other, await place.said())
    assert "failed       layers      the lowest layers are not those of" in await place.refused(other)


async def test_cosign_and_its_older_signatures_are_read(place: Place) -> None:
    for flags in ("", "--new-bundle-format=false --use-signing-config=false --tlog-upload=false"):
        other = await changed(place, note=flags or "new")
        pub = await place.run(
            "export COSIGN_PASSWORD=; cd /tmp; cosign generate-key-pair >/dev/null 2>&1",
            "cosign signing-config create --no-default-fulcio --no-default-oidc --no-default-rekor "
            "--no-default-tsa --out sc.json",
            f"cosign sign -y --key cosign.key {flags or '--signing-config sc.json'} "
            f"--allow-http-registry {other} >/dev/null 2>&1",
            "cat cosign.pub",
        )
        told = await place.refused(other, Trust(key=dag.file("cosign.pub", pub)))
        assert "ok           signature" in told
        assert "failed       provenance" in told
