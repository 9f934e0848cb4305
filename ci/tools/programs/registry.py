"""Talk to a registry with regctl: what is there, pushing images by digest, then moving tags.

    python -m programs.registry look|fetch|push JOB.json ANSWER.json

look: {"images": {NAME: {"repository", "tags": […], "write": bool}}}
    → {NAME: {"names": […], "manifests": {TAG: TEXT}, "revisions": {TAG: COMMIT}} or {"problem": "…"}}
fetch: {"images": {NAME: {"repository", "manifest": TAG or DIGEST, "blobs": [DIGEST…], "kept": bool}}}
    → {NAME: {"manifest": TEXT, "config": TEXT or null (an index)} or {"problem": "…"}}; blobs lie in /blobs
push: {"base": [DIGEST…], "siblings": [REPOSITORY…], "blobs": [FOLDER…], "images": {NAME: {"repository",
       "digest", "texts": [TEXT…], "tags": {TAG: DIGEST before or null}}}}
    → {NAME: {"written": […], "seconds": …} or {"problem": "…"}}

Every command is tried again while what failed may pass; a tag is written only after all that it leads to is
there, and only where it is still what it was when the decision to move it was made.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from .regctl import ABSENT, RegistryError, digest, guarded, manifest, must, once, run

LAYOUT = Path(os.environ.get("LAYOUT", "/tmp/layout"))  # noqa: S108 - of the container
KEPT = "/var/cache/airflow-images/blobs"
KEPT_DAYS = 14
JOBS = 4  # images at a time: more only wait for the same registry
REVISION = "org.opencontainers.image.revision"


def revision(repository: str, text: str) -> str:
    """The commit that an image names: by its annotations, else by its labels; empty where it names none."""
    top: dict[str, Any] = json.loads(text)
    said: dict[str, str] = top.get("annotations") or {}
    if REVISION not in said:
        ran = run(["image", "config", f"{repository}@{digest(text)}"])
        config: dict[str, Any] = json.loads(ran.output) if ran.status == 0 else {}
        settings: dict[str, Any] = config.get("config") or {}
        said = settings.get("Labels") or {}
    return said.get(REVISION, "")


def look(image: dict[str, Any]) -> dict[str, Any]:
    """What a repository has, after making sure that it may be written to."""
    repository = image["repository"]
    ran = run(["tag", "ls", repository], attempts=3)  # where nobody answers, that is told soon
    if ran.status and not ABSENT.search(ran.said):
        raise RegistryError(f"tag ls: {ran.said}")
    if image["write"]:
        must(["blob", "put", repository], b"{}")  # OCI's own empty blob: the one sure way to know
    names = ran.output.decode().split() if not ran.status else []
    texts = {tag: manifest(f"{repository}:{tag}") for tag in image["tags"] if tag in names}
    there = {tag: text for tag, text in texts.items() if text is not None}
    return {
        "names": names,
        "manifests": there,
        "revisions": {tag: revision(repository, text) for tag, text in there.items()},
    }


def kept(repository: str, blob: str, folder: Path = Path(KEPT)) -> bytes:
    """A blob from the folder that stays between calls; fetched where it isn't there, or broken."""
    place = folder / blob.partition(":")[2]
    if place.is_file():
        content = place.read_bytes()
        if hashlib.sha256(content).hexdigest() == place.name:
            os.utime(place)
            return content
    content = must(["blob", "get", repository, blob])
    partial = folder / f".{place.name}-{os.getpid()}"
    partial.write_bytes(content)
    partial.replace(place)  # whole or not at all: others read it at the same time
    for other in folder.iterdir():
        if time.time() - other.stat().st_mtime > KEPT_DAYS * 86400:
            other.unlink(missing_ok=True)
    return content


def fetch(image: dict[str, Any]) -> dict[str, Any]:
    """An image's manifest and configuration, and those blobs that are asked for."""
    repository, wanted = image["repository"], image["manifest"]
    reference = f"{repository}{'@' if ':' in wanted else ':'}{wanted}"
    text = manifest(reference)
    if text is None:
        raise RegistryError(f"{reference}: not found")
    top: dict[str, Any] = json.loads(text)
    if image["blobs"]:
        Path("/blobs").mkdir(exist_ok=True)
    for blob in image["blobs"]:
        content = kept(repository, blob) if image.get("kept") else must(["blob", "get", repository, blob])
        if blob != f"sha256:{hashlib.sha256(content).hexdigest()}":
            raise RegistryError(f"{repository}: the registry gave other content for {blob}")
        Path("/blobs", blob.partition(":")[2]).write_bytes(content)
    config = must(["blob", "get", repository, top["config"]["digest"]]).decode() if "config" in top else None
    return {"manifest": text, "config": config}


def compose(job: dict[str, Any]) -> None:
    """One image layout for all images: links to the blobs that are mounted, and the texts that are new."""
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
    """Whether a repository holds the base's layers; the lowest and the highest stand for all."""
    return all(once(["blob", "head", repository, layer]).status == 0 for layer in {*base[:1], *base[-1:]})


