"""Talk to a registry with regctl: what is there, pushing images by digest, then moving tags.

    registry.py look|fetch|push JOB.json ANSWER.json

look: {"images": {NAME: {"repository", "tags": […], "write": bool}}}
    → {NAME: {"names": […], "manifests": {TAG: TEXT}, "revisions": {TAG: COMMIT}} or {"problem": "…"}}
fetch: {"images": {NAME: {"repository", "manifest": TAG or DIGEST, "blobs": [DIGEST…]}}}
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
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

REGCTL = os.environ.get("REGCTL", "regctl")
LAYOUT = Path(os.environ.get("LAYOUT", "/tmp/layout"))  # noqa: S108 - of the container
JOBS = 4  # images at a time: more only wait for the same registry
ATTEMPTS = 7
SECONDS = int(os.environ.get("COMMAND_SECONDS", "600"))
REVISION = "org.opencontainers.image.revision"

# What regctl says of trouble that may pass: too many requests, a server's own errors, broken connections.
PASSING = re.compile(
    r"http (status )?(408|429|499|5\d\d)|too many requests|server error|bad gateway|gateway time|unavailable"
    r"|connection reset|broken pipe|\bEOF\b|timeout|timed out|refused|retry limit|backoff|closed network"
    r"|digest mismatch|short read|content length|took longer|transport|malformed HTTP|protocol error"
    r"|blob.upload.(unknown|invalid)|\(chunk.*\[http 4(00|04|16)\]",  # an upload that broke off: begin anew
    re.IGNORECASE,
)
# With http before the number: a digest, a commit's tag or a name may hold 404 too.
ABSENT = re.compile(r"not found|http (status )?404|name.unknown|manifest.unknown", re.IGNORECASE)


class RegistryError(Exception):
    """A command failed for good; its text is what regctl said last."""


@dataclass(frozen=True)
class Ran:
    """A finished command."""

    status: int
    output: bytes
    said: str


def once(arguments: list[str], given: bytes = b"") -> Ran:
    """Run regctl once; a command that hangs is ended and reported as such."""
    command = [REGCTL, "--logopt", "text", *arguments]
    try:
        done = subprocess.run(command, input=given, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return Ran(124, b"", f"took longer than {SECONDS} s")
    return Ran(done.returncode, done.stdout, done.stderr.decode(errors="replace").strip())


def pause(attempt: int, rng: Callable[[], float] = random.random) -> float:
    """Seconds to wait after a failed attempt: doubling from 0.2 to 10; jitter, so that many don't meet."""
    return min(10.0, 0.2 * 2**attempt) * (0.5 + rng() / 2)


def run(arguments: list[str], given: bytes = b"", attempts: int = ATTEMPTS) -> Ran:
    """Run regctl until it succeeds, fails for good, or has failed often enough."""
    ran = Ran(1, b"", "")
    for attempt in range(attempts):
        ran = once(arguments, given)
        last = attempt + 1 == attempts or (attempt and "refused" in ran.said)
        if ran.status == 0 or last or not PASSING.search(ran.said):
            return ran
        print(f"again ({attempt + 1}): {' '.join(arguments[:3])}: {ran.said[-200:]}", flush=True)  # noqa: T201
        time.sleep(pause(attempt))
    return ran


def must(arguments: list[str], given: bytes = b"") -> bytes:
    """The output of a command; raises RegistryError where it failed."""
    ran = run(arguments, given)
    if ran.status:
        raise RegistryError(f"{' '.join(arguments[:2])}: {ran.said}")
    return ran.output


def manifest(reference: str) -> str | None:
    """The text of a manifest; None where the registry has none."""
    ran = run(["manifest", "get", "--format", "raw-body", reference])
    if ran.status and ABSENT.search(ran.said):
        return None
    if ran.status:
        raise RegistryError(f"manifest get: {ran.said}")
    return ran.output.decode()


def digest(text: str) -> str:
    """The digest of a manifest's text."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


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


def fetch(image: dict[str, Any]) -> dict[str, Any]:
    """An image's manifest and configuration, and those blobs that are asked for."""
    repository, wanted = image["repository"], image["manifest"]
    reference = f"{repository}{'@' if ':' in wanted else ':'}{wanted}"
    text = manifest(reference)
    if text is None:
        raise RegistryError(f"{reference}: not found")
    top: dict[str, Any] = json.loads(text)
    for blob in image["blobs"]:
        Path("/blobs").mkdir(exist_ok=True)
        Path("/blobs", blob.partition(":")[2]).write_bytes(must(["blob", "get", repository, blob]))
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


def send(image: dict[str, Any], base: list[str], donor: str | None) -> None:
    """Bring an image to its repository by digest; only what isn't there is sent."""
    repository, wanted = image["repository"], image["digest"]
    by_digest = f"{repository}@{wanted}"
    if manifest(by_digest) is not None:
        return
    for layer in base if donor and donor != repository else ():
        # One that can't be mounted is copied, and one that can't be copied is sent below.
        once(["blob", "copy", str(donor), repository, layer])
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


def push(image: dict[str, Any], base: list[str], donor: str | None) -> dict[str, Any]:
    """Bring an image to its repository, then move its tags, in their order."""
    started = time.monotonic()
    send(image, base, donor)
    wanted = next(text for text in image["texts"] if digest(text) == image["digest"])
    written: list[str] = []
    for tag, before in image["tags"].items():
        try:
            written += [tag] if move(f"{image['repository']}:{tag}", wanted, before) else []
        except RegistryError as error:
            told = f"; moved before that: {', '.join(written)}" if written else ""
            raise RegistryError(f"{error}{told}") from None
    return {"written": written, "seconds": round(time.monotonic() - started, 2)}


def guarded(job: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The result of a job, or what stopped it: one image's failure is not another's."""
    try:
        return job()
    except (RegistryError, OSError, ValueError) as error:  # the latter: a registry that sends no JSON
        return {"problem": str(error)}


def push_all(job: dict[str, Any], pool: ThreadPoolExecutor) -> dict[str, Any]:
    """Push every image; the base's layers are sent once and mounted into the other repositories."""
    compose(job)
    images: dict[str, dict[str, Any]] = job["images"]
    base: list[str] = job["base"]
    named: list[str] = [*(image["repository"] for image in images.values()), *job["siblings"]]
    places = list(dict.fromkeys(named))
    held = dict(zip(places, pool.map(has_base, places, [base] * len(places)), strict=True))
    donor = next((place for place, has in held.items() if has), None)
    done: dict[str, Any] = {}
    waiting = list(images)
    while donor is None and waiting:  # the first that succeeds has sent the base for all
        name = waiting.pop(0)
        done[name] = guarded(lambda: push(images[name], base, None))  # noqa: B023 - called at once
        donor = None if "problem" in done[name] else images[name]["repository"]

    def one(name: str) -> dict[str, Any]:
        repository = images[name]["repository"]
        return guarded(lambda: push(images[name], base, None if held.get(repository) else donor))

    done |= dict(zip(waiting, pool.map(one, waiting), strict=True))
    return done


def main(verb: str, job_file: str, answer_file: str) -> None:
    """Do a job and write the answer."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    with ThreadPoolExecutor(JOBS) as pool:
        if verb in ("look", "fetch"):
            images: dict[str, dict[str, Any]] = job["images"]
            one = look if verb == "look" else fetch
            told = pool.map(guarded, [partial(one, image) for image in images.values()])
            answer = dict(zip(images, told, strict=True))
        else:
            answer = push_all(job, pool)
    Path(answer_file).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
