"""The text of an SBOM (CycloneDX): Trivy's, normalised so that equal images give equal bytes."""

import json
import tomllib
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from packaging.utils import canonicalize_name

from ...errors import ConfigurationError, StepError
from ...image.oci import Json, canonical
from ...image.platforms import fits, wheels
from . import cyclonedx, purl
from .graph import SbomSubject
from .purl import PurlPackage

LOG_ENTRY = 3_500_000  # bytes of an entry that the public log (Rekor) takes
_ENVELOPE = 16_384  # of these, for signature, certificate and the JSON around the payload
_STATEMENT = 1_024  # bytes of a statement without its predicate
LARGEST = (LOG_ENTRY - _ENVELOPE) // 4 * 3 - _STATEMENT  # bytes of a document: payloads are logged as base64

_Result = TypeVar("_Result")
_ESCAPED = str.maketrans(dict.fromkeys("<>&\u2028\u2029", r"\u0000"))  # six bytes each, in signers' JSON


def normalise(text: str, subject: SbomSubject) -> str:
    """Return a document of Trivy's without random names, the time of the scan, and the path scanned.

    The serial number follows from the image's digest, times are the commit's, the image is called by its
    reference, random references follow from what they name, and lists are sorted.
    """
    return canonical(_parsed(text, lambda document: cyclonedx.normalise(document, subject)))


def with_hashes(text: str, lock: str, platform: str) -> str:
    """Return the document with the SHA-256 of the files of a lock that were installed.

    A package gets a hash only if a single file can have been installed on the platform: the one wheel that
    fits, or the source distribution where none does. Of several that fit, the document cannot say which was
    used; the digest of the lock, in the provenance, covers all of them. Packages vendored inside others are
    no files of the lock.
    """
    hashes = {
        PurlPackage("pypi", canonicalize_name(package["name"]), package["version"]): sha256
        for package in tomllib.loads(lock).get("packages", [])
        if "version" in package and (sha256 := _sha256(package, platform))
    }
    return canonical(_parsed(text, lambda document: cyclonedx.with_hashes(document, hashes)))


def delta(text: str, layers: Collection[str]) -> str:
    """Return the part of a document that some layers, by their diff ids, brought, as one of its own."""
    return canonical(_parsed(text, lambda document: cyclonedx.delta(document, layers)))


def packages(text: str) -> frozenset[PurlPackage]:
    """Return the packages that a document names by purls, no images; raise StepError unless CycloneDX."""
    named = _parsed(text, lambda document: [purl.package(url) for url in cyclonedx.purls(document)])
    return frozenset(package for package in named if package and package.type != "oci")


def missing(attested: Collection[PurlPackage], installed: Collection[PurlPackage]) -> tuple[PurlPackage, ...]:
    """Return the packages that are installed, but not attested."""
    return tuple(sorted(set(installed) - set(attested)))


def check_log_size(text: str) -> None:
    """Raise ConfigurationError if the public log would refuse a signed document for its size."""
    if size(text) > LARGEST:
        remedy = "Sign with a key (--signing-key), which uses no log"
        problem = f"the SBOM has {size(text)} bytes; the public log takes at most {LARGEST}. {remedy}"
        raise ConfigurationError([problem])


def size(text: str) -> int:
    """Return the bytes of a document inside a statement, as signers write it."""
    return len(text.translate(_ESCAPED).encode())


def _sha256(package: dict[str, Any], platform: str) -> str:
    fitting = [wheel for wheel in wheels(package) if fits(wheel, platform)]
    if len(fitting) > 1:
        return ""
    file: Mapping[str, Any] = next(iter(fitting), package.get("sdist") or package.get("archive", {}))
    return str(file.get("hashes", {}).get("sha256", ""))


def _parsed(text: str, use: Callable[[Json], _Result]) -> _Result:
    try:
        document: Any = json.loads(text)
        if document.get("bomFormat") != "CycloneDX":
            raise ValueError(f"bomFormat is {document.get('bomFormat')!r}")  # noqa: TRY301 - reported with the others
        return use(document)
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
        reason = f"{type(error).__name__}: {error}, in {text[:80]!r}"
        raise StepError([f"cannot read the SBOM: {reason}; expected CycloneDX 1.6 as JSON"]) from None
