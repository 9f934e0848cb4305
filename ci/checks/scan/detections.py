"""Detections of Trivy in an image, read from its JSON report.

The shapes are those of Trivy 0.70 (pkg/types/report.go: Results, Vulnerabilities, Secrets, Misconfigurations,
Licenses).
"""

from collections.abc import Iterable
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

from pydantic import AliasPath, BaseModel, ConfigDict, Field, ValidationError

from ...config.policy import SEVERITIES, Severity
from ...config.values import Value
from ...errors import StepError

_SEVERITY: dict[str, Severity] = {str(severity): severity for severity in SEVERITIES}


class Kind(StrEnum):
    """The kinds of detections: one per scanner of Trivy."""

    VULNERABILITY = "vulnerability"
    SECRET = "secret"  # noqa: S105 - the kind, not one of them
    MISCONFIGURATION = "misconfiguration"
    LICENSE = "license"


class Detection(Value):
    """One detection; its fields are part of signed statements and of published.json.

    ``id`` is an advisory's, a rule's or a license's; ``package`` and ``version`` are empty where it concerns
    no package; ``fixed`` are the versions that fix it, empty where there is none; ``place`` is the file, or
    the operating system for its packages; ``line`` is 0 where unknown; ``vex`` is the status and reason from
    an OpenVEX document that rules the detection out, empty where none does.
    """

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
        """The package, else the file: what an ignore names beside the id."""
        return self.package or self.place

    @property
    def key(self) -> tuple[str, ...]:
        """The identity of the detection: equal in two images that both have it."""
        return (self.kind, self.id, self.package, self.version, self.place, str(self.line))


class _Part(BaseModel):
    """An object of Trivy's report, whose empty lists are null."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class _Vulnerability(_Part):
    id: str = Field(alias="VulnerabilityID")
    package: str = Field(alias="PkgName")
    path: str = Field(default="", alias="PkgPath")
    purl: str = Field(default="", validation_alias=AliasPath("PkgIdentifier", "PURL"))
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


class _Misconfiguration(_Part):
    id: str = Field(alias="ID")
    severity: str = Field(default="", alias="Severity")
    title: str = Field(default="", alias="Title")
    message: str = Field(default="", alias="Message")
    url: str = Field(default="", alias="PrimaryURL")
    status: str = Field(default="FAIL", alias="Status")
    line: int = Field(default=0, validation_alias=AliasPath("CauseMetadata", "StartLine"))


class _License(_Part):
    id: str = Field(alias="Name")
    package: str = Field(default="", alias="PkgName")
    path: str = Field(default="", alias="FilePath")
    severity: str = Field(default="", alias="Severity")
    category: str = Field(default="", alias="Category")


class _Modified(_Part):
    """A vulnerability that a VEX document ruled out."""

    status: str = Field(default="", alias="Status")
    statement: str = Field(default="", alias="Statement")
    source: str = Field(default="", alias="Source")
    finding: _Vulnerability = Field(alias="Finding")

    @property
    def vex(self) -> str:
        """The status, with its reason and the document."""
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
    """Return all detections of a report (``trivy image --format json``), worst first, each once."""
    try:
        parsed = _Report.model_validate_json(report)
    except ValidationError as error:
        detail = error.errors()[0]
        location = ".".join(map(str, detail["loc"]))
        raise StepError([f"cannot read Trivy's report: {location}: {detail['msg']}"]) from None
    return ordered(
        detection for result in parsed.results or () for detection in _detections(result, parsed.artifact)
    )


def ordered(detections: Iterable[Detection]) -> tuple[Detection, ...]:
    """Return detections sorted by severity, then kind, subject and id, without duplicates."""
    rank = {severity: number for number, severity in enumerate(SEVERITIES)}
    # Of two with one key the worse stays: an open one before one that a VEX document ruled out.
    worst_last = sorted(detections, key=lambda detection: (not detection.vex, -rank[detection.severity]))
    by_key = {detection.key: detection for detection in worst_last}

    def order(one: Detection) -> tuple[str | int, ...]:
        return (rank[one.severity], one.kind, one.subject, one.id, one.version, one.place, one.line)

    return tuple(sorted(by_key.values(), key=order))


def added(image: Iterable[Detection], base: Iterable[Detection]) -> tuple[Detection, ...]:
    """Return the detections of an image that its base doesn't have."""
    in_base = {detection.key for detection in base}
    return ordered(detection for detection in image if detection.key not in in_base)


def _detections(result: _Result, artifact: str) -> Iterable[Detection]:
    target = _target(result.target, artifact)
    vulnerabilities = [(vulnerability, "") for vulnerability in result.vulnerabilities or ()]
    vulnerabilities += [(modified.finding, modified.vex) for modified in result.modified or ()]
    for v, vex in vulnerabilities:
        fields: dict[str, Any] = {"package": v.package, "version": v.version, "fixed": v.fixed, "url": v.url}
        fields |= {"place": v.path or target, "purl": v.purl, "title": v.title, "vex": vex}
        yield Detection(kind=Kind.VULNERABILITY, id=v.id, severity=_severity(v.severity), **fields)
    for s in result.secrets or ():
        fields = {"title": s.title, "place": target, "line": s.line}
        yield Detection(kind=Kind.SECRET, id=s.id, severity=_severity(s.severity), **fields)
    for m in result.misconfigurations or ():
        if m.status == "FAIL":
            fields = {"title": m.message or m.title, "place": target, "line": m.line, "url": m.url}
            yield Detection(kind=Kind.MISCONFIGURATION, id=m.id, severity=_severity(m.severity), **fields)
    for li in result.licenses or ():
        fields = {"package": li.package, "title": li.category, "place": li.path or target}
        yield Detection(kind=Kind.LICENSE, id=li.id, severity=_severity(li.severity), **fields)


def _target(target: str, artifact: str) -> str:
    """Return the file, else what was scanned: of "/mnt/image (debian 12.11)" what stands in parentheses."""
    if target not in {"", artifact} and not target.startswith(f"{artifact} ("):
        return target
    return target[len(artifact) :].strip().removeprefix("(").removesuffix(")") or "image configuration"


def _severity(text: str) -> Severity:
    return _SEVERITY.get(text.lower(), "unknown")


def installed(path: str) -> bool:
    """Return whether metadata of a Python package lie in site-packages itself, not vendored in a package."""
    return PurePosixPath(path).parts[-3:-2] == ("site-packages",)
