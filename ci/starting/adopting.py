"""The adoption of an old repository: drafts of its types, and in the end what changes, with the notes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..lock.airflow_version import python_of
from .dag_files import dag_files
from .draft import Draft, draft, pyproject
from .manifest import manifest
from .old import OldRepository
from .owners import Owners, owners
from .recipe import Facts, recipe
from .told import Told, shown

# Of this project itself: they speak of such files and have none.
_OURS = ("changelog/", "ci/", "docs/adopt.md", "tests/engine/", "tests/unit/")
_WORKFLOWS = ".github/workflows/"
_HEAD = """\
# Adopted

What `dagger call adopt` made of each `Dockerfile.<type>` and `pyproject.<type>.toml`. Work through what is
to do, then delete this file. Comments of the old files aren't carried over; git has them.
"""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What changes, by path from the root: texts of new files, files that move (old → new) and that go."""

    written: Mapping[str, str]
    moved: Mapping[str, str]
    removed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Drafts:
    """The types on their way, and who has which DAG files and scripts."""

    types: tuple[Draft, ...]
    owners: Owners


def drafts(old: OldRepository, base: str) -> Drafts:
    """A draft of every type; ``base`` is the reference of the pinned base."""
    recipes = {
        each.name: recipe(each.dockerfile, each.recipe, Facts(dag_type=each.name, base=base, files=old.files))
        if each.dockerfile
        else None
        for each in old.types
    }
    code = {
        path: text
        for path, text in old.texts.items()
        if path.startswith(("dags/", "scripts/")) and path.endswith(".py")
    }
    whose = owners(recipes, dag_files(code), code, old.files)
    python = python_of(base)
    return Drafts(
        types=tuple(
            draft(
                each,
                recipes[each.name],
                manifest(each.manifest, each.toml, each.name, python) if each.manifest else None,
                whose.types[each.name],
                base,
            )
            for each in old.types
        ),
        owners=whose,
    )


def changes(found: Drafts, locks: Mapping[str, str]) -> Changes:
    """What the adoption changes, but for its notes.

    Args:
        found: the drafts, with exact pins alone.
        locks: the text of each type's pylock.toml; without those that couldn't be made.
    """
    written = {each.file: pyproject(each) for each in found.types}
    written |= {f"images/{name}/pylock.toml": text for name, text in locks.items()}
    return Changes(
        written=written,
        moved={was: now for each in found.types for was, now in each.owned.moved.items()},
        removed=tuple(path for each in found.types for path in _removable(each)),
    )


def notes(
    old: OldRepository, found: Drafts, unlocked: Mapping[str, str], refused: Mapping[str, Sequence[str]]
) -> str:
    """The text of ADOPTED.md.

    Args:
        old: the repository.
        found: the drafts, with exact pins alone.
        unlocked: for each type without a lock, why.
        refused: what the catalog says of each type that it doesn't take as it is now.
    """
    parts = [
        _HEAD,
        *(_of_type(each, unlocked.get(each.name, ""), refused.get(each.name, ())) for each in found.types),
    ]
    rest = [
        Told(file=path, line=0, what="", outcome=why, todo=True) for path, why in found.owners.nobody.items()
    ]
    rest += list(_mentions(old))
    parts += _list("## The whole repository", sorted(rest, key=lambda each: (each.file, each.line)))
    return "\n".join(parts)


def _removable(each: Draft) -> list[str]:
    """The old files of a type of which everything was told, and all dependencies carried over."""
    told = {(one.file, one.line) for one in all_told(each)}
    lines = each.recipe.lines if each.recipe else frozenset[int]()
    whole = all((each.old.dockerfile, line) in told for line in lines)
    done = not (each.manifest and each.manifest.left)
    return [
        path for path in (each.old.dockerfile if whole else "", each.old.manifest if done else "") if path
    ]


def all_told(each: Draft) -> list[Told]:
    """All that is told of a type's two files, in their order."""
    found = [*(each.manifest.told if each.manifest else ()), *(each.recipe.told if each.recipe else ())]
    return sorted([*found, *each.told], key=lambda one: (one.file, one.line))


def _of_type(each: Draft, problem: str, refused: Sequence[str]) -> str:
    told = all_told(each)
    placed = [Told(file=path, line=0, what="", outcome=why) for path, why in sorted(each.owned.told.items())]
    todo = [one for one in told if one.todo]
    if not any(path.startswith("dags/") for path in each.owned.told):
        remedy = (
            f"no DAG is known to be this type's: move its DAGs to dags/{each.name}/, or name them in dags"
        )
        todo.append(Told(file=each.file, line=0, what="", outcome=remedy, todo=True))
    if each.manifest and each.manifest.left:
        remedy = "stays, for its dependencies are not all carried over: remove it when they are"
        todo.append(Told(file=each.old.manifest, line=0, what="", outcome=remedy, todo=True))
    todo += [Told(file=each.file, line=0, what="", outcome=told, todo=True) for told in refused]
    if problem:
        text = problem.strip().replace("`", "'")
        outcome = f"can't be locked as it is: pin what fits, then run `dagger call lock --dag {each.name} -y`"
        todo.append(
            Told(file=each.file, line=0, what="", outcome=f"{outcome}:\n\n  ```\n{_indented(text)}\n  ```")
        )
    parts = [f"## {each.name}", ""]
    parts += _list("### To do", todo) or ["Nothing is to do.", ""]
    parts += _list("### Carried over", [*(one for one in told if not one.todo), *placed])
    return "\n".join(parts)


def _list(title: str, told: Sequence[Told]) -> list[str]:
    lines = [f"- {_place(each)}{f' `{each.what}`' if each.what else ''}: {each.outcome}" for each in told]
    return [title, "", *lines, ""] if lines else []


def _place(each: Told) -> str:
    return f"{each.file}:{each.line}" if each.line else each.file


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())


def _mentions(old: OldRepository) -> Iterator[Told]:
    """The lines of other files that speak of the old ones, and the workflows that name the types."""
    names = "|".join(re.escape(each.name) for each in old.types)
    gone = re.compile(rf"Dockerfile\.(?:(?:{names})\b|[$<{{])|pyproject\.(?:{names}|[$<{{][^\s\"']*)\.toml")
    listed = re.compile(rf"^\s*(?:-\s*)?(?:[\w-]+:\s*)?\[?.*?[\s\"'\[,](?:{names})[\"'\],]?(?:$|[\s,\]].*)")
    own = {path for each in old.types for path in (each.dockerfile, each.manifest)}
    for path, text in sorted(old.texts.items()):
        if path in own or path.startswith(_OURS):
            continue
        workflow = path.startswith(_WORKFLOWS)
        for number, line in enumerate(text.splitlines(), start=1):
            if gone.search(line) or (workflow and listed.match(line)):
                outcome = "names what is gone: let it call dagger instead"
                if workflow:
                    outcome = (
                        "a workflow of this project builds all types: docs/github-actions.md; remove this one"
                    )
                yield Told(file=path, line=number, what=shown(line), outcome=outcome, todo=True)
    for path in sorted(old.files):
        if re.fullmatch(rf"Dockerfile\.(?:(?:{names})\.dockerignore|base)", path):
            yield Told(file=path, line=0, what="", outcome="isn't read any more: remove it", todo=True)
