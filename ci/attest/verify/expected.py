"""What a verification asks of an image, what is at hand for it, and what became of each check."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ...errors import ConfigurationError
from ..sbom.purl import PurlPackage

OLDEST = 36_500  # days: a scan's age is never asked for in more


class Outcome(StrEnum):
    """What became of a check."""

    GOOD = "ok"
    FAILED = "failed"
    OPEN = "not checked"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check and what it rests on."""

    name: str
    outcome: Outcome
    evidence: str


@dataclass(frozen=True, kw_only=True)
class Expected:
    """What is asked of an image; what is empty isn't asked for.

    ``digest`` is the image's; ``signer`` says whose signatures count, in words; ``identity`` is the exact
    identity, ``identity_regexp`` a pattern of the whole of it, both empty for a key.
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
        """Raise ConfigurationError where no image could be as asked."""
        if not 0 <= self.scan_days <= OLDEST:  # nan is in no range
            told = f"expected days from 0 to {OLDEST}, such as 30"
            raise ConfigurationError([f"--max-scan-age {self.scan_days:g}: {told}"])


@dataclass(frozen=True, kw_only=True)
class Held:
    """What is at hand: cosign's answers by type, the image's labels, and what is really in it.

    ``installed`` is None and ``missing_inventory`` says why where its layers couldn't be read; ``base`` says
    whether its lowest layers are those of the base in its provenance, None where that can't be told.
    """

    answers: Mapping[str, Mapping[str, Any]]
    labels: Mapping[str, str]
    installed: frozenset[PurlPackage] | None
    missing_inventory: str = ""
    base: bool | None = None
    missing_base: str = ""


def good(checks: Sequence[Check]) -> bool:
    """Whether all was checked, and nothing failed."""
    return all(check.outcome is Outcome.GOOD for check in checks)


def predicates(answer: Mapping[str, Any]) -> list[Any]:
    """What the statements say that cosign verified; None for one that says nothing, as in-toto allows."""
    return [each.get("predicate") for each in answer["statements"]]
