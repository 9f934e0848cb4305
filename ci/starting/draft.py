"""A type on its way from its old files to the new ones: what is known of it, and its pyproject.toml."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..config.dag_type import AIRFLOW, DagType, Project, Settings
from ..lock.airflow_version import airflow_of
from .installs import requirement
from .manifest import Manifest
from .old import OldType
from .owners import Owned
from .recipe import Recipe
from .told import Told, Wish, shown
from .toml_text import key, quoted, value

# As ci/tools/failures.py and ci/lock/refusals.py say it; a conflict begins on a line of its own.
_OUTSIDE = re.compile(r"can't be (?:locked against \S+|listed): |a package index asks for credentials")


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One type; ``wishes`` are its requirements as they were, ``pins`` what they are now, by these texts."""

    old: OldType
    recipe: Recipe | None
    manifest: Manifest | None
    owned: Owned
    wishes: tuple[Wish, ...]
    told: tuple[Told, ...] = ()
    pins: Mapping[str, str]

    @property
    def name(self) -> str:
        """The type's name."""
        return self.old.name

    @property
    def file(self) -> str:
        """The path of the new pyproject.toml."""
        return f"images/{self.name}/pyproject.toml"

    @property
    def loose(self) -> tuple[Wish, ...]:
        """The requirements that are no exact pins."""
        return tuple(wish for wish in self.wishes if not _is_exact(wish.text))

    def resolving(self) -> DagType:
        """The type as the resolver takes it: with requirements that aren't pins yet."""
        # Not through spec.parse, which refuses what isn't pinned.
        project = Project.model_construct(name=self.name, dependencies=tuple(self.pins.values()))
        return DagType.model_construct(name=self.name, file=self.file, project=project, settings=Settings())


def draft(old: OldType, recipe: Recipe | None, manifest: Manifest | None, owned: Owned, base: str) -> Draft:
    """The draft of a type: its requirements gathered from both files, each package once."""
    wishes = [*(manifest.wishes if manifest else ()), *(recipe.installs.wishes if recipe else ())]
    kept: dict[tuple[str, str], Wish] = {}
    told: list[Told] = []
    for wish in wishes:
        found = Requirement(wish.text)
        name = canonicalize_name(found.name)
        first = kept.setdefault((name, str(found.marker or "")), wish)
        if name in AIRFLOW:
            del kept[name, str(found.marker or "")]
            told.append(_airflow(wish, found, airflow_of(base)))
        elif first is not wish and first.text != wish.text:
            outcome = f"left out, for {first.text!r} of {first.file}:{first.line} holds"
            told.append(
                Told(file=wish.file, line=wish.line, what=shown(wish.text), outcome=outcome, todo=True)
            )
        elif _is_exact(wish.text) and wish.file == old.manifest:
            told.append(Told(file=wish.file, line=wish.line, what=shown(wish.text), outcome="dependencies"))
    texts = tuple(kept.values())
    return Draft(
        old=old,
        recipe=recipe,
        manifest=manifest,
        owned=owned,
        wishes=texts,
        told=tuple(told),
        pins={wish.text: wish.text for wish in texts},
    )


def pinned(found: Draft, versions: Mapping[str, str]) -> Draft:
    """The draft with exact pins alone.

    Args:
        found: with requirements of any kind.
        versions: what the resolver came to, by normalized name; empty where it came to nothing.
    """
    pins = dict(found.pins)
    told = list(found.told)
    for wish in found.loose:
        wanted = Requirement(wish.text)
        version = versions.get(canonicalize_name(wanted.name))
        if version:
            extras = f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
            marker = f"; {wanted.marker}" if wanted.marker else ""
            pins[wish.text] = f"{wanted.name}{extras}=={version}{marker}"
            outcome = f"pinned as {pins[wish.text]!r}, to which it resolves on the base"
        else:
            del pins[wish.text]
            outcome = (
                f"left out: it is no exact pin, and resolves to nothing: pin it in {found.file}, and lock"
            )
        told.append(
            Told(file=wish.file, line=wish.line, what=shown(wish.text), outcome=outcome, todo=not version)
        )
    return replace(found, pins=pins, told=tuple(told))


def is_from_outside(problem: str) -> bool:
    """Whether a lock failed for a network, an index or a login, not for what a draft asks for."""
    return _OUTSIDE.search(problem) is not None


def pyproject(found: Draft) -> str:
    """The text of images/<type>/pyproject.toml."""
    manifest, owned, recipe = found.manifest, found.owned, found.recipe
    project = manifest.project if manifest else {}
    was = {pin: text for text, pin in found.pins.items() if pin != text}
    listed = "".join(
        f"    {quoted(pin)},{f'  # was {shown(was[pin])}' if pin in was else ''}\n"
        for pin in sorted(found.pins.values(), key=lambda pin: canonicalize_name(Requirement(pin).name))
    )
    lines = ["[project]", f"name = {quoted(found.name)}"]
    lines += [f"{name} = {quoted(text)}" for name, text in project.items()]
    lines.append(f"dependencies = [\n{listed}]" if listed else "dependencies = []")
    installs = recipe.installs if recipe else None
    settings = {
        "dags": owned.dags,
        "scripts": owned.scripts,
        "system-packages": sorted(installs.system) if installs else [],
        "build-packages": sorted(installs.build) if installs else [],
    }
    lines += ["", "[tool.airflow-images]"]
    lines += [f"{name} = {value(paths)}" for name, paths in settings.items() if paths]
    if recipe and recipe.env:
        lines += ["", "[tool.airflow-images.env]"]
        lines += [f"{name} = {quoted(text)}" for name, text in sorted(recipe.env.items())]
    return "\n".join([*lines, *_uv(manifest)]) + "\n"


def _airflow(wish: Wish, found: Requirement, version: str) -> Told:
    """What becomes of a requirement on Airflow itself, which the base has."""
    fits = not version or found.specifier.contains(version, prereleases=True)
    if fits and not found.extras:
        outcome = "the base has it"
    elif fits:
        outcome = "the base has it: pin the providers that these extras stand for, where it lacks them"
    else:
        outcome = f"the base has {version}: pin another base in ci/pins.toml, or adapt the DAGs"
    todo = not fits or bool(found.extras)
    return Told(file=wish.file, line=wish.line, what=shown(wish.text), outcome=outcome, todo=todo)


def _is_exact(text: str) -> bool:
    found = requirement(text)
    specifiers = list(found.specifier) if found else []
    return (
        len(specifiers) == 1 and specifiers[0].operator in {"==", "==="} and "*" not in specifiers[0].version
    )


def _uv(manifest: Manifest | None) -> list[str]:
    uv = dict(manifest.uv) if manifest else {}
    indexes = uv.pop("index", [])
    # A day that TOML reads as one is a text for uv.
    texts = {name: each.isoformat() if isinstance(each, date) else each for name, each in uv.items()}
    lines = ["", "[tool.uv]", *(f"{name} = {value(each)}" for name, each in texts.items())] if texts else []
    for table in cast("list[dict[str, object]]", indexes):
        lines += ["", "[[tool.uv.index]]", *(f"{key(name)} = {value(each)}" for name, each in table.items())]
    return lines
