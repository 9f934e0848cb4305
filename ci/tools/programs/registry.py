"""Read and write a registry with regctl: look at repositories, fetch blobs, push images and move tags.

    python -m programs.registry look|fetch|push JOB.json ANSWER.json

look: {"images": {NAME: {"repository", "tags": […], "write": bool}}, "made": FOLDER}
    → {NAME: {"names": […], "manifests": {TAG: TEXT}, "labels": {TAG: {LABEL: VALUE}}, "made": [FILE…]}
       or {"problem": "…"}}
fetch: {"images": {NAME: {"repository", "manifest": TAG or DIGEST, "blobs": [DIGEST…],
        "cache": FOLDER of blobs that stay between calls, or "",
        "required": bool: its problem is an error of the program}}}
    → {NAME: {"manifest": TEXT, "config": TEXT or null (an index), "time": seconds since 1970}
       or {"problem": "…"}}; blobs lie in /blobs
push: {"base": [DIGEST…], "siblings": [REPOSITORY…], "blobs": [FOLDER…], "images": {NAME: {"repository",
       "digest", "texts": [TEXT…], "tags": [[TAG, DIGEST before or null, DIGEST after]…]}}}
    → {NAME: {"written": […], "seconds": …} or {"problem": "…"}}

A command whose failure may pass is tried again. A tag is written only after everything that it leads to, and
only if it still points to what it did when it was decided to move it. Tags are written in their order: a list
keeps it through any JSON.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from .regctl import ABSENT, RegistryError, digest, guarded, manifest, output_of, run, run_once

LAYOUT = Path(os.environ.get("LAYOUT", "/tmp/layout"))  # noqa: S108 - of the container
CACHE_DAYS = 14
LARGE = 1_000_000  # bytes of a layer that take longer to send than to look for in other repositories
JOBS = 4  # images at a time; more would only wait for the same registry
REVISION = "org.opencontainers.image.revision"


def labels(repository: str, text: str) -> dict[str, str]:
    """Return an image's annotations, or else its labels, where those have its commit."""
    top: dict[str, Any] = json.loads(text)
    values: dict[str, str] = top.get("annotations") or {}
    if REVISION not in values:
        completed = run(["image", "config", f"{repository}@{digest(text)}"])
        config: dict[str, Any] = json.loads(completed.output) if completed.status == 0 else {}
        settings: dict[str, Any] = config.get("config") or {}
        values = settings.get("Labels") or {}
    return values


def look(image: dict[str, Any], made: Sequence[str] = ()) -> dict[str, Any]:
    """Return what a repository has, after a check that it may be written to, if that is asked for."""
    repository = image["repository"]
    completed = run(["tag", "ls", repository], attempts=3)  # a registry that doesn't answer is reported soon
    if completed.status and not ABSENT.search(completed.error):
        raise RegistryError(f"tag ls: {completed.error}")
    if image["write"]:
        output_of(["blob", "put", repository], b"{}")  # OCI's own empty blob: only a write shows the right
    names = completed.output.decode().split() if not completed.status else []
    texts = {tag: manifest(f"{repository}:{tag}") for tag in image["tags"] if tag in names}
    manifests = {tag: text for tag, text in texts.items() if text is not None}
    return {
        "names": names,
        "manifests": manifests,
        "labels": {tag: labels(repository, text) for tag, text in manifests.items()},
        "made": [*made],
    }


def cached(repository: str, blob: str, folder: Path) -> bytes:
    """Return a blob from a folder that stays between calls; it is fetched if it is missing or damaged."""
    file = folder / blob.partition(":")[2]
    if file.is_file():
        content = file.read_bytes()
        if hashlib.sha256(content).hexdigest() == file.name:
            os.utime(file)
            return content
    content = output_of(["blob", "get", repository, blob])
    partial = folder / f".{file.name}-{os.getpid()}"
    partial.write_bytes(content)
    partial.replace(file)  # whole or not at all: others read it at the same time
    for other in folder.iterdir():
        if time.time() - other.stat().st_mtime > CACHE_DAYS * 86400:
            other.unlink(missing_ok=True)
    return content


def existing(reference: str) -> str:
    """Return the text of a manifest that there is; raise RegistryError if it isn't."""
    text = manifest(reference)
    if text is None:
        raise RegistryError(f"{reference}: not found")
    return text


