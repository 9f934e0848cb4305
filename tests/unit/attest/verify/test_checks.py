"""The checks of a verification: all that can be wrong, wrong once at a time."""

import re
from datetime import timedelta

import pytest

from ci.attest.sbom.purl import PurlPackage
from ci.attest.statements import CYCLONEDX, PROVENANCE, SCAN, SIGNATURE
from ci.attest.verify.checks import judge
from ci.attest.verify.expected import CheckStatus, Expected, VerifyInputs, good
from ci.checks.scan.verdict import Decision, State, Verdict, not_scanned
from ci.config.policy import Ignore, Policy
from ci.image.labels import OCI

from ...tag_cases import COMMIT
from ...verdicts import BASE, DATABASE, IMAGE, NOW, judged, verdict, vulnerability
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
    scan,
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


STRICT = Policy(fixable_only=False)
TEST = DATABASE.model_copy(update={"test": True})
UNFIXED = judged(vulnerability(fixed=""), Decision.TOLERATED, "no fix yet")
IGNORED = judged(vulnerability(), Decision.IGNORED, "never called")
HARMLESS = judged(vulnerability(vex="not_affected, says a.json"), Decision.IGNORED, "not_affected")
TODAY = NOW.date()


def ignoring(days: int) -> Policy:
    ignore = {"id": "CVE-1", "package": "zeep", "reason": "never called", "owner": "a@example.com"}
    until = {"expires": TODAY + timedelta(days=days), "file": "images/policy.toml"}
    return Policy().model_copy(update={"ignores": (Ignore.model_validate({**ignore, **until}),)})


def aged(**since: float) -> Verdict:
    return verdict(scanned=NOW - timedelta(**since))


ANY, BY_POLICY = Policy(), "fails by today's policy: CVE-1 in zeep"
EXPIRED = verdict(state=State.FAILED, reasons=("an ignore expired",))
BLIND = not_scanned("api", IMAGE, BASE, NOW, "no network")

# The scan's verdicts, the policy of today, the check's status, and a part of its detail.
SCANS: list[tuple[list[Verdict], Policy, CheckStatus, str]] = [
    ([aged(days=30)], ANY, GOOD, "30 days ago"),
    ([aged(days=30, seconds=1)], ANY, FAILED, "older than 30 days"),
    ([aged(days=99), aged(days=1), aged(days=50)], ANY, GOOD, "1 days ago"),
    ([aged(days=1), verdict(judged())], ANY, FAILED, "the image failed"),  # the newest counts
    ([aged(minutes=-10)], ANY, GOOD, ""),
    ([aged(minutes=-11)], ANY, FAILED, "dated in the future"),
    ([verdict(judged())], ANY, FAILED, "the image failed: see its detections"),
    ([verdict(judged())], ignoring(1), FAILED, "the image failed"),
    ([EXPIRED], ANY, FAILED, "the image failed: an ignore expired"),
    ([BLIND], ANY, FAILED, "not scanned: no network"),
    ([verdict(database=TEST)], ANY, FAILED, "not scanned: the vulnerability database contains"),
    ([verdict(judged(), database=TEST)], ANY, FAILED, "not scanned: the vuln"),
    ([verdict(UNFIXED)], ANY, GOOD, "passed"),
    ([verdict(UNFIXED)], STRICT, FAILED, BY_POLICY),
    ([verdict(IGNORED)], ignoring(0), GOOD, "passed"),
    ([verdict(IGNORED)], ignoring(-1), FAILED, BY_POLICY),
    ([verdict(HARMLESS)], ANY, GOOD, "passed"),
    ([verdict(IGNORED)], ANY, FAILED, "fails by today's policy"),
]


@pytest.mark.parametrize(("verdicts", "policy", "status", "detail"), SCANS)
def test_a_scan_is_judged_by_its_age_its_verdict_and_the_policy_of_today(
    verdicts: list[Verdict], policy: Policy, status: CheckStatus, detail: str
) -> None:
    check = checks(asked(), held({SCAN: scan(*verdicts)}), policy)["scan"]
    assert check.status is status
    assert detail in check.detail


def test_all_that_is_wrong_with_a_scan_is_told() -> None:
    there = held({SCAN: scan(verdict(IGNORED, scanned=NOW - timedelta(days=40), database=TEST))})
    told = checks(asked(), there)["scan"].detail
    assert [part in told for part in ("older than 30 days", "not scanned: ", "fails by today")] == [True] * 3
