"""Findings on a DAG type's files: what worker and scheduler make of them, compared."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ...config.dag_type import DagType
from ..report import CheckResult, Fact, Finding, Level
from . import remedies
from .parsed import IgnorePattern, Parsed, ParsedFile, ParseError, TopLevelAccess

_DEFINE_A_DAG = (
    "define a DAG at the top level, or list the file in the .airflowignore of its folder or, "
    "for all types, in dags/.airflowignore"
)
_MADE_UP = "because tests answer its accesses with made-up values"
_TOLERATE = "access it in a task, or make the file work without a value"
_SAME_DAGS = (
    "make the file define the same DAGs wherever it is parsed, whatever environment, files and time are"
)

_Pair = tuple[ParsedFile, ParsedFile]  # one file, as worker and scheduler see it


def compare(
    dag_type: DagType, worker: Parsed, scheduler: Parsed, others: Mapping[str, Parsed]
) -> CheckResult:
    """Return facts and findings on a type's files; ``others`` are those of other types, for the scheduler."""
    if problems := list(_problems(worker, scheduler)):
        return CheckResult(findings=tuple(problems))
    files = list(_pairs(worker, scheduler))
    # What safe mode passes over counts here too: it may be the file that should have a DAG.
    accesses = list(dict.fromkeys(one for file in (*worker.files, *scheduler.files) for one in file.accesses))
    meant = {file for pattern in worker.patterns for file in pattern.files}
    findings = [finding for pair in files for finding in _of_file(dag_type, *pair, meant=meant)]
    findings += [*_unused(dag_type, accesses), *_duplicate_ids(dag_type.name, worker, others)]
    findings += map(_without_effect, worker.patterns)
    has_dag = any(file.dags for file in worker.files)
    findings += _passed_over([file for file in worker.files if file.file not in meant], has_dag=has_dag)
    failed = any(finding.level is Level.ERROR for finding in findings)
    if not has_dag and not failed:
        failed = True
        findings.append(_no_dag(worker.files))
    facts = [*([] if failed else _same_dags(files)), *_allowed(dag_type, accesses)]
    return CheckResult(facts=tuple(facts), findings=tuple(dict.fromkeys(findings)))


def _problems(worker: Parsed, scheduler: Parsed) -> Iterator[Finding]:
    for container, parsed in (("image", worker), ("base", scheduler)):
        if parsed.problem:
            cause = f"no file could be parsed in the {container}: {parsed.problem}"
            remedy = f"make Airflow start in the {container}"
            yield Finding(check="dags", file="", line=0, cause=cause, remedy=remedy)


def _pairs(worker: Parsed, scheduler: Parsed) -> Iterator[_Pair]:
    """Yield every listed file, except those without a DAG that Airflow's safe mode passes over."""
    by_worker = {parsed.file: parsed for parsed in worker.files}
    by_scheduler = {parsed.file: parsed for parsed in scheduler.files}
    for file, listed in {**by_scheduler, **by_worker}.items():
        absent = ParsedFile(file=file, skipped=listed.skipped)
        pair = by_worker.get(file, absent), by_scheduler.get(file, absent)
        if any(parsed.dags or not parsed.skipped for parsed in pair):
            yield pair


def _no_dag(files: Sequence[ParsedFile]) -> Finding:
    skipped = [f"{file.file} (no word {file.lacks!r})" for file in files if file.lacks]
    passed = f"; Airflow's safe mode skips {', '.join(skipped)}" if skipped else ""
    cause = f"{_count_files(len(files))}, none with a DAG{passed}"
    remedy = "add a DAG" + ("; a file with one needs the words 'airflow' and 'dag'" if skipped else "")
    if any(file.accesses for file in files):
        remedy += "; where a made-up value is why there is none, give the Variable a default that makes one"
    return Finding(check="dags", file="dags", line=0, cause=cause, remedy=remedy)


def _passed_over(files: Iterable[ParsedFile], *, has_dag: bool) -> Iterator[Finding]:
    """Yield the errors of files that safe mode passes over; as warnings where the type has a DAG elsewhere.

    A relative import fails there in any module, since it isn't loaded as one of its package.
    """
    for file in files:
        for error in file.errors if file.skipped and not file.dags else ():
            if "attempted relative import" in error.cause:
                continue
            lacks = f", as it lacks the word {file.lacks!r}" if file.lacks else ""
            cause = f"{error.cause} (Airflow's safe mode skips the file{lacks})"
            finding = _finding("dags", file, error.line, cause, remedies.in_image(error))
            yield finding.model_copy(update={"level": Level.WARNING}) if has_dag else finding


def _without_effect(pattern: IgnorePattern) -> Finding:
    name = pattern.pattern.rstrip("/")
    return Finding(
        check="dags",
        file=pattern.file,
        line=pattern.line,
        cause=f"{pattern.pattern!r} ignores nothing: Airflow {pattern.airflow} compares it with {name!r}",
        remedy=f"write {name!r}, without the slash",
        level=Level.WARNING,
    )


