"""Attestations of pushed images: signed and attached before a tag points to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import dagger

from ..config import names
from ..config.names import Reference
from ..tools import cosign, failures
from ..tools.cosign import Signer
from ..tools.registry import BUNDLES, Registry
from .statements import TYPES


@dataclass(frozen=True, kw_only=True)
class AttestedImage:
    """An image in a registry, by digest, and the statements about it, by their type."""

    reference: Reference
    statements: Mapping[str, str]

    @property
    def key(self) -> str:
        """The hex digits of its digest, which name its files and answers."""
        return names.hex_digits(self.reference.digest)


Attached = tuple[Mapping[str, Any], dagger.Directory]
"""What is attached to images already, as ``Registry.signed`` gives it."""


async def attest(
    registry: Registry, signer: Signer, images: Sequence[AttestedImage], attached: Attached
) -> dict[str, str | int]:
    """Sign and attach what is not attached yet; return by digest how many statements, or the problem."""
    if not images:
        return {}
    known, signed = attached
    results: dict[str, str | int] = {
        image.reference.digest: _problem(image, known[image.key]) if "problem" in known[image.key] else 0
        for image in images
    }
    reached = [image for image in images if "problem" not in known[image.key]]
    if not reached:
        return results
    statements = {image.key: image.statements for image in reached}
    untouched = [image.key for image in reached if not known[image.key]["attached"]]
    types, bundles = await cosign.sign(signer, statements, signed, TYPES, untouched)
    new = [image for image in reached if types[image.key]]
    if not new:
        return results
    answers = await registry.attach({image.key: _job(image, types[image.key]) for image in new}, bundles)
    for image in new:
        answer = answers[image.key]
        failed = "problem" in answer
        results[image.reference.digest] = _problem(image, answer) if failed else int(answer["attached"])
    return results


def _job(image: AttestedImage, signed_types: Sequence[str]) -> dict[str, Any]:
    bundles = [
        {"file": f"{BUNDLES}/{image.key}/{kind}.json", "predicate": uri}
        for kind, uri in TYPES.items()
        if kind in signed_types
    ]
    return {"repository": image.reference.repository, "digest": image.reference.digest, "bundles": bundles}


def _problem(image: AttestedImage, answer: Mapping[str, Any]) -> str:
    return failures.registry_problem(str(image.reference), str(answer["problem"]))
