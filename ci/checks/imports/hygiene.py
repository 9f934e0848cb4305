"""Import hygiene of a DAG type: what it declares is imported, and what it imports is in its image."""

import re
from collections.abc import Iterable, Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ...config.dag_type import TOOL, TREES, DagType
from ...errors import did_you_mean
from ...image.environment import Environment
from ..report import CheckResult, Fact, Finding, Level
from .imports import Import, imports_of
from .resolution import Place, Resolver
from .roles import Roles, roles

DECLARED = "unused dependencies"
PROVIDED = "import hygiene"
_KEY = "allow-not-imported"
_UNNAMED = (
    "give the file and its folders names that Python can import, and import it by its whole name: "
    "`from folder.file import name`"
)
_NAMED = 5  # modules that a finding names
# What folders of a repository are called that people expect in an image.
_CUSTOMARY = frozenset(
    {
        *("common", "config", "core", "helpers", "hooks", "include", "lib", "libs", "operators", "plugins"),
        *("sensors", "shared", "src", "tasks", "tests", "tools", "utils"),
    }
)


def outcome(
    dag_type: DagType, types: Iterable[DagType], sources: Mapping[str, str], environment: Environment
) -> CheckResult:
    """What is wrong with a type's imports, by their text alone: nothing is run.

    A file that is no Python is left out: parsing it is another check's matter.

    Args:
        dag_type: whose imports they are.
        types: all DAG types of the repository.
        sources: the text of every Python file of dags/ and scripts/, and of the type's pyproject.toml, by
            path from the repository's root.
        environment: what is installed in the type's image.
    """
    files = {path for path in sources if path.endswith(".py") and path.split("/")[0] in TREES}
    own = sorted(path for path in files if _is_of(path, dag_type))
    found = {path: imports_of(sources[path]) for path in own}
    resolver = Resolver(own, files - set(own), environment)
    owners = {path: [each.name for each in types if _is_of(path, each)] for path in files - set(own)}
    patched = any("sys.path" in sources[path] for path in own)
    known = roles({path: sources[path] for path in own}, found, resolver)
    needed = {path: _needed(path, found[path], resolver, known) for path in own}
    findings = [
        _of_test(finding) if path in known.tests else finding
        for path in own
        for finding in (
            *_misplaced(dag_type, path, needed[path], resolver, owners, patched=patched),
            *_relative(path, needed[path], resolver, known),
        )
    ]
    used = {
        each.longest for imports in found.values() for each in imports if not each.typing and not each.level
    }
    declared = _declared(dag_type, used, environment, sources.get(dag_type.file, ""))
    count = sum(map(len, found.values()))
    told = Fact(check=PROVIDED, detail=f"all imports are in the image (imports: {count}, files: {len(own)})")
    facts = () if findings else (told,)
    return CheckResult(facts=(*facts, *declared.facts), findings=(*findings, *declared.findings))


def paths(dag_type: DagType) -> tuple[str, ...]:
    """The files and folders that a type's image has of the repository, by path from its root."""
    return (
        *(f"dags/{path}" for path in dag_type.dag_paths),
        *(f"scripts/{path}" for path in dag_type.script_paths),
    )


def _is_of(file: str, dag_type: DagType) -> bool:
    return any(file == path or file.startswith(f"{path}/") for path in paths(dag_type))


def _needed(file: str, imports: Iterable[Import], resolver: Resolver, known: Roles) -> list[Import]:
    """The imports of a file that must be there: not those that stand in place of others, which all are."""

    def is_there(each: Import) -> bool:
        fails = each.level and (known.alone.get(file) is Level.ERROR or resolver.is_at_top(file, each))
        return not fails and resolver.place(file, each)[0] in {Place.OWN, Place.INSTALLED}

    return [
        each
        for each in imports
        if not (each.optional or each.typing or any(all(map(is_there, tried)) for tried in each.instead))
    ]


def _relative(file: str, imports: Iterable[Import], resolver: Resolver, known: Roles) -> Iterator[Finding]:
    """Relative imports of a file that Airflow loads by itself, though what they mean is there."""
    names: dict[tuple[int, str, str | None, bool], list[str]] = {}
    for each in imports:
        at_top = resolver.is_at_top(file, each)
        if each.level and (at_top or file in known.alone) and resolver.place(file, each)[0] is Place.OWN:
            key = (each.line, each.shown, resolver.absolute(file, each), at_top)
            names.setdefault(key, []).append(each.name)
    for (line, shown, module, at_top), taken in names.items():
        why = (
            "the top of an archive is no package" if at_top else "Airflow loads a DAG file as a part of none"
        )
        cause = f"imports {shown!r}, which needs a package: {why}"
        level = Level.ERROR if at_top else known.alone[file]
        statement = f"{f'from {module} ' if module else ''}import {', '.join(taken)}"
        remedy = _UNNAMED if module is None else f"write `{statement}`"
        yield Finding(check=PROVIDED, file=file, line=line, cause=cause, remedy=remedy, level=level)


def _misplaced(  # noqa: PLR0913 - each comes from another place
    dag_type: DagType,
    file: str,
    imports: Iterable[Import],
    resolver: Resolver,
    owners: Mapping[str, list[str]],
    *,
    patched: bool,
) -> Iterator[Finding]:
    """Imports of a file that lead to another type's files, to nothing, or past a file of its own."""
    for each in imports:
        level = Level.ERROR
        place, path = resolver.place(file, each)
        if place is Place.FOREIGN:
            cause, remedy = _foreign(dag_type, path, _owners_of(path, owners))
        elif place is Place.MISSING and not (patched and resolver.beside(each.module)):
            cause, remedy = _missing(dag_type, each, resolver)
        elif not patched and (hidden := resolver.hidden(file, each)):
            cause, remedy = _hidden(hidden)
            level = Level.WARNING
        else:
            continue
        yield Finding(check=PROVIDED, file=file, line=each.line, cause=cause, remedy=remedy, level=level)


