"""Why requirements can't be resolved on a base: which of its packages would move, and who asks for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .solver import Outcome, Solver, loosened, name_of, wanted

ASKED = 4  # how many of the packages that may want a version are asked
WHEELS = ("--only-binary", ":all:")  # building what is only looked at costs minutes


@dataclass(frozen=True)
class Job:
    """What is to be resolved.

    ``uv`` and ``target`` are the command's beginning and its options for the base's Python; ``root`` the name
    that stands for the type in what uv says; ``settings`` its [tool.uv]; ``pins`` its requirements;
    ``installed`` and ``constrained`` what the base has and what only its constraints file names, as
    name → version; ``locked`` the present lock; ``project`` and ``groups`` the type's tables [project] and
    [dependency-groups].
    """

    uv: Sequence[str]
    target: Sequence[str]
    root: str
    settings: Mapping[str, Any]
    pins: Sequence[str]
    installed: Mapping[str, str]
    constrained: Mapping[str, str]
    upgrade_packages: Sequence[str] = ()
    locked: Mapping[str, str] | None = None
    project: Mapping[str, Any] = field(default_factory=dict[str, Any])
    groups: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def held(self) -> dict[str, str]:
        """All versions that must hold."""
        return {**self.constrained, **self.installed}


def explain(solve: Solver, job: Job) -> dict[str, Any]:
    """The facts of a failure.

    ``clashes``: pins that fit no base, each {"pins", "said", "newest"}; ``moves``: packages of the base that
    would move, each {"package", "has", "wants", "installed", "chain"}; ``fits``: pin → the same at a version
    that fits the base; ``trouble``: what uv said where it got no answer at all, else empty.
    """
    pins = list(job.pins)
    clashes: list[dict[str, Any]] = []
    free = solve(pins, {}, job.held)
    while not free.solved:
        core = smallest_clash(solve, pins) if free.unsolvable else []
        if not core:
            return {"clashes": clashes, "moves": [], "fits": {}, "trouble": free.said}
        clashes.append(_clash(solve, core, free))
        pins.remove(core[-1])
        free = solve(pins, {}, job.held)
    moves = _moves(solve, job, pins, free)
    beside: dict[str, set[str]] = {each["chain"][0]: set() for each in moves}
    for clash in clashes:
        for pin in clash["pins"]:
            beside.setdefault(pin, set()).update(clash["pins"])
    fits = {
        pin: _fitting(solve, job, [each for each in job.pins if each not in beside or each in partners], pin)
        for pin, partners in sorted(beside.items())
    }
    return {"clashes": clashes, "moves": moves, "fits": fits, "trouble": ""}


def smallest_clash(solve: Solver, pins: Sequence[str]) -> list[str]:
    """The fewest of the pins that can't be had together; empty where nothing can be told."""
    core = list(pins)
    for pin in pins:
        without = [each for each in core if each != pin]
        if without and solve(without, {}).unsolvable:
            core = without
    return core


def smallest_freed(
    solve: Solver,
    pins: Sequence[str],
    held: Mapping[str, str],
    moved: list[str],
    *,
    fails: bool = False,
) -> list[str]:
    """The fewest of the packages that moved without which the others can be held.

    Args:
        solve: runs uv.
        pins: what is asked for.
        held: what the base holds.
        moved: packages without which all the others can be held.
        fails: whether it is known that not all can be held, which saves a run.
    """

    def fits(freed: Sequence[str]) -> bool:
        if not freed and fails:
            return False
        return set(freed) >= set(moved) or solve(pins, _without(held, freed)).solved

    def needed(group: list[str], freed: list[str]) -> list[str]:
        if fits(freed):
            return []
        if len(group) == 1:
            return group
        half = len(group) // 2
        first = needed(group[:half], freed + group[half:])
        return first + needed(group[half:], freed + first)

    return sorted(needed(moved, [])) if moved else []


def _without(held: Mapping[str, str], freed: Sequence[str]) -> dict[str, str]:
    return {name: version for name, version in held.items() if name not in freed}


def _clash(solve: Solver, core: list[str], free: Outcome) -> dict[str, Any]:
    alone = solve(core, {})
    newest = ""
    if len(core) == 1:
        name = name_of(core[0])
        newest = solve([loosened(core[0])], {}, options=("--no-deps",)).versions.get(name, "")
    return {"pins": core, "said": alone.said or free.said, "newest": newest}


def _moves(solve: Solver, job: Job, pins: list[str], free: Outcome) -> list[dict[str, Any]]:
    held = job.held
    moved = sorted(name for name, version in free.versions.items() if held.get(name, version) != version)
    # As far as no pin was left out, these pins are known to fail.
    freed = smallest_freed(solve, pins, held, moved, fails=len(pins) == len(job.pins))
    if not freed:
        return []
    found = free if freed == moved else solve(pins, _without(held, freed), held)
    return [
        {
            "package": name,
            "has": held[name],
            "wants": found.versions.get(name, ""),
            "installed": name in job.installed,
            "chain": chain(solve, name, held, pins, found),
        }
        for name in freed
    ]


def chain(
    solve: Solver, package: str, held: Mapping[str, str], pins: Sequence[str], found: Outcome
) -> list[str]:
    """How a package's other version is asked for, from a pin on: each link as a requirement."""
    own = {name_of(pin): pin for pin in pins}
    if package in own:
        return [own[package]]
    depths = _depths(found, own)
    asking = sorted(
        (name for name in found.parents.get(package, ()) if held.get(name) != found.versions.get(name)),
        key=lambda name: (len(depths.get(name, own)), name),
    )
    for name in asking[:ASKED]:
        link = own.get(name, f"{name}=={found.versions[name]}")
        alone = solve([link, f"{package}=={held[package]}"], {})
        asked = wanted(alone.said, name, package)
        if asked:
            return [*_links(depths.get(name, [name]), own, found), asked]
    last = f"{package}=={found.versions[package]}" if package in found.versions else package
    path = depths.get(package, [package])[:-1]
    return [*(_links(path, own, found) or list(pins)[:1]), last]


def _depths(found: Outcome, own: Mapping[str, str]) -> dict[str, list[str]]:
    """The shortest way from a pin to each package."""
    ways = {name: [name] for name in own if name in found.versions}
    layer = sorted(ways)
    while layer:
        reached: list[str] = []
        for child in sorted(found.parents):
            near = [name for name in found.parents[child] if name in layer]
            if child not in ways and near:
                ways[child] = [*ways[near[0]], child]
                reached.append(child)
        layer = reached
    return ways


def _links(way: Sequence[str], own: Mapping[str, str], found: Outcome) -> list[str]:
    return [own.get(name, f"{name}=={found.versions[name]}") for name in way]


def _fitting(solve: Solver, job: Job, pins: Sequence[str], pin: str) -> str:
    """A pin at the newest version that fits the base and the other pins; empty where there is none."""
    name = name_of(pin)
    others = [each for each in pins if each != pin]
    found = solve([*others, loosened(pin)], job.held, options=WHEELS)
    named = loosened(pin).partition(";")[0].strip()
    return f"{named}=={found.versions[name]}" if name in found.versions else ""
