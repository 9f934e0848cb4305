"""Newer versions of what a DAG type has locked, and what holds them back, as a table or JSON."""

import json
from collections.abc import Sequence
from typing import Any

from packaging.version import Version
from pydantic import BaseModel, ConfigDict, Field

from .. import text
from ..config.dag_type import DagType
from ..config.secrets.urls import redacted
from ..config.values import Value
from ..errors import StepError

_HEAD = ("package", "locked", "base allows", "newest", "held back by")
_LINES = 12  # of uv's message


class PackageVersions(Value):
    """The versions of a pin or of a locked package; empty where there is none.

    ``locked`` is the lock's (or the base's), ``upgraded`` the newest under the pins as they are, ``allowed``
    the newest beside the base with every pin relaxed upwards, ``newest`` the newest for the base's Python,
    ``base`` the one that the base holds.
    """

    package: str
    locked: str
    upgraded: str
    allowed: str
    newest: str
    pinned: bool
    base: str

    @property
    def why(self) -> str:
        """What holds the package back, in words; empty where it is the newest."""
        if not self.is_outdated:
            return ""
        if not self.allowed:
            return "no longer needed by newer pins"
        reasons: list[str] = []
        if self.locked != self.allowed:
            reasons.append(self._reason_of_type)
        if self.allowed != self.newest:
            reasons.append(f"the base: {self.package}=={self.base}" if self.base else "another package")
        return "; ".join(reasons)

    @property
    def is_outdated(self) -> bool:
        """Whether there is another version than the locked one; two ways to write a version are one."""
        return bool(self.newest) and (not self.locked or Version(self.locked) != Version(self.newest))

    @property
    def _reason_of_type(self) -> str:
        if self.pinned:
            return "its own pin"
        return "the lock or exclude-newer" if self.upgraded != self.locked else "a pin of this type"


class OutdatedReport(BaseModel):
    """The available versions for one DAG type."""

    model_config = ConfigDict(frozen=True)

    dag: str
    packages: tuple[PackageVersions, ...] = Field(default=())


def parse(dag_type: DagType, facts: dict[str, Any]) -> OutdatedReport:
    """Return the answer of ci/lock/programs/available.py as a report."""
    if facts["error"]:
        problem = f"{dag_type.file}: could not look up newer versions: run `dagger call lock -y` first; "
        lines = redacted(facts["error"]).strip().splitlines()[-_LINES:]
        raise StepError(["\n    ".join([f"{problem}uv says:", *lines])])
    packages = tuple(map(PackageVersions.model_validate, facts["packages"]))
    return OutdatedReport(dag=dag_type.name, packages=packages)


def table(reports: Sequence[OutdatedReport]) -> str:
    """Return the packages that have newer versions, as a text table per type."""
    return "\n".join(map(_table, reports))


def as_json(reports: Sequence[OutdatedReport]) -> str:
    """Return all packages of all types as JSON."""
    rows = {
        report.dag: [{**package.model_dump(mode="json"), "why": package.why} for package in report.packages]
        for report in reports
    }
    return json.dumps(rows, indent=2, sort_keys=True)


def _table(report: OutdatedReport) -> str:
    rows = [
        (package.package, package.locked, package.allowed, package.newest, package.why)
        for package in report.packages
        if package.is_outdated
    ]
    if not rows:
        return f"{report.dag}: all {len(report.packages)} packages are the newest available"
    return f"{report.dag}: {len(rows)} of {len(report.packages)} packages\n{text.table([_HEAD, *rows])}"
