"""What is attached to an image in a registry: signatures and attestations, read and written with regctl.

    python -m programs.referrers signed|attach JOB.json ANSWER.json

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
import re
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
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# What JSON raises that isn't of the shape it should have, or nested without end.
STRANGE = (AttributeError, KeyError, TypeError, ValueError, RecursionError)
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

    def fetch(self, repository: str, name: str) -> bytes:
        """Get a blob by its digest, and keep it.

        Raises:
            RegistryError: the registry doesn't give it.
            ValueError: it has another digest, or what is given isn't one.
        """
        if not DIGEST.fullmatch(name):
            raise ValueError(f"{name[:80]!r} is no digest")
        content = must(["blob", "get", repository, name])
        self.add(content, name)
        return content

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
    configuration = _configuration(text, f"{repository}@{wanted}")
    layout = Layout(SIGNED / name)
    layout.add_manifest(text, "image")
    config = layout.fetch(repository, configuration) if configuration else None
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


def _configuration(text: str, where: str) -> str:
    """The digest of an image's configuration; empty for an index.

    Raises:
        RegistryError: it is neither an image nor an index.
    """
    try:
        top: dict[str, Any] = json.loads(text)
        return str(top.get("config", {"digest": ""})["digest"])
    except STRANGE as error:
        told = f"neither an image nor an index: {type(error).__name__}: {error}"
        raise RegistryError(f"{where}: the registry has {told}, in {text[:80]!r}") from None


def older(text: str) -> bool:
    """Whether a manifest is what older cosigns write; a bundle under such a tag would be taken for one."""
    try:
        top: dict[str, Any] = json.loads(text)
        kinds = [str(layer["mediaType"]) for layer in top["layers"]]
        plain = "subject" not in top and "digest" in top["config"]
        return plain and not any(map(_bundle, kinds))
    except STRANGE:
        return False


def _created(entry: dict[str, Any]) -> str:
    notes = entry.get("annotations")
    return str(cast("dict[str, Any]", notes).get(CREATED, "")) if isinstance(notes, dict) else ""


def _bundle(media: str) -> bool:
    return media.startswith(BUNDLES)


def _older(folder: Path, repository: str, text: str) -> int:
    """Bring together what lies under tags made of the image's digest; how many such tags are of use."""
    place = f"{repository}:{digest(text).replace(':', '-')}"
    held = [
        (kind, found)
        for suffix, kind in ((".sig", "sigs"), (".att", "atts"))
        if (found := _theirs(f"{place}{suffix}")) is not None and older(found)
    ]
    if not held:
        return 0
    layout = Layout(folder)
    layout.add_manifest(text, "image")
    whole = [each for each in held if _layers(layout, repository, each[1])]
    for kind, found in whole:
        layout.add_manifest(found, kind)
    layout.finish()
    return len(whole)


def _attached(layout: Layout, repository: str, each: str) -> None:
    text = _theirs(f"{repository}@{each}")
    if text is None or digest(text) != each:  # gone meanwhile, or not what was listed
        return
    layout.add_manifest(text)
    _layers(layout, repository, text)


def _theirs(reference: str) -> str | None:
    """The manifest of what may be anyone's; None where there is none that could be read."""
    try:
        return manifest(reference)
    except (RegistryError, ValueError):  # the latter: it is no text
        return None


def _layers(layout: Layout, repository: str, text: str) -> bool:
    """Get what a manifest lists; whether all was there: it is anyone's, and may be of any shape."""
    try:
        held: dict[str, Any] = json.loads(text)
        for blob in (held["config"], *held["layers"]):
            layout.fetch(repository, blob["digest"])
    except (RegistryError, *STRANGE):
        return False
    return True


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
