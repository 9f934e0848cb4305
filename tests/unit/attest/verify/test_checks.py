"""What a verifier makes of what is at hand: all that can be wrong, wrong once at a time."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from ci.attest.provenance import predicate
from ci.attest.sbom.purl import PurlPackage
from ci.attest.statements import CYCLONEDX, PROVENANCE, SCAN, SIGNATURE, scan_predicate
from ci.attest.verify.checks import judge
from ci.attest.verify.expected import Check, Expected, Held, Outcome, good
from ci.checks.scan.verdict import Verdict
from ci.config.policy import Policy
from ci.image.labels import OCI
from ci.image.oci import Json

from ...tag_cases import CLEAN, COMMIT, HASH
from ...verdicts import DATABASE, NOW, verdict
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
GOOD, FAILED, OPEN = Outcome.GOOD, Outcome.FAILED, Outcome.OPEN


def said(*predicates: object) -> Json:
    """Answer that these were verified."""
    return {"good": True, "said": "", "statements": [{"predicate": each} for each in predicates]}


NONE: Json = {"good": False, "said": "no matching attestations", "statements": []}


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
    known: dict[str, Any] = {
        "digest": verdict().image,
        "signer": "the key",
        "source": WEB,
        "commit": COMMIT,
        "base_digest": DIGEST,
    }
    known.update(changes)
    return Expected(**known)


def held(
    answers: Mapping[str, Json] | None = None, labels: Mapping[str, str] | None = None, **changes: object
) -> Held:
    """Hold all that is right but for what is said."""
    known: dict[str, Any] = {"installed": frozenset([ZEEP, JQ]), "base": True, **changes}
    return Held(answers={**WHOLE, **(answers or {})}, labels={**LABELS, **(labels or {})}, **known)


def signed(kind: str, *predicates: object) -> Held:
    """Hold these statements of a type."""
    return held({kind: said(*predicates)})


def provenance(**changes: object) -> Json:
    return predicate(of(**changes))


def checks(expected: Expected, there: Held, policy: Policy | None = None) -> dict[str, Check]:
    """Judge, and tell checks apart by name."""
    found = judge(expected, there, policy or Policy(), NOW)
    assert len({check.name for check in found}) == len(found)
    return {check.name: check for check in found}


def test_what_is_right_is_good_in_the_order_a_person_reads() -> None:
    found = judge(asked(), held(), Policy(), NOW)
    names = ["signature", "provenance", "gate", "builder", "source", "commit", "base", "labels", "layers"]
    assert [check.name for check in found] == [*names, "cyclonedx", "scan"]
    assert {check.outcome for check in found} == {GOOD}
    assert good(found)


def test_what_is_not_asked_for_is_not_checked() -> None:
    found = checks(Expected(digest=verdict().image, signer="the key"), held())
    assert not {"source", "commit", "base"} & set(found)
    assert good(list(found.values()))


def test_evidence_is_told() -> None:
    found = {name: check.evidence for name, check in checks(asked(), held()).items()}
    assert found["signature"] == "by the key"
    assert found["provenance"] == f"{WEB} at {COMMIT}, of 2026-01-02"
    assert found["builder"].endswith("nobody but the signer vouches for where it was built")
    assert found["base"] == DIGEST
    assert found["layers"].endswith(f"are those of docker.io/apache/airflow:3.1.5-python3.13@{DIGEST}")
    assert found["cyclonedx"] == "3 packages, among them all 2 that are in the layers"
    assert found["scan"] == f"of 2026-11-21, 0 days old, passed, database {DATABASE.reference}"


WORKER = predicate(of(workflow=WORKFLOW))
BY_GITHUB = {"signer": BUILDER, "identity": BUILDER}


# What it shows, what is asked for, what is held, the check that it is about, its outcome, and its evidence.
Row = tuple[str, Expected, Held, str, Outcome, str]
ROWS: list[Row] = [
    ("no-signature", asked(), held({SIGNATURE: NONE}), "signature", FAILED, "none by the key: no matching"),
    ("no-provenance", asked(), held({PROVENANCE: NONE}), "provenance", FAILED, "none signed by the key: no"),
    ("wrong-source", asked(source=f"{WEB}2"), held(), "source", FAILED, f"{WEB}2, the provenance says {WEB}"),
    ("source-with-slash", asked(source=f"{WEB}/"), held(), "source", GOOD, WEB),
    ("source-with-git", asked(source=f"{WEB}.git"), held(), "source", GOOD, WEB),
    ("source-is-longer", asked(source=WEB[:-1]), held(), "source", FAILED, "asked for"),
    ("wrong-commit", asked(commit="f" * 40), held(), "commit", FAILED, f"the provenance says {COMMIT}"),
    ("part-of-a-commit", asked(commit=COMMIT[:12]), held(), "commit", FAILED, "asked for"),
    (
        "dirty-commit",
        asked(),
        held({PROVENANCE: said(provenance(revision=DIRTY))}, {f"{OCI}revision": f"{COMMIT}-dirty"}),
        "provenance",
        FAILED,
        "with changes that no commit has",
    ),
    (
        "dirty-and-any-commit",
        asked(commit=""),
        held({PROVENANCE: said(provenance(revision=DIRTY))}, {f"{OCI}revision": f"{COMMIT}-dirty"}),
        "provenance",
        FAILED,
        "with changes that no commit has",
    ),
    (
        "forced",
        asked(),
        signed(PROVENANCE, provenance(forced="an audit")),
        "gate",
        FAILED,
        "published by force: an audit",
    ),
    (
        "scan-of-another-image",
        asked(digest=OTHER),
        held(),
        "scan",
        FAILED,
        "it is a scan of another image",
    ),
    (
        "wrong-base",
        asked(base_digest=OTHER),
        held(),
        "base",
        FAILED,
        f"{OTHER}, the provenance says {DIGEST}",
    ),
    (
        "source-that-lives-nowhere",
        asked(),
        signed(PROVENANCE, provenance(origin=None)),
        "source",
        FAILED,
        "the provenance says nothing",
    ),
    (
        "github-by-a-key",
        asked(),
        signed(PROVENANCE, WORKER),
        "builder",
        FAILED,
        "the signature is by the key",
    ),
    ("github-itself", asked(**BY_GITHUB), signed(PROVENANCE, WORKER), "builder", GOOD, "as the certificate"),
    (
        "github-another-workflow",
        asked(signer="it", identity=f"{BUILDER}2"),
        signed(PROVENANCE, WORKER),
        "builder",
        FAILED,
        f"it says {BUILDER}, and the signature is by it",
    ),
    (
        "github-by-pattern",
        asked(identity_regexp=f"^{re.escape(WEB)}/.*$"),
        signed(PROVENANCE, WORKER),
        "builder",
        GOOD,
        "which the expected pattern allows",
    ),
    (
        "github-not-by-pattern",
        asked(identity_regexp=f"^{re.escape(WEB)}/|^other$"),
        signed(PROVENANCE, WORKER),
        "builder",
        FAILED,
        "it says",
    ),
    (
        "revision-differs",
        asked(),
        held(labels={f"{OCI}revision": "f" * 40}),
        "labels",
        FAILED,
        f"revision is '{'f' * 40}' in the labels, '{COMMIT}' in the provenance",
    ),
    (
        "revision-hides-dirt",
        asked(commit=""),
        signed(PROVENANCE, provenance(revision=DIRTY)),
        "labels",
        FAILED,
        f"'{COMMIT}-dirty' in the provenance",
    ),
    ("source-differs", asked(), held(labels={f"{OCI}source": "x"}), "labels", FAILED, "source is 'x'"),
    ("base-differs", asked(), held(labels={f"{OCI}base.digest": OTHER}), "labels", FAILED, "base.digest is"),
    ("no-labels", asked(), held(labels=dict.fromkeys(LABELS, "")), "labels", GOOD, ""),
    ("other-layers", asked(), held(base=False), "layers", FAILED, "not those of docker.io/apache/airflow"),
    ("layers-asked", asked(), held(base=None, missing_base="no access"), "layers", OPEN, "no access"),
    (
        "layers-not-asked",
        asked(base_digest=""),
        held(base=None, missing_base="no access"),
        "layers",
        OPEN,
        "no access",
    ),
    (
        "unread-inventory",
        asked(),
        held(installed=None, missing_inventory="no access"),
        "cyclonedx",
        OPEN,
        "no access",
    ),
    ("empty-inventory", asked(), held(installed=frozenset[PurlPackage]()), "cyclonedx", OPEN, "no package"),
    ("no-scan", asked(), held({SCAN: NONE}), "scan", FAILED, "there is no signed one: no matching"),
    ("scan-of-another-scanner", asked(), signed(SCAN, {"scanner": {}}), "scan", FAILED, "can be read"),
    (
        "provenance-of-v0.2",
        asked(),
        signed(PROVENANCE, {"builder": {}}),
        "provenance",
        FAILED,
        "can't be read",
    ),
    ("provenance-is-a-list", asked(), signed(PROVENANCE, []), "provenance", FAILED, "can't be read"),
    *(
        (f"no-statement-{kind}", asked(), signed(kind), kind, FAILED, "")
        for kind in (PROVENANCE, CYCLONEDX, SCAN)
    ),
]


@pytest.mark.parametrize(
    ("expected", "there", "name", "outcome", "evidence"),
    [row[1:] for row in ROWS],
    ids=[row[0] for row in ROWS],
)
def test_a_check_is_judged(
    expected: Expected, there: Held, name: str, outcome: Outcome, evidence: str
) -> None:
    found = checks(expected, there)
    assert found[name].outcome is outcome
    assert evidence in found[name].evidence
    assert not (outcome is FAILED and good(list(found.values())))
