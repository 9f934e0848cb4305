"""What tests found, as data: what was checked, and every finding with file, line, cause and what to do."""

from collections.abc import Iterable
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Level(StrEnum):
    """How much a finding weighs: an error fails the report, a warning is told."""

    ERROR = "error"
    WARNING = "warning"


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fact(_Value):
    """Something that was checked and is in order: the check's name, and what it saw, in one line or more."""

    check: str
    told: str


class Finding(_Value):
    """One thing that is wrong; ``line`` is 0 where none can be named, ``file`` empty where there is none.

    ``file`` is relative to the repository's root.
    """

    check: str
    file: str
    line: int
    cause: str
    remedy: str
    level: Level = Level.ERROR

    @property
    def place(self) -> str:
        """Such as dags/a.py:3; empty where there is none."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file


class Outcome(_Value):
    """What one check, or one program that makes several, told."""

    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()


class Report(Outcome):
    """All that was checked of one subject, a DAG type as a rule."""

    subject: str

    @property
    def errors(self) -> int:
        """How many findings fail it."""
        return sum(finding.level is Level.ERROR for finding in self.findings)

    @property
    def warnings(self) -> int:
        """How many findings are only told."""
        return len(self.findings) - self.errors

    @property
    def passed(self) -> bool:
        """Whether no finding fails it."""
        return not self.errors


def joined(subject: str, outcomes: Iterable[Outcome]) -> Report:
    """One report of several outcomes: facts in their order, findings by weight, then by file and line."""
    found = list(outcomes)
    findings: list[Finding] = []
    for finding in (finding for each in found for finding in each.findings):
        findings += [finding] if finding not in findings else []  # two checks may tell the same
    return Report(
        subject=subject,
        facts=tuple(fact for each in found for fact in each.facts),
        findings=tuple(sorted(findings, key=_order)),
    )


def _order(finding: Finding) -> tuple[bool, str, int, str, str, str]:
    mild = finding.level is not Level.ERROR
    return (mild, finding.file, finding.line, finding.check, finding.cause, finding.remedy)
