"""Read and write signatures and attestations, which are attached to images in a registry, with regctl.

    python -m programs.referrers signed|attach JOB.json ANSWER.json

signed: {"images": {NAME: {"repository", "digest", "absent": whether the registry may lack it}}}
    → {NAME: {"manifest": TEXT or null, "config": TEXT or null, "attached": COUNT} or {"problem": "…"}}; in
    /signed/NAME lies a layout as ``cosign save`` makes it: the image's JSON, and what is attached to it;
    in /signed/NAME.old one with what older versions of cosign attached, if there is any
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

from .regctl import ABSENT, RegistryError, digest, guarded, manifest, output_of, run

SIGNED = Path("/signed")
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
BUNDLES = "application/vnd.dev.sigstore.bundle"  # of any version
CREATED = "org.opencontainers.image.created"
PREDICATE = "dev.sigstore.bundle.predicateType"
KIND = "dev.cosignproject.cosign/"
JOBS = 4
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# Errors of reading JSON whose shape is wrong, or that is nested without end.
MALFORMED = (AttributeError, KeyError, TypeError, ValueError, RecursionError)
MOST = 200  # attachments that are read, the newest first


def listed(repository: str, image: str) -> list[dict[str, Any]]:
    """Return the descriptors of artifacts whose subject is the image."""
    completed = run(["artifact", "list", "--format", "{{json .Descriptors}}", f"{repository}@{image}"])
    if completed.status and ABSENT.search(completed.error):
        return []
    if completed.status:
        raise RegistryError(f"artifact list: {completed.error}")
    return json.loads(completed.output) or []


class Layout:
    """A folder as ``cosign save`` makes it, which cosign verifies without a registry."""

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        self.folder = folder
        self.blobs = folder / "blobs" / "sha256"
        self.blobs.mkdir(parents=True)
        self.entries: list[dict[str, Any]] = []

    def add(self, content: bytes, name: str) -> None:
        """Keep a blob under its digest; raise ValueError if it has another one."""
        if name != f"sha256:{hashlib.sha256(content).hexdigest()}":
            raise ValueError(f"the registry sent other content for {name!r}")
        (self.blobs / name.partition(":")[2]).write_bytes(content)

    def fetch(self, repository: str, name: str) -> bytes:
        """Fetch a blob by its digest, and keep it.

        Raise RegistryError if the registry has no such blob; ValueError for other content, or no digest.
        """
        if not DIGEST.fullmatch(name):
            raise ValueError(f"{name[:80]!r} isn't a digest")
        content = output_of(["blob", "get", repository, name])
        self.add(content, name)
        return content

    def add_manifest(self, text: str, kind: str = "") -> None:
        """Keep a manifest; with a kind it becomes an entry of the index."""
        self.add(text.encode(), digest(text))
        if kind:
            media = json.loads(text).get("mediaType", "application/vnd.oci.image.manifest.v1+json")
            descriptor = {"mediaType": media, "digest": digest(text), "size": len(text.encode())}
            self.entries.append({**descriptor, "annotations": {"kind": f"{KIND}{kind}"}})

    def finish(self) -> None:
        """Write the index."""
        media = "application/vnd.oci.image.index.v1+json"
        index = {"schemaVersion": 2, "mediaType": media, "manifests": self.entries}
        (self.folder / "index.json").write_text(json.dumps(index), encoding="utf-8")
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}', encoding="utf-8")


def signed(name: str, image: dict[str, Any]) -> dict[str, Any]:
    """Write a layout with an image's JSON and what is attached to it."""
    repository, image_digest = image["repository"], image["digest"]
    text = manifest(f"{repository}@{image_digest}")
    if text is None and image.get("absent"):
        Layout(SIGNED / name).finish()
        return {"manifest": None, "config": None, "attached": 0}
    if text is None:
        raise RegistryError(f"{repository}@{image_digest}: not found")
    if digest(text) != image_digest:
        raise RegistryError(f"{repository}@{image_digest}: the registry sent {digest(text)} for it")
    configuration = _configuration(text, f"{repository}@{image_digest}")
    layout = Layout(SIGNED / name)
    layout.add_manifest(text, "image")
    config = layout.fetch(repository, configuration) if configuration else None
    bundles = [
        entry for entry in listed(repository, image_digest) if _is_bundle(str(entry.get("artifactType")))
    ]
    bundles.sort(key=_created, reverse=True)
    for entry in bundles[:MOST]:
        _fetch_attached(layout, repository, entry["digest"])
    layout.finish()
    old_signatures = _fetch_old(SIGNED / f"{name}.old", repository, text)
    return {
        "manifest": text,
        "config": config.decode() if config is not None else None,
        "attached": len(bundles) + old_signatures,
    }


