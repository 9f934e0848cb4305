"""Findings on imports that fail: they lead to nothing, to another type, past a file, or to an error."""

from collections.abc import Iterable, Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ...config.dag_type import TREES, DagType
from ..report import Finding, Level
from .code import Code
from .imported import Failure, Imported, name_of
from .imports import Import
from .resolution import Origin

PROVIDED = "import hygiene"
_UNNAMED = (
    "give the file and its folders names that are valid in Python, and import it by its full name: "
    "`from folder.file import name`"
)
# Usual names of folders in a repository that people expect in an image.
_CUSTOMARY = frozenset(
    {
        *("common", "config", "core", "helpers", "hooks", "include", "lib", "libs", "operators", "plugins"),
        *("sensors", "shared", "src", "tasks", "tests", "tools", "utils"),
    }
)
_PROVIDERS = "airflow.providers."


def relative(code: Code, file: str, imports: Iterable[Import]) -> Iterator[Finding]:
    """Yield relative imports of existing files that fail since Airflow loads the file by itself."""
    names: dict[tuple[int, str, str | None, bool], list[str]] = {}
    for imported in imports:
        at_top = code.resolver.is_at_top(file, imported)
        fails = imported.level and (at_top or file in code.roles.alone)
        if fails and code.resolver.resolve(file, imported)[0] is Origin.OWN:
            key = (imported.line, imported.as_written, code.resolver.absolute(file, imported), at_top)
            names.setdefault(key, []).append(imported.name)
    for (line, as_written, module, at_top), taken in names.items():
        why = "Airflow loads a DAG file without its package"
        why = "the top of an archive is no package" if at_top else why
        cause = f"imports {as_written!r}, which needs a package: {why}"
        level = Level.ERROR if at_top else code.roles.alone[file]
        statement = f"{f'from {module} ' if module else ''}import {', '.join(taken)}"
        remedy = _UNNAMED if module is None else f"write `{statement}`"
        yield Finding(check=PROVIDED, file=file, line=line, cause=cause, remedy=remedy, level=level)


def unresolved(
    code: Code, file: str, imports: Iterable[Import], tried: Imported, moved: Mapping[str, str]
) -> Iterator[Finding]:
    """Yield the imports that don't work, each with what to do.

    Args:
        code: the type's files.
        file: one of them.
        imports: those of its imports that must work.
        tried: what the image's Python can't import.
        moved: what to write instead, by the names of imports, where that is known.
    """
    for imported in imports:
        judged = _judged(code, file, imported, tried, moved)
        if judged is None:
            continue
        cause, remedy, level = judged
        if imported.as_program:
            level = Level.WARNING
            remedy = f"{remedy}; nothing, if no task runs the file as a program"
        yield Finding(check=PROVIDED, file=file, line=imported.line, cause=cause, remedy=remedy, level=level)


def _judged(
    code: Code, file: str, imported: Import, tried: Imported, moved: Mapping[str, str]
) -> tuple[str, str, Level] | None:
    """Return cause, remedy and level of an import that doesn't work; None for one that does."""
    resolver = code.resolver
    origin, path = resolver.resolve(file, imported)
    failure = tried.failure(imported)
    in_tree = imported.module.partition(".")[0] in TREES
    if (in_tree or not code.patched) and (hidden := resolver.hidden(file, imported)):
        if hidden.startswith("scripts/"):
            return None  # judged once, for all files
        surely = in_tree or (failure is not None and failure.cause.startswith(("ModuleNotFound", "Import")))
        return *_hidden(code, hidden, imported), Level.ERROR if surely else Level.WARNING
    if origin is Origin.FOREIGN:
        return *_foreign(code, path), Level.ERROR
    if origin is Origin.MISSING and not (code.patched and resolver.beside(imported)):
        return *_missing(code, imported, moved), Level.ERROR
    if origin is Origin.INSTALLED and failure:
        return *_failing(code, imported, failure, moved), Level.ERROR
    return None


