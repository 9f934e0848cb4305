"""The verdict on a scan by the policy: passed, failed or not scanned, with a decision on each detection."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from packaging.utils import canonicalize_name
from pydantic import AwareDatetime

from ...config.policy import Ignore, Policy
from ...config.values import Value
from . import licenses
from .detections import Detection, Kind, added, ordered


class State(StrEnum):
    """The three verdicts; an image that was not scanned is never clean."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SCANNED = "not scanned"


class Decision(StrEnum):
    """The policy's decision on one detection."""

    FAILS = "fails"
    TOLERATED = "tolerated"
    IGNORED = "ignored"


class Database(Value):
    """The vulnerability database that was used.

    ``digest`` is that of its archive, ``updated`` when it was built, ``checked`` when the mirror was
    asked for its newest (None for a file); ``test``: it contains no real data.
    """

    reference: str
    digest: str
    updated: AwareDatetime
    description: str = ""
    checked: AwareDatetime | None = None
    test: bool = False

    def unusable(self, now: datetime, days: float) -> tuple[str, ...]:
        """Return why the database is unusable at a scan's time and a highest age; or nothing."""
        age, date_text = now - self.updated, f"{self.updated:%Y-%m-%d}"
        name = f"the vulnerability database {self.reference}"
        if age < -timedelta(days=1):
            remedy = "check the mirror and this machine's clock"
            return (f"{name} is dated in the future ({date_text}): {remedy}",)
        if age <= timedelta(days=days):
            return ()
        allowed = f"max-age-days allows {days:g}"
        return (f"{name} is {age.days} days old ({date_text}), {allowed}: update the mirror or use another",)


class Judged(Value):
    """A detection, whether the DAG type added it to its base, and the policy's decision.

    ``file`` is the policy that denies a license; otherwise empty.
    """

    detection: Detection
    added: bool
    decision: Decision
    why: str = ""
    file: str = ""


class Verdict(Value):
    """The verdict on one DAG type's image; its fields are part of signed statements and of published.json.

    ``image`` and ``base`` are digests, ``platform`` is such as linux/amd64, empty where unknown. ``reasons``
    say why it failed or was not scanned, besides the detections in ``found``; ``expired`` are those about
    expired ignores, which always fail it; ``unused`` are ignores that matched nothing, as id and package.
    """

    dag: str
    image: str
    base: str
    state: State
    scanned: AwareDatetime
    database: Database | None = None
    reasons: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    platform: str = ""
    found: tuple[Judged, ...] = ()
    in_base: int = 0
    unused: tuple[tuple[str, str], ...] = ()

    @property
    def unreliable(self) -> str:
        """Why the verdict says nothing about real vulnerabilities; empty where it does."""
        if self.state is State.NOT_SCANNED:
            reasons = [reason for reason in self.reasons if reason not in self.expired]
            return "; ".join(reasons) or "no reason recorded"
        if self.database is None:
            return "no vulnerability database recorded"
        return "the vulnerability database contains only test data" if self.database.test else ""

    @property
    def fails(self) -> bool:
        """Whether something that is known fails it, even where it was not scanned for vulnerabilities."""
        return bool(self.failing or self.expired) or self.state is State.FAILED

    @property
    def failing(self) -> tuple[Judged, ...]:
        """The detections that fail it."""
        return tuple(judged for judged in self.found if judged.decision is Decision.FAILS)

    @property
    def shown(self) -> tuple[Judged, ...]:
        """The detections of every report: failing, ignored or added; a license only if it is denied."""
        return tuple(
            judged
            for judged in self.found
            if judged.decision is not Decision.TOLERATED
            or (judged.added and judged.detection.kind is not Kind.LICENSE)
        )

    def count(self, *, added: bool | None = None) -> int:
        """Return how many detections there are without licenses: all, or those added or not added."""
        return sum(
            judged.detection.kind is not Kind.LICENSE and (added is None or judged.added is added)
            for judged in self.found
        )


