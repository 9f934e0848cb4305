"""Results of checks as data: facts that were confirmed, and findings with file, line, cause and remedy."""

from collections.abc import Iterable, Sequence
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


_MAX_PLACES = 20  # that a finding names


class CheckResult(_Value):
    """The result of one check, or of a program that makes several."""

    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()

    @classmethod
    def of_problems(cls, check: str, file: str, problems: Iterable[str], remedy: str) -> Self:
        """Return a result with an error per problem, which may begin with the file."""
        causes = (problem.removeprefix(f"{file}: ") if file else problem for problem in problems)
        rows = (Finding(check=check, file=file, line=0, cause=cause, remedy=remedy) for cause in causes)
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
    """Return one report: facts in their order, findings by level, file and line.

    What is wrong in several places for the same reason is one finding, that names them all.
    """
    parts = list(results)
    same: dict[tuple[str, str, str, str], list[Finding]] = {}
    findings = dict.fromkeys(finding for part in parts for finding in part.findings)
    for finding in sorted(findings, key=_order):
        key = (finding.check, finding.level, finding.cause, finding.remedy)
        same.setdefault(key, []).append(finding)
    return Report(
        subject=subject,
        facts=tuple(fact for part in parts for fact in part.facts),
        findings=tuple(sorted(map(_joined, same.values()), key=_order)),
    )


def _joined(findings: Sequence[Finding]) -> Finding:
    first, *others = findings
    places = [other.location for other in others if other.location]
    more = f" and {len(places) - _MAX_PLACES} more" if len(places) > _MAX_PLACES else ""
    also = f" (also in {', '.join(places[:_MAX_PLACES])}{more})" if places else ""
    return first.model_copy(update={"cause": f"{first.cause}{also}"})


def _order(finding: Finding) -> tuple[bool, str, int, str, str, str]:
    mild = finding.level is not Level.ERROR
    return (mild, finding.file, finding.line, finding.check, finding.cause, finding.remedy)