def layers(image: dict[str, Any]) -> set[str]:
    """The layers of an image, of all its platforms."""
    told: list[dict[str, Any]] = [json.loads(text) for text in image["texts"]]
    return {layer["digest"] for each in told for layer in each.get("layers", ())}


def leaders(images: dict[str, dict[str, Any]], base: list[str]) -> dict[str, str]:
    """Layers that several images have beside the base's, each with the first image that has it."""
    first: dict[str, str] = {}
    shared: dict[str, str] = {}
    for name, image in images.items():
        for layer in sorted(layers(image) - set(base)):
            if layer in first:
                shared[layer] = first[layer]
            first.setdefault(layer, name)
    return shared


def send(image: dict[str, Any], donors: dict[str, str]) -> None:
    """Bring an image to its repository by digest; only what isn't there is sent.

    ``donors`` names a repository of the same registry for each layer that is to be mounted from there.
    """
    repository, wanted = image["repository"], image["digest"]
    by_digest = f"{repository}@{wanted}"
    if manifest(by_digest) is not None:
        return
    for layer, donor in donors.items():
        # One that can't be mounted is copied, and one that can't be copied is sent below.
        if donor != repository:
            once(["blob", "copy", donor, repository, layer])
    must(["image", "copy", f"ocidir://{LAYOUT}@{wanted}", by_digest])
    if manifest(by_digest) is None:
        raise RegistryError(f"{by_digest} was sent, and the registry doesn't have it")


def move(place: str, wanted: str, before: str | None) -> bool:
    """Let a tag point to the manifest with the text ``wanted``; whether that changed anything."""
    text = manifest(place)
    if text == wanted:
        return False
    now = digest(text) if text is not None else None
    if now != before:
        raise RegistryError(f"{place} was moved to {now} by someone else meanwhile: publish again")
    must(["manifest", "put", "--content-type", json.loads(wanted)["mediaType"], place], wanted.encode())
    if manifest(place) != wanted:
        raise RegistryError(f"{place} was moved by someone else meanwhile: publish again")
    return True


def push(image: dict[str, Any], donors: dict[str, str]) -> dict[str, Any]:
    """Bring an image to its repository, then move its tags, in their order."""
    started = time.monotonic()
    send(image, donors)
    wanted = next(text for text in image["texts"] if digest(text) == image["digest"])
    written: list[str] = []
    for tag, before in image["tags"].items():
        try:
            written += [tag] if move(f"{image['repository']}:{tag}", wanted, before) else []
        except RegistryError as error:
            told = f"; moved before that: {', '.join(written)}" if written else ""
            raise RegistryError(f"{error}{told}") from None
    return {"written": written, "seconds": round(time.monotonic() - started, 2)}


def push_all(job: dict[str, Any], pool: ThreadPoolExecutor) -> dict[str, Any]:
    """Push every image; what several have in common is sent once and mounted into the other repositories."""
    compose(job)
    images: dict[str, dict[str, Any]] = job["images"]
    base: list[str] = job["base"]
    named: list[str] = [*(image["repository"] for image in images.values()), *job["siblings"]]
    places = list(dict.fromkeys(named))
    held = dict(zip(places, pool.map(has_base, places, [base] * len(places)), strict=True))
    below = next((place for place, has in held.items() if has), None)
    done: dict[str, Any] = {}
    waiting = list(images)
    while below is None and waiting:  # the first that succeeds has sent the base for all
        name = waiting.pop(0)
        done[name] = guarded(partial(push, images[name], {}))
        below = None if "problem" in done[name] else images[name]["repository"]
    shared = leaders(images, base)

    def one(name: str) -> dict[str, Any]:
        repository = images[name]["repository"]
        donors = dict.fromkeys(base, below) if below and not held.get(repository) else {}
        for layer in sorted(layers(images[name]) & shared.keys()):
            first = shared[layer]
            # A leader that failed gave nothing; one that is this image has nothing to mount.
            if first in done and "problem" not in done[first]:
                donors[layer] = images[first]["repository"]
        return guarded(partial(push, images[name], donors))

    taken = {name: {shared[layer] for layer in layers(images[name]) & shared.keys()} for name in waiting}
    while waiting:  # who takes a layer from another comes after it; the first in order takes from none left
        now = [name for name in waiting if all(other in done or other == name for other in taken[name])]
        done |= dict(zip(now, pool.map(one, now), strict=True))
        waiting = [name for name in waiting if name not in done]
    return {name: done[name] for name in images}


def main(verb: str, job_file: str, answer_file: str) -> None:
    """Do a job and write the answer."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    with ThreadPoolExecutor(JOBS) as pool:
        if verb in ("look", "fetch"):
            images: dict[str, dict[str, Any]] = job["images"]
            one = look if verb == "look" else fetch
            told = pool.map(guarded, [partial(one, image) for image in images.values()])
            answer = dict(zip(images, told, strict=True))
            lacking = [
                each["problem"]
                for name, each in answer.items()
                if "problem" in each and images[name].get("blobs")
            ]
            if lacking:  # who asks for blobs reads the folder, not the answer
                sys.exit("\n".join(lacking))
        else:
            answer = push_all(job, pool)
    Path(answer_file).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
