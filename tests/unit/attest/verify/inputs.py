"""What was collected about an image that is right, and the same with changes."""

from collections.abc import Mapping
from typing import Any

from ci.attest.provenance import predicate
from ci.attest.sbom.purl import PurlPackage
from ci.attest.statements import CYCLONEDX, PROVENANCE, SCAN, SIGNATURE, scan_predicate
from ci.attest.verify.checks import judge
from ci.attest.verify.expected import Check, CheckStatus, Expected, VerifyInputs
from ci.checks.scan.verdict import Verdict
from ci.config.policy import Policy
from ci.image.labels import OCI
from ci.image.oci import Json

from ...tag_cases import CLEAN, COMMIT, HASH
from ...verdicts import NOW, verdict
from ..test_provenance import BUILD, HEX, JOB, WEB, WORKFLOW, of

SCANNER = f"ghcr.io/aquasecurity/trivy:0.70.0@sha256:{'1' * 64}"
BUILDER = f"https://github.com/{JOB}"
DIGEST = f"sha256:{HEX}"
OTHER = f"sha256:{'9' * 64}"
DIRTY = CLEAN.model_copy(update={"dirty": HASH})
ZEEP, JQ = PurlPackage("pypi", "zeep", "4.3"), PurlPackage("deb", "debian/jq", "1:1.7")
PURLS = ("pkg:pypi/zeep@4.3", "pkg:deb/debian/jq@1.7?epoch=1", "pkg:pypi/more@1")
LABELS = {
    f"{OCI}revision": COMMIT,
    f"{OCI}source": WEB,
    f"{OCI}base.name": "docker.io/apache/airflow:3.1.5-python3.13",
    f"{OCI}base.digest": DIGEST,
}
GOOD, FAILED, NOT_CHECKED = CheckStatus.GOOD, CheckStatus.FAILED, CheckStatus.NOT_CHECKED


def said(*predicates: object) -> Json:
    return {"good": True, "error": "", "statements": [{"predicate": each} for each in predicates]}


NONE: Json = {"good": False, "error": "no matching attestations", "statements": []}


def cyclonedx(*purls: str) -> Json:
    return {"bomFormat": "CycloneDX", "components": [{"purl": each} for each in purls]}


def scan(*found: Verdict) -> Json:
    return said(*(scan_predicate(each, SCANNER) for each in found))


WHOLE: Mapping[str, Json] = {
    SIGNATURE: said(),
    PROVENANCE: said(predicate(BUILD)),
    CYCLONEDX: said(cyclonedx(*PURLS)),
    SCAN: scan(verdict()),
}


def asked(**changes: str) -> Expected:
    known = {"digest": verdict().image, "signer": "the expected key", "source": WEB, "commit": COMMIT}
    fields: dict[str, Any] = {**known, "base_digest": DIGEST, **changes}
    return Expected(**fields)


def held(
    answers: Mapping[str, Json] | None = None, labels: Mapping[str, str] | None = None, **changes: object
) -> VerifyInputs:
    known: dict[str, Any] = {"installed": frozenset([ZEEP, JQ]), "on_base": True, **changes}
    return VerifyInputs(answers={**WHOLE, **(answers or {})}, labels={**LABELS, **(labels or {})}, **known)


def signed(kind: str, *predicates: object) -> VerifyInputs:
    return held({kind: said(*predicates)})


def provenance(**changes: object) -> Json:
    return predicate(of(**changes))


def checks(expected: Expected, there: VerifyInputs, policy: Policy | None = None) -> dict[str, Check]:
    found = judge(expected, there, policy or Policy(), NOW)
    assert len({check.name for check in found}) == len(found)
    return {check.name: check for check in found}


WORKER = predicate(of(workflow=WORKFLOW))
BY_GITHUB = {"signer": BUILDER, "identity": BUILDER}
