"""Why requirements can't be resolved on a base: which of its packages would change, and who requires that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .job import Job
from .solver import Resolution, Solver, name_of, relaxed, required_range

MAX_REQUIRERS = 4  # packages that are asked whether they require another version
WHEELS = ("--only-binary", ":all:")  # building a package only to look at it takes minutes


def explain(solve: Solver, job: Job) -> dict[str, Any]:
    """Return the reasons of a failure.

    ``conflicts``: pins that fit no base, as {"pins", "message", "newest"}; ``changed``: packages of the base
    that would change, as {"package", "base_version", "resolved", "installed", "chain"}; ``fitting``: by pin
    the same at a version that fits the base; ``error``: the message of uv where it gave no answer at all.
    """
    unbuilt = without_wheel(solve, job.pins)
    pins = list(job.pins)
    conflicts: list[dict[str, Any]] = []
    free = solve(pins, {}, job.fixed)
    while not free.is_solved:
        core = smallest_conflict(solve, pins) if free.is_unsolvable else []
        left_out = core[-1:] or [pin for pin in pins if pin in unbuilt]
        conflicts += [_conflict(solve, core, free)] if core else []
        if not left_out:
            return {"conflicts": conflicts, "changed": [], "fitting": {}, "error": free.message}
        pins = [pin for pin in pins if pin not in left_out]
        free = solve(pins, {}, job.fixed)
    if unbuilt.keys() & set(pins):  # what they would change doesn't matter: they have to go
        pins = [pin for pin in pins if pin not in unbuilt]
        free = solve(pins, {}, job.fixed)
    conflicts = [*_refused(solve, unbuilt, conflicts), *conflicts]
    changed = _changed(solve, job, pins, free)
    partners: dict[str, set[str]] = {change["chain"][0]: set() for change in changed}
    for conflict in conflicts:
        for pin in conflict["pins"]:
            partners.setdefault(pin, set()).update(conflict["pins"])
    fitting: dict[str, str] = {}
    for pin, beside in sorted(partners.items()):
        others = [
            other for other in job.pins if other not in unbuilt and (other not in partners or other in beside)
        ]
        fitting[pin] = _fitting(solve, job, others, pin)
    return {"conflicts": conflicts, "changed": changed, "fitting": fitting, "error": ""}


def without_wheel(solve: Solver, pins: Sequence[str]) -> dict[str, Resolution]:
    """Return uv's answers on the pins whose version has no wheel for the base, where another version has."""
    options = ("--no-deps", *WHEELS)
    if solve(pins, {}, options=options).is_solved:
        return {}
    alone = {pin: solve([pin], {}, options=options) for pin in pins}
    return {
        pin: answer
        for pin, answer in alone.items()
        if answer.is_unsolvable and solve([relaxed(pin)], {}, options=options).is_solved
    }


def smallest_conflict(solve: Solver, pins: Sequence[str]) -> list[str]:
    """Return the fewest of the pins that conflict with each other; empty where uv gives no answer."""
    core = list(pins)
    for pin in pins:
        rest = [other for other in core if other != pin]
        if rest and solve(rest, {}).is_unsolvable:
            core = rest
    return core


def fewest_released(
    solve: Solver, pins: Sequence[str], fixed: Mapping[str, str], changed: list[str], *, fails: bool = False
) -> list[str]:
    """Return the fewest of the changed packages that have to be released, so that the others can be fixed.

    ``fails``: whether it is known that not all can be fixed, which saves a run.
    """

    def fits(released: Sequence[str]) -> bool:
        if not released and fails:
            return False
        return set(released) >= set(changed) or solve(pins, _without(fixed, released)).is_solved

    def needed(group: list[str], released: list[str]) -> list[str]:
        if fits(released):
            return []
        if len(group) == 1:
            return group
        half = len(group) // 2
        first = needed(group[:half], released + group[half:])
        return first + needed(group[half:], released + first)

    return sorted(needed(changed, [])) if changed else []