def _configuration(text: str, reference: str) -> str:
    """Return the digest of an image's configuration, empty for an index; raise RegistryError for another."""
    try:
        top: dict[str, Any] = json.loads(text)
        return str(top.get("config", {"digest": ""})["digest"])
    except MALFORMED as error:
        problem = f"neither an image nor an index: {type(error).__name__}: {error}"
        raise RegistryError(f"{reference}: {problem}, in {text[:80]!r}") from None


def is_old_signature(text: str) -> bool:
    """Return whether older versions of cosign write such a manifest; a bundle may lie under the same tag."""
    try:
        top: dict[str, Any] = json.loads(text)
        kinds = [str(layer["mediaType"]) for layer in top["layers"]]
        plain = "subject" not in top and "digest" in top["config"]
        return plain and not any(map(_is_bundle, kinds))
    except MALFORMED:
        return False


def _created(entry: dict[str, Any]) -> str:
    notes = entry.get("annotations")
    return str(cast("dict[str, Any]", notes).get(CREATED, "")) if isinstance(notes, dict) else ""


def _is_bundle(media: str) -> bool:
    return media.startswith(BUNDLES)


def _fetch_old(folder: Path, repository: str, text: str) -> int:
    """Write a layout with signatures under tags made of the image's digest; return how many."""
    tag = f"{repository}:{digest(text).replace(':', '-')}"
    signatures = [
        (kind, signature)
        for suffix, kind in ((".sig", "sigs"), (".att", "atts"))
        if (signature := _readable(f"{tag}{suffix}")) is not None and is_old_signature(signature)
    ]
    if not signatures:
        return 0
    layout = Layout(folder)
    layout.add_manifest(text, "image")
    complete = [(kind, one) for kind, one in signatures if _fetch_layers(layout, repository, one)]
    for kind, signature in complete:
        layout.add_manifest(signature, kind)
    layout.finish()
    return len(complete)


def _fetch_attached(layout: Layout, repository: str, name: str) -> None:
    text = _readable(f"{repository}@{name}")
    if text is None or digest(text) != name:  # deleted in the meantime, or not what was listed
        return
    layout.add_manifest(text)
    _fetch_layers(layout, repository, text)


def _readable(reference: str) -> str | None:
    """Return a manifest that anyone may have written; None if it can't be read."""
    try:
        return manifest(reference)
    except (RegistryError, ValueError):  # the latter: it isn't text
        return None


def _fetch_layers(layout: Layout, repository: str, text: str) -> bool:
    """Fetch the blobs of a manifest that anyone may have written; return whether all were readable."""
    try:
        top: dict[str, Any] = json.loads(text)
        for blob in (top["config"], *top["layers"]):
            layout.fetch(repository, blob["digest"])
    except (RegistryError, *MALFORMED):
        return False
    return True


def attach(image: dict[str, Any]) -> dict[str, Any]:
    """Attach bundles, one after the other: a registry without the referrers API keeps one list of them."""
    started = time.monotonic()
    subject = f"{image['repository']}@{image['digest']}"
    before = {entry["digest"] for entry in listed(image["repository"], image["digest"])}
    for bundle in image["bundles"]:
        notes = {CREATED: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
        notes |= {"dev.sigstore.bundle.content": "dsse-envelope", PREDICATE: bundle["predicate"]}
        command = ["artifact", "put", "--subject", subject, "--artifact-type", BUNDLE]
        command += [part for key, value in notes.items() for part in ("--annotation", f"{key}={value}")]
        output_of([*command, "--file", bundle["file"], "--file-media-type", BUNDLE])
    after = {entry["digest"] for entry in listed(image["repository"], image["digest"])}
    added = len(after - before)
    if added < len(image["bundles"]):
        problem = f"{len(image['bundles'])} bundles were attached to {subject}, the registry lists {added}"
        raise RegistryError(f"{problem}: someone else attached at the same time: publish again")
    return {"attached": added, "seconds": round(time.monotonic() - started, 2)}


def main(verb: str, job_file: str, answer_file: str) -> None:
    """Do a job, and write the answer."""
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