def with_imports(comparison: CheckResult, imports: CheckResult) -> tuple[CheckResult, CheckResult]:
    """Return both results, with one remedy for a failed import, and one finding at one line.

    The parse has the true error, and the imports know the type's own files, so what to do.
    """
    errors = [one for one in imports.findings if one.line and one.level is Level.ERROR]
    at_line = {(one.file, one.line): one for one in errors}
    joined: list[Finding] = []
    findings: list[Finding] = []
    for finding in comparison.findings:
        remedy = finding.remedy
        if finding.check == "dags" and re.match(r"(ModuleNotFound|Import)Error\b", finding.cause):
            if other := at_line.get((finding.file, finding.line)):
                joined.append(other)
                remedy = other.remedy
            elif missing := re.search(r"No module named '[\w.]+'", finding.cause):
                name = missing[0].removeprefix("No module named ")
                named = (one for one in errors if one.cause.startswith(f"imports {name},"))
                remedy = next((f"{one.remedy} ({one.location})" for one in named), remedy)
        findings.append(finding.model_copy(update={"remedy": remedy}))
    left = tuple(finding for finding in imports.findings if finding not in joined)
    return (
        comparison.model_copy(update={"findings": tuple(findings)}),
        imports.model_copy(update={"findings": left}),
    )


def _of_file(
    dag_type: DagType, worker: ParsedFile, scheduler: ParsedFile, *, meant: Collection[str]
) -> Iterator[Finding]:
    """Yield the findings on a file; ``meant`` are those that should be ignored, and aren't."""
    allowed = dag_type.settings.allow_top_level_access
    accesses = dict.fromkeys((*worker.accesses, *scheduler.accesses))
    refused = [_refused(access) for access in accesses if access.file not in allowed]
    yield from refused
    made_up = {access.kind for access in accesses} - {"program"}  # programs are really started
    findings = [*_errors(worker, scheduler, made_up=bool(made_up))]
    findings += [_weakened(finding, made_up) for finding in (*worker.findings, *scheduler.findings)]
    has_no_dag = not worker.dags and not scheduler.dags and not worker.failed and not worker.skipped
    if has_no_dag and worker.file not in meant:
        finding = _finding("dags", worker, 1, "defines no DAG", _DEFINE_A_DAG)
        findings.append(_warning(finding) if made_up else finding)
    yield from (finding for finding in findings if finding.level is Level.ERROR or not refused)
    if worker.slow or scheduler.slow:
        cause = f"takes more than {dag_type.settings.max_parse_seconds:g} s to parse"
        remedy = f"move the slow code into a task, or raise max-parse-seconds; {remedies.BUSY}"
        yield _finding("parse-time", worker, 0, cause, remedy)
    if worker.dags and scheduler.skipped:
        word = scheduler.lacks or worker.lacks
        cause = f"has a DAG, but not the word {word!r}" if word else "has a DAG, but safe mode skips it"
        remedy = "mention 'airflow' and 'dag', in a comment for instance: else the scheduler skips the file"
        yield _finding("scheduler", worker, 1, cause, remedy)
    elif not worker.failed and not scheduler.failed:
        yield from _differences(worker, scheduler)


def _weakened(finding: Finding, made_up: Collection[str]) -> Finding:
    """Return a finding about a DAG, as a warning where a made-up answer may have caused it."""
    computed_id = finding.check == "dag-ids" and not finding.line  # the file's text doesn't have the id
    # The stand-in for a session is a mock, which can't be serialized.
    mocked = "metadata database" in made_up and finding.check != "dag-ids"
    return _warning(finding) if made_up and (computed_id or mocked) else finding


def _warning(finding: Finding, cause: str = "") -> Finding:
    cause = cause or f"{finding.cause}, perhaps {_MADE_UP}"
    return finding.model_copy(update={"cause": cause, "remedy": _TOLERATE, "level": Level.WARNING})


def _errors(worker: ParsedFile, scheduler: ParsedFile, *, made_up: bool) -> Iterator[Finding]:
    """Yield the worker's errors, and the scheduler's others; as warnings where made-up answers may be why."""
    for error in worker.errors:
        yield _of_error("dags", worker, error, remedies.in_image(error), made_up=made_up)
    causes = {error.cause for error in worker.errors}
    for error in scheduler.errors:
        if error.cause not in causes and not (worker.failed and made_up and error.may_be_made_up):
            yield _of_error("scheduler", scheduler, error, remedies.in_base(error), made_up=made_up)
    for check, container, parsed in (("dags", "image", worker), ("scheduler", "base", scheduler)):
        if parsed.died and (check == "dags" or not worker.died):
            cause = f"can't be parsed in the {container}: {parsed.died}"
            remedy = "make the file importable without exiting, waiting or using much memory"
            remedy += f"; {remedies.BUSY}" if parsed.late else ""
            yield _finding(check, parsed, 0, cause, remedy)