def fetch(image: dict[str, Any]) -> dict[str, Any]:
    """Return an image's manifest and configuration, and write the blobs that are asked for."""
    repository, version = image["repository"], image["manifest"]
    reference = f"{repository}{'@' if ':' in version else ':'}{version}"
    text = existing(reference)
    top: dict[str, Any] = json.loads(text)
    if image["blobs"]:
        Path("/blobs").mkdir(exist_ok=True)
    for blob in image["blobs"]:
        folder = image.get("cache")
        content = (
            cached(repository, blob, Path(folder)) if folder else output_of(["blob", "get", repository, blob])
        )
        if blob != f"sha256:{hashlib.sha256(content).hexdigest()}":
            raise RegistryError(f"{repository}: the registry sent other content for {blob}")
        Path("/blobs", blob.partition(":")[2]).write_bytes(content)
    config = (
        output_of(["blob", "get", repository, top["config"]["digest"]]).decode() if "config" in top else None
    )
    return {"manifest": text, "config": config, "time": int(time.time())}


def compose(job: dict[str, Any]) -> None:
    """Make one image layout for all images: links to the mounted blobs, and files of the new texts."""
    blobs = LAYOUT / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    (LAYOUT / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}', encoding="utf-8")
    (LAYOUT / "index.json").write_text('{"schemaVersion":2,"manifests":[]}', encoding="utf-8")
    for folder in job["blobs"]:
        for file in sorted(Path(folder).iterdir()):
            if not (blobs / file.name).exists():
                (blobs / file.name).symlink_to(file)
    for image in job["images"].values():
        for text in image["texts"]:
            (blobs / digest(text).partition(":")[2]).write_text(text, encoding="utf-8")


def has_base(repository: str, base: list[str]) -> bool:
    """Return whether a repository has the base's layers; the lowest and the highest stand for all."""
    return all(run_once(["blob", "head", repository, layer]).status == 0 for layer in {*base[:1], *base[-1:]})


def layers(image: dict[str, Any]) -> set[str]:
    """Return the layers of an image, of all its platforms."""
    documents: list[dict[str, Any]] = [json.loads(text) for text in image["texts"]]
    return {layer["digest"] for document in documents for layer in document.get("layers", ())}


def large_layers(image: dict[str, Any], base: list[str]) -> set[str]:
    """Return the layers beside the base's for which a registry is asked whether it has them elsewhere."""
    documents: list[dict[str, Any]] = [json.loads(text) for text in image["texts"]]
    listed = [layer for document in documents for layer in document.get("layers", ())]
    return {layer["digest"] for layer in listed if layer["size"] >= LARGE} - set(base)


def owner_of(layer: str, repositories: list[str]) -> str | None:
    """Return the first repository that has a layer."""
    return next((one for one in repositories if run_once(["blob", "head", one, layer]).status == 0), None)


def leaders(images: dict[str, dict[str, Any]], base: list[str]) -> dict[str, str]:
    """Return layers that several images have beside the base's, each with the first image that has it."""
    first: dict[str, str] = {}
    shared: dict[str, str] = {}
    for name, image in images.items():
        for layer in sorted(layers(image) - set(base)):
            if layer in first:
                shared[layer] = first[layer]
            first.setdefault(layer, name)
    return shared


def send(image: dict[str, Any], donors: dict[str, str]) -> None:
    """Push an image by digest; only what its repository lacks is sent.

    ``donors``: for each layer to be mounted, a repository of the same registry that has it.
    """
    repository, image_digest = image["repository"], image["digest"]
    by_digest = f"{repository}@{image_digest}"
    if manifest(by_digest) is not None:
        return
    for layer, donor in donors.items():
        # regctl copies a layer that it can't mount; one that it can't copy is sent with the image.
        if donor != repository:
            run_once(["blob", "copy", donor, repository, layer])
    output_of(["image", "copy", f"ocidir://{LAYOUT}@{image_digest}", by_digest])
    if manifest(by_digest) is None:
        raise RegistryError(f"{by_digest} was sent, but the registry doesn't have it")


