"""The judgement of a DAG type's files: what the worker and the scheduler make of them, compared."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ...config.dag_type import DagType
from ..report import Fact, Finding, Level, Outcome
from .parsed import Access, Error, Parsed, ParsedFile

_NOTHING_IN_IT = (
    "define a DAG at the top level, or name the file in an .airflowignore: "
    "that of its folder, or dags/.airflowignore for all types"
)
_MADE_UP = "for what it reaches for is made up here"
_BEAR = "reach for it in a task, or make the file bear that there is none"
_ALIKE = "make the DAGs of a file the same wherever it is parsed: no environment, file or clock may decide"


def outcome(dag_type: DagType, worker: Parsed, scheduler: Parsed, others: Mapping[str, Parsed]) -> Outcome:
    """The judgement of a type's DAG files.

    Args:
        dag_type: whose they are.
        worker: as parsed in the finished image.
        scheduler: as parsed in the plain base.
        others: the other types' files as the scheduler sees them, by type.
    """
    if problems := list(_problems(worker, scheduler)):
        return Outcome(findings=tuple(problems))
    findings: list[Finding] = []
    facts: list[Fact] = []
    files = [each for each in _both(worker, scheduler) if not _passed_over(*each)]
    for each in files:
        findings += _of_file(dag_type, *each)
    accesses = [access for place in (0, 1) for each in files for access in each[place].accesses]
    findings += _unused(dag_type, accesses)
    findings += _twice(dag_type.name, worker, others)
    facts += _counted(files) if not any(each.level is Level.ERROR for each in findings) else []
    facts += _allowed(dag_type, accesses)
    if not any(each.dags for each in worker.files) and not findings:
        cause = f"{_files(len(worker.files))}, none with a DAG"
        findings.append(Finding(check="dags", file="dags", line=0, cause=cause, remedy="add a DAG"))
        facts = []
    return Outcome(facts=tuple(facts), findings=tuple(dict.fromkeys(findings)))


def _problems(worker: Parsed, scheduler: Parsed) -> Iterator[Finding]:
    for where, parsed in (("image", worker), ("base", scheduler)):
        if parsed.problem:
            cause = f"no file could be parsed in the {where}: {parsed.problem}"
            remedy = f"make the {where}'s own Airflow start first"
            yield Finding(check="dags", file="", line=0, cause=cause, remedy=remedy)


def _both(worker: Parsed, scheduler: Parsed) -> list[tuple[ParsedFile, ParsedFile]]:
    """Every file that either lists, as each of them sees it."""
    ours = {each.file: each for each in worker.files}
    theirs = {each.file: each for each in scheduler.files}
    found: list[tuple[ParsedFile, ParsedFile]] = []
    for file, listed in {**theirs, **ours}.items():
        absent = ParsedFile(file=file, skipped=listed.skipped)
        found.append((ours.get(file, absent), theirs.get(file, absent)))
    return found


def _passed_over(worker: ParsedFile, scheduler: ParsedFile) -> bool:
    """Whether a file is none of DAGs: Airflow's own guess says so, and there is none in it."""
    return worker.skipped and scheduler.skipped and not worker.dags and not scheduler.dags


def _of_file(dag_type: DagType, worker: ParsedFile, scheduler: ParsedFile) -> Iterator[Finding]:
    allowed = dag_type.settings.allow_top_level_access
    accesses = dict.fromkeys((*worker.accesses, *scheduler.accesses))
    refused = [_refused(each) for each in accesses if each.file not in allowed]
    yield from refused
    answered = {each.kind for each in accesses} - {"program"}  # a program is started, and answers itself
    found = [*_errors(worker, scheduler, made_up=bool(answered))]
    found += [_doubted(each, answered) for each in (*worker.findings, *scheduler.findings)]
    if not worker.dags and not scheduler.dags and not worker.failed and not worker.skipped:
        nothing = _finding("dags", worker, 1, "defines no DAG", _NOTHING_IN_IT)
        found.append(_warned(nothing) if answered else nothing)
    yield from (each for each in found if each.level is Level.ERROR or not refused)
    if worker.slow or scheduler.slow:
        limit = dag_type.settings.max_parse_seconds
        remedy = "move what takes so long into a task, or raise max-parse-seconds"
        cause = f"takes more than {limit:g} s to parse"
        yield _finding("parse-time", worker, 0, cause, remedy)
    if worker.dags and scheduler.skipped:
        cause = "has a DAG, but not the words 'airflow' and 'dag'"
        remedy = "mention both words, in a comment at least: the scheduler skips the file else"
        yield _finding("scheduler", worker, 1, cause, remedy)
    elif not worker.failed and not scheduler.failed:
        yield from _differences(worker, scheduler)


