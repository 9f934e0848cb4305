"""What a scanner found in an image: Trivy's JSON report, read once into one kind of row.

Shapes are those of Trivy 0.70 (pkg/types/report.go: Results, Vulnerabilities, Secrets, Misconfigurations,
Licenses); every other rendering starts from these rows.
"""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...config.policy import SEVERITIES, Severity
from ...errors import StepError

_SEVERITY: dict[str, Severity] = {str(each): each for each in SEVERITIES}


class Kind(StrEnum):
    """What is wrong, as Trivy's scanners divide it."""

    VULNERABILITY = "vulnerability"
    SECRET = "secret"  # noqa: S105 - the kind, not one of them
    MISCONFIGURATION = "misconfiguration"
    LICENSE = "license"


class Detection(BaseModel):
    """One thing that was found.

    ``id`` is an advisory's, a rule's or a license's; ``package`` and ``version`` are empty where it concerns
    no package; ``fixed`` are the versions that mend it, empty where there is none; ``place`` is the file, or
    the operating system for its packages; ``line`` is 0 where none can be named; ``vex`` is what an OpenVEX
    document says that takes the matter off the table, empty where none does.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    id: str
    package: str = ""
    version: str = ""
    fixed: str = ""
    severity: Severity = "unknown"
    title: str = ""
    place: str = ""
    line: int = 0
    url: str = ""
    purl: str = ""
    vex: str = ""

    @property
    def subject(self) -> str:
        """What an ignore names beside the id: the package, else the file."""
        return self.package or self.place

    @property
    def key(self) -> tuple[str, ...]:
        """What makes it the same in two images."""
        return (self.kind, self.id, self.package, self.version, self.place, str(self.line))


class _Part(BaseModel):
    """An object of Trivy's, whose empty lists are null."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Identifier(_Part):
    purl: str = Field(default="", alias="PURL")


class _Vulnerability(_Part):
    id: str = Field(alias="VulnerabilityID")
    package: str = Field(alias="PkgName")
    path: str = Field(default="", alias="PkgPath")
    identifier: _Identifier = Field(default=_Identifier(), alias="PkgIdentifier")
    version: str = Field(default="", alias="InstalledVersion")
    fixed: str = Field(default="", alias="FixedVersion")
    severity: str = Field(default="", alias="Severity")
    title: str = Field(default="", alias="Title")
    url: str = Field(default="", alias="PrimaryURL")


class _Secret(_Part):
    id: str = Field(alias="RuleID")
    severity: str = Field(default="", alias="Severity")
    title: str = Field(default="", alias="Title")
    line: int = Field(default=0, alias="StartLine")


class _Cause(_Part):
    line: int = Field(default=0, alias="StartLine")


class _Misconfiguration(_Part):
    id: str = Field(alias="ID")
    severity: str = Field(default="", alias="Severity")
    title: str = Field(default="", alias="Title")
    message: str = Field(default="", alias="Message")
    url: str = Field(default="", alias="PrimaryURL")
    status: str = Field(default="FAIL", alias="Status")
    cause: _Cause = Field(default=_Cause(), alias="CauseMetadata")


class _License(_Part):
    id: str = Field(alias="Name")
    package: str = Field(default="", alias="PkgName")
    path: str = Field(default="", alias="FilePath")
    severity: str = Field(default="", alias="Severity")
    category: str = Field(default="", alias="Category")


class _Modified(_Part):
    """What a VEX document took out of the results; Trivy has it for vulnerabilities alone."""

    status: str = Field(default="", alias="Status")
    statement: str = Field(default="", alias="Statement")
    source: str = Field(default="", alias="Source")
    finding: _Vulnerability = Field(alias="Finding")

    @property
    def said(self) -> str:
        why = f" ({self.statement})" if self.statement else ""
        return f"{self.status}{why}, says {self.source.rpartition('/')[2]}"


