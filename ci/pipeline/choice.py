"""The DAG types to build where a change alone doesn't decide: all, some by name, or those to publish."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from ..config.catalog import Catalog
from ..errors import ConfigurationError
from .event import Event
from .selection import AffectedType, Reason, ReasonKind, Selection, wrong


class Published(NamedTuple):
    """The published image of a DAG type: its tag, the commit it was built from, the digest of its base.

    Commit and base are empty if there is no such image, or if it names none.
    """

    tag: str
    commit: str
    base: str = ""


def everything(catalog: Catalog, trigger: str, notes: Collection[str] = ()) -> Selection:
    """Return all DAG types, invalid ones too; ``trigger`` is what requests them, such as "schedule"."""
    return named(catalog, sorted({*catalog.types, *catalog.problems}), trigger, notes)


def named(catalog: Catalog, names: Collection[str], trigger: str, notes: Collection[str] = ()) -> Selection:
    """Return the DAG types of these names; raise ConfigurationError if one doesn't exist."""
    existing = {*catalog.types, *catalog.problems}
    for name in names:
        if name not in existing:
            catalog.get(name)
    return Selection(
        since=f"requested by: {trigger}",
        commit="",
        affected=tuple(_without_paths(name, ReasonKind.ASKED) for name in names),
        unaffected=tuple(sorted(existing - set(names))),
        removed=(),
        notes=tuple(notes),
    )


def notes_of(event: Event) -> list[str]:
    """Return what a user should know about the run of an event."""
    if event.fork:
        return ["the pull request comes from a fork: nothing is pushed, uploaded or commented for it"]
    return []


def uncompared(catalog: Catalog, event: Event, fault: ConfigurationError) -> Selection:
    """Return all DAG types, as the change is unknown: rather too many than one too few."""
    note = f"every DAG type counts as affected, as the change is unknown: {'; '.join(fault.problems)}"
    return everything(catalog, event.describe(), [*notes_of(event), note])


def due(
    catalog: Catalog,
    published: Mapping[str, Published],
    since: Mapping[str, Selection | str],
    base: str,
    trigger: str,
) -> Selection:
    """Return the DAG types whose published image isn't built from these sources.

    ``published`` has the image of each valid type, ``since`` by commit the types affected since then, or why
    they are unknown; ``base`` is the digest of the current base, ``trigger`` what requests them.
    """
    affected: list[AffectedType] = []
    notes: list[str] = []
    for name in sorted({*catalog.types, *catalog.problems}):
        if name in catalog.problems:
            affected.append(AffectedType(dag=name, reasons=(wrong(name, catalog),)))
            continue
        image = published[name]
        changed = since.get(image.commit, "") if image.commit else ""
        if isinstance(changed, str):
            if changed:
                notes.append(f"{name}: its image {image.tag} is of commit {image.commit[:7]}: {changed}")
            affected.append(_without_paths(name, ReasonKind.UNPUBLISHED))
        elif image.base != base:
            affected.append(_without_paths(name, ReasonKind.BASE))
        else:
            affected += [one for one in changed.affected if one.dag == name]
    names = {one.dag for one in affected}
    return Selection(
        since=f"compared with the published images: {trigger}",
        commit="",
        affected=tuple(affected),
        unaffected=tuple(name for name in sorted(catalog.types) if name not in names),
        removed=(),
        notes=tuple(notes),
    )


def _without_paths(name: str, kind: ReasonKind) -> AffectedType:
    return AffectedType(dag=name, reasons=(Reason(kind=kind, touches=()),))
