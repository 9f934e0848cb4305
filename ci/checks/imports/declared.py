"""A type's own pins that nothing imports or that can't be imported, and permissions that nothing needs."""

import re
from collections.abc import Collection

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ...config.dag_type import TOOL, DagType
from ...errors import did_you_mean
from ...image.environment import Environment
from ..report import CheckResult, Fact, Finding, Level
from .imported import Imported

DECLARED = "unused dependencies"
IMPORTABLE = "imports"
_KEY = "allow-not-imported"
_MAX_MODULES = 5  # that a finding names


def importable(dag_type: DagType, tried: Imported, explained: Collection[str]) -> CheckResult:
    """Check that the declared dependencies can be imported; ``explained`` ones have a finding already."""
    if tried.problem:
        return CheckResult.of_problems(IMPORTABLE, "", [tried.problem], "make Python start in the image")
    findings: list[Finding] = []
    for requirement, reason in sorted(tried.broken.items()):
        if canonicalize_name(Requirement(requirement).name) in explained:
            continue
        remedy = "add the missing package to dependencies, or the shared library to system-packages"
        remedy = "run: dagger call lock -y" if reason == "not installed" else remedy
        cause = f"{requirement}: {reason}"
        findings.append(Finding(check=IMPORTABLE, file="", line=0, cause=cause, remedy=remedy))
    count = len(dag_type.project.dependencies)
    facts = (
        () if tried.broken else (Fact(check=IMPORTABLE, detail=f"{count} of {count} declared dependencies"),)
    )
    return CheckResult(facts=facts, findings=tuple(findings))


def unused(dag_type: DagType, used: Collection[str], environment: Environment, text: str) -> CheckResult:
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
