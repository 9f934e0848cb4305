"""What a test found, as data and as text: every finding with file, line, cause and what to do."""

from pydantic import BaseModel, ConfigDict


class Finding(BaseModel):
    """One thing that is wrong; ``line`` is 0 where none can be named, ``file`` empty where there is none."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    check: str
    file: str
    line: int
    cause: str
    remedy: str

    def text(self) -> str:
        """The finding in two lines or more."""
        place = (
            f"{self.file}:{self.line}: " if self.file and self.line else f"{self.file}: " if self.file else ""
        )
        return f"{self.check}: {place}{self.cause}\n    to do: {self.remedy}"


class Report(BaseModel):
    """What was checked in one image, and what was found."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    facts: tuple[str, ...]
    findings: tuple[Finding, ...]

    def text(self, name: str) -> str:
        """The report of the image with that name, for a terminal."""
        told = [f"  {line}" for fact in self.facts for line in fact.splitlines()]
        told += [f"  {line}" for finding in self.findings for line in finding.text().splitlines()]
        count = len(self.findings)
        verdict = "passed" if not count else f"failed, {count} finding{'s' if count > 1 else ''}"
        return "\n".join([f"{name}: {verdict}", *told])
