"""The result of a scan: which verdicts are accepted, and every format by name."""

import json

import pytest

from ci.checks.scan.formats import FILE_NAMES, FORMATS, ScanResult, accepted, gate, render
from ci.checks.scan.text import table
from ci.checks.scan.verdict import State, Verdict
from ci.errors import CheckError, ConfigurationError

from ...verdicts import DATABASE, judged, verdict

TEST = verdict(database=DATABASE.model_copy(update={"test": True}))
NOTHING = verdict(state=State.NOT_SCANNED, image="", base="", database=None, reasons=["only as v1"])


@pytest.mark.parametrize(
    ("found", "test", "expected"),
    [
        (verdict(), False, True),
        (verdict(database=None), False, False),
        (TEST, False, False),
        (TEST, True, True),
        (NOTHING, True, False),
        (verdict(judged()), True, False),
    ],
)
def test_test_data_alone_accepts_nothing(found: Verdict, test: bool, expected: bool) -> None:  # noqa: FBT001 - a case
    assert accepted(found, test=test) is expected
    result = ScanResult(verdicts=(verdict(), found), locks={}, notes=("dbt: never published",))
    text = render("table", result.verdicts, {}, result.notes)
    if expected:
        assert gate(result, test=test) == text
    else:
        with pytest.raises(CheckError) as raised:
            gate(result, test=test)
        assert raised.value.problems == (text,)


def test_every_format_has_a_file() -> None:
    assert FORMATS == ("table", "json", "markdown", "sarif", "junit", "html")
    assert list(FILE_NAMES.values()) == [
        f"scan.{end}" for end in ("txt", "json", "md", "sarif", "xml", "html")
    ]


def test_every_format_is_its_own() -> None:
    made = {form: render(form, [verdict(judged())], {}) for form in FORMATS}
    assert made["table"] == table([verdict(judged())])
    assert made["markdown"].startswith("## salesforce: failed")
    assert "scans" in json.loads(made["json"])
    assert "runs" in json.loads(made["sarif"])
    assert made["junit"].startswith("<?xml")
    assert made["html"].startswith("<!DOCTYPE html>")


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"^unknown format 'jsno': did you mean 'json'\?$"):
        render("jsno", [], {})