def module_name(path: str) -> str:
    """Return the dotted name of a file from the repository's root."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _hidden(code: Code, hidden: str, imported: Import) -> tuple[str, str]:
    name = module_name(hidden)
    first = imported.module.partition(".")[0]
    short = name if first in TREES else name.removeprefix("dags.")
    owner = code.resolver.owner(first)
    cause = f"{hidden} can't be imported as {short!r}: the installed {first!r} of {owner} comes first"
    if first in TREES:
        return cause, in_place_of(code.dag_type, first, owner)
    return cause, f"rename it, or import it as {name!r}"


def in_place_of(dag_type: DagType, tree: str, owner: str) -> str:
    """Return what to do where a distribution has a package named as a folder of the repository."""
    listing = dag_type.listing(tree, "__init__.py")
    package = owner.partition(" ")[0]
    return (
        f"pin a version of {package} without {tree!r}, or another package; if nothing needs that {tree!r}, "
        f"add an empty {tree}/__init__.py, so that yours comes first, and {listing}"
    )


def _foreign(code: Code, path: str) -> tuple[str, str]:
    # All types that have the file, or any file of the folder.
    inside = [names for other, names in code.owners.items() if other == path or other.startswith(f"{path}/")]
    owners = sorted({name for names in inside for name in names})
    tree, _, rest = path.partition("/")
    listed = code.dag_type.listing(tree, rest.split("/")[0])
    if not owners:
        return f"imports {path}, which isn't in this image", listed
    types = f"the DAG type{'s' * (len(owners) > 1)} {', '.join(owners)}"
    remedy = f"move shared code to a folder of scripts/ and list it in scripts of both, or {listed}"
    return f"imports {path}, which belongs to {types} and isn't in this image", remedy


def _missing(code: Code, imported: Import, moved: Mapping[str, str]) -> tuple[str, str]:
    if imported.level or imported.module.split(".")[0] in TREES:
        cause = f"imports {imported.as_written!r}, but the repository has no such file"
        return cause, "add the file, or correct the name"
    file = code.dag_type.file
    module = code.resolver.lacking(imported)
    cause = f"imports {module!r}, which neither Python, the base, a dependency nor this type's files provide"
    if path := code.resolver.beside(imported):
        return cause, f"{_by_full_name(path, imported)}: a file's own folder isn't on the import path"
    if replacement := moved.get(name_of(imported)):
        return cause, replacement
    if module.startswith(_PROVIDERS):
        package = f"apache-airflow-providers-{module.removeprefix(_PROVIDERS).replace('.', '-')}"
        return cause, f"pin {package} in {file} and lock; what a DAG file imports, the base needs too"
    first = imported.fallback_for[-1][0].as_written if imported.fallback_for else ""
    either = f", or the one that provides {first!r}," if first else ""
    pin = f"pin the package that provides {module!r}{either} in {file} and lock"
    if module in _CUSTOMARY:
        move = f"if it is a folder of the repository, move {module}/ to scripts/ and import it as "
        move += f"'scripts.{module}': only dags/ and scripts/ are in an image"
        return cause, f"{move}; otherwise {pin}"
    names = [canonicalize_name(Requirement(text).name) for text in code.dag_type.project.dependencies]
    return cause, f"{pin}{code.resolver.near(imported, module, names)}"


def _by_full_name(path: str, imported: Import) -> str:
    """Return the statement that imports a file which a file beside it imports by its short name."""
    name = module_name(path).removeprefix("dags.")
    if not imported.name or not name.endswith(f".{imported.name}"):
        return f"import it as {name!r}"
    return f"write `from {name.rpartition('.')[0]} import {imported.name}`"


def _failing(code: Code, imported: Import, failure: Failure, moved: Mapping[str, str]) -> tuple[str, str]:
    """Return cause and remedy of an import of an installed module that ends with an error."""
    first = imported.module.partition(".")[0]
    owner = code.resolver.owner(first)
    airflow = code.resolver.airflow if first == "airflow" else ""
    written = repr(imported.module)
    if imported.name and failure.cause.startswith("ImportError: cannot import name"):
        written = f"{imported.name!r} of {imported.module!r}"
    elif not failure.lacks(imported.module):
        cause = f"imports {written}, which fails in the image: {failure.cause}"
        return cause, "add the missing package to dependencies, or the shared library to system-packages"
    cause = f"imports {written}, which {airflow or owner} doesn't have"
    if replacement := moved.get(name_of(imported)):
        return cause, replacement
    if failure.elsewhere and not failure.lacks(imported.module):
        return cause, f"write `from {failure.elsewhere} import {imported.name}`"
    hint = f": did you mean {failure.elsewhere!r}?" if failure.elsewhere else ""
    if airflow:
        return cause, f"correct the name{hint or '; the release notes of Airflow say what was moved'}"
    return cause, f"correct the name, or pin a version of {owner.partition(' ')[0]} that has it{hint}"
