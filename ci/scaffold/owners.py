"""Which DAG files and scripts belong to which DAG type, as far as an old repository shows it."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ..checks.imports.imports import Import, imports_of
from .dag_files import DagFile
from .dockerfile.convert import Conversion


@dataclass(kw_only=True)
class Ownership:
    """What belongs to one type: its settings ``dags`` and ``scripts``, and files that move.

    ``dags`` is empty where the type's own folder is all; ``moved`` are paths from the root, old → new;
    ``outcomes`` has a sentence on each path.
    """

    dags: list[str] = field(default_factory=list[str])
    scripts: list[str] = field(default_factory=list[str])
    moved: dict[str, str] = field(default_factory=dict[str, str])
    outcomes: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Owners:
    """What belongs to each type, and sentences on the DAG files and scripts of no type, by path."""

    types: dict[str, Ownership]
    unowned: dict[str, str]


def owners(
    conversions: Mapping[str, Conversion | None],
    dags: Mapping[str, DagFile],
    code: Mapping[str, str],
    files: Collection[str],
) -> Owners:
    """Decide on every DAG file and script; ``dags`` are by path below dags/, the rest from the root."""
    claims = {path: _claims(file, conversions) for path, file in dags.items()}
    types = {name: Ownership() for name in conversions}
    for name, ownership in types.items():
        claimed = [path for path, reasons in claims.items() if name in reasons]
        _settle(name, ownership, dags, claims, files)
        reached = _reached([f"dags/{path}" for path in claimed], code)
        for path in sorted(reached - {f"dags/{path}" for path in claimed}):
            if path.startswith("dags/") and not path.startswith(f"dags/{name}/"):
                ownership.outcomes[path] = "stays, and is named in dags, as a DAG imports it"
                ownership.dags.append(path.removeprefix("dags/"))
        in_own_folder = any(path.startswith(f"{name}/") for path in claimed)
        if ownership.dags and (ownership.moved or in_own_folder):
            ownership.dags.append(name)
        ownership.dags = sorted(set(ownership.dags))
        ownership.scripts = sorted({path.split("/")[1] for path in reached if path.startswith("scripts/")})
        for entry in ownership.scripts:
            ownership.outcomes[f"scripts/{entry}"] = "stays, and is named in scripts, as a DAG imports it"
    return Owners(types=types, unowned=_unowned(types, dags, files))


def _claims(file: DagFile, conversions: Mapping[str, Conversion | None]) -> dict[str, str]:
    """Return the types that a DAG file belongs to, each with the reason."""
    top = PurePosixPath(file.path).parts[0]
    if top in conversions and top != file.path:
        return {top: "is in the type's own folder"}
    reasons = {
        name: "its Dockerfile copies it"
        for name, conversion in conversions.items()
        if conversion and any(path and f"{file.path}/".startswith(f"{path}/") for path in conversion.dags)
    }
    named = [name for name in conversions if any(_is_of(image, name) for image in file.images)]
    if file.defines and named:
        reasons[max(named, key=len)] = "names the type's image"
    if not reasons and file.defines and len(conversions) == 1:
        reasons = {
            name: "there is no other type"
            for name, conversion in conversions.items()
            if conversion and "" in conversion.dags
        }
    return reasons


def _is_of(image: str, name: str) -> bool:
    """Return whether an image's repository ends with a type's name, or its tag begins with it."""
    repository, _, tag = image.partition("@")[0].rpartition(":")
    if not repository or "/" in tag:
        repository, tag = image.partition("@")[0], ""
    plain = re.escape(name)
    return (
        re.search(rf"(?:^|[/._-]){plain}$", repository) is not None
        or re.match(rf"{plain}(?:$|[._-])", tag) is not None
    )


def _settle(
    name: str,
    ownership: Ownership,
    dags: Mapping[str, DagFile],
    claims: Mapping[str, Mapping[str, str]],
    files: Collection[str],
) -> None:
    """Move each file that can be moved into the type's folder, and name the others where they are."""
    links = {
        path: {other for one in file.imports for other in _below_dags(one, path, dags)}
        for path, file in dags.items()
    }
    imported = {other for others in links.values() for other in others}
    for path, reasons in claims.items():
        if name not in reasons:
            continue
        target = f"{name}/{path}"
        # A file or a link may be where the folder would be, too.
        is_free = not {f"dags/{target}", f"dags/{name}", "dags"} & set(files)
        is_alone = not (links[path] or path in imported or dags[path].uses_own_path or len(reasons) > 1)
        if path.startswith(f"{name}/"):
            outcome = f"stays: {reasons[name]}"
        elif "/" not in path and dags[path].defines and is_free and is_alone:
            ownership.moved[f"dags/{path}"] = f"dags/{target}"
            outcome = f"moves to dags/{target}: {reasons[name]}"
        else:
            ownership.dags.append(path)
            outcome = f"stays, and is named in dags: {reasons[name]}"
        ownership.outcomes[f"dags/{path}"] = outcome


def _reached(start: list[str], code: Mapping[str, str]) -> set[str]:
    """Return files and all that they import, over others, too; by path from the root."""
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        path = waiting.pop()
        if path not in reached:
            reached.add(path)
            waiting += [file for one in imports_of(code.get(path, "")) for file in _imported(one, path, code)]
    return reached


def _imported(imported: Import, path: str, code: Mapping[str, str]) -> set[str]:
    """Return the existing files that an import means; dags/ is on the import path itself."""
    names = {imported.module, imported.longest} - {""}
    above = PurePosixPath(path).parts[: -imported.level or None]
    roots = ["/".join(above)] if imported.level else ["", "dags"]
    paths = {f"{root}/{name.replace('.', '/')}".strip("/") for root in roots for name in names}
    return {file for path in paths for file in (f"{path}.py", f"{path}/__init__.py")} & code.keys()


def _below_dags(imported: Import, path: str, dags: Mapping[str, DagFile]) -> set[str]:
    """Return the files below dags/ that an import of one of them means, by path below it."""
    code = dict.fromkeys((f"dags/{file}" for file in dags), "")
    return {file.removeprefix("dags/") for file in _imported(imported, f"dags/{path}", code)}


def _unowned(
    types: Mapping[str, Ownership], dags: Mapping[str, DagFile], files: Collection[str]
) -> dict[str, str]:
    owned = {path for ownership in types.values() for path in ownership.outcomes}
    outcomes: dict[str, str] = {}
    for path, file in dags.items():
        if f"dags/{path}" not in owned:
            near = [name for name in types if re.search(rf"(?:^|[/_.-]){re.escape(name)}(?:$|[/_.-])", path)]
            hint = f" (by its name, dags/{near[0]}/)" if near else ""
            what = "a DAG of no known type" if file.defines else "code that no DAG of a type imports"
            outcomes[f"dags/{path}"] = (
                f"{what}: move it to dags/<type>/{hint}, or name it in dags of its type"
            )
    for entry in sorted({path.split("/")[1] for path in files if path.startswith("scripts/")}):
        if f"scripts/{entry}" not in owned:
            remedy = "name it in scripts of the types that need it, or remove it"
            outcomes[f"scripts/{entry}"] = f"no DAG of a type imports it, so no image has it: {remedy}"
    return outcomes
