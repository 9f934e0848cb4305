"""Which newer versions there are of what a type has locked, and what holds each of them back."""

from __future__ import annotations

from functools import partial
from typing import Any

from .culprits import Job, smallest_freed
from .solver import Outcome, Solver, loosened, name_of

FINISHED = ("--prerelease", "if-necessary")  # no release candidate, even where a requirement mentions one


def outdated(solve: Solver, job: Job) -> dict[str, Any]:
    """The facts of every locked package and every pin.

    ``packages``: each {"package", "locked", "upgraded", "allowed", "newest", "pinned", "held_by"}: the
    version in the lock, the newest under the pins as they are, the newest beside the base with every pin
    loosened to its version or a newer one, the newest there is for this Python, whether it is a pin of the
    type, and what stands against the newest, as requirements.
    ``trouble``: what uv said where it got no answer, else empty.
    """
    own = {name_of(pin): pin for pin in job.pins}
    locked = dict(job.locked or {})
    names = sorted({*own, *locked})
    loose = [loosened(pin, ">=") for pin in job.pins]
    finished = partial(solve, options=FINISHED)
    allowed = finished(loose, job.held)
    upgraded = solve(job.pins, job.held)
    # Extras make no difference to a package's own version.
    newest = solve(names, {}, options=("--no-deps",))
    said = next((each.said for each in (upgraded, allowed, newest) if not each.solved), "")
    if said:
        return {"packages": [], "trouble": said}
    rows: list[dict[str, Any]] = []
    for name in names:
        best = newest.versions.get(name, "")
        fits = allowed.versions.get(name, "")
        rows.append(
            {
                "package": name,
                "locked": locked.get(name, job.installed.get(name, "")),
                "upgraded": upgraded.versions.get(name, ""),
                "allowed": fits,
                "newest": best,
                "pinned": name in own,
                "held_by": [] if fits == best or not fits else _holding(finished, job, name, best, allowed),
            }
        )
    return {"packages": rows, "trouble": ""}


def _holding(solve: Solver, job: Job, name: str, best: str, allowed: Outcome) -> list[str]:
    """What stands against a version: packages of the base as name==version, else other packages' wishes."""
    if name in job.held:
        return [f"{name}=={job.held[name]}"]
    # Beside the newest pins that fit: an older pin that would do for this package helps nobody.
    newest = [
        f"{own}>={version}" for own, version in allowed.versions.items() if own in map(name_of, job.pins)
    ]
    loose = [*(loosened(pin, ">=") for pin in job.pins), *newest, f"{name}=={best}"]
    without = solve(loose, {}, job.held)
    if not without.solved:
        return []
    moved = sorted(
        each for each, version in without.versions.items() if job.held.get(each, version) != version
    )
    return [f"{each}=={job.held[each]}" for each in smallest_freed(solve, loose, job.held, moved)]
