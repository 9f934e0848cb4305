"""The verdicts of a scan as a publication, which a report reads."""

import pytest

from ci.checks.scan import text
from ci.checks.scan.formats import ScanResult
from ci.checks.scan.verdict import State, Verdict
from ci.publish.publication import of_scan, parse

from ..verdicts import DATABASE, IMAGE, judged, verdict

TEST = verdict(database=DATABASE.model_copy(update={"test": True}))
NOTHING = verdict(state=State.NOT_SCANNED, image="", base="", database=None, reasons=["only as v1"])


def test_what_passed_is_a_row_without_a_problem() -> None:
    found = verdict()
    done = of_scan(ScanResult(verdicts=(found,), locks={}, notes=("dbt: never published",)))
    (row,) = done.rows
    assert (done.commit, done.failed, done.notes) == ("", (), ("dbt: never published",))
    assert (row.dag, row.digest, row.reference, row.scans) == ("salesforce", IMAGE, "", (found,))
    assert parse(done.as_json()) == done


@pytest.mark.parametrize("found", [verdict(judged()), verdict(state=State.FAILED), NOTHING, TEST])
def test_what_did_not_pass_has_its_table_as_problem(found: Verdict) -> None:
    done = of_scan(ScanResult(verdicts=(found, verdict()), locks={}))
    assert [row.problem for row in done.rows] == [text.table([found]), ""]
    assert parse(done.as_json()) == done