class _Result(_Part):
    target: str = Field(alias="Target")
    vulnerabilities: tuple[_Vulnerability, ...] | None = Field(default=None, alias="Vulnerabilities")
    secrets: tuple[_Secret, ...] | None = Field(default=None, alias="Secrets")
    misconfigurations: tuple[_Misconfiguration, ...] | None = Field(default=None, alias="Misconfigurations")
    licenses: tuple[_License, ...] | None = Field(default=None, alias="Licenses")
    modified: tuple[_Modified, ...] | None = Field(default=None, alias="ExperimentalModifiedFindings")


class _Report(_Part):
    artifact: str = Field(alias="ArtifactName")
    results: tuple[_Result, ...] | None = Field(default=None, alias="Results")


def read(report: str) -> tuple[Detection, ...]:
    """All detections of a report (``trivy image --format json``), the worst first, each once.

    Raises:
        StepError: it isn't of the shape that this was written for.
    """
    try:
        whole = _Report.model_validate_json(report)
    except ValidationError as error:
        detail = error.errors()[0]
        place = ".".join(map(str, detail["loc"]))
        raise StepError([f"the scanner's report can't be read: {place}: {detail['msg']}"]) from None
    return ordered(
        detection for result in whole.results or () for detection in _detections(result, whole.artifact)
    )


def ordered(detections: Iterable[Detection]) -> tuple[Detection, ...]:
    """Detections in the order of every rendering: by severity, then kind, subject and id; each once."""
    rank = {severity: place for place, severity in enumerate(SEVERITIES)}
    # Of what is told twice the worse stays: what is open before what a document took off the table.
    worst_last = sorted(detections, key=lambda each: (not each.vex, -rank[each.severity]))
    once = {detection.key: detection for detection in worst_last}
    return tuple(sorted(once.values(), key=lambda each: (rank[each.severity], *_order(each))))


def _order(each: Detection) -> tuple[str | int, ...]:
    return (each.kind, each.subject, each.id, each.version, each.place, each.line)


def beyond(image: Iterable[Detection], base: Iterable[Detection]) -> tuple[Detection, ...]:
    """What an image has and its base hasn't."""
    there = {detection.key for detection in base}
    return ordered(detection for detection in image if detection.key not in there)


def _detections(result: _Result, artifact: str) -> Iterable[Detection]:
    target = _target(result.target, artifact)
    open_ones = [(each, "") for each in result.vulnerabilities or ()]
    for v, vex in (*open_ones, *((each.finding, each.said) for each in result.modified or ())):
        shown: dict[str, Any] = {"package": v.package, "version": v.version, "fixed": v.fixed, "url": v.url}
        shown |= {"place": v.path or target, "purl": v.identifier.purl, "title": v.title}
        shown |= {"vex": vex}
        yield Detection(kind=Kind.VULNERABILITY, id=v.id, severity=_severity(v.severity), **shown)
    for s in result.secrets or ():
        shown = {"title": s.title, "place": target, "line": s.line}
        yield Detection(kind=Kind.SECRET, id=s.id, severity=_severity(s.severity), **shown)
    for m in result.misconfigurations or ():
        if m.status == "FAIL":
            shown = {
                "title": m.message or m.title,
                "place": target,
                "line": m.cause.line,
                "url": m.url,
            }
            yield Detection(kind=Kind.MISCONFIGURATION, id=m.id, severity=_severity(m.severity), **shown)
    for li in result.licenses or ():
        shown = {"package": li.package, "title": li.category, "place": li.path or target}
        yield Detection(kind=Kind.LICENSE, id=li.id, severity=_severity(li.severity), **shown)


def _target(target: str, artifact: str) -> str:
    """A file; what isn't in one is called after what was scanned: "/mnt/image (debian 12.11)"."""
    if target not in {"", artifact} and not target.startswith(f"{artifact} ("):
        return target
    return target[len(artifact) :].strip().removeprefix("(").removesuffix(")") or "image configuration"


def _severity(said: str) -> Severity:
    return _SEVERITY.get(said.lower(), "unknown")


def installed(path: str) -> bool:
    """Whether a Python package's metadata lie where installers put them, not in what another one brings."""
    return PurePosixPath(path).parts[-3:-2] == ("site-packages",)