@dataclass(frozen=True, kw_only=True)
class ImageScan:
    """The detections in a DAG type's image and in its base; ``image`` and ``base`` are their digests."""

    dag: str
    image: str
    base: str
    detections: Sequence[Detection]
    base_detections: Sequence[Detection]


def not_scanned(dag: str, image: str, base: str, now: datetime, *reasons: str) -> Verdict:
    """Return the verdict on an image that could not be scanned."""
    return Verdict(dag=dag, image=image, base=base, state=State.NOT_SCANNED, scanned=now, reasons=reasons)


def judge(scan: ImageScan, policy: Policy, database: Database | tuple[str, ...], now: datetime) -> Verdict:
    """Return the verdict on a scan by the shared policy with the type's own.

    ``database`` may be why there is none. Ignores expire at the end of their day in UTC.
    """
    own = {detection.key for detection in added(scan.detections, scan.base_detections)}
    today = now.astimezone(UTC).date()
    judged = tuple(
        _judged(detection, detection.key in own, policy, today) for detection in ordered(scan.detections)
    )
    expired = policy.expired(today)
    not_known = database if isinstance(database, tuple) else database.unusable(now, policy.max_age_days)
    failed = expired or any(one.decision is Decision.FAILS for one in judged)
    return Verdict(
        dag=scan.dag,
        image=scan.image,
        base=scan.base,
        state=State.NOT_SCANNED if not_known else State.FAILED if failed else State.PASSED,
        scanned=now,
        database=database if isinstance(database, Database) else None,
        reasons=(*not_known, *expired),
        expired=expired,
        found=judged,
        in_base=sum(detection.kind is not Kind.LICENSE for detection in ordered(scan.base_detections)),
        unused=tuple(
            (ignore.id, ignore.package)
            for ignore in policy.ignores
            if not any(matches(ignore, detection) for detection in scan.detections)
        ),
    )


def fails(judged: Judged, policy: Policy, today: date) -> bool:
    """Return whether a detection that was judged before fails by this policy on this day."""
    return _decision(judged.detection, judged.added, policy, today)[0] is Decision.FAILS


def _judged(detection: Detection, added: bool, policy: Policy, today: date) -> Judged:  # noqa: FBT001 - a fact
    decision, why = _decision(detection, added, policy, today)
    denied = detection.kind is Kind.LICENSE and decision is Decision.FAILS
    file = policy.file_of("denied_licenses") if denied else ""
    return Judged(detection=detection, added=added, decision=decision, why=why, file=file)


def _decision(detection: Detection, added: bool, policy: Policy, today: date) -> tuple[Decision, str]:  # noqa: FBT001
    tolerated = _tolerated(detection, added, policy)
    if tolerated:
        return Decision.TOLERATED, tolerated
    if detection.vex:
        return Decision.IGNORED, detection.vex
    for ignore in policy.ignores:
        if matches(ignore, detection) and ignore.expires >= today:
            return Decision.IGNORED, f"{ignore.reason} ({ignore.owner}, until {ignore.expires})"
    return Decision.FAILS, ""


def _tolerated(detection: Detection, added: bool, policy: Policy) -> str:  # noqa: FBT001
    """Return why the policy tolerates the detection; an empty string where it doesn't."""
    kind = detection.kind
    if kind is Kind.LICENSE and not licenses.denied(detection.id, policy.denied_licenses):
        return "not denied"
    if kind is Kind.VULNERABILITY and policy.fixable_only and not detection.fixed:
        return "no fix yet"
    # A secret fails whatever its rank; a license is denied by name.
    if kind in {Kind.VULNERABILITY, Kind.MISCONFIGURATION} and detection.severity not in policy.severities:
        return detection.severity
    return "in the base" if policy.scope == "added" and not added else ""


def matches(ignore: Ignore, detection: Detection) -> bool:
    """Return whether an ignore names that detection: by id, and by package or file."""
    if ignore.id.lower() != detection.id.lower():
        return False
    if detection.package:
        return canonicalize_name(ignore.package) == canonicalize_name(detection.package)
    return ignore.package == detection.subject
