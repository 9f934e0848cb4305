"""The checks of a verification: all that can be wrong, wrong once at a time."""

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


SLIPPED = {f"{OCI}revision": f"{COMMIT}-dirty"}
NO_BASE = held(on_base=None, base_problem="no access")
WORKFLOW = signed(PROVENANCE, WORKER)
UNCLEAN = said(provenance(revision=DIRTY))
NO_PACKAGES = held(installed=frozenset[PurlPackage]())
MISMATCH = f"revision is '{'f' * 40}' in the labels, '{COMMIT}' in the provenance"
FOREIGN = f"the provenance names {BUILDER}, but the signature is by it"

# The check, its status, a part of its detail, the inputs, and the changed expectations.
ROWS: list[tuple[str, CheckStatus, str, VerifyInputs, dict[str, str]]] = [
    ("signature", FAILED, "no signature by the expected key: no matching", held({SIGNATURE: NONE}), {}),
    ("provenance", FAILED, "no provenance signed by the expected key: no", held({PROVENANCE: NONE}), {}),
    ("provenance", FAILED, "with uncommitted changes", held({PROVENANCE: UNCLEAN}, SLIPPED), {}),
    ("provenance", FAILED, "with uncommitted changes", held({PROVENANCE: UNCLEAN}, SLIPPED), {"commit": ""}),
    ("provenance", FAILED, "cannot read", signed(PROVENANCE, {"builder": {}}), {}),  # v0.2
    ("provenance", FAILED, "cannot read", signed(PROVENANCE, []), {}),
    *((kind, FAILED, "", signed(kind), {}) for kind in (PROVENANCE, CYCLONEDX, SCAN)),
    ("source", FAILED, f"{WEB}2; the provenance says {WEB}", held(), {"source": f"{WEB}2"}),
    ("source", GOOD, WEB, held(), {"source": f"{WEB}/"}),
    ("source", GOOD, WEB, held(), {"source": f"{WEB}.git"}),
    ("source", FAILED, "expected ", held(), {"source": WEB[:-1]}),
    ("source", FAILED, "the provenance says nothing", signed(PROVENANCE, provenance(origin=None)), {}),
    ("commit", FAILED, f"the provenance says {COMMIT}", held(), {"commit": "f" * 40}),
    ("commit", FAILED, "expected ", held(), {"commit": COMMIT[:12]}),
    ("base", FAILED, f"{OTHER}; the provenance says {DIGEST}", held(), {"base_digest": OTHER}),
    ("gate", FAILED, "although it failed: an audit", signed(PROVENANCE, provenance(forced="an audit")), {}),
    ("builder", FAILED, "the signature is by the expected key", WORKFLOW, {}),
    ("builder", GOOD, "as in the certificate", WORKFLOW, BY_GITHUB),
    ("builder", FAILED, FOREIGN, WORKFLOW, {"signer": "it", "identity": f"{BUILDER}2"}),
    ("builder", GOOD, "as the expected pattern", WORKFLOW, {"identity_regexp": f"^{re.escape(WEB)}/.*$"}),
    ("builder", FAILED, "names", WORKFLOW, {"identity_regexp": f"^{re.escape(WEB)}/|^other$"}),
    ("labels", FAILED, MISMATCH, held(labels={f"{OCI}revision": "f" * 40}), {}),
    ("labels", FAILED, f"'{COMMIT}-dirty' in the provenance", held({PROVENANCE: UNCLEAN}), {"commit": ""}),
    ("labels", FAILED, "source is 'x'", held(labels={f"{OCI}source": "x"}), {}),
    ("labels", FAILED, "base.digest is", held(labels={f"{OCI}base.digest": OTHER}), {}),
    ("labels", GOOD, "", held(labels=dict.fromkeys(LABELS, "")), {}),
    ("layers", FAILED, "not those of docker.io/apache/airflow", held(on_base=False), {}),
    ("layers", NOT_CHECKED, "no access", NO_BASE, {}),
    ("layers", NOT_CHECKED, "no access", NO_BASE, {"base_digest": ""}),
    ("cyclonedx", NOT_CHECKED, "no access", held(installed=None, inventory_problem="no access"), {}),
    ("cyclonedx", NOT_CHECKED, "no packages", NO_PACKAGES, {}),
    ("scan", FAILED, "it is the scan of another image", held(), {"digest": OTHER}),
    ("scan", FAILED, "no signed scan: no matching", held({SCAN: NONE}), {}),
    ("scan", FAILED, "cannot read", signed(SCAN, {"scanner": {}}), {}),
]


@pytest.mark.parametrize(("name", "status", "detail", "inputs", "changes"), ROWS)
def test_a_check_is_judged(
    name: str, status: CheckStatus, detail: str, inputs: VerifyInputs, changes: dict[str, str]
) -> None:
    found = checks(asked(**changes), inputs)
    assert found[name].status is status
    assert detail in found[name].detail
    assert not (status is FAILED and good(list(found.values())))
