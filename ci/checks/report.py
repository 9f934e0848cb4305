"""Results of checks as data: facts that were confirmed, and findings with file, line, cause and remedy."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field


class Level(StrEnum):
    """The severity of a finding: an error fails the report, a warning doesn't."""

    ERROR = "error"
    WARNING = "warning"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_by_name=True, serialize_by_alias=True)


class Fact(_Value):
    """A check that passed, with one or more lines of detail."""

    check: str
    detail: str = Field(validation_alias="told", serialization_alias="told")  # its name in published.json


class Finding(_Value):
    """A problem; ``line`` is 0 and ``file``, relative to the repository's root, empty where unknown."""

    check: str
    file: str
    line: int
    cause: str
    remedy: str
    level: Level = Level.ERROR

    @property
    def location(self) -> str:
        """Return file and line such as dags/a.py:3; empty where both are unknown."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file

    @property
    def message(self) -> str:
        """Return cause and remedy as text."""
        return f"{self.cause}\nfix: {self.remedy}"


class CheckResult(_Value):
    """The result of one check, or of a program that makes several."""

    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of_problems(cls, check: str, file: str, problems: Iterable[str], remedy: str) -> Self:
        """Return a result with an error per problem."""
        rows = (Finding(check=check, file=file, line=0, cause=cause, remedy=remedy) for cause in problems)
        return cls(findings=tuple(rows))


class Report(CheckResult):
    """The results of all checks of one subject, usually a DAG type."""

    subject: str

    @property
    def errors(self) -> int:
        """Return the number of findings that fail the report."""
        return sum(finding.level is Level.ERROR for finding in self.findings)

    @property
    def warnings(self) -> int:
        """Return the number of findings that don't fail the report."""
        return len(self.findings) - self.errors

    @property
    def passed(self) -> bool:
        """Return whether the report has no error."""
        return not self.errors


def merge(subject: str, results: Iterable[CheckResult]) -> Report:
    """Return one report: facts in their order, findings without duplicates by level, file and line."""
    parts = list(results)
    findings = dict.fromkeys(finding for part in parts for finding in part.findings)
    return Report(
        subject=subject,
        facts=tuple(fact for part in parts for fact in part.facts),
        findings=tuple(sorted(findings, key=_order)),
    )


def _order(finding: Finding) -> tuple[bool, str, int, str, str, str]:
    mild = finding.level is not Level.ERROR
    return (mild, finding.file, finding.line, finding.check, finding.cause, finding.remedy)
