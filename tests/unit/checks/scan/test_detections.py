"""What Trivy says of an image, read once: every kind, every shape, nothing lost or doubled."""

import json
from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.checks.scan.detections import Detection, Kind, added, ordered, read
from ci.config.policy import SEVERITIES
from ci.errors import StepError
from ci.image.oci import Json

from ...verdicts import DENIED, DETECTIONS, SECRET, WRONG, vulnerability

ARTIFACT = "/mnt/image"
SYSTEM = f"{ARTIFACT} (debian 12.11)"
FLAW: Json = {
    "VulnerabilityID": "CVE-2026-1",
    "PkgName": "libssl3",
    "PkgIdentifier": {"PURL": "pkg:deb/debian/libssl3@3.0", "UID": "0f"},
    "InstalledVersion": "3.0",
    "FixedVersion": "3.1",
    "Severity": "CRITICAL",
    "Title": "OpenSSL reads too much",
    "PrimaryURL": "https://avd.example/1",
    "Layer": {"DiffID": "sha256:aa"},
}
HARMLESS: Json = {
    "Type": "vulnerability",
    "Status": "not_affected",
    "Statement": "inline_mitigations_already_exist",
    "Source": "/mnt/vex/openssl.openvex.json",
    "Finding": FLAW,
}
KEY: Json = {"RuleID": "aws-key", "Severity": "HIGH", "Title": "AWS key", "StartLine": 7, "EndLine": 7}
ROOT: Json = {
    "ID": "DS002",
    "Severity": "MEDIUM",
    "Title": "Image user should not be root",
    "Message": "Specify a user",
    "PrimaryURL": "https://avd.example/ds002",
    "Status": "FAIL",
    "CauseMetadata": {"StartLine": 3},
}
COPYLEFT: Json = {"Name": "AGPL-3.0", "PkgName": "zeep", "Severity": "HIGH", "Category": "forbidden"}


def result(target: str = SYSTEM, **parts: Sequence[Json] | None) -> Json:
    return {"Target": target, "Class": "any", **parts}


def report(*results: Json) -> str:
    return json.dumps({"SchemaVersion": 2, "ArtifactName": ARTIFACT, "Results": results})


def one(given: Json) -> Detection:
    (found,) = read(report(given))
    return found


def test_a_vulnerability_is_read_in_full() -> None:
    assert one(result(Vulnerabilities=[FLAW])) == Detection(
        kind=Kind.VULNERABILITY,
        id="CVE-2026-1",
        package="libssl3",
        version="3.0",
        fixed="3.1",
        severity="critical",
        title="OpenSSL reads too much",
        place="debian 12.11",
        url="https://avd.example/1",
        purl="pkg:deb/debian/libssl3@3.0",
    )


def test_a_vulnerability_that_vex_took_out_is_read_with_what_it_says() -> None:
    open_one = one(result(Vulnerabilities=[FLAW]))
    said = "not_affected (inline_mitigations_already_exist), says openssl.openvex.json"
    found = one(result(ExperimentalModifiedFindings=[HARMLESS]))
    assert (open_one.vex, found) == ("", open_one.model_copy(update={"vex": said}))
    bare = one(result(ExperimentalModifiedFindings=[{**HARMLESS, "Statement": "", "Source": "a.json"}]))
    assert bare.vex == "not_affected, says a.json"


def test_what_is_there_twice_is_there_once_at_its_worst() -> None:
    half = report(result(Vulnerabilities=[FLAW], ExperimentalModifiedFindings=[HARMLESS]))
    assert "" in {each.vex for each in read(half)}
    assert len(read(report(result(Vulnerabilities=[FLAW, FLAW]), result(Vulnerabilities=[FLAW])))) == 1
    high, low = vulnerability(severity="high"), vulnerability(severity="low")
    assert ordered([high, low]) == ordered([low, high]) == (high,)


def test_other_kinds_are_read_with_what_they_have() -> None:
    assert one(result("/opt/dags/pull.py", Secrets=[KEY])) == Detection(
        kind=Kind.SECRET, id="aws-key", severity="high", title="AWS key", place="/opt/dags/pull.py", line=7
    )
    assert one(result("Dockerfile", Misconfigurations=[ROOT])) == Detection(
        kind=Kind.MISCONFIGURATION,
        id="DS002",
        severity="medium",
        title="Specify a user",
        place="Dockerfile",
        line=3,
        url="https://avd.example/ds002",
    )
    assert one(result("Python", Licenses=[COPYLEFT])) == Detection(
        kind=Kind.LICENSE, id="AGPL-3.0", package="zeep", severity="high", title="forbidden", place="Python"
    )


def test_a_misconfiguration_without_message_has_its_title() -> None:
    assert one(result(Misconfigurations=[{**ROOT, "Message": ""}])).title == "Image user should not be root"


def test_only_a_misconfiguration_that_failed_counts() -> None:
    every = [{**ROOT, "Status": status, "ID": status} for status in ("PASS", "FAIL", "EXCEPTION")]
    summary = {"MisconfSummary": {"Successes": 25, "Failures": 1}}
    assert [found.id for found in read(report(result(Misconfigurations=every) | summary))] == ["FAIL"]