def _of_error(check: str, parsed: ParsedFile, error: ParseError, remedy: str, *, made_up: bool) -> Finding:
    finding = _finding(check, parsed, error.line, error.cause, remedy)
    if not (made_up and error.may_be_made_up):
        return finding
    cause = f"not parsed completely, perhaps {_MADE_UP}: {error.cause}"
    return _warning(finding, "" if error.kind == "dag" else cause)


def _differences(worker: ParsedFile, scheduler: ParsedFile) -> Iterator[Finding]:
    by_worker = {dag.id: dag for dag in worker.dags}
    by_scheduler = {dag.id: dag for dag in scheduler.dags}
    if ids := sorted(by_scheduler.keys() - by_worker.keys()):
        cause = f"the scheduler finds {_named('DAG', ids)}, the worker doesn't: none of its tasks would start"
        yield _finding("scheduler", worker, by_scheduler[ids[0]].line, cause, _SAME_DAGS)
    if ids := sorted(by_worker.keys() - by_scheduler.keys()):
        cause = f"the worker finds {_named('DAG', ids)}, the scheduler doesn't: nothing would be scheduled"
        yield _finding("scheduler", worker, by_worker[ids[0]].line, cause, _SAME_DAGS)
    for dag_id in sorted(by_worker.keys() & by_scheduler.keys()):
        tasks = {"worker": {*by_worker[dag_id].tasks}, "scheduler": {*by_scheduler[dag_id].tasks}}
        only = {
            "scheduler": sorted(tasks["scheduler"] - tasks["worker"]),
            "worker": sorted(tasks["worker"] - tasks["scheduler"]),
        }
        if different := [f"{_named('task', ids)} for the {who} alone" for who, ids in only.items() if ids]:
            cause = f"DAG {dag_id!r} has {', and '.join(different)}"
            yield _finding("scheduler", worker, by_worker[dag_id].line, cause, _SAME_DAGS)


def _refused(access: TopLevelAccess) -> Finding:
    return Finding(
        check="top-level-access",
        file=access.file,
        line=access.line,
        cause=f"accesses {access.target} while it is parsed",
        remedy="move it into a task, or use a template such as {{ var.value.name }}; to allow it, "
        f'add "{access.file}" = "<reason>" to allow-top-level-access',
    )


def _allowed(dag_type: DagType, accesses: Iterable[TopLevelAccess]) -> Iterator[Fact]:
    reasons = dag_type.settings.allow_top_level_access
    for access in accesses:
        if access.file in reasons:
            detail = f"{access.file}:{access.line} accesses {access.target}: {reasons[access.file]}"
            yield Fact(check="top-level-access", detail=detail)


def _unused(dag_type: DagType, accesses: Iterable[TopLevelAccess]) -> Iterator[Finding]:
    """Yield a warning for each allowed file without an access."""
    allowed = dag_type.settings.allow_top_level_access.keys()
    for file in sorted(allowed - {access.file for access in accesses}):
        yield Finding(
            check="top-level-access",
            file=dag_type.file,
            line=0,
            cause=f"allow-top-level-access lists {file!r}, which accesses nothing while it is parsed",
            remedy="remove it from the list",
            level=Level.WARNING,
        )


def _duplicate_ids(name: str, worker: Parsed, others: Mapping[str, Parsed]) -> Iterator[Finding]:
    """Yield DAG ids that another file has too; a file that two types share is one file to Airflow."""
    files_of: dict[str, dict[str, str]] = {}  # id -> file -> type
    for owner, parsed in ((name, worker), *sorted(others.items())):
        for file in parsed.files:
            for dag in file.dags:
                files_of.setdefault(dag.id, {}).setdefault(file.file, owner)
    for file in worker.files:
        for dag in file.dags:
            also = [
                f"{other} ({owner})" if owner != name else other
                for other, owner in files_of[dag.id].items()
                if other != file.file
            ]
            if also:
                cause = f"DAG id {dag.id!r} is also in {', '.join(sorted(also))}"
                yield _finding("dag-ids", file, dag.line, cause, "give every DAG a unique id")


def _same_dags(files: Iterable[_Pair]) -> list[Fact]:
    """Return a fact with the DAGs that worker and scheduler both have, if there are any."""
    same = [
        worker
        for worker, scheduler in files
        if worker.dags and scheduler.dags and not (worker.failed or scheduler.failed)
    ]
    ids = sorted({dag.id for file in same for dag in file.dags})
    detail = f"{', '.join(ids)} in {_count_files(len(same))}, for scheduler and worker alike"
    return [Fact(check="dags", detail=detail)] if same else []


def _count_files(number: int) -> str:
    return f"{number} file{'s' * (number != 1)}"


def _named(noun: str, names: Sequence[str]) -> str:
    return f"{noun}{'s' * (len(names) > 1)} {', '.join(map(repr, names))}"


def _finding(check: str, parsed: ParsedFile, line: int, cause: str, remedy: str) -> Finding:
    return Finding(check=check, file=parsed.file, line=line, cause=cause, remedy=remedy)
