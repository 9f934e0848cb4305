"""Run regctl: again while what failed may pass, with its last words where it fails for good."""

from __future__ import annotations

import hashlib
import os
import random
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

REGCTL = os.environ.get("REGCTL", "regctl")
ATTEMPTS = 7
SECONDS = int(os.environ.get("COMMAND_SECONDS", "600"))

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


def guarded(job: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The result of a job, or what stopped it: one image's failure is not another's."""
    try:
        return job()
    except (RegistryError, OSError, ValueError) as error:  # the latter: a registry that sends no JSON
        return {"problem": str(error)}
