"""Import hygiene of a DAG type: its image has what it imports, and it imports what it declares."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ...config.dag_type import TOOL, TREES, DagType
from ...errors import did_you_mean
from ...image.environment import Environment
from ..report import CheckResult, Fact, Finding, Level
from .imports import Import, imports_of
from .resolution import ImportResolver, Origin
from .roles import Roles, roles

DECLARED = "unused dependencies"
PROVIDED = "import hygiene"
_KEY = "allow-not-imported"
_UNNAMED = (
    "give the file and its folders names that are valid in Python, and import it by its full name: "
    "`from folder.file import name`"
)
_MAX_MODULES = 5  # that a finding names
# Usual names of folders in a repository that people expect in an image.
_CUSTOMARY = frozenset(
    {
        *("common", "config", "core", "helpers", "hooks", "include", "lib", "libs", "operators", "plugins"),
        *("sensors", "shared", "src", "tasks", "tests", "tools", "utils"),
    }
)


def check(
    dag_type: DagType, types: Iterable[DagType], texts: Mapping[str, str], environment: Environment
) -> CheckResult:
    """Check the imports of a DAG type by the text of its files, without running them.

    A file that is no Python is left out: another check parses the files. ``texts`` has every Python file of
    dags/ and scripts/, and the type's pyproject.toml, by path from the repository's root.
    """
    files = {path for path in texts if path.endswith(".py") and path.split("/")[0] in TREES}
    own = sorted(path for path in files if _belongs_to(path, dag_type))
    others = files - set(own)
    imports = {path: imports_of(texts[path]) for path in own}
    resolver = ImportResolver(own, others, environment)
    owners = {path: [other.name for other in types if _belongs_to(path, other)] for path in others}
    patched = any("sys.path" in texts[path] for path in own)
    file_roles = roles({path: texts[path] for path in own}, imports, resolver)
    findings: list[Finding] = []
    for path in own:
        required = _required(path, imports[path], resolver, file_roles)
        file_findings = [
            *_unresolved(dag_type, path, required, resolver, owners, patched=patched),
            *_relative(path, required, resolver, file_roles),
        ]
        findings += map(_in_test, file_findings) if path in file_roles.tests else file_findings
    own_imports = [imported for path in own for imported in imports[path]]
    used = {one.longest for one in own_imports if not one.typing and not one.level}
    declared = _declared(dag_type, used, environment, texts.get(dag_type.file, ""))
    detail = f"all imports are in the image (imports: {len(own_imports)}, files: {len(own)})"
    facts = () if findings else (Fact(check=PROVIDED, detail=detail),)
    return CheckResult(facts=(*facts, *declared.facts), findings=(*findings, *declared.findings))


def _belongs_to(file: str, dag_type: DagType) -> bool:
    trees = {"dags": dag_type.dag_paths, "scripts": dag_type.script_paths}
    paths = [f"{tree}/{path}" for tree, names in trees.items() for path in names]
    return any(file == path or file.startswith(f"{path}/") for path in paths)


def _required(
    file: str, imports: Iterable[Import], resolver: ImportResolver, file_roles: Roles
) -> list[Import]:
    """Return the imports of a file that must work: not those in place of others that work."""

    def works(imported: Import) -> bool:
        fails = imported.level and (
            file_roles.alone.get(file) is Level.ERROR or resolver.is_at_top(file, imported)
        )
        return not fails and resolver.resolve(file, imported)[0] in {Origin.OWN, Origin.INSTALLED}

    return [
        imported
        for imported in imports
        if not imported.optional
        and not imported.typing
        and not any(all(map(works, group)) for group in imported.fallback_for)
    ]


def _relative(
    file: str, imports: Iterable[Import], resolver: ImportResolver, file_roles: Roles
) -> Iterator[Finding]:
    """Yield relative imports of existing files that fail since Airflow loads the file by itself."""
    names: dict[tuple[int, str, str | None, bool], list[str]] = {}
    for imported in imports:
        at_top = resolver.is_at_top(file, imported)
        fails = imported.level and (at_top or file in file_roles.alone)
        if fails and resolver.resolve(file, imported)[0] is Origin.OWN:
            key = (imported.line, imported.as_written, resolver.absolute(file, imported), at_top)
            names.setdefault(key, []).append(imported.name)
    for (line, as_written, module, at_top), taken in names.items():
        why = "Airflow loads a DAG file without its package"
        why = "the top of an archive is no package" if at_top else why
        cause = f"imports {as_written!r}, which needs a package: {why}"
        level = Level.ERROR if at_top else file_roles.alone[file]
        statement = f"{f'from {module} ' if module else ''}import {', '.join(taken)}"
        remedy = _UNNAMED if module is None else f"write `{statement}`"
        yield Finding(check=PROVIDED, file=file, line=line, cause=cause, remedy=remedy, level=level)


def _unresolved(  # noqa: PLR0913 - each comes from another source
    dag_type: DagType,
    file: str,
    imports: Iterable[Import],
    resolver: ImportResolver,
    owners: Mapping[str, list[str]],
    *,
    patched: bool,
) -> Iterator[Finding]:
    """Yield the imports that lead to another type's files, to nothing, or past a file of the type's own."""
    for imported in imports:
        level = Level.ERROR
        origin, path = resolver.resolve(file, imported)
        if origin is Origin.FOREIGN:
            # All types that have the file, or any file of the folder.
            inside = [
                names for other, names in owners.items() if other == path or other.startswith(f"{path}/")
            ]
            cause, remedy = _foreign(dag_type, path, sorted({name for names in inside for name in names}))
        elif origin is Origin.MISSING and not (patched and resolver.beside(imported.module)):
            cause, remedy = _missing(dag_type, imported, resolver)
        elif not patched and (hidden := resolver.hidden(file, imported)):
            name = _module_name(hidden)
            short = name.removeprefix("dags.")
            first = short.partition(".")[0]
            cause = f"{hidden} can't be imported as {short!r}: the installed {first!r} comes first"
            remedy = f"rename it, or import it as {name!r}"
            level = Level.WARNING
        else:
            continue
        line = imported.line
        yield Finding(check=PROVIDED, file=file, line=line, cause=cause, remedy=remedy, level=level)


def _in_test(finding: Finding) -> Finding:
    """Return a finding in a test as a warning: no task runs it."""
    remedy = f"move tests out of dags/ and scripts/; if this is no test, {finding.remedy}"
    return finding.model_copy(update={"remedy": remedy, "level": Level.WARNING})


def _module_name(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _foreign(dag_type: DagType, path: str, owners: list[str]) -> tuple[str, str]:
    tree, _, rest = path.partition("/")
    listed = dag_type.listing(tree, rest.split("/")[0])
    if not owners:
        return f"imports {path}, which isn't in this image", listed
    types = f"the DAG type{'s' * (len(owners) > 1)} {', '.join(owners)}"
    remedy = f"move shared code to a folder of scripts/ and list it in scripts of both, or {listed}"
    return f"imports {path}, which belongs to {types} and isn't in this image", remedy


def _missing(dag_type: DagType, imported: Import, resolver: ImportResolver) -> tuple[str, str]:
    if imported.level or imported.module.split(".")[0] in TREES:
        cause = f"imports {imported.as_written!r}, but the repository has no such file"
        return cause, "add the file, or correct the name"
    module = resolver.lacking(imported)
    cause = f"imports {module!r}, which neither Python, the base, a dependency nor this type's files provide"
    if path := resolver.beside(imported.module):
        name = _module_name(path).removeprefix("dags.")
        return cause, f"import it as {name!r}: a file's own folder isn't on the import path"
    first = imported.fallback_for[-1][0].as_written if imported.fallback_for else ""
    either = f", or the one that provides {first!r}," if first else ""
    pin = f"pin the package that provides {module!r}{either} in {dag_type.file} and lock"
    if module in _CUSTOMARY:
        move = f"if it is a folder of the repository, move {module}/ to scripts/ and import it as "
        move += f"'scripts.{module}': only dags/ and scripts/ are in an image"
        return cause, f"{move}; otherwise {pin}"
    names = [canonicalize_name(Requirement(text).name) for text in dag_type.project.dependencies]
    return cause, f"{pin}{resolver.near(module, names)}"


def _declared(dag_type: DagType, used: Collection[str], environment: Environment, text: str) -> CheckResult:
    """Check the type's own pins for those that nothing imports, and for permissions that nothing needs."""
    allowed = dag_type.settings.allow_not_imported
    facts: list[Fact] = []
    findings: list[Finding] = []
    pins = {canonicalize_name(Requirement(pin).name): pin for pin in dag_type.project.dependencies}
    unused = {name: pin for name, pin in sorted(pins.items()) if _is_unused(name, used, environment)}
    for name, pin in unused.items():
        if name in allowed:
            facts.append(Fact(check=DECLARED, detail=f"{name} isn't imported, as allowed: {allowed[name]}"))
            continue
        modules = environment.by_name[name].modules
        provided = ", ".join(modules[:_MAX_MODULES]) + (", …" if len(modules) > _MAX_MODULES else "")
        cause = f"{pin!r} is declared, but no file of this type imports it; it provides "
        cause += provided or "no module"
        remedy = f'remove it and lock, or say why it is needed: {_KEY} = {{ {name} = "…" }} in [tool.{TOOL}]'
        findings.append(_warning(dag_type, _line(text, name), cause, remedy))
    for name in sorted(allowed.keys() - unused.keys()):
        unknown = f"it is no dependency{did_you_mean(name, pins)}"
        why = "files of this type import it" if name in pins else unknown
        if name not in pins or name in environment.by_name:
            line = _line(text, name, after=_KEY)
            findings.append(_warning(dag_type, line, f"{_KEY} names {name!r}, but {why}", "remove the entry"))
    if not findings and pins:
        count = f"{len(pins) - len(unused)} of {len(pins)}"
        facts.insert(0, Fact(check=DECLARED, detail=f"{count} declared dependencies are imported"))
    return CheckResult(facts=tuple(facts), findings=tuple(findings))


def _is_unused(name: str, used: Collection[str], environment: Environment) -> bool:
    """Return whether a package is installed and nothing of it imported; a failing marker keeps it out."""
    package = environment.by_name.get(name)
    if package is None:
        return False
    return not any(
        imported == module or imported.startswith(f"{module}.")
        for module in package.modules
        for imported in used
    )


def _warning(dag_type: DagType, line: int, cause: str, remedy: str) -> Finding:
    level = Level.WARNING
    return Finding(check=DECLARED, file=dag_type.file, line=line, cause=cause, remedy=remedy, level=level)


def _line(text: str, name: str, after: str = "dependencies") -> int:
    """Return the line of a pyproject.toml that names a package, from the line of a key on; 0 for none."""
    spelling = re.escape(name).replace(r"\-", "[-_.]+")
    package = re.compile(rf"(?<![\w.-]){spelling}(?![\w.-]*\w)", re.IGNORECASE)
    begun = False
    for number, line in enumerate(text.splitlines(), start=1):
        begun = begun or bool(re.match(rf"[\[\s]*(tool\.{TOOL}\.)?{re.escape(after)}\b", line))
        if begun and package.search(line.partition("#")[0]):
            return number
    return 0