def write_tag(tag: str, manifest_text: str, before: str | None) -> bool:
    """Let a tag, a whole reference, point to a manifest; return whether it was moved."""
    text = manifest(tag)
    if text == manifest_text:
        return False
    now = digest(text) if text is not None else None
    if now != before:
        raise RegistryError(f"{tag} was moved to {now} by someone else in the meantime: publish again")
    output_of(
        ["manifest", "put", "--content-type", json.loads(manifest_text)["mediaType"], tag],
        manifest_text.encode(),
    )
    if manifest(tag) != manifest_text:
        raise RegistryError(f"{tag} was moved by someone else in the meantime: publish again")
    return True


def push(image: dict[str, Any], donors: dict[str, str]) -> dict[str, Any]:
    """Push an image by digest, then write its tags, in their order; some may lead to other images."""
    started = time.monotonic()
    send(image, donors)
    repository, texts = image["repository"], {digest(text): text for text in image["texts"]}
    written: list[str] = []
    for tag, before, after in image["tags"]:
        try:
            text = texts.get(after) or existing(f"{repository}@{after}")
            written += [tag] if write_tag(f"{repository}:{tag}", text, before) else []
        except RegistryError as error:
            already = f"; written before: {', '.join(written)}" if written else ""
            raise RegistryError(f"{error}{already}") from None
    return {"written": written, "seconds": round(time.monotonic() - started, 2)}


def push_all(job: dict[str, Any], pool: ThreadPoolExecutor) -> dict[str, Any]:
    """Push every image; layers that several have are sent once and mounted into the other repositories."""
    compose(job)
    images: dict[str, dict[str, Any]] = job["images"]
    base: list[str] = job["base"]
    named: list[str] = [*(image["repository"] for image in images.values()), *job["siblings"]]
    repositories = list(dict.fromkeys(named))
    with_base = dict(
        zip(repositories, pool.map(has_base, repositories, [base] * len(repositories)), strict=True)
    )
    base_donor = next((repository for repository, has in with_base.items() if has), None)
    done: dict[str, Any] = {}
    waiting = list(images)
    while base_donor is None and waiting:  # the first that succeeds has sent the base for all
        name = waiting.pop(0)
        done[name] = guarded(partial(push, images[name], {}))
        base_donor = None if "problem" in done[name] else images[name]["repository"]
    shared = leaders(images, base)

    def one(name: str) -> dict[str, Any]:
        repository = images[name]["repository"]
        donors = dict.fromkeys(base, base_donor) if base_donor and not with_base.get(repository) else {}
        for layer in sorted(large_layers(images[name], base) - shared.keys()):
            # Its own first, and then those of types that aren't pushed now, or have been.
            owner = owner_of(layer, [repository, *(one for one in repositories if one != repository)])
            donors |= {layer: owner} if owner and owner != repository else {}
        for layer in sorted(layers(images[name]) & shared.keys()):
            first = shared[layer]
            # Not from an image that failed, nor from this one.
            if first in done and "problem" not in done[first]:
                donors[layer] = images[first]["repository"]
        return guarded(partial(push, images[name], donors))

    needed = {name: {shared[layer] for layer in layers(images[name]) & shared.keys()} for name in waiting}
    while waiting:  # an image comes after those it mounts from; the first in order needs none that waits
        now = [name for name in waiting if all(other in done or other == name for other in needed[name])]
        done |= dict(zip(now, pool.map(one, now), strict=True))
        waiting = [name for name in waiting if name not in done]
    return {name: done[name] for name in images}


def main(verb: str, job_file: str, answer_file: str) -> None:
    """Do a job, and write the answer."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    with ThreadPoolExecutor(JOBS) as pool:
        if verb in ("look", "fetch"):
            images: dict[str, dict[str, Any]] = job["images"]
            made = [file.name for file in Path(job["made"]).iterdir()] if verb == "look" else []
            one = partial(look, made=sorted(made)) if verb == "look" else fetch
            answers = pool.map(guarded, [partial(one, image) for image in images.values()])
            answer = dict(zip(images, answers, strict=True))
            problems = [
                result["problem"]
                for name, result in answer.items()
                if "problem" in result and (images[name].get("blobs") or images[name].get("required"))
            ]
            if problems:  # a caller that asks for blobs reads the folder; an answer may be kept
                sys.exit("\n".join(problems))
        else:
            answer = push_all(job, pool)
    Path(answer_file).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
