"""What a verifier makes of several statements of one type: whichever comes first, and no mixture of them."""

import json
from itertools import permutations

import pytest

from ci.attest.provenance import BASE, SOURCE
from ci.attest.sbom.purl import PurlPackage
from ci.attest.statements import CYCLONEDX, PROVENANCE, SCAN, SIGNATURE
from ci.attest.verify.checks import judge, signed_claims
from ci.attest.verify.expected import CheckStatus, good
from ci.config.policy import Policy
from ci.image.labels import FORCED as FORCED_LABEL
from ci.image.labels import OCI
from ci.image.oci import Json

from ...verdicts import NOW
from ..test_provenance import WEB, WORKFLOW
from ..test_provenance_claims import GITHUBS
from .inputs import (
    BY_GITHUB,
    DIGEST,
    DIRTY,
    FAILED,
    GOOD,
    LABELS,
    NONE,
    NOT_CHECKED,
    OTHER,
    PURLS,
    WORKER,
    asked,
    checks,
    cyclonedx,
    held,
    provenance,
    said,
    signed,
)


def of_sboms(*documents: object) -> tuple[CheckStatus, str]:
    check = checks(asked(), signed(CYCLONEDX, *documents))[CYCLONEDX]
    return check.status, check.detail


TAGGED = "SPDXVersion: SPDX-2.3\nPackageName: zeep\n"
LACKING = "installed packages missing in it: 1 "
SBOMS: list[tuple[list[object], CheckStatus, str]] = [
    ([cyclonedx(*PURLS[1:])], FAILED, f"{LACKING}(zeep 4.3)"),
    ([{"bomFormat": "other"}], FAILED, "cannot read the SBOM: ValueError: "),
    ([cyclonedx(PURLS[1]), cyclonedx(*PURLS[:2]), cyclonedx()], GOOD, "2 packages, including all 2 in the "),
    ([cyclonedx(), cyclonedx(*PURLS[:2]), cyclonedx(PURLS[1])], GOOD, "2 packages, including all 2 in the "),
    ([cyclonedx(PURLS[0]), cyclonedx(PURLS[1])], FAILED, LACKING),  # two don't add up
]


@pytest.mark.parametrize(("documents", "status", "detail"), SBOMS)
def test_one_sbom_must_name_all_that_is_installed(
    documents: list[object], status: CheckStatus, detail: str
) -> None:
    judged = of_sboms(*documents)
    assert (judged[0], judged[1][: len(detail)]) == (status, detail)


def test_incomplete_sboms_beside_a_complete_one_are_counted() -> None:
    assert of_sboms(cyclonedx(PURLS[0]), cyclonedx(*PURLS))[1].endswith("; incomplete signed SBOMs: 1")
    assert "incomplete" not in of_sboms(cyclonedx(*PURLS), cyclonedx(*PURLS))[1]


@pytest.mark.parametrize(
    "strange", [{"x": 1}, TAGGED, None, [], 7, {"bomFormat": "CycloneDX", "components": None}]
)
def test_an_sbom_that_cannot_be_read_takes_nothing_from_one_that_can(strange: object) -> None:
    for both in permutations([strange, cyclonedx(*PURLS)]):
        assert of_sboms(*both)[0] is GOOD
    for both in permutations([strange, cyclonedx(*PURLS[1:])]):
        assert of_sboms(*both)[1].startswith(LACKING)
    status, detail = of_sboms(strange)
    assert (status, "cannot read" in detail) == (FAILED, True)


def test_a_statement_without_a_predicate_says_nothing() -> None:
    bare = {"good": True, "error": "", "statements": [{"predicateType": "x"}]}
    found = checks(asked(), held(dict.fromkeys((PROVENANCE, CYCLONEDX, SCAN), bare)))
    assert [found[kind].status for kind in (PROVENANCE, CYCLONEDX, SCAN)] == [FAILED] * 3


def test_of_many_packages_that_are_lacking_five_are_named() -> None:
    many = frozenset(PurlPackage("pypi", f"p{number}", "1") for number in range(7))
    told = checks(asked(), held(installed=many))[CYCLONEDX].detail
    assert told == "installed packages missing in it: 7 (p0 1, p1 1, p2 1, p3 1, p4 1, …)"


FITTING = provenance()
ELSEWHERE = provenance(origin=None)
STRANGE: Json = {"buildType": "make"}


OTHER_BASE = provenance(base=f"docker.io/apache/airflow:3@{OTHER}")


