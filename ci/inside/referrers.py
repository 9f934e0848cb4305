"""What is attached to an image in a registry: signatures and attestations, read and written with regctl.

    python -m inside.referrers signed|attach JOB.json ANSWER.json

signed: {"images": {NAME: {"repository", "digest"}}}
    → {NAME: {"manifest": TEXT, "config": TEXT or null, "attached": COUNT} or {"problem": "…"}}; in
    /signed/NAME lies a layout as ``cosign save`` makes it: the image's JSON, and all that vouches for it;
    in /signed/NAME.old one with what older cosigns attached, where there is any
attach: {"images": {NAME: {"repository", "digest", "bundles": [{"file", "predicate"}]}}}
    → {NAME: {"attached": COUNT, "seconds": …} or {"problem": "…"}}

A bundle is kept as cosign 3 does it (pkg/oci/remote/write.go, WriteAttestationNewBundleFormat): a manifest
whose subject is the image. Older signatures lie under tags made of the image's digest.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, cast

from .regctl import ABSENT, RegistryError, digest, guarded, manifest, must, run

SIGNED = Path("/signed")
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
BUNDLES = "application/vnd.dev.sigstore.bundle"  # of any version
CREATED = "org.opencontainers.image.created"
PREDICATE = "dev.sigstore.bundle.predicateType"
KIND = "dev.cosignproject.cosign/"
JOBS = 4
MOST = 200  # attached things that are read, the newest first


def listed(repository: str, image: str) -> list[dict[str, Any]]:
    """Descriptors of what has the image for its subject."""
    ran = run(["artifact", "list", "--format", "{{json .Descriptors}}", f"{repository}@{image}"])
    if ran.status and ABSENT.search(ran.said):
        return []
    if ran.status:
        raise RegistryError(f"artifact list: {ran.said}")
    return json.loads(ran.output) or []


class Layout:
    """A folder as ``cosign save`` makes it, which cosign verifies without a registry."""

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        self.folder = folder
        self.blobs = folder / "blobs" / "sha256"
        self.blobs.mkdir(parents=True)
        self.entries: list[dict[str, Any]] = []

    def add(self, content: bytes, name: str) -> None:
        """Keep a blob under its digest.

        Raises:
            ValueError: it has another digest.
        """
        if name != f"sha256:{hashlib.sha256(content).hexdigest()}":
            raise ValueError(f"the registry gave other content for {name!r}")
        (self.blobs / name.partition(":")[2]).write_bytes(content)

    def add_manifest(self, text: str, kind: str = "") -> None:
        """Keep a manifest; one with a kind is an entry of the index."""
        self.add(text.encode(), digest(text))
        if kind:
            media = json.loads(text).get("mediaType", "application/vnd.oci.image.manifest.v1+json")
            about = {"mediaType": media, "digest": digest(text), "size": len(text.encode())}
            self.entries.append({**about, "annotations": {"kind": f"{KIND}{kind}"}})

    def finish(self) -> None:
        """Write the index."""
        media = "application/vnd.oci.image.index.v1+json"
        index = {"schemaVersion": 2, "mediaType": media, "manifests": self.entries}
        (self.folder / "index.json").write_text(json.dumps(index), encoding="utf-8")
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}', encoding="utf-8")


def signed(name: str, image: dict[str, Any]) -> dict[str, Any]:
    """Bring together an image's JSON and what vouches for it."""
    repository, wanted = image["repository"], image["digest"]
    text = manifest(f"{repository}@{wanted}")
    if text is None:
        raise RegistryError(f"{repository}@{wanted}: not found")
    if digest(text) != wanted:
        raise RegistryError(f"{repository}@{wanted}: the registry gave {digest(text)} for it")
    layout = Layout(SIGNED / name)
    layout.add_manifest(text, "image")
    top: dict[str, Any] = json.loads(text)
    config = must(["blob", "get", repository, top["config"]["digest"]]) if "config" in top else None
    if config is not None:
        layout.add(config, top["config"]["digest"])
    found = [each for each in listed(repository, wanted) if _bundle(str(each.get("artifactType")))]
    found.sort(key=_created, reverse=True)
    for each in found[:MOST]:
        _attached(layout, repository, each["digest"])
    layout.finish()
    older = _older(SIGNED / f"{name}.old", repository, text)
    return {
        "manifest": text,
        "config": config.decode() if config is not None else None,
        "attached": len(found) + older,
    }


