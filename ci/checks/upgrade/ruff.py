"""What ruff's Airflow rules say of the DAG code: what was moved or removed, as findings."""

from pydantic import BaseModel, TypeAdapter

from ..report import CheckResult, Fact, Finding, Level

CHECK = "ruff"
SELECT = "AIR"  # https://docs.astral.sh/ruff/rules/#airflow-air


class _Place(BaseModel):
    row: int


class _Fix(BaseModel):
    message: str | None = None


class _Diagnostic(BaseModel):
    """One entry of ``ruff check --output-format json``, as far as it is read."""

    code: str | None
    message: str
    filename: str
    location: _Place
    fix: _Fix | None = None


_REPORT = TypeAdapter(list[_Diagnostic])


def outcome(report: str, root: str) -> CheckResult:
    """Ruff's report as an outcome: warnings, since the tests prove what really breaks.

    Args:
        report: what ``ruff check --output-format json`` printed.
        root: the folder that the files' names begin with.
    """
    found = _REPORT.validate_json(report)
    if not found:
        return CheckResult(facts=(Fact(check=CHECK, detail=f"no rule of {SELECT} finds anything"),))
    return CheckResult(findings=tuple(_finding(each, root) for each in found))


def missing(cause: str) -> CheckResult:
    """That ruff couldn't be had, as a warning: the tests prove what really breaks."""
    remedy = "try again later for what was moved or removed; all tests were made without it"
    return CheckResult(
        findings=(Finding(check=CHECK, file="", line=0, cause=cause, remedy=remedy, level=Level.WARNING),)
    )


def _finding(each: _Diagnostic, root: str) -> Finding:
    fix = each.fix.message if each.fix and each.fix.message else "see the rule's page in ruff's documentation"
    code = each.code or "syntax"
    return Finding(
        check=CHECK,
        file=each.filename.removeprefix(root).lstrip("/"),
        line=each.location.row,
        cause=f"{code}: {each.message}",
        remedy=fix,
        level=Level.WARNING,
    )
