"""What a verification expects of an image, what was collected about it, and the result of each check."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from ...errors import ConfigurationError, Fault
from ..sbom.purl import PurlPackage

_Read = TypeVar("_Read")
OLDEST = 36_500  # days: no higher age of a scan can be allowed


class CheckStatus(StrEnum):
    """The result of a check."""

    GOOD = "ok"
    FAILED = "failed"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check with its result and the reason for it."""

    name: str
    status: CheckStatus
    detail: str


@dataclass(frozen=True, kw_only=True)
class Expected:
    """The expectations of an image; empty ones are not checked.

    ``digest`` is the image's; ``signer`` names whose signatures count, for messages; ``identity`` is the
    exact identity, ``identity_regexp`` a pattern of the whole of it, both empty for a key.
    """

    digest: str
    signer: str
    identity: str = ""
    identity_regexp: str = ""
    source: str = ""
    commit: str = ""
    base_digest: str = ""
    scan_days: float = 30

    def check(self) -> None:
        """Raise ConfigurationError where no image could fulfil the expectations."""
        if not 0 <= self.scan_days <= OLDEST:  # nan is in no range
            problem = f"--max-scan-age {self.scan_days:g}: expected days from 0 to {OLDEST}, such as 30"
            raise ConfigurationError([problem])


@dataclass(frozen=True, kw_only=True)
class VerifyInputs:
    """What was collected about an image: cosign's answers by type, its labels, and its packages.

    ``installed`` is None where its layers could not be read, ``inventory_problem`` says why; ``on_base`` says
    whether its lowest layers are those of the base in its provenance, None with a ``base_problem``.
    """

    answers: Mapping[str, Mapping[str, Any]]
    labels: Mapping[str, str]
    installed: frozenset[PurlPackage] | None = None
    inventory_problem: str = ""
    on_base: bool | None = None
    base_problem: str = ""


def good(checks: Sequence[Check]) -> bool:
    """Return whether every check was made and is good."""
    return all(check.status is CheckStatus.GOOD for check in checks)


def passed(name: str, detail: str) -> Check:
    """Return a check that is good."""
    return Check(name=name, status=CheckStatus.GOOD, detail=detail)


def failed(name: str, detail: str) -> Check:
    """Return a check that failed."""
    return Check(name=name, status=CheckStatus.FAILED, detail=detail)


def readable(answer: Mapping[str, Any], read: Callable[[Any], _Read]) -> tuple[list[_Read], str]:
    """Return what is read of the predicates that cosign verified, and the last problem of another one.

    The same signer may have attested statements of other tools, in any shape.
    """
    results: list[_Read] = []
    problem = "cosign returned no statement"
    for statement in answer["statements"]:
        try:
            results.append(read(statement.get("predicate")))
        except Fault as fault:
            problem = str(fault)
    return results, problem
