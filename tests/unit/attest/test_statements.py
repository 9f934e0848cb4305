"""What is said of an image: statements of the published shape, scans read as they were written."""

import json
from copy import deepcopy
from datetime import timedelta, timezone, tzinfo
from typing import Any

import pytest
from hypothesis import given

from ci.attest.statements import (
    PROVENANCE,
    SCAN,
    SIGNATURE,
    STATEMENT,
    TYPES,
    read_scan,
    scan_predicate,
    statement,
)
from ci.checks.scan.verdict import Decision, Verdict, not_scanned
from ci.errors import StepError
from ci.image.oci import Json

from ..verdicts import BASE, DATABASE, DENIED, IMAGE, NOW, VERDICTS, judged, verdict

SCANNER = f"ghcr.io/aquasecurity/trivy:0.70.0@sha256:{'1' * 64}"
WHOLE = verdict(judged(), judged(DENIED, Decision.IGNORED, "paid for"), in_base=3, unused=[("CVE-9", "lxml")])


def changed(path: str, *value: object) -> Json:
    made = deepcopy(scan_predicate(WHOLE, SCANNER))
    place: Any = made
    *folders, last = path.split(".")
    for folder in folders:
        place = place[folder]
    place.pop(last, None)
    place |= {last: value[0]} if value else {}
    return made


@pytest.mark.parametrize("kind", list(TYPES))
def test_a_statement_is_about_one_image_by_its_digest(kind: str) -> None:
    assert json.loads(statement(kind, "r.example/api", IMAGE, {"a": [1]})) == {
        "_type": STATEMENT,
        "subject": [{"name": "r.example/api", "digest": {"sha256": IMAGE.removeprefix("sha256:")}}],
        "predicateType": TYPES[kind],
        "predicate": {"a": [1]},
    }
    one, other = ({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert statement(kind, "r", IMAGE, one) == statement(kind, "r", IMAGE, other)


def test_every_type_has_an_address_of_its_own_and_the_signature_is_last() -> None:
    assert len(set(TYPES.values())) == len(TYPES)
    assert (next(iter(TYPES)), list(TYPES)[-1]) == (PROVENANCE, SIGNATURE)


@pytest.mark.parametrize("zone", [timezone(timedelta(hours=hours)) for hours in (0, 9, -3.5)])
def test_a_scan_names_scanner_database_and_time_in_utc(zone: tzinfo) -> None:
    moved = DATABASE.model_copy(update={"updated": DATABASE.updated.astimezone(zone)})
    made = scan_predicate(verdict(scanned=NOW.astimezone(zone), database=moved), SCANNER)
    database = {"uri": DATABASE.reference, "version": DATABASE.digest, "lastUpdate": "2026-11-21T00:15:00Z"}
    assert (made["scanner"]["uri"], made["scanner"]["version"]) == (SCANNER, "0.70.0")
    assert made["scanner"]["db"] == database
    assert made["metadata"] == dict.fromkeys(("scanStartedOn", "scanFinishedOn"), "2026-11-21T06:30:00Z")
    without = scan_predicate(not_scanned("api", IMAGE, BASE, NOW, "no network"), SCANNER)
    assert without["scanner"]["db"] == dict.fromkeys(database, "")


@given(VERDICTS)
def test_any_verdict_survives_its_statement(one: Verdict) -> None:
    text = statement(SCAN, "r.example/api", IMAGE, scan_predicate(one, SCANNER))
    found = read_scan(json.loads(text)["predicate"])
    whole = one.scanned.replace(microsecond=0)  # seconds are enough
    assert found == one.model_copy(update={"found": one.shown, "scanned": whole})


@pytest.mark.parametrize(
    "predicate",
    [
        {},
        {"scanner": {"result": {}}, "metadata": {}},
        {"scanner": [], "metadata": []},
        {"scanner": {"result": []}, "metadata": {"scanFinishedOn": "2026-11-21T06:30:00Z"}},
        {"scanner": {"uri": "pkg:github/aquasecurity/trivy", "result": {"Results": []}}, "metadata": {}},
        *(None, [], "text", 7, changed("scanner.result.state"), changed("scanner.result.state", "fine")),
        changed("scanner.result.image", None),
        changed("scanner.result.found", [{"detection": 1}]),
        changed("scanner.result.found", None),
        changed("scanner.result", {"state": "passed"}),
        changed("metadata.scanFinishedOn"),
        # Of which zone is the last?
        *(changed("metadata.scanFinishedOn", time) for time in ("", "yesterday", "2026-11-21T06:30:00")),
        changed("scanner.result.database", {"reference": "r"}),
        changed("scanner.result.excused", "yes"),
    ],
)
def test_what_is_no_scan_of_ours_is_refused(predicate: Any) -> None:  # noqa: ANN401 - anyone's
    with pytest.raises(StepError, match="expected one that publish made"):
        read_scan(predicate)