def _of_test(finding: Finding) -> Finding:
    """A finding in a test: no task runs it."""
    remedy = f"move tests out of dags/ and scripts/; or, where it is none, {finding.remedy}"
    return finding.model_copy(update={"remedy": remedy, "level": Level.WARNING})


def _hidden(path: str) -> tuple[str, str]:
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    short = name.removeprefix("dags.")
    first = short.partition(".")[0]
    cause = f"{path} can't be imported as {short!r}: the installed {first!r} comes first"
    return cause, f"rename it, or import it as {name!r}"


def _owners_of(path: str, owners: Mapping[str, list[str]]) -> list[str]:
    """The types that have a file, or any file of a folder."""
    return sorted(
        {
            name
            for file, names in owners.items()
            if file == path or file.startswith(f"{path}/")
            for name in names
        }
    )


def _foreign(dag_type: DagType, path: str, owners: list[str]) -> tuple[str, str]:
    tree, _, below = path.partition("/")
    listed = dag_type.listing(tree, below.split("/")[0])
    if not owners:
        return f"imports {path}, which isn't in this image", listed
    whose = f"the DAG type{'s' * (len(owners) > 1)} {', '.join(owners)}"
    remedy = "move what both need to a folder of scripts/ and list it in scripts of both, "
    remedy += f"or {listed}"
    return f"imports {path}, which is of {whose} and isn't in this image", remedy


def _missing(dag_type: DagType, found: Import, resolver: Resolver) -> tuple[str, str]:
    if found.level or found.module.split(".")[0] in TREES:
        cause = f"imports {found.shown!r}, and there is no such file in the repository"
        return cause, "write the file, or correct the name"
    module = resolver.lacking(found)
    cause = f"imports {module!r}, which neither Python, the base, a dependency nor this type's files provide"
    if path := resolver.beside(found.module):
        name = path.removeprefix("dags/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        return cause, f"import it as {name!r}: a file's own folder isn't on the import path"
    tried = found.instead[-1][0].shown if found.instead else ""
    either = f", or the one that provides {tried!r}," if tried else ""
    pin = f"pin the package that provides {module!r}{either} in {dag_type.file} and lock"
    if module in _CUSTOMARY:
        moved = f"where it is a folder of the repository, move {module}/ to scripts/ and import it as "
        moved += f"'scripts.{module}': only dags/ and scripts/ are in an image"
        return cause, f"{moved}; else {pin}"
    names = [canonicalize_name(Requirement(each).name) for each in dag_type.project.dependencies]
    return cause, f"{pin}{resolver.near(module, names)}"


def _declared(dag_type: DagType, used: set[str], environment: Environment, text: str) -> CheckResult:
    """The type's own pins that nothing imports, and the permissions that nothing needs."""
    allowed = dag_type.settings.allow_not_imported
    facts: list[Fact] = []
    findings: list[Finding] = []
    pins = {canonicalize_name(Requirement(pin).name): pin for pin in dag_type.project.dependencies}
    idle = {name: pin for name, pin in sorted(pins.items()) if _is_idle(name, used, environment)}
    for name, pin in idle.items():
        if name in allowed:
            facts.append(Fact(check=DECLARED, detail=f"{name} isn't imported, as allowed: {allowed[name]}"))
            continue
        modules = environment.by_name[name].modules
        provided = ", ".join(modules[:_NAMED]) + (", …" if len(modules) > _NAMED else "")
        cause = (
            f"{pin!r} is declared, and no file of this type imports it; it provides {provided or 'no module'}"
        )
        remedy = f'remove it and lock, or say why it is needed: {_KEY} = {{ {name} = "…" }} in [tool.{TOOL}]'
        findings.append(_mild(dag_type, _line(text, name), cause, remedy))
    for name in sorted(allowed.keys() - idle.keys()):
        why = (
            "files of this type import it"
            if name in pins
            else f"it is no dependency{did_you_mean(name, pins)}"
        )
        if name not in pins or name in environment.by_name:
            line = _line(text, name, after=_KEY)
            findings.append(_mild(dag_type, line, f"{_KEY} names {name!r}, but {why}", "remove the entry"))
    if not findings and pins:
        count = f"{len(pins) - len(idle)} of {len(pins)}"
        facts.insert(0, Fact(check=DECLARED, detail=f"{count} declared dependencies are imported"))
    return CheckResult(facts=tuple(facts), findings=tuple(findings))


def _is_idle(name: str, used: set[str], environment: Environment) -> bool:
    """Whether a package is installed and nothing of it imported; a pin whose marker fails isn't installed."""
    there = environment.by_name.get(name)
    if there is None:
        return False
    return not any(each == m or each.startswith(f"{m}.") for m in there.modules for each in used)


def _mild(dag_type: DagType, line: int, cause: str, remedy: str) -> Finding:
    level = Level.WARNING
    return Finding(check=DECLARED, file=dag_type.file, line=line, cause=cause, remedy=remedy, level=level)


def _line(text: str, name: str, after: str = "dependencies") -> int:
    """The line of a pyproject.toml that names a package, from the line of a key on; 0 where none does."""
    begun = False
    spelt = re.compile(
        r"(?<![\w.-])" + re.escape(name).replace(r"\-", "[-_.]+") + r"(?![\w.-]*\w)", re.IGNORECASE
    )
    for number, line in enumerate(text.splitlines(), start=1):
        begun = begun or bool(re.match(rf"[\[\s]*(tool\.{TOOL}\.)?{re.escape(after)}\b", line))
        if begun and spelt.search(line.partition("#")[0]):
            return number
    return 0
