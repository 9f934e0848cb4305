"""The judgement of a scan by the policy: passed, failed or not scanned, and why, for each thing found."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from packaging.utils import canonicalize_name
from pydantic import AwareDatetime, BaseModel, ConfigDict

from ...config.policy import Ignore, Policy
from . import licenses
from .detections import Detection, Kind, beyond, ordered


class State(StrEnum):
    """The three verdicts; what wasn't looked at is never clean."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_SCANNED = "not scanned"


class Decision(StrEnum):
    """What the policy says of one detection."""

    FAILS = "fails"
    TOLERATED = "tolerated"
    IGNORED = "ignored"


class Database(BaseModel):
    """The vulnerability database that was used.

    ``reference`` is where it came from, ``digest`` that of its archive, ``updated`` the time of its making as
    RFC 3339; ``test`` where it says of itself that it holds no real data.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: str
    digest: str
    updated: AwareDatetime
    description: str = ""
    test: bool = False

    def unusable(self, now: datetime, days: float) -> tuple[str, ...]:
        """Why it can't be relied upon; nothing where it can.

        Args:
            now: the time of the scan.
            days: the highest age that the policy accepts.
        """
        age = now - self.updated
        if age < -timedelta(days=1):
            told = f"{self.updated:%Y-%m-%d}: check its mirror, or the clock here"
            return (f"the vulnerability database {self.reference} is of the future, {told}",)
        if age <= timedelta(days=days):
            return ()
        told = (
            f"the vulnerability database {self.reference} is {age.days} days old ({self.updated:%Y-%m-%d}), "
            f"max-age-days allows {days:g}: have its mirror brought up to date, or name another"
        )
        return (told,)


class Judged(BaseModel):
    """A detection, whether the type added it to its base, and what the policy says of it.

    ``file`` is the policy that denies a license; empty for all else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    detection: Detection
    added: bool
    decision: Decision
    why: str = ""
    file: str = ""


class Verdict(BaseModel):
    """The whole judgement of one DAG type's image.

    ``image`` and ``base`` are digests, ``platform`` is such as linux/amd64, empty where nobody told it.
    ``reasons`` say why it failed or wasn't scanned beyond the detections; ``expired`` are those of them that
    are of ignores, which fail it whatever else is known; ``unused`` are ignores that matched nothing, as id
    and package.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

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
        """Why it says nothing of real vulnerabilities; an empty string where it does."""
        if self.state is State.NOT_SCANNED:
            unknown = [reason for reason in self.reasons if reason not in self.expired]
            return "; ".join(unknown) or "nobody says why"
        if self.database is None:
            return "it names no vulnerability database"
        return "its vulnerability database holds test data only" if self.database.test else ""

    @property
    def fails(self) -> bool:
        """Whether what is known of it fails; what isn't known is another matter."""
        return bool(self.failing or self.expired) or self.state is State.FAILED

    @property
    def failing(self) -> tuple[Judged, ...]:
        """What makes it fail."""
        return tuple(each for each in self.found if each.decision is Decision.FAILS)

    @property
    def shown(self) -> tuple[Judged, ...]:
        """What a person is to see: what fails, and what the type added; a license only where it is denied."""
        return tuple(
            each
            for each in self.found
            if each.decision is not Decision.TOLERATED
            or (each.added and each.detection.kind is not Kind.LICENSE)
        )

    def count(self, *, added: bool | None = None) -> int:
        """Detections but for licenses: all, or only those that the type added."""
        return sum(
            each.detection.kind is not Kind.LICENSE and (added is None or each.added is added)
            for each in self.found
        )


def not_scanned(dag: str, image: str, base: str, now: datetime, *reasons: str) -> Verdict:
    """The verdict on an image that nothing is known of."""
    return Verdict(dag=dag, image=image, base=base, state=State.NOT_SCANNED, scanned=now, reasons=reasons)


def judge(  # noqa: PLR0913, PLR0917 - each comes from another place
    dag: str,
    digests: tuple[str, str],
    detections: tuple[Sequence[Detection], Sequence[Detection]],
    policy: Policy,
    database: Database | tuple[str, ...],
    now: datetime,
) -> Verdict:
    """The verdict on a scan.

    Args:
        dag: the DAG type.
        digests: of its image, and of its base.
        detections: in its image, and in its base.
        policy: the house's with the type's own.
        database: what the vulnerabilities are from, or why there is none.
        now: the time of the scan, in UTC; what expires does so at the end of its day.
    """
    image, base = detections
    added = {each.key for each in beyond(image, base)}
    today = now.astimezone(UTC).date()
    found = tuple(_judged(each, each.key in added, policy, today) for each in ordered(image))
    expired = policy.expired(today)
    about = database if isinstance(database, Database) else None
    unknown = database if isinstance(database, tuple) else database.unusable(now, policy.max_age_days)
    fails = expired or any(each.decision is Decision.FAILS for each in found)
    state = State.NOT_SCANNED if unknown else State.FAILED if fails else State.PASSED
    return Verdict(
        dag=dag,
        image=digests[0],
        base=digests[1],
        state=state,
        scanned=now,
        database=about,
        reasons=(*unknown, *expired),
        expired=expired,
        found=found,
        in_base=sum(each.kind is not Kind.LICENSE for each in ordered(base)),
        unused=tuple(
            (ignore.id, ignore.package)
            for ignore in policy.ignores
            if not any(matches(ignore, each) for each in image)
        ),
    )


def fails(judged: Judged, policy: Policy, today: date) -> bool:
    """Whether what was judged once fails by this policy on this day."""
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
    """Why the policy doesn't mind; an empty string where it does."""
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