def _without(fixed: Mapping[str, str], released: Sequence[str]) -> dict[str, str]:
    return {name: version for name, version in fixed.items() if name not in released}


def _conflict(
    solve: Solver, core: list[str], free: Resolution, options: Sequence[str] = ()
) -> dict[str, Any]:
    alone = solve(core, {}, options=options)
    newest = ""
    if len(core) == 1:
        name = name_of(core[0])
        newest = solve([relaxed(core[0])], {}, options=options or ("--no-deps",)).versions.get(name, "")
    return {"pins": core, "message": alone.message or free.message, "newest": newest}


def _refused(
    solve: Solver, unbuilt: Mapping[str, Resolution], conflicts: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the conflicts of pins without a wheel that no other conflict has alone."""
    alone = {conflict["pins"][0] for conflict in conflicts if len(conflict["pins"]) == 1}
    return [
        _conflict(solve, [pin], answer, ("--no-deps", *WHEELS))
        for pin, answer in unbuilt.items()
        if pin not in alone
    ]


def _changed(solve: Solver, job: Job, pins: list[str], free: Resolution) -> list[dict[str, Any]]:
    fixed = job.fixed
    changed = sorted(name for name, version in free.versions.items() if fixed.get(name, version) != version)
    # Unless a pin was left out, these pins are known to fail.
    released = fewest_released(solve, pins, fixed, changed, fails=len(pins) == len(job.pins))
    if not released:
        return []
    resolution = free if released == changed else solve(pins, _without(fixed, released), fixed)
    return [
        {
            "package": name,
            "base_version": fixed[name],
            "resolved": resolution.versions.get(name, ""),
            "installed": name in job.installed,
            "chain": _chain(solve, name, fixed, pins, resolution),
        }
        for name in released
    ]


def _chain(
    solve: Solver, package: str, fixed: Mapping[str, str], pins: Sequence[str], resolution: Resolution
) -> list[str]:
    """Return how another version of a package is required, from a pin on, as requirements."""
    own = {name_of(pin): pin for pin in pins}
    if package in own:
        return [own[package]]
    versions = resolution.versions
    paths = _paths(resolution, own)
    requirers = resolution.requirers.get(package, ())
    changed = [name for name in requirers if fixed.get(name) != versions.get(name)]
    changed.sort(key=lambda name: (len(paths.get(name, own)), name))
    for name in changed[:MAX_REQUIRERS]:
        requirer = own.get(name, f"{name}=={versions[name]}")
        alone = solve([requirer, f"{package}=={fixed[package]}"], {})
        required = required_range(alone.message, name, package)
        if required:
            return [*_links(paths.get(name, [name]), own, resolution), required]
    last = f"{package}=={versions[package]}" if package in versions else package
    path = paths.get(package, [package])[:-1]
    return [*(_links(path, own, resolution) or list(pins)[:1]), last]


def _paths(resolution: Resolution, own: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the shortest path from a pin to each package."""
    paths = {name: [name] for name in own if name in resolution.versions}
    layer = sorted(paths)
    while layer:
        reached: list[str] = []
        for name in sorted(resolution.requirers):
            near = [requirer for requirer in resolution.requirers[name] if requirer in layer]
            if name not in paths and near:
                paths[name] = [*paths[near[0]], name]
                reached.append(name)
        layer = reached
    return paths


def _links(path: Sequence[str], own: Mapping[str, str], resolution: Resolution) -> list[str]:
    return [own.get(name, f"{name}=={resolution.versions[name]}") for name in path]


def _fitting(solve: Solver, job: Job, pins: Sequence[str], pin: str) -> str:
    """Return a pin at the newest version that fits the base and the other pins; empty where there is none."""
    name = name_of(pin)
    others = [other for other in pins if other != pin]
    resolution = solve([*others, relaxed(pin)], job.fixed, options=WHEELS)
    requirement = relaxed(pin).partition(";")[0].strip()
    return f"{requirement}=={resolution.versions[name]}" if name in resolution.versions else ""
