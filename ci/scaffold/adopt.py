"""The adoption of an old repository: drafts of its types, their locks, what changes, and the notes."""

import tomllib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from ..errors import StepError, Unreachable
from ..lock.airflow_version import python_of
from . import dockerignore, draft, pyproject
from .dag_files import dag_files
from .dockerfile.convert import Context, convert
from .draft import Draft
from .notes import Note, block, section
from .owners import Owners, owners
from .repository import OldRepository, left_alone, mentions

_HEAD = """\
# Adopted

What `dagger call scaffold adopt` made of each `Dockerfile.<type>` and `pyproject.<type>.toml`. Work through
what is to do, then delete this file. Comments of the old files aren't carried over. Removed files and lines
that aren't quoted are in git: `git show HEAD:<file>`, until you commit.
"""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What changes, by path from the root: texts of new files, files that move (old → new) and that go."""

    written: Mapping[str, str]
    moved: Mapping[str, str]
    removed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Drafts:
    """The drafts of all types, and who has which DAG files and scripts."""

    types: tuple[Draft, ...]
    owners: Owners


@dataclass(frozen=True, kw_only=True)
class Locked:
    """A draft with exact pins alone, and the text of its lock or why there is none; the other is empty."""

    draft: Draft
    lock: str = ""
    problem: str = ""


def drafts(old: OldRepository, base: str) -> Drafts:
    """Return a draft of every type; ``base`` is the reference of the pinned base."""
    conversions = {
        one.name: convert(
            one.dockerfile,
            one.dockerfile_text,
            Context(dag_type=one.name, base=base, files=old.files, texts=old.texts),
        )
        if one.dockerfile
        else None
        for one in old.types
    }
    code = {
        path: text
        for path, text in old.texts.items()
        if path.startswith(("dags/", "scripts/")) and path.endswith(".py")
    }
    decided = owners(conversions, dag_files(code), code, old.files)
    python = python_of(base)
    types = [
        draft.draft(
            one,
            conversions[one.name],
            pyproject.read(one.manifest, one.manifest_text, one.name, python) if one.manifest else None,
            decided.types[one.name],
            base,
        )
        for one in old.types
    ]
    return Drafts(types=tuple(types), owners=decided)


async def locked(
    loose: Draft, installed: Mapping[str, str], lock: Callable[[Draft, str], Awaitable[str]]
) -> Locked:
    """Pin a draft's requirements and lock them; ``lock`` keeps the versions of a present lock that it gets.

    Raise Unreachable if the packages couldn't be asked for, so that nothing is known of the draft.
    """
    exact, present = loose, ""
    try:
        if loose.unpinned:
            present = await lock(loose, "")
            packages = tomllib.loads(present).get("packages", [])
            versions = {package["name"]: package["version"] for package in packages}
            exact = draft.pinned(loose, {**installed, **versions})
        return Locked(draft=exact, lock=await lock(exact, present))
    except Unreachable:
        raise
    except StepError as error:
        return Locked(draft=exact if present else draft.pinned(loose, {}), problem=str(error))


def changes(adopted: Drafts, locks: Mapping[str, str]) -> Changes:
    """Return what the adoption changes, but for its notes; ``locks`` are the locks that could be made."""
    written = {one.file: draft.pyproject(one) for one in adopted.types}
    written |= {f"images/{name}/pylock.toml": text for name, text in locks.items()}
    removed = [one.old.dockerfile for one in adopted.types]
    removed += [one.old.manifest for one in adopted.types if one.manifest and not one.manifest.incomplete]
    return Changes(
        written=written,
        moved={before: after for one in adopted.types for before, after in one.ownership.moved.items()},
        removed=tuple(path for path in removed if path),
    )


def notes(
    old: OldRepository, adopted: Drafts, unlocked: Mapping[str, str], refused: Mapping[str, Sequence[str]]
) -> str:
    """Return the text of ADOPTED.md, with why a type has no lock, or isn't taken by the catalog yet."""
    parts = [_HEAD]
    for one in adopted.types:
        parts += _of_type(one, unlocked.get(one.name, ""), refused.get(one.name, ()))
    unowned = [Note(file=path, outcome=why, todo=True) for path, why in adopted.owners.unowned.items()]
    rest = [*unowned, *left_alone(old), *mentions(old), *dockerignore.notes(old)]
    return "\n".join([*parts, *section("## The whole repository", rest)])


def _of_type(adopted: Draft, problem: str, refused: Sequence[str]) -> list[str]:
    every = adopted.all_notes
    todo = [note for note in every if note.todo]
    if not any(path.startswith("dags/") for path in adopted.ownership.outcomes):
        outcome = (
            f"no DAG is known to be this type's: move its DAGs to dags/{adopted.name}/, or name them in dags"
        )
        todo.append(Note(file=adopted.file, outcome=outcome))
    if adopted.manifest and adopted.manifest.incomplete:
        outcome = "stays, as not all of its dependencies are carried over: remove it when they are"
        todo.append(Note(file=adopted.old.manifest, outcome=outcome))
    todo += [Note(file=adopted.file, outcome=message) for message in refused]
    if problem:
        command = f"dagger call lock --dag {adopted.name} -y"
        outcome = (
            f"can't be locked as it is: pin what fits, then run `{command}`:\n\n{block(problem.strip())}"
        )
        todo.append(Note(file=adopted.file, outcome=outcome))
    carried = [note for note in every if not note.todo]
    carried += [Note(file=path, outcome=text) for path, text in adopted.ownership.outcomes.items()]
    return [
        f"## {adopted.name}",
        "",
        *(section("### To do", todo) or ["Nothing is to do.", ""]),
        *section("### Carried over", carried),
    ]
