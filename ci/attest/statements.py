"""What is said of an image, to be signed: in-toto statements, each about one digest.

Predicate types are those that cosign knows (sigstore/cosign, cmd/cosign/cli/options/predicate.go).
"""

from datetime import UTC, datetime
from typing import Any

from ..checks.scan.verdict import Verdict
from ..errors import StepError
from ..image import oci
from . import provenance

STATEMENT = "https://in-toto.io/Statement/v1"
SIGNATURE = "signature"
PROVENANCE = "provenance"
CYCLONEDX = "cyclonedx"
SCAN = "scan"

# The signature is last: where it is, all the rest is.
TYPES = {
    PROVENANCE: provenance.PREDICATE,
    CYCLONEDX: "https://cyclonedx.org/bom",
    SCAN: "https://cosign.sigstore.dev/attestation/vuln/v1",
    SIGNATURE: "https://sigstore.dev/cosign/sign/v1",
}


def statement(kind: str, repository: str, digest: str, predicate: dict[str, Any]) -> str:
    """A statement of one of the types above about the image with that digest ("sha256:…")."""
    algorithm, _, value = digest.partition(":")
    subject = {"name": repository, "digest": {algorithm: value}}
    about = {"_type": STATEMENT, "subject": [subject], "predicateType": TYPES[kind]}
    return oci.canonical({**about, "predicate": predicate})


def scan_predicate(verdict: Verdict, scanner: str) -> dict[str, Any]:
    """The result of a scan, as cosign has it (sigstore/cosign, specs/COSIGN_VULN_ATTESTATION_SPEC.md).

    Args:
        verdict: what was found and judged.
        scanner: the scanner's image, by digest.
    """
    database = verdict.database
    shown = verdict.model_copy(update={"found": verdict.shown})
    when = _time(verdict.scanned)
    return {
        "invocation": {"uri": "", "event_id": "", "builder.id": "", "parameters": []},
        "scanner": {
            "uri": scanner,
            "version": scanner.partition("@")[0].rpartition(":")[2],
            "db": {
                "uri": database.reference if database else "",
                "version": database.digest if database else "",
                "lastUpdate": _time(database.updated) if database else "",
            },
            "result": shown.model_dump(mode="json", exclude={"scanned"}),
        },
        "metadata": {"scanStartedOn": when, "scanFinishedOn": when},
    }


def read_scan(predicate: dict[str, Any]) -> Verdict:
    """The verdict in a predicate of ours.

    Raises:
        StepError: it isn't one of ours.
    """
    try:
        result = {**predicate["scanner"]["result"], "scanned": predicate["metadata"]["scanFinishedOn"]}
        return Verdict.model_validate(result)
    except (ValueError, KeyError, TypeError):  # pydantic's errors are ValueErrors
        raise StepError(["the scan result isn't one that publish made: its verdict can't be read"]) from None


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
