"""What a verifier makes of what is at hand: all that can be wrong, wrong once at a time."""

import re

import pytest

from ci.attest.sbom.purl import PurlPackage
from ci.attest.statements import CYCLONEDX, PROVENANCE, SCAN, SIGNATURE
from ci.attest.verify.checks import judge
from ci.attest.verify.expected import CheckStatus, Expected, VerifyInputs, good
from ci.config.policy import Policy
from ci.image.labels import OCI

from ...tag_cases import COMMIT
from ...verdicts import DATABASE, NOW, verdict
from ..test_provenance import WEB
from .inputs import (
    BUILDER,
    BY_GITHUB,
    DIGEST,
    DIRTY,
    FAILED,
    GOOD,
    LABELS,
    NONE,
    NOT_CHECKED,
    OTHER,
    WORKER,
    asked,
    checks,
    held,
    provenance,
    said,
    signed,
)


def test_what_is_right_is_good_in_the_order_a_person_reads() -> None:
    found = judge(asked(), held(), Policy(), NOW)
    names = ["signature", "provenance", "gate", "builder", "source", "commit", "base", "labels", "layers"]
    assert [check.name for check in found] == [*names, "cyclonedx", "scan"]
    assert {check.status for check in found} == {GOOD}
    assert good(found)


def test_what_is_not_asked_for_is_not_checked() -> None:
    found = checks(Expected(digest=verdict().image, signer="the expected key"), held())
    assert not {"source", "commit", "base"} & set(found)
    assert good(list(found.values()))


def test_evidence_is_told() -> None:
    found = {name: check.detail for name, check in checks(asked(), held()).items()}
    assert found["signature"] == "by the expected key"
    assert found["provenance"] == f"{WEB} at {COMMIT}, built on 2026-01-02"
    assert found["builder"].endswith("attested only by the signer")
    assert found["base"] == DIGEST
    assert found["layers"].endswith(f"are those of docker.io/apache/airflow:3.1.5-python3.13@{DIGEST}")
    assert found["cyclonedx"] == "3 packages, including all 2 in the layers"
    assert found["scan"] == f"passed on 2026-11-21, 0 days ago, database {DATABASE.reference}"


# What it shows, what is asked for, what is held, the check that it is about, its outcome, and its evidence.
Row = tuple[str, Expected, VerifyInputs, str, CheckStatus, str]
ROWS: list[Row] = [
    (
        "no-signature",
        asked(),
        held({SIGNATURE: NONE}),
        "signature",
        FAILED,
        "no signature by the expected key: no matching",
    ),
    (
        "no-provenance",
        asked(),
        held({PROVENANCE: NONE}),
        "provenance",
        FAILED,
        "no provenance signed by the expected key: no",
    ),
    ("wrong-source", asked(source=f"{WEB}2"), held(), "source", FAILED, f"{WEB}2; the provenance says {WEB}"),
    ("source-with-slash", asked(source=f"{WEB}/"), held(), "source", GOOD, WEB),
    ("source-with-git", asked(source=f"{WEB}.git"), held(), "source", GOOD, WEB),
    ("source-is-longer", asked(source=WEB[:-1]), held(), "source", FAILED, "expected "),
    ("wrong-commit", asked(commit="f" * 40), held(), "commit", FAILED, f"the provenance says {COMMIT}"),
    ("part-of-a-commit", asked(commit=COMMIT[:12]), held(), "commit", FAILED, "expected "),
    (
        "dirty-commit",
        asked(),
        held({PROVENANCE: said(provenance(revision=DIRTY))}, {f"{OCI}revision": f"{COMMIT}-dirty"}),
        "provenance",
        FAILED,
        "with uncommitted changes",
    ),
    (
        "dirty-and-any-commit",
        asked(commit=""),
        held({PROVENANCE: said(provenance(revision=DIRTY))}, {f"{OCI}revision": f"{COMMIT}-dirty"}),
        "provenance",
        FAILED,
        "with uncommitted changes",
    ),
    (
        "forced",
        asked(),
        signed(PROVENANCE, provenance(forced="an audit")),
        "gate",
        FAILED,
        "published by force although it failed: an audit",
    ),
    (
        "scan-of-another-image",
        asked(digest=OTHER),
        held(),
        "scan",
        FAILED,
        "it is the scan of another image",
    ),
    (
        "wrong-base",
        asked(base_digest=OTHER),
        held(),
        "base",
        FAILED,
        f"{OTHER}; the provenance says {DIGEST}",
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
        "the signature is by the expected key",
    ),
    (
        "github-itself",
        asked(**BY_GITHUB),
        signed(PROVENANCE, WORKER),
        "builder",
        GOOD,
        "as in the certificate",
    ),
    (
        "github-another-workflow",
        asked(signer="it", identity=f"{BUILDER}2"),
        signed(PROVENANCE, WORKER),
        "builder",
        FAILED,
        f"the provenance names {BUILDER}, but the signature is by it",
    ),
    (
        "github-by-pattern",
        asked(identity_regexp=f"^{re.escape(WEB)}/.*$"),
        signed(PROVENANCE, WORKER),
        "builder",
        GOOD,
        "as the expected pattern allows",
    ),
    (
        "github-not-by-pattern",
        asked(identity_regexp=f"^{re.escape(WEB)}/|^other$"),
        signed(PROVENANCE, WORKER),
        "builder",
        FAILED,
        "the provenance names",
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
    ("other-layers", asked(), held(on_base=False), "layers", FAILED, "not those of docker.io/apache/airflow"),
    (
        "layers-asked",
        asked(),
        held(on_base=None, base_problem="no access"),
        "layers",
        NOT_CHECKED,
        "no access",
    ),
    (
        "layers-not-asked",
        asked(base_digest=""),
        held(on_base=None, base_problem="no access"),
        "layers",
        NOT_CHECKED,
        "no access",
    ),
    (
        "unread-inventory",
        asked(),
        held(installed=None, inventory_problem="no access"),
        "cyclonedx",
        NOT_CHECKED,
        "no access",
    ),
    (
        "empty-inventory",
        asked(),
        held(installed=frozenset[PurlPackage]()),
        "cyclonedx",
        NOT_CHECKED,
        "no packages",
    ),
    ("no-scan", asked(), held({SCAN: NONE}), "scan", FAILED, "no signed scan: no matching"),
    ("scan-of-another-scanner", asked(), signed(SCAN, {"scanner": {}}), "scan", FAILED, "cannot read"),
    (
        "provenance-of-v0.2",
        asked(),
        signed(PROVENANCE, {"builder": {}}),
        "provenance",
        FAILED,
        "cannot read",
    ),
    ("provenance-is-a-list", asked(), signed(PROVENANCE, []), "provenance", FAILED, "cannot read"),
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
    expected: Expected, there: VerifyInputs, name: str, outcome: CheckStatus, evidence: str
) -> None:
    found = checks(expected, there)
    assert found[name].status is outcome
    assert evidence in found[name].detail
    assert not (outcome is FAILED and good(list(found.values())))