@pytest.mark.parametrize(
    ("pair", "enough"),
    [
        ([ELSEWHERE, FITTING], True),
        ([STRANGE, FITTING], True),
        ([FITTING, FITTING], True),
        ([ELSEWHERE, STRANGE], False),
        ([ELSEWHERE, ELSEWHERE], False),
        ([OTHER_BASE, ELSEWHERE], False),  # each fits in part
    ],
)
def test_one_provenance_must_fit_as_a_whole(pair: list[Json], enough: bool) -> None:  # noqa: FBT001 - a column
    for both in permutations(pair):
        assert good(judge(asked(), signed(PROVENANCE, *both), Policy(), NOW)) is enough


FORCED = provenance(forced="an audit", workflow=WORKFLOW)
UNCLEAN = provenance(revision=DIRTY, workflow=WORKFLOW)


@pytest.mark.parametrize(
    ("hidden", "name", "told"),
    [
        (FORCED, "gate", "published by force although it failed: an audit"),
        (UNCLEAN, "provenance", "uncommitted changes"),
    ],
)
@pytest.mark.parametrize("hiding", [GITHUBS, WORKER])
def test_no_other_statement_hides_that_an_image_was_forced_or_of_a_dirty_tree(
    hidden: Json, name: str, told: str, hiding: Json
) -> None:
    for both in permutations([hidden, hiding]):
        for labels in ({}, dict.fromkeys(LABELS, "")):
            found = checks(asked(**BY_GITHUB), held({PROVENANCE: said(*both)}, labels))
            assert found[name].status is FAILED
            assert told in found[name].detail


@pytest.mark.parametrize("statements", [[WORKER], [GITHUBS], [WORKER, GITHUBS]])
def test_an_image_that_says_itself_that_it_was_forced_did_not_pass_its_gate(statements: list[Json]) -> None:
    there = held({PROVENANCE: said(*statements)}, {FORCED_LABEL: "tests are red"})
    gate = checks(asked(**BY_GITHUB), there)["gate"]
    assert (gate.status, gate.detail.endswith("by force although it failed: tests are red")) == (FAILED, True)
    assert checks(asked(), held(labels={FORCED_LABEL: ""}))["gate"].status is FAILED


def test_the_statement_of_our_build_type_is_judged_whichever_comes_first() -> None:
    by = asked(**BY_GITHUB)
    for both in permutations([WORKER, GITHUBS]):
        there = signed(PROVENANCE, *both)
        assert good(judge(by, there, Policy(), NOW))
        claims = signed_claims(by, there.answers, LABELS)
        assert claims is not None
        assert claims.base_digest == DIGEST
    wrong = provenance(workflow=WORKFLOW, base=f"docker.io/apache/airflow:3@{OTHER}")
    for both in permutations([wrong, GITHUBS]):
        assert checks(by, signed(PROVENANCE, *both))["base"].status is FAILED


def test_of_what_others_write_the_statement_that_names_a_base_is_judged() -> None:
    definition = {**GITHUBS["buildDefinition"]}
    more = {"name": BASE, "uri": "pkg:docker/apache/airflow@3", "digest": {"sha256": DIGEST[7:]}}
    source = {"name": SOURCE, **definition["resolvedDependencies"][0]}
    theirs = {**GITHUBS, "buildDefinition": {**definition, "resolvedDependencies": [source, more]}}
    for both in permutations([theirs, GITHUBS]):
        assert good(judge(asked(**BY_GITHUB), signed(PROVENANCE, *both), Policy(), NOW))


def test_without_a_signature_or_a_provenance_nothing_is_claimed() -> None:
    for kind in (SIGNATURE, PROVENANCE):
        assert signed_claims(asked(), held({kind: NONE}).answers, LABELS) is None
    assert signed_claims(asked(), signed(PROVENANCE, STRANGE).answers, LABELS) is None


def test_the_base_that_was_compared_is_told_not_the_one_of_the_labels() -> None:
    there = held(labels={f"{OCI}base.name": "docker.io/evil/base", f"{OCI}base.digest": ""})
    told = checks(asked(), there)["layers"].detail
    assert told == f"the lowest layers are those of docker.io/apache/airflow:3.1.5-python3.13@{DIGEST}"
    assert checks(asked(), held({PROVENANCE: NONE}))["layers"].status is NOT_CHECKED


def test_addresses_of_one_repository_are_one_source() -> None:
    for ending in ("", "/", ".git", ".git/"):
        made = json.loads(json.dumps(WORKER).replace(f"git+{WEB}@", f"git+{WEB}{ending}@"))
        for label in (WEB, f"{WEB}.git"):
            there = held({PROVENANCE: said(made)}, {f"{OCI}source": label})
            for wanted in (WEB, f"{WEB}.git", f"{WEB}/", f"{WEB}.git/"):
                assert good(judge(asked(**BY_GITHUB, source=wanted), there, Policy(), NOW))
