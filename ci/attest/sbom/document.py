"""Software bills of materials: what Trivy writes of an image, made the image's own.

Trivy's documents tell when and from which path they were written, and name things at random; here, equal
images give equal bytes. CycloneDX 1.6 and SPDX 2.3 are told apart by what they say of themselves. First comes
``normalise``, then ``with_hashes``, ``delta`` for the part of a type, and ``slim`` for a public log.
"""

import json
from collections.abc import Callable, Collection
from typing import Any, TypeVar

from ...errors import ConfigurationError, StepError
from ...image.oci import Json, canonical
from .cyclonedx import CYCLONEDX
from .graph import Format, Subject
from .hashes import hashes
from .purl import Package, package
from .spdx import SPDX

LOG_ENTRY = 3_500_000  # bytes of an entry that the public log (Rekor) takes
_ENVELOPE = 16_384  # of these, for signature, certificate and the JSON around the payload
_STATEMENT = 1_024  # bytes of a statement without its predicate
LARGEST = (LOG_ENTRY - _ENVELOPE) // 4 * 3 - _STATEMENT  # bytes of a document: payloads are logged as base64

_Result = TypeVar("_Result")
_ESCAPED = str.maketrans(
    dict.fromkeys("<>&\u2028\u2029", r"\u0000")
)  # six bytes each, in the JSON of signers


def normalise(text: str, subject: Subject) -> str:
    """A document of Trivy's without all that is random, of the moment, or of the place it was written at.

    Serial number and namespace are derived from the image's digest, times are the commit's, the image is
    called by its reference; random references follow from what they name, and lists are sorted.

    Raises:
        StepError: it isn't of the shape that this was written for.
    """
    return _changed(text, lambda kind, document: kind.normalised(document, subject))


def with_hashes(text: str, lock: str, platform: str) -> str:
    """The document with the SHA-256 of those files of a lock that were installed.

    A hash says: this file it was. So a package gets one only if a single file can have been installed on the
    platform: the one wheel that fits, or the source distribution where none does. Of several that fit, nobody
    can tell afterwards; the digest of the lock, in the provenance, still binds all of them. What a package
    brings along in a folder of its own is no file of the lock.

    Args:
        text: a document that was normalised.
        lock: the type's pylock.toml.
        platform: such as linux/amd64.
    """
    found = hashes(lock, platform)
    return _changed(text, lambda kind, document: kind.hashed(document, found))


def delta(text: str, layers: Collection[str]) -> str:
    """The part of a document that some layers brought, as a document of its own.

    Args:
        text: a document that was normalised.
        layers: the diff ids of the layers that a DAG type adds to its base.

    Raises:
        StepError: the image hasn't such a layer.
    """
    return _changed(text, lambda kind, document: kind.part(document, layers))


def packages(text: str) -> frozenset[Package]:
    """All packages that a document names by a purl, whoever made it; images aren't packages here."""
    found = _used(text, lambda kind, document: [package(purl) for purl in kind.purls(document)])
    return frozenset(each for each in found if each and each.type != "oci")


def missing(attested: Collection[Package], installed: Collection[Package]) -> tuple[Package, ...]:
    """Packages that are installed, and aren't in what was attested."""
    return tuple(sorted(set(installed) - set(attested)))


def fits(text: str) -> bool:
    """Whether a signed document is small enough for the public log."""
    return size(text) <= LARGEST


def size(text: str) -> int:
    """Bytes of a document inside a statement, as signers write it."""
    return len(text.translate(_ESCAPED).encode())


def slim(text: str) -> str:
    """The document, without what matters least as far as the public log makes that necessary.

    First goes what the scanner noted for itself, then where it found things; what is left out is said in the
    document. No package, version, license, hash of a package or dependency is ever left out.

    Raises:
        ConfigurationError: it is too large all the same.
    """
    if fits(text):
        return text
    smaller = _used(text, lambda kind, document: [canonical(each) for each in kind.slimmed(document)])
    for found in smaller:
        if fits(found):
            return found
    least = size(smaller[-1])
    told = f"the SBOM has {size(text)} bytes, and {least} without all that can be left out"
    taken = f"the public log takes {LARGEST} (an entry of {LOG_ENTRY}, in base64)"
    raise ConfigurationError([f"{told}, but {taken}: sign by a key (--signing-key), which asks no log"])


def _changed(text: str, change: Callable[[Format, Json], Json]) -> str:
    return canonical(_used(text, change))


def _used(text: str, use: Callable[[Format, Json], _Result]) -> _Result:
    try:
        document: Any = json.loads(text)
        return use(_kind(document), document)
    except (AttributeError, KeyError, StopIteration, TypeError, ValueError, RecursionError) as error:
        found = f"{type(error).__name__}: {error}, in {text[:80]!r}"
        expected = "CycloneDX 1.6 or SPDX 2.3 as JSON, as Trivy writes it"
        raise StepError([f"the SBOM can't be read: {found}: expected {expected}: make it anew"]) from None


def _kind(document: Json) -> Format:
    if document.get("bomFormat") == "CycloneDX":
        return CYCLONEDX
    if str(document.get("spdxVersion", "")).startswith("SPDX-2"):
        return SPDX
    raise ValueError("it is neither")