def older(text: str) -> bool:
    """Whether a manifest is what older cosigns write; a bundle under such a tag would be taken for one."""
    try:
        top: dict[str, Any] = json.loads(text)
        kinds = [str(layer["mediaType"]) for layer in top["layers"]]
        plain = "subject" not in top and "digest" in top["config"]
        return plain and not any(map(_bundle, kinds))
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def _created(entry: dict[str, Any]) -> str:
    notes = entry.get("annotations")
    return str(cast("dict[str, Any]", notes).get(CREATED, "")) if isinstance(notes, dict) else ""


def _bundle(media: str) -> bool:
    return media.startswith(BUNDLES)


def _older(folder: Path, repository: str, text: str) -> int:
    """Bring together what lies under tags made of the image's digest; how many such tags there are."""
    place = f"{repository}:{digest(text).replace(':', '-')}"
    tags = {kind: manifest(f"{place}{suffix}") for suffix, kind in ((".sig", "sigs"), (".att", "atts"))}
    held = {kind: found for kind, found in tags.items() if found is not None and older(found)}
    if held:
        layout = Layout(folder)
        layout.add_manifest(text, "image")
        for kind, found in held.items():
            layout.add_manifest(found, kind)
            _layers(layout, repository, json.loads(found))
        layout.finish()
    return len(held)


def _attached(layout: Layout, repository: str, each: str) -> None:
    try:
        text = manifest(f"{repository}@{each}")
    except RegistryError:
        return
    if text is None or digest(text) != each:  # gone meanwhile, or not what was listed
        return
    layout.add_manifest(text)
    try:
        _layers(layout, repository, json.loads(text))
    except (AttributeError, KeyError, RegistryError, TypeError, ValueError):  # anyone's, and of no use
        return


def _layers(layout: Layout, repository: str, held: dict[str, Any]) -> None:
    for blob in (held["config"], *held["layers"]):
        layout.add(must(["blob", "get", repository, blob["digest"]]), blob["digest"])


def attach(image: dict[str, Any]) -> dict[str, Any]:
    """Attach bundles one after the other: a registry without the referrers API keeps one list of them."""
    started = time.monotonic()
    subject = f"{image['repository']}@{image['digest']}"
    before = {each["digest"] for each in listed(image["repository"], image["digest"])}
    for bundle in image["bundles"]:
        notes = {CREATED: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        notes |= {"dev.sigstore.bundle.content": "dsse-envelope", PREDICATE: bundle["predicate"]}
        command = ["artifact", "put", "--subject", subject, "--artifact-type", BUNDLE]
        command += [part for key, value in notes.items() for part in ("--annotation", f"{key}={value}")]
        must([*command, "--file", bundle["file"], "--file-media-type", BUNDLE])
    after = {each["digest"] for each in listed(image["repository"], image["digest"])}
    added = len(after - before)
    if added < len(image["bundles"]):
        told = f"{len(image['bundles'])} were attached to {subject}, and the registry lists {added} of them"
        raise RegistryError(f"{told}: someone else attached at the same time: publish again")
    return {"attached": added, "seconds": round(time.monotonic() - started, 2)}


def main(verb: str, job_file: str, answer_file: str) -> None:
    """Do a job and write the answer."""
    images: dict[str, dict[str, Any]] = json.loads(Path(job_file).read_text(encoding="utf-8"))["images"]
    jobs = [
        partial(signed, name, image) if verb == "signed" else partial(attach, image)
        for name, image in images.items()
    ]
    SIGNED.mkdir(exist_ok=True)
    with ThreadPoolExecutor(JOBS) as pool:
        answer = dict(zip(images, pool.map(guarded, jobs), strict=True))
    Path(answer_file).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
