"""Import hygiene of a DAG type: its image has what it imports, and it imports what it declares."""

from collections.abc import Collection, Iterator, Mapping

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ..report import CheckResult, Fact, Finding, Level
from . import declared
from .code import Code, used
from .imported import Imported, name_of
from .unresolved import PROVIDED, in_place_of, relative, unresolved

_MAX_PLACES = 5  # that a finding names


def check(
    code: Code,
    tried: Imported | None = None,
    moved: Mapping[str, str] | None = None,
    listed: Collection[str] | None = None,
) -> CheckResult:
    """Check the imports of a DAG type by the text of its files, and by what its image can import.

    A file that is no Python is left out: another check parses the files.

    Args:
        code: the type's files.
        tried: what the image's Python can't import of what they import; None if it wasn't asked.
        moved: what to write instead of an import, by its name, where that is known.
        listed: the files below dags/ that Airflow looks at; None where that is unknown.
    """
    failing = tried or Imported()
    data = code.data(listed)
    findings = [*_in_place_of_own(code)]
    for path in [path for path in code.own if path not in data]:
        required = code.required(path, failing)
        of_file = [*unresolved(code, path, required, failing, moved or {}), *relative(code, path, required)]
        findings += map(_in_test, of_file) if path in code.roles.tests else of_file
    count = sum(len(code.imports[path]) for path in code.own if path not in data)
    ignored = f", ignored by Airflow: {len(data)}" if data else ""
    detail = f"all imports are in the image (imports: {count}, files: {len(code.own) - len(data)}{ignored})"
    facts = () if findings else (Fact(check=PROVIDED, detail=detail),)
    importable = (
        declared.importable(code.dag_type, tried, _explained(code, tried)) if tried else CheckResult()
    )
    text = code.texts.get(code.dag_type.file, "")
    unused = declared.unused(code.dag_type, used(code), code.environment, text)
    results = importable, unused
    return CheckResult(
        facts=(*facts, *(fact for result in results for fact in result.facts)),
        findings=(*findings, *(finding for result in results for finding in result.findings)),
    )


def _explained(code: Code, tried: Imported) -> set[str]:
    """Return the declared packages of which a required import fails: those have findings at their lines."""
    failing = {
        one.module
        for path in code.own
        if path not in code.roles.tests
        for one in code.required(path, tried)
        if name_of(one) in tried.failed
    }
    names = {canonicalize_name(Requirement(pin).name) for pin in code.dag_type.project.dependencies}
    return {
        package.name
        for package in code.environment.distributions
        if package.name in names
        and any(
            module == one or module.startswith(f"{one}.") for module in failing for one in package.modules
        )
    }


def _in_place_of_own(code: Code) -> Iterator[Finding]:
    """Yield where a package of a distribution hides scripts/, or a package of the type hides a namespace."""
    resolver = code.resolver
    in_scripts = [path for path in code.own if path.startswith("scripts/")]
    if in_scripts and resolver.is_hidden_tree("scripts"):
        owner = resolver.owner("scripts")
        cause = f"{owner} installs a package 'scripts', which hides scripts/: no file of it can be imported"
        places = [
            f"{path}:{one.line}"
            for path in code.own
            for one in code.imports[path]
            if resolver.hidden(path, one).startswith("scripts/")
        ]
        cause += f", as in {', '.join(places[:_MAX_PLACES])}" if places else ""
        remedy = in_place_of(code.dag_type, "scripts", owner)
        yield Finding(check=PROVIDED, file=code.dag_type.file, line=0, cause=cause, remedy=remedy)
    for path, name in resolver.hiding():
        cause = f"hides the installed namespace {name!r} of {resolver.owner(name)}"
        remedy = f"rename it, or remove {path}" if path.endswith("/__init__.py") else "rename it"
        yield Finding(check=PROVIDED, file=path, line=0, cause=cause, remedy=remedy)


def _in_test(finding: Finding) -> Finding:
    """Return a finding in a test as a warning: no task runs it."""
    remedy = f"move tests out of dags/ and scripts/; if this is no test, {finding.remedy}"
    return finding.model_copy(update={"remedy": remedy, "level": Level.WARNING})
