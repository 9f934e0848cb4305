"""Which newer versions there are of the packages that a DAG type has locked."""

from __future__ import annotations

from typing import Any

from .job import Job
from .solver import Solver, name_of, relaxed

FINISHED = ("--prerelease", "if-necessary")  # no release candidate, even where a requirement mentions one


def outdated(solve: Solver, job: Job) -> dict[str, Any]:
    """Return the versions of every locked package and every pin.

    ``packages``: a row for each with "package"; "locked", the version in the lock or the base; "upgraded",
    the newest under the pins as they are; "allowed", the newest beside the base with every pin relaxed to its
    version or a newer one; "newest", the newest for this Python; "pinned", whether it is a pin of the type;
    and "base", the version that the base holds. Versions are empty where there is none.
    ``error``: the message of uv where it failed, else empty.
    """
    pinned = {name_of(pin) for pin in job.pins}
    locked = dict(job.locked or {})
    names = sorted({*pinned, *locked})
    allowed = solve([relaxed(pin, ">=") for pin in job.pins], job.fixed, options=FINISHED)
    upgraded = solve(job.pins, job.fixed)
    # Extras make no difference to a package's own version.
    newest = solve(names, {}, options=("--no-deps",))
    for resolution in (upgraded, allowed, newest):
        if not resolution.is_solved:
            return {"packages": [], "error": resolution.message}
    rows = [
        {
            "package": name,
            "locked": locked.get(name, job.installed.get(name, "")),
            "upgraded": upgraded.versions.get(name, ""),
            "allowed": allowed.versions.get(name, ""),
            "newest": newest.versions.get(name, ""),
            "pinned": name in pinned,
            "base": job.fixed.get(name, ""),
        }
        for name in names
    ]
    return {"packages": rows, "error": ""}
