"""Findings of ruff's Airflow rules on DAG code: what was moved or removed."""

from pydantic import BaseModel, TypeAdapter

from ..report import CheckResult, Fact, Finding, Level

CHECK = "ruff"
SELECT = "AIR"  # https://docs.astral.sh/ruff/rules/#airflow-air


class _Location(BaseModel):
    row: int


class _Fix(BaseModel):
    message: str | None = None


class _Diagnostic(BaseModel):
    """The used part of an entry of ``ruff check --output-format json``."""

    code: str | None
    message: str
    filename: str
    location: _Location
    fix: _Fix | None = None


_REPORT = TypeAdapter(list[_Diagnostic])


def result(report: str, root: str) -> CheckResult:
    """Return the report of ``ruff check --output-format json`` on a folder as warnings.

    The tests show what really breaks.
    """
    diagnostics = _REPORT.validate_json(report)
    if not diagnostics:
        return CheckResult(facts=(Fact(check=CHECK, detail=f"no findings of the rules {SELECT}"),))
    return CheckResult(findings=tuple(_finding(diagnostic, root) for diagnostic in diagnostics))


def by_line(report: str) -> dict[int, str]:
    """Return what to do about each line of a report's only file: what ruff would write, or its message."""
    diagnostics = _REPORT.validate_json(report)
    return {
        one.location.row: (one.fix and one.fix.message) or one.message.rstrip("; ")
        for one in reversed(diagnostics)
    }


def unavailable(cause: str) -> CheckResult:
    """Return a warning that ruff could not be run: the tests show what really breaks."""
    remedy = "try again later to see what was moved or removed; all other tests ran"
    return CheckResult(
        findings=(Finding(check=CHECK, file="", line=0, cause=cause, remedy=remedy, level=Level.WARNING),)
    )


def _finding(diagnostic: _Diagnostic, root: str) -> Finding:
    fix = diagnostic.fix.message if diagnostic.fix else None
    return Finding(
        check=CHECK,
        file=diagnostic.filename.removeprefix(root).lstrip("/"),
        line=diagnostic.location.row,
        cause=f"{diagnostic.code or 'syntax'}: {diagnostic.message}",
        remedy=fix or "see the rule's page in ruff's documentation",
        level=Level.WARNING,
    )