def _doubted(finding: Finding, answered: Collection[str]) -> Finding:
    """A finding about a DAG: a warning where a made-up answer may be behind it, for what was reached for."""
    named = finding.check == "dag-ids" and not finding.line  # no text of the file is that id
    other = "metadata database" in answered and finding.check != "dag-ids"  # which nothing can serialize
    return _warned(finding) if answered and (named or other) else finding


def _warned(finding: Finding) -> Finding:
    cause = f"{finding.cause}, perhaps {_MADE_UP}"
    return finding.model_copy(update={"cause": cause, "remedy": _BEAR, "level": Level.WARNING})


def _errors(worker: ParsedFile, scheduler: ParsedFile, *, made_up: bool) -> Iterator[Finding]:
    """What failed: in both alike it is the worker's; what a made-up answer may have caused is a warning."""
    for each in worker.errors:
        yield _judged("dags", worker, each, _remedy(each), made_up=made_up)
    told = {each.cause for each in worker.errors}
    for each in scheduler.errors:
        if each.cause not in told and not (worker.failed and made_up and each.is_made_up):
            yield _judged("scheduler", scheduler, each, _remedy_in_base(each), made_up=made_up)
    for check, where, parsed in (("dags", "image", worker), ("scheduler", "base", scheduler)):
        if parsed.died and (check == "dags" or not worker.died):
            cause = f"can't be parsed in the {where}: {parsed.died}"
            remedy = "make it importable: without an exit, without waiting, and without much memory"
            yield _finding(check, parsed, 0, cause, remedy)


def _judged(check: str, parsed: ParsedFile, error: Error, remedy: str, *, made_up: bool) -> Finding:
    if not (made_up and error.is_made_up):
        return _finding(check, parsed, error.line, error.cause, remedy)
    if error.kind == "dag":
        return _warned(_finding(check, parsed, error.line, error.cause, remedy))
    cause = f"not parsed to its end, {_MADE_UP}: {error.cause}"
    return _finding(check, parsed, error.line, cause, _BEAR, Level.WARNING)


def _remedy(error: Error) -> str:
    """What to do about an error in the finished image."""
    if error.kind == "timeout":
        return "move what takes so long into a task"
    if error.kind == "cycle":
        return "take one of these dependencies away"
    if error.missing:
        pin = f"pin the package that provides {error.missing!r} in the type's pyproject.toml and lock"
        return f"{pin}, or list its file in scripts"
    if re.match(r"(Syntax|Indentation|Tab)Error\b", error.cause):
        return "correct the line"
    if error.kind == "dag":
        return "correct the DAG"
    return "correct it; while a file is parsed there is no network, no database and no secret"


def _remedy_in_base(error: Error) -> str:
    """What to do about an error in the plain base, which the finished image doesn't have."""
    package = error.missing.partition(".")[0]
    lacks = {"": "is another one", "scripts": "has no scripts/"}.get(package, f"has no {package}")
    if error.statement:
        where = f"move `{error.statement}` from line {error.line} into the task that uses it"
        return f"{where}; the scheduler's image {lacks}"
    if package:
        return f"import it in the task that uses it; the scheduler's image {lacks}"
    return (
        "move it into the task that uses it; the scheduler parses the file with the plain base: "
        "without the type's packages, scripts and environment"
    )


