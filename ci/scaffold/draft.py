"""A draft of a DAG type, made of its old files, and the pyproject.toml that it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

import tomli_w
from packaging.requirements import Requirement as Parsed
from packaging.utils import canonicalize_name

from ..config.dag_type import TOOL, DagType, Project, Settings
from ..config.fields import AIRFLOW
from ..lock.airflow_version import airflow_of
from .dockerfile.convert import Conversion
from .notes import Note, Requirement
from .owners import Ownership
from .pyproject import Manifest
from .repository import OldType


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One type; ``pins`` has what is written for each of its requirements, by their texts."""

    old: OldType
    conversion: Conversion | None
    manifest: Manifest | None
    ownership: Ownership
    requirements: tuple[Requirement, ...]
    notes: tuple[Note, ...]
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
    def unpinned(self) -> tuple[Requirement, ...]:
        """The requirements that are no exact pins."""
        return tuple(one for one in self.requirements if not _is_exact(Parsed(one.text)))

    @property
    def all_notes(self) -> list[Note]:
        """The notes on the type's two old files."""
        manifest = self.manifest.notes if self.manifest else []
        return [*manifest, *(self.conversion.notes if self.conversion else []), *self.notes]

    def to_resolve(self) -> DagType:
        """Return the type as the resolver takes it: with requirements that aren't pins yet."""
        # Not through spec.parse, which refuses what isn't pinned.
        project = Project.model_construct(name=self.name, dependencies=tuple(self.pins.values()))
        return DagType.model_construct(name=self.name, file=self.file, project=project, settings=Settings())


def draft(
    old: OldType, conversion: Conversion | None, manifest: Manifest | None, ownership: Ownership, base: str
) -> Draft:
    """Return the draft of a type: its requirements gathered from both files, each package once."""
    requirements = [
        *(manifest.requirements if manifest else ()),
        *(conversion.requirements if conversion else ()),
    ]
    kept: dict[tuple[str, str], Requirement] = {}
    notes: list[Note] = []
    for requirement in requirements:
        parsed = Parsed(requirement.text)
        name = canonicalize_name(parsed.name)
        if name in AIRFLOW:
            notes.append(_of_airflow(requirement, parsed, airflow_of(base)))
            continue
        first = kept.setdefault((name, str(parsed.marker or "")), requirement)
        if first.text != requirement.text:
            outcome = f"left out, as {first.text!r} of {first.file}:{first.line} comes first: choose one"
            notes.append(_note(requirement, outcome, todo=True))
        elif _is_exact(parsed) and requirement.file == old.manifest:
            notes.append(_note(requirement, "dependencies"))
    return Draft(
        old=old,
        conversion=conversion,
        manifest=manifest,
        ownership=ownership,
        requirements=tuple(kept.values()),
        notes=tuple(notes),
        pins={requirement.text: requirement.text for requirement in kept.values()},
    )


def pinned(loose: Draft, versions: Mapping[str, str]) -> Draft:
    """Return a draft with exact pins alone; ``versions`` are what it resolves to, by normalized name."""
    pins = dict(loose.pins)
    notes = list(loose.notes)
    for requirement in loose.unpinned:
        parsed = Parsed(requirement.text)
        version = versions.get(canonicalize_name(parsed.name))
        if version:
            extras = f"[{','.join(sorted(parsed.extras))}]" if parsed.extras else ""
            marker = f"; {parsed.marker}" if parsed.marker else ""
            pins[requirement.text] = f"{parsed.name}{extras}=={version}{marker}"
            outcome = f"pinned as {pins[requirement.text]!r}, the version that it resolves to on the base"
        else:
            del pins[requirement.text]
            outcome = f"left out, as it is no exact pin and doesn't resolve: pin it in {loose.file}, and lock"
        notes.append(_note(requirement, outcome, todo=not version))
    return replace(loose, pins=pins, notes=tuple(notes))


def pyproject(draft: Draft) -> str:
    """Return the text of images/<type>/pyproject.toml."""
    conversion = draft.conversion or Conversion(file="")
    settings = {
        "dags": draft.ownership.dags,
        "scripts": draft.ownership.scripts,
        "system-packages": sorted(conversion.packages.values()),
        "env": dict(sorted(conversion.env.items())),
    }
    project = {
        "name": draft.name,
        **(draft.manifest.project if draft.manifest else {}),
        "dependencies": sorted(draft.pins.values(), key=lambda pin: canonicalize_name(Parsed(pin).name)),
    }
    tables: dict[str, object] = {TOOL: {name: value for name, value in settings.items() if value}}
    if draft.manifest and draft.manifest.uv:
        # A day that TOML reads as one is a text for uv.
        tables["uv"] = {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in draft.manifest.uv.items()
        }
    return tomli_w.dumps(cast("Mapping[str, object]", {"project": project, "tool": tables}))


def _of_airflow(requirement: Requirement, parsed: Parsed, version: str) -> Note:
    """Note what becomes of a requirement on Airflow itself, which the base has."""
    if version and not parsed.specifier.contains(version, prereleases=True):
        outcome = f"the base has {version}: name another base in images/base.toml, or adapt the DAGs"
        return _note(requirement, outcome, todo=True)
    if parsed.extras:
        outcome = "the base has it: pin the providers that these extras mean, where the base lacks them"
        return _note(requirement, outcome, todo=True)
    return _note(requirement, "the base has it")


def _note(requirement: Requirement, outcome: str, *, todo: bool = False) -> Note:
    return Note(
        file=requirement.file, line=requirement.line, text=requirement.text, outcome=outcome, todo=todo
    )


def _is_exact(requirement: Parsed) -> bool:
    (first, *others) = [*requirement.specifier] or [None]
    return bool(first and not others and first.operator in {"==", "==="} and "*" not in first.version)
