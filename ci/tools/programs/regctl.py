"""Run regctl; failures that may pass are tried again."""

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

# Errors of regctl that may pass: too many requests, a server's own errors, broken connections.
PASSING = re.compile(
    r"http (status )?(408|429|499|5\d\d)|too many requests|server error|bad gateway|gateway time|unavailable"
    r"|connection reset|broken pipe|\bEOF\b|timeout|timed out|refused|retry limit|backoff|closed network"
    r"|digest mismatch|short read|content length|took longer|transport|malformed HTTP|protocol error"
    r"|blob.upload.(unknown|invalid)|\(chunk.*\[http 4(00|04|16)\]",  # an upload that broke off: start again
    re.IGNORECASE,
)
# With http before the number: a digest, a commit's tag or a name may hold 404 too.
ABSENT = re.compile(r"not found|http (status )?404|name.unknown|manifest.unknown", re.IGNORECASE)


class RegistryError(Exception):
    """A command failed for good; the text is regctl's last error."""


@dataclass(frozen=True)
class Completed:
    """A finished command."""

    status: int
    output: bytes
    error: str


def run_once(arguments: list[str], stdin: bytes = b"") -> Completed:
    """Run regctl once; a command that hangs is ended, with status 124."""
    command = [REGCTL, "--logopt", "text", *arguments]
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return Completed(124, b"", f"took longer than {SECONDS} s")
    return Completed(done.returncode, done.stdout, done.stderr.decode(errors="replace").strip())


def pause(attempt: int, rng: Callable[[], float] = random.random) -> float:
    """Return the seconds to wait after a failed attempt: doubling from 0.2 to 10, with jitter."""
    return min(10.0, 0.2 * 2**attempt) * (0.5 + rng() / 2)


def run(arguments: list[str], stdin: bytes = b"", attempts: int = ATTEMPTS) -> Completed:
    """Run regctl until it succeeds, fails for good, or has used up its attempts."""
    completed = Completed(1, b"", "")
    for attempt in range(attempts):
        completed = run_once(arguments, stdin)
        last = attempt + 1 == attempts or (attempt and "refused" in completed.error)
        if completed.status == 0 or last or not PASSING.search(completed.error):
            return completed
        command = " ".join(arguments[:3])
        print(f"retry {attempt + 1}: {command}: {completed.error[-200:]}", flush=True)  # noqa: T201
        time.sleep(pause(attempt))
    return completed


def output_of(arguments: list[str], stdin: bytes = b"") -> bytes:
    """Return the output of a command; raise RegistryError if it failed."""
    completed = run(arguments, stdin)
    if completed.status:
        raise RegistryError(f"{' '.join(arguments[:2])}: {completed.error}")
    return completed.output


def manifest(reference: str) -> str | None:
    """Return the text of a manifest; None if the registry has none."""
    completed = run(["manifest", "get", "--format", "raw-body", reference])
    if completed.status and ABSENT.search(completed.error):
        return None
    if completed.status:
        raise RegistryError(f"manifest get: {completed.error}")
    return completed.output.decode()


def digest(text: str) -> str:
    """Return the digest of a manifest's text."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def guarded(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return the result of the work on one image, or its problem: other images go on."""
    try:
        return work()
    except (RegistryError, OSError, ValueError) as error:  # the last: a registry that sends no JSON
        return {"problem": str(error)}