def _differences(worker: ParsedFile, scheduler: ParsedFile) -> Iterator[Finding]:
    ours = {each.id: each for each in worker.dags}
    theirs = {each.id: each for each in scheduler.dags}
    if missing := sorted(theirs.keys() - ours.keys()):
        cause = f"the scheduler finds {_named('DAG', missing)}, the worker doesn't: no task of it would start"
        yield _finding("scheduler", worker, theirs[missing[0]].line, cause, _ALIKE)
    if unseen := sorted(ours.keys() - theirs.keys()):
        cause = f"the worker finds {_named('DAG', unseen)}, the scheduler doesn't: nothing of it is scheduled"
        yield _finding("scheduler", worker, ours[unseen[0]].line, cause, _ALIKE)
    for name in sorted(ours.keys() & theirs.keys()):
        lacking = sorted({*theirs[name].tasks} - {*ours[name].tasks})
        surplus = sorted({*ours[name].tasks} - {*theirs[name].tasks})
        if lacking or surplus:
            told = [f"{_named('task', lacking)} for the scheduler alone"] if lacking else []
            told += [f"{_named('task', surplus)} for the worker alone"] if surplus else []
            cause = f"DAG {name!r} has {', and '.join(told)}"
            yield _finding("scheduler", worker, ours[name].line, cause, _ALIKE)


def _refused(access: Access) -> Finding:
    return Finding(
        check="top-level-access",
        file=access.file,
        line=access.line,
        cause=f"reaches for {_what(access)} while it is parsed",
        remedy="move it into a task, or use a template such as {{ var.value.name }}; where it must be so, "
        f'add "{access.file}" = "<reason>" to allow-top-level-access',
    )


def _what(access: Access) -> str:
    return (
        "the metadata database"
        if access.kind == "metadata database"
        else f"the {access.kind} {access.name!r}"
    )


def _allowed(dag_type: DagType, accesses: Iterable[Access]) -> list[Fact]:
    reasons = dag_type.settings.allow_top_level_access
    return [
        Fact(
            check="top-level-access",
            told=f"{each.file}:{each.line} reaches for {_what(each)}: {reasons[each.file]}",
        )
        for each in dict.fromkeys(accesses)
        if each.file in reasons
    ]


def _unused(dag_type: DagType, accesses: Iterable[Access]) -> Iterator[Finding]:
    files = {each.file for each in accesses}
    for file in sorted(dag_type.settings.allow_top_level_access):
        if file not in files:
            cause = f"allow-top-level-access names {file!r}, which reaches for nothing while it is parsed"
            yield Finding(
                check="top-level-access",
                file=dag_type.file,
                line=0,
                cause=cause,
                remedy="take it out of the list",
                level=Level.WARNING,
            )


def _twice(name: str, worker: Parsed, others: Mapping[str, Parsed]) -> Iterator[Finding]:
    """DAG ids that another file has too; a file that two types share is one file to Airflow."""
    places: dict[str, dict[str, str]] = {}
    for whose, parsed in ((name, worker), *sorted(others.items())):
        for each in parsed.files:
            for dag in each.dags:
                places.setdefault(dag.id, {}).setdefault(each.file, whose)
    for each in worker.files:
        for dag in each.dags:
            also = [
                f"{file} ({whose})" if whose != name else file
                for file, whose in places[dag.id].items()
                if file != each.file
            ]
            if also:
                cause = f"DAG id {dag.id!r} is also in {', '.join(sorted(also))}"
                yield _finding("dag-ids", each, dag.line, cause, "give every DAG an id of its own")


def _counted(files: Iterable[tuple[ParsedFile, ParsedFile]]) -> list[Fact]:
    """The DAGs that were found alike, where any were."""
    alike = [
        ours for ours, theirs in files if ours.dags and theirs.dags and not (ours.failed or theirs.failed)
    ]
    names = sorted({dag.id for each in alike for dag in each.dags})
    told = f"{', '.join(names)} in {_files(len(alike))}, for scheduler and worker alike"
    return [Fact(check="dags", told=told)] if alike else []


def _files(number: int) -> str:
    return f"{number} file{'s' * (number != 1)}"


def _named(noun: str, names: Sequence[str]) -> str:
    return f"{noun}{'s' * (len(names) > 1)} {', '.join(map(repr, names))}"


def _finding(  # noqa: PLR0913, PLR0917 - a finding has as many parts
    check: str, parsed: ParsedFile, line: int, cause: str, remedy: str, level: Level = Level.ERROR
) -> Finding:
    return Finding(check=check, file=parsed.file, line=line, cause=cause, remedy=remedy, level=level)
