"""In-toto statements about an image, to be signed: each about one digest.

Predicate types are those that cosign knows (sigstore/cosign, cmd/cosign/cli/options/predicate.go).
"""

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

# The signature is the last to be attached: an image that has it has all the others.
TYPES = {
    PROVENANCE: provenance.PREDICATE,
    CYCLONEDX: "https://cyclonedx.org/bom",
    SCAN: "https://cosign.sigstore.dev/attestation/vuln/v1",
    SIGNATURE: "https://sigstore.dev/cosign/sign/v1",
}


def statement(kind: str, repository: str, digest: str, predicate: dict[str, Any]) -> str:
    """Return a statement of one of TYPES about the image with that digest ("sha256:…")."""
    algorithm, _, value = digest.partition(":")
    subject = {"name": repository, "digest": {algorithm: value}}
    head = {"_type": STATEMENT, "subject": [subject], "predicateType": TYPES[kind]}
    return oci.canonical({**head, "predicate": predicate})


def scan_predicate(verdict: Verdict, scanner: str) -> dict[str, Any]:
    """Return the result of a scan as cosign's predicate (its specs/COSIGN_VULN_ATTESTATION_SPEC.md).

    Only detections to show are signed; ``scanner`` is its image, by digest.
    """
    database = verdict.database
    shown = verdict.model_copy(update={"found": verdict.shown})
    when = provenance.utc(verdict.scanned)
    return {
        "invocation": {"uri": "", "event_id": "", "builder.id": "", "parameters": []},
        "scanner": {
            "uri": scanner,
            "version": scanner.partition("@")[0].rpartition(":")[2],
            "db": {
                "uri": database.reference if database else "",
                "version": database.digest if database else "",
                "lastUpdate": provenance.utc(database.updated) if database else "",
            },
            # Without times: what is signed again differs in more than these.
            "result": shown.model_dump(mode="json", exclude={"scanned": True, "database": {"checked"}}),
        },
        "metadata": {"scanStartedOn": when, "scanFinishedOn": when},
    }


def read_scan(predicate: dict[str, Any]) -> Verdict:
    """Return the verdict in a predicate that publish made; raise StepError if another tool made it."""
    try:
        result = {**predicate["scanner"]["result"], "scanned": predicate["metadata"]["scanFinishedOn"]}
        return Verdict.model_validate(result)
    except (ValueError, KeyError, TypeError):  # pydantic's errors are ValueErrors
        raise StepError(["cannot read the scan result; expected one that publish made"]) from None
