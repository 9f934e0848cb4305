"""Which DAG types are to be made where not only a change decides: an event, or what is published already."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from ..config.catalog import Catalog
from ..errors import ConfigurationError
from .affected import Findings, Kind, Reason, Touch, Touched
from .event import Event


class Published(NamedTuple):
    """What is published of a DAG type: the tag, the commit its image was made from, the digest of its base.

    Both are empty where there is no such image, or it names none.
    """

    tag: str
    commit: str
    base: str = ""


def everything(catalog: Catalog, asked: str, notes: Collection[str] = ()) -> Findings:
    """All DAG types, whatever has changed; those that are declared wrongly too.

    Args:
        catalog: the DAG types.
        asked: what asks for them, such as "schedule".
        notes: what a person is to be told.
    """
    return named(catalog, sorted({*catalog.types, *catalog.problems}), asked, notes)


def named(catalog: Catalog, names: Collection[str], asked: str, notes: Collection[str] = ()) -> Findings:
    """DAG types that were asked for by name.

    Raises:
        ConfigurationError: there is none of such a name.
    """
    there = {*catalog.types, *catalog.problems}
    for name in names:
        if name not in there:
            catalog.get(name)
    why = (Reason(kind=Kind.ASKED, touches=()),)
    return Findings(
        since=f"all that was asked for: {asked}",
        commit="",
        affected=tuple(Touched(dag=name, reasons=why) for name in names),
        unaffected=tuple(sorted(there - set(names))),
        removed=(),
        notes=tuple(notes),
    )


def notes_of(event: Event) -> list[str]:
    """What the kind of an event means for its run."""
    if event.fork:
        return ["the pull request comes from a fork: nothing is pushed, uploaded or commented for it"]
    return []


def uncompared(catalog: Catalog, event: Event, fault: ConfigurationError) -> Findings:
    """All DAG types, because what changed can't be found out: rather too many than one too few."""
    note = f"what changed can't be told, so every DAG type counts as affected: {'; '.join(fault.problems)}"
    return everything(catalog, event.told(), [*notes_of(event), note])


def due(
    catalog: Catalog,
    published: Mapping[str, Published],
    since: Mapping[str, Findings | str],
    below: str,
    asked: str,
) -> Findings:
    """The DAG types whose published image isn't that of these sources.

    Args:
        catalog: the DAG types.
        published: what is published, of each that can be used.
        since: by commit, what has changed since then, or why that can't be told.
        below: the digest of the base that images have now.
        asked: what asks for them.
    """
    found: list[Touched] = []
    notes: list[str] = []
    for name in sorted({*catalog.types, *catalog.problems}):
        if name in catalog.problems:
            wrong = tuple(Touch(path=f"images/{name}", how=problem) for problem in catalog.problems[name])
            found.append(Touched(dag=name, reasons=(Reason(kind=Kind.WRONG, touches=wrong),)))
            continue
        there = published[name]
        told = since.get(there.commit, "") if there.commit else ""
        if isinstance(told, str):
            if told:
                notes.append(f"{name}: its image {there.tag} is of commit {there.commit[:7]}: {told}")
            found.append(Touched(dag=name, reasons=(Reason(kind=Kind.UNPUBLISHED, touches=()),)))
        elif there.base != below:
            found.append(Touched(dag=name, reasons=(Reason(kind=Kind.BASE, touches=()),)))
        else:
            found += [each for each in told.affected if each.dag == name]
    names = {each.dag for each in found}
    return Findings(
        since=f"compared with what is published: {asked}",
        commit="",
        affected=tuple(found),
        unaffected=tuple(name for name in sorted(catalog.types) if name not in names),
        removed=(),
        notes=tuple(notes),
    )
