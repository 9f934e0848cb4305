"""Which DAG files and scripts belong to which DAG type, as far as an old repository shows it."""

import re
from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from ..checks.imports.locations import files_imported, reached
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
    imports = {path: files_imported(path, text) & code.keys() for path, text in code.items()}
    movable = {path for path, file in dags.items() if _can_move(file, imports) and len(claims[path]) == 1}
    types = {name: Ownership() for name in conversions}
    for name, ownership in types.items():
        claimed = {f"dags/{path}" for path, reasons in claims.items() if name in reasons}
        _settle(name, ownership, claims, movable, files)
        needed = reached(imports, claimed)
        for path in sorted(needed - claimed):
            if path.startswith("dags/") and not path.startswith(f"dags/{name}/"):
                ownership.outcomes[path] = "stays, and is named in dags, as a DAG imports it"
                ownership.dags.append(path.removeprefix("dags/"))
        in_own_folder = any(path.startswith(f"dags/{name}/") for path in claimed)
        if ownership.dags and (ownership.moved or in_own_folder):
            ownership.dags.append(name)
        ownership.dags = sorted(set(ownership.dags))
        ownership.scripts = sorted({path.split("/")[1] for path in needed if path.startswith("scripts/")})
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
        reasons = dict.fromkeys(conversions, "there is no other type")
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


def _can_move(file: DagFile, imports: Mapping[str, AbstractSet[str]]) -> bool:
    """Return whether a file defines a DAG, and works at another path as well."""
    path = f"dags/{file.path}"
    imported = {other for other in imports[path] if other.startswith("dags/")}
    importing = {other for other, files in imports.items() if path in files and other.startswith("dags/")}
    return file.defines and "/" not in file.path and not (file.uses_own_path or imported or importing)


def _settle(
    name: str,
    ownership: Ownership,
    claims: Mapping[str, Mapping[str, str]],
    movable: AbstractSet[str],
    files: Collection[str],
) -> None:
    """Move each file that can be moved into the type's folder, and name the others where they are."""
    for path, reasons in claims.items():
        if name not in reasons:
            continue
        target = f"{name}/{path}"
        # A file or a link may be where the folder would be, too.
        is_free = not {f"dags/{target}", f"dags/{name}", "dags"} & set(files)
        if path.startswith(f"{name}/"):
            outcome = f"stays: {reasons[name]}"
        elif path in movable and is_free:
            ownership.moved[f"dags/{path}"] = f"dags/{target}"
            outcome = f"moves to dags/{target}: {reasons[name]}"
        else:
            ownership.dags.append(path)
            outcome = f"stays, and is named in dags: {reasons[name]}"
        ownership.outcomes[f"dags/{path}"] = outcome


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
