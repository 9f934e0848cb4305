"""Newer versions of what a DAG type has locked, and what holds each back: from facts to a table or JSON."""

import json
from collections.abc import Sequence
from typing import Any

from packaging.version import Version
from pydantic import BaseModel, ConfigDict, Field

from ..config.dag_type import DagType
from ..config.secrets.urls import redacted
from ..errors import StepError

_HEAD = ("package", "locked", "base allows", "newest", "held back by")


class Package(BaseModel):
    """A pin of a type or a package of its lock.

    Versions, empty where there is none: ``locked`` the lock's (or the base's), ``upgraded``
    the newest under the pins as they are, ``allowed`` the newest beside the base with every pin loosened
    upwards, ``newest`` the newest there is for the base's Python. ``held_by`` is what stands against that.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    package: str
    locked: str
    upgraded: str
    allowed: str
    newest: str
    pinned: bool
    held_by: tuple[str, ...] = ()

    @property
    def why(self) -> str:
        """What holds it back, in words; empty where it is the newest."""
        if not self.newest or self.locked == self.newest:
            return ""
        if not self.allowed:
            return "newer pins need it no more"
        reasons: list[str] = []
        if self.locked != self.allowed:
            reasons.append(self._of_type())
        if self.held_by:
            reasons.append(f"the base: {', '.join(self.held_by)}")
        elif self.allowed != self.newest:
            reasons.append("another package of this type")
        return "; ".join(reasons)

    def _of_type(self) -> str:
        if self.pinned:
            return "its own pin"
        return "the lock or exclude-newer" if self.upgraded != self.locked else "a pin of this type"


class Report(BaseModel):
    """What newer versions there are for one DAG type."""

    model_config = ConfigDict(frozen=True)

    dag: str
    packages: tuple[Package, ...] = Field(default=())


def reported(dag_type: DagType, facts: dict[str, Any]) -> Report:
    """What ci/lock/programs/newer.py found, as a report; raises StepError where it found nothing."""
    if facts["trouble"]:
        said = "\n".join(f"    {line}" for line in redacted(facts["trouble"]).strip().splitlines()[-12:])
        told = f"{dag_type.file}: newer versions can't be found: lock it first"
        raise StepError([f"{told}\n{said}"])
    return Report(dag=dag_type.name, packages=tuple(map(Package.model_validate, facts["packages"])))


def table(reports: Sequence[Report]) -> str:
    """The packages that have newer versions, as a text table per type."""
    return "\n".join(_of_type(report) for report in reports)


def as_json(reports: Sequence[Report]) -> str:
    """All packages of all types, as JSON."""
    rows = {
        report.dag: [{**each.model_dump(mode="json"), "why": each.why} for each in report.packages]
        for report in reports
    }
    return json.dumps(rows, indent=2, sort_keys=True)


def _of_type(report: Report) -> str:
    rows = [
        (each.package, each.locked, each.allowed, each.newest, each.why)
        for each in report.packages
        if each.newest and _differs(each)
    ]
    if not rows:
        return f"{report.dag}: all {len(report.packages)} packages are the newest there are"
    widths = [max(map(len, column)) for column in zip(_HEAD, *rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (_HEAD, *rows)
    ]
    return "\n".join([f"{report.dag}: {len(rows)} of {len(report.packages)} packages", *lines])


def _differs(each: Package) -> bool:
    return not each.locked or Version(each.locked) != Version(each.newest)
