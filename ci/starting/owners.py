"""Which DAG files and scripts are of which DAG type, as far as an old repository makes that clear."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ..checks.imports.imports import Import, imports_of
from .dag_files import DagFile
from .recipe import Recipe


@dataclass(kw_only=True)
class Owned:
    """What one type has: its settings ``dags`` and ``scripts``, files that move, and words on each.

    ``dags`` is empty where the type's own folder is all; ``moved`` are paths from the root, old → new.
    """

    dags: list[str] = field(default_factory=list[str])
    scripts: list[str] = field(default_factory=list[str])
    moved: dict[str, str] = field(default_factory=dict[str, str])
    told: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Owners:
    """What each type has, and words on the DAG files and scripts that nobody has, by path from the root."""

    types: dict[str, Owned]
    nobody: dict[str, str]


def owners(
    recipes: Mapping[str, Recipe | None],
    dags: Mapping[str, DagFile],
    code: Mapping[str, str],
    files: Collection[str],
) -> Owners:
    """Decide on every DAG file and script.

    Args:
        recipes: by type, what its Dockerfile says; none where it has no Dockerfile.
        dags: the Python files below dags/, by path below it.
        code: the text of all Python files of dags/ and scripts/, by path from the root.
        files: the paths of all files, from the root.
    """
    claims = {path: _claims(each, recipes) for path, each in dags.items()}
    types = {name: Owned() for name in recipes}
    for name, owned in types.items():
        mine = [path for path, found in claims.items() if name in found]
        _keep(name, owned, mine, dags, claims, files)
        reached = _reached([f"dags/{path}" for path in mine], code)
        own = {path.removeprefix("dags/") for path in reached if path.startswith("dags/")} - set(mine)
        for path in sorted(own - {each for each in own if each.startswith(f"{name}/")}):
            owned.told[f"dags/{path}"] = "stays, and is named in dags, since a DAG imports it"
            owned.dags.append(path)
        if owned.dags and any(path.startswith(f"{name}/") for path in (*mine, *_targets(owned))):
            owned.dags.append(name)
        owned.dags = sorted(set(owned.dags))
        owned.scripts = sorted({path.split("/")[1] for path in reached if path.startswith("scripts/")})
        for entry in owned.scripts:
            owned.told[f"scripts/{entry}"] = "stays, and is named in scripts, since a DAG imports it"
    return Owners(types=types, nobody=_nobody(types, claims, dags, files))


def _claims(file: DagFile, recipes: Mapping[str, Recipe | None]) -> dict[str, str]:
    """The types that a DAG file is of, each with the reason."""
    top = PurePosixPath(file.path).parts[0]
    if top in recipes and top != file.path:
        return {top: "is in the type's own folder"}
    found = {
        name: "its Dockerfile copies it"
        for name, recipe in recipes.items()
        if recipe
        and any(path and (file.path == path or file.path.startswith(f"{path}/")) for path in recipe.dags)
    }
    named = [name for name in sorted(recipes, key=len) if any(_is_of(image, name) for image in file.images)]
    if file.defines and named:
        found[named[-1]] = "names the type's image"
    if not found and file.defines and len(recipes) == 1:
        found = {
            name: "there is no other type" for name, recipe in recipes.items() if recipe and "" in recipe.dags
        }
    return found


def _is_of(image: str, name: str) -> bool:
    """Whether an image's repository or tag ends or begins with a type's name."""
    repository, _, tag = image.partition("@")[0].rpartition(":")
    if not repository or "/" in tag:
        repository, tag = image.partition("@")[0], ""
    plain = re.escape(name)
    return (
        re.search(rf"(?:^|[/._-]){plain}$", repository) is not None
        or re.match(rf"{plain}(?:$|[._-])", tag) is not None
    )


def _keep(  # noqa: PLR0913, PLR0917 - what decides whether a file can move
    name: str,
    owned: Owned,
    mine: Collection[str],
    dags: Mapping[str, DagFile],
    claims: Mapping[str, Mapping[str, str]],
    files: Collection[str],
) -> None:
    """Move each file that can be moved into the type's folder, and name the others where they are."""
    imported = {
        path for each in dags.values() for one in each.imports for path in _paths(one, each.path, dags)
    }
    for path in mine:
        file, why = dags[path], claims[path][name]
        target = f"{name}/{path}"
        if path.startswith(f"{name}/"):
            owned.told[f"dags/{path}"] = f"stays: {why}"
            continue
        beside = any(_paths(one, path, dags) for one in file.imports)
        # A file or a link may be where the folder would be, too.
        free = not {f"dags/{target}", f"dags/{name}", "dags"} & set(files)
        if "/" not in path and file.defines and len(claims[path]) == 1 and free and not (
            beside or file.placed or path in imported
        ):  # fmt: skip
            owned.moved[f"dags/{path}"] = f"dags/{target}"
            owned.told[f"dags/{path}"] = f"moves to dags/{target}: {why}"
        else:
            owned.dags.append(path)
            owned.told[f"dags/{path}"] = f"stays, and is named in dags: {why}"


def _targets(owned: Owned) -> list[str]:
    return [path.removeprefix("dags/") for path in owned.moved.values()]


def _reached(start: list[str], code: Mapping[str, str]) -> set[str]:
    """The files that some files import, over others, themselves included; by path from the root."""
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for each in imports_of(code.get(path, "")):
            waiting += _files(each, path, code)
    return found


def _files(found: Import, path: str, code: Mapping[str, str]) -> list[str]:
    """The files that an import means, of those there are; dags/ is on the import path itself."""
    names = [found.module, found.longest] if found.module else [found.longest]
    if found.level:
        above = PurePosixPath(path).parts[: -found.level]
        roots = ["/".join(above)]
    else:
        roots = ["", "dags"]
    places = [
        "/".join(part for part in (root, name.replace(".", "/")) if part) for root in roots for name in names
    ]
    wanted = {form for place in places for form in (f"{place}.py", f"{place}/__init__.py")}
    return sorted(wanted & code.keys())


def _paths(found: Import, path: str, dags: Mapping[str, DagFile]) -> list[str]:
    """The files below dags/ that an import of one of them means, by path below it."""
    code = {f"dags/{each}": "" for each in dags}
    return [each.removeprefix("dags/") for each in _files(found, f"dags/{path}", code)]


def _nobody(
    types: Mapping[str, Owned],
    claims: Mapping[str, Mapping[str, str]],
    dags: Mapping[str, DagFile],
    files: Collection[str],
) -> dict[str, str]:
    found: dict[str, str] = {}
    told = {path for owned in types.values() for path in owned.told}
    for path, each in dags.items():
        if not claims[path] and f"dags/{path}" not in told:
            near = [name for name in types if re.search(rf"(?:^|[/_.-]){re.escape(name)}(?:$|[/_.-])", path)]
            hint = f" (by its name, dags/{near[0]}/)" if near else ""
            what = "a DAG of no known type" if each.defines else "code that no DAG of a type imports"
            found[f"dags/{path}"] = f"{what}: move it to dags/<type>/{hint}, or name it in dags of its type"
    entries = {path.split("/")[1] for path in files if path.startswith("scripts/")}
    for entry in sorted(entries):
        if f"scripts/{entry}" not in told:
            remedy = "name it in scripts of the types that need it, or remove it"
            found[f"scripts/{entry}"] = f"no DAG of a type imports it, so no image has it: {remedy}"
    return found