@pytest.mark.parametrize(
    ("given", "place"),
    [
        (result(Vulnerabilities=[FLAW]), "debian 12.11"),
        (result("Python", Vulnerabilities=[FLAW]), "Python"),
        (result("Python", Vulnerabilities=[{**FLAW, "PkgPath": "lib/zeep/METADATA"}]), "lib/zeep/METADATA"),
        (result("Loose File", Licenses=[{**COPYLEFT, "FilePath": "lib/LICENSE"}]), "lib/LICENSE"),
        (result(ARTIFACT, Misconfigurations=[ROOT]), "image configuration"),
        (result("", Misconfigurations=[ROOT]), "image configuration"),
        (result("/opt/mnt/image", Secrets=[KEY]), "/opt/mnt/image"),
        (result("/opt/dags/pull (1)", Secrets=[KEY]), "/opt/dags/pull (1)"),
        (result("/opt/dags/(old)/pull.py", Secrets=[KEY]), "/opt/dags/(old)/pull.py"),
    ],
)
def test_the_place_is_the_file_else_the_target_without_what_was_scanned(given: Json, place: str) -> None:
    assert one(given).place == place


def test_what_is_unknown_or_left_out_is_said_so() -> None:
    known = {"CRITICAL": "critical", "low": "low", "UNKNOWN": "unknown", "": "unknown", "URGENT": "unknown"}
    for severity, expected in known.items():
        assert one(result(Vulnerabilities=[{**FLAW, "Severity": severity}])).severity == expected
    found = one(result(Vulnerabilities=[{"VulnerabilityID": "CVE-1", "PkgName": "zeep"}]))
    least = Detection(kind=Kind.VULNERABILITY, id="CVE-1", place="debian 12.11", severity="unknown")
    assert found == least.model_copy(update={"package": "zeep"})


LISTS = ("Vulnerabilities", "Secrets", "Misconfigurations", "Licenses", "ExperimentalModifiedFindings")


def test_an_empty_list_is_none_however_it_is_written() -> None:
    for empty in (result(), result(**dict.fromkeys(LISTS)), result(**dict.fromkeys(LISTS, ()))):
        assert read(report(empty)) == ()
    no_results: tuple[Json, ...] = ({}, {"Results": None}, {"Results": []})
    for results in no_results:
        assert read(json.dumps({"SchemaVersion": 2, "ArtifactName": ARTIFACT, **results})) == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        *((text, "") for text in ("", "{", "[]", "null", "{}", '{"error": "no such image"}')),
        (report({"Class": "os-pkgs"}), r"Results\.0\.Target: Field required"),
        (
            report(result(), result(Vulnerabilities=[{"PkgName": "zeep"}])),
            r"Results\.1\.Vulnerabilities\.0\.VulnerabilityID: Field required",
        ),
        (report(result(Secrets=[{**KEY, "StartLine": "seven"}])), r"Results\.0\.Secrets\.0\.StartLine: "),
        (json.dumps({"ArtifactName": ARTIFACT, "Results": {"Target": "a"}}), "Results: "),
    ],
)
def test_what_is_no_report_is_refused(text: str, problem: str) -> None:
    with pytest.raises(StepError, match=f"cannot read Trivy's report: .*{problem}"):
        read(text)


def test_all_kinds_of_all_targets_are_read_and_the_worst_is_first() -> None:
    found = read(
        report(
            result("Python", Licenses=[COPYLEFT]),
            result("/a.py", Secrets=[KEY]),
            result(Vulnerabilities=[{**FLAW, "Severity": "LOW"}, FLAW | {"VulnerabilityID": "CVE-2026-2"}]),
            result("Dockerfile", Misconfigurations=[ROOT]),
        )
    )
    assert [one.id for one in found] == ["CVE-2026-2", "AGPL-3.0", "aws-key", "DS002", "CVE-2026-1"]
    # Equal severities are in the order of subject, id and the number of the line.
    pairs = [("CVE-3", "aiohttp"), ("CVE-1", "zeep"), ("CVE-2", "zeep")]
    flaws = tuple(vulnerability(name, package, severity="critical") for name, package in pairs)
    lines = tuple(SECRET.model_copy(update={"line": line, "severity": "low"}) for line in (7, 9, 10, 100))
    assert ordered(reversed((*flaws, *lines))) == (*flaws, *lines)


@given(found=st.lists(DETECTIONS, max_size=6), chance=st.randoms(use_true_random=False))
def test_the_order_follows_from_what_was_found(found: list[Detection], chance: Random) -> None:
    once = ordered(found)
    assert {each.key for each in once} == {each.key for each in found}
    assert len(once) == len({each.key for each in once})
    ranks = [SEVERITIES.index(each.severity) for each in once]
    assert ranks == sorted(ranks)
    shuffled = list(once)
    chance.shuffle(shuffled)
    assert ordered(shuffled) == once


def test_added_is_what_differs_from_the_base_in_its_key() -> None:
    image = [vulnerability(), SECRET, WRONG, DENIED]
    assert added(image, [vulnerability(), WRONG]) == (SECRET, DENIED)
    assert (added(image, image), added(image, [])) == ((), ordered(image))
    key = ({"version": "1.1"}, {"place": "lib/other/METADATA"}, {"package": "lxml"}, {"id": "CVE-2"})
    for changed in key:
        ours = vulnerability().model_copy(update=changed)
        assert added([ours], [vulnerability()]) == (ours,)
    for changed in ({"title": "other"}, {"severity": "low"}, {"fixed": ""}, {"url": "u"}):
        assert added([vulnerability().model_copy(update=changed)], [vulnerability()]) == ()


def test_an_ignore_names_the_package_else_the_file() -> None:
    assert [one.subject for one in (vulnerability(), DENIED, SECRET)] == ["zeep", "zeep", SECRET.place]
