"""What a verifier makes of several statements of one type: one that is right is enough, and no mixture."""

from typing import Any

import pytest

from ci.attestations import CYCLONEDX, PROVENANCE, SPDX
from ci.evidence import good, judge
from ci.oci import Json
from ci.policy import Policy
from ci.purl import Package

from .test_evidence import (
    DIRTY,
    FAILED,
    NONE,
    OTHER,
    PURLS,
    asked,
    checks,
    cyclonedx,
    held,
    provenance,
    signed,
    spdx,
)
from .verdicts import NOW


@pytest.mark.parametrize(("kind", "written"), [(CYCLONEDX, cyclonedx), (SPDX, spdx)])
def test_a_bill_must_name_all_that_is_installed(kind: str, written: Any) -> None:  # noqa: ANN401 - one of two
    lacking = checks(asked(), signed(kind, written(*PURLS[1:])))[kind]
    assert (lacking.outcome, lacking.evidence) == (FAILED, "1 installed package is not in it: zeep 4.3")
    assert checks(asked(), held({kind: NONE}))[kind].outcome is FAILED
    assert checks(asked(), signed(kind, {"bomFormat": "other"}))[kind].outcome is FAILED
    best = [written(PURLS[1]), written(*PURLS[:2]), written()]
    for each in (best, best[::-1]):
        assert checks(asked(), signed(kind, *each))[kind].evidence.startswith("2 packages, among them all 2")


def test_two_bills_that_lack_something_each_are_not_one_that_lacks_nothing() -> None:
    there = signed(CYCLONEDX, cyclonedx(PURLS[0]), cyclonedx(PURLS[1]))
    assert checks(asked(), there)[CYCLONEDX].outcome is FAILED


def test_of_many_packages_that_are_lacking_five_are_named() -> None:
    many = frozenset(Package("pypi", f"p{number}", "1") for number in range(7))
    told = checks(asked(), held(installed=many))[CYCLONEDX].evidence
    assert told == "7 installed packages are not in it: p0 1, p1 1, p2 1, p3 1, p4 1, …"


FITTING = provenance()
ELSEWHERE = provenance(origin=None)
STRANGE: Json = {"buildType": "make"}


@pytest.mark.parametrize(
    "statements",
    [[ELSEWHERE, FITTING], [FITTING, ELSEWHERE], [STRANGE, FITTING], [FITTING, STRANGE], [FITTING] * 2],
)
def test_one_provenance_that_fits_is_enough(statements: list[Json]) -> None:
    assert good(judge(asked(), signed(PROVENANCE, *statements), Policy(), NOW))


@pytest.mark.parametrize("statements", [[ELSEWHERE, STRANGE], [STRANGE, ELSEWHERE], [ELSEWHERE] * 2])
def test_no_provenance_that_fits_is_none(statements: list[Json]) -> None:
    assert not good(judge(asked(), signed(PROVENANCE, *statements), Policy(), NOW))


def test_two_provenances_do_not_fit_together_where_each_fits_in_part() -> None:
    clean = provenance(base=f"docker.io/apache/airflow:3@{OTHER}")
    dirty = provenance(revision=DIRTY)
    assert not good(judge(asked(), signed(PROVENANCE, clean, dirty), Policy(), NOW))
