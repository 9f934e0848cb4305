"""Signing what was pushed: statements about each image, signed and attached before a tag leads to it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..config import names
from ..config.names import Reference
from ..tools import cosign, failures
from ..tools.cosign import Signer
from ..tools.registry import BUNDLES, Registry
from .statements import TYPES


@dataclass(frozen=True, kw_only=True)
class Subject:
    """An image in a registry, by digest, and the statements about it, by their type."""

    where: Reference
    statements: Mapping[str, str]

    @property
    def key(self) -> str:
        """The hex digits of its digest, by which files and answers are named."""
        return names.hex_digits(self.where.digest)


async def attest(place: Registry, signer: Signer, subjects: Sequence[Subject]) -> dict[str, str | int]:
    """Sign and attach what isn't there yet.

    Returns:
        By digest: how many statements were attached, or what went wrong.

    Raises:
        StepError: nothing could be signed at all.
    """
    if not subjects:
        return {}
    there, signed = await place.signed([each.where for each in subjects])
    told: dict[str, str | int] = {
        each.where.digest: _problem(each, there[each.key])
        for each in subjects
        if "problem" in there[each.key]
    }
    reached = [each for each in subjects if each.where.digest not in told]
    if not reached:
        return told
    made, bundles = await cosign.sign(signer, {each.key: each.statements for each in reached}, signed, TYPES)
    going = [each for each in reached if made[each.key]]
    told |= {each.where.digest: 0 for each in reached}
    if not going:
        return told
    job = {each.key: _job(each, made[each.key]) for each in going}
    answers = await place.attach(job, bundles)
    for each in going:
        answer = answers[each.key]
        told[each.where.digest] = _problem(each, answer) if "problem" in answer else int(answer["attached"])
    return told


def _job(subject: Subject, made: Sequence[str]) -> dict[str, Any]:
    bundles = [
        {"file": f"{BUNDLES}/{subject.key}/{kind}.json", "predicate": uri}
        for kind, uri in TYPES.items()
        if kind in made
    ]
    return {"repository": subject.where.repository, "digest": subject.where.digest, "bundles": bundles}


def _problem(subject: Subject, answer: Mapping[str, Any]) -> str:
    return failures.registry_problem(str(subject.where), str(answer["problem"]))
