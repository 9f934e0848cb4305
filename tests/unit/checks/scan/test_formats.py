"""The result of a scan: which verdicts are accepted, and every format by name."""

import pytest

from ci.checks.scan.formats import FORMATS, ScanResult, accepted, gate, render
from ci.checks.scan.text import table
from ci.checks.scan.verdict import State
from ci.errors import CheckError

from ...verdicts import DATABASE, judged, verdict

TEST = verdict(database=DATABASE.model_copy(update={"test": True}))
NOTHING = verdict(state=State.NOT_SCANNED, image="", base="", database=None, reasons=["only as v1"])


def test_test_data_alone_accepts_nothing() -> None:
    for found, test, expected in (
        (verdict(), False, True),
        (verdict(database=None), False, False),
        (TEST, False, False),
        (TEST, True, True),
        (NOTHING, True, False),
        (verdict(judged()), True, False),
    ):
        assert accepted(found, test=test) is expected
        result = ScanResult(verdicts=(verdict(), found), locks={}, notes=("dbt: never published",))
        text = render("table", result.verdicts, {}, result.notes)
        if expected:
            assert gate(result, test=test) == text
        else:
            with pytest.raises(CheckError) as raised:
                gate(result, test=test)
            assert raised.value.problems == (text,)


def test_every_format_is_its_own() -> None:
    starts = {
        "table": table([verdict(judged())]),
        "json": '{\n  "scans": ',
        "markdown": "## salesforce: failed",
    }
    starts |= {"sarif": '{\n  "$schema": ', "junit": "<?xml", "html": "<!DOCTYPE html>"}
    made = {form: render(form, [verdict(judged())], {}) for form in FORMATS}
    assert {form: text[: len(starts[form])] for form, text in made.items()} == starts
