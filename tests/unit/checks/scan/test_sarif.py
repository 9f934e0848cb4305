"""Verdicts of a scan as SARIF: the published schema, and what GitHub makes of it and accepts."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.checks.scan.sarif import documents, sarif
from ci.checks.scan.text import remedy
from ci.checks.scan.verdict import Decision, Judged, State, Verdict, not_scanned

from ...sarif_documents import problems, results, runs, schema
from ...sources import PROJECT
from ...verdicts import (
    BASE,
    DENIED,
    IMAGE,
    NOW,
    SECRET,
    TEXTS,
    VERDICTS,
    judged,
    metadata,
    verdict,
    vulnerability,
)

LOCK = 'lock-version = "1.0"\n\n[[packages]]\nname = "isodate"\n\n[[packages]]\nname = "zope-interface"\n'
IGNORED = judged(vulnerability("CVE-2"), Decision.IGNORED, "not reached")
TOLERATED = judged(vulnerability("CVE-3"), Decision.TOLERATED, "low")


def place(one: Judged, lock: str = LOCK) -> tuple[str, int]:
    (result,) = results(verdict(one), locks={"salesforce": lock})
    where = result["locations"][0]["physicalLocation"]
    return where["artifactLocation"]["uri"], where["region"]["startLine"]


def of(package: str, **fields: object) -> Judged:
    return judged(vulnerability("CVE-1", package, **fields))


def test_the_schema_is_that_of_sarif_and_refuses_what_is_none() -> None:
    assert schema()["title"] == "Static Analysis Results Format (SARIF) Version 2.1.0 JSON Schema"
    document = json.loads(sarif([verdict()], {}))
    driver = document["runs"][0]["tool"].pop("driver")
    assert problems(document) == ["'driver' is a required property"]
    document["runs"][0]["tool"]["driver"] = {**driver, "informationUri": "no address"}
    assert problems(document) == ["'no address' is not a 'uri'"]


def test_each_type_is_a_run_and_a_category_of_its_own() -> None:
    told = [
        (run["automationDetails"]["id"], run["tool"]["driver"]["name"], len(run["results"]))
        for run in runs(verdict(), verdict(judged(), dag="api"))
    ]
    assert told == [("trivy-salesforce/", "Trivy", 0), ("trivy-api/", "Trivy", 1)]


def notes(run: dict[str, Any]) -> list[dict[str, Any]]:
    (invocation,) = run["invocations"]
    levels = {note["level"] for note in invocation.get("toolExecutionNotifications", ())}
    assert invocation["executionSuccessful"] is ("error" not in levels)
    return invocation.get("toolExecutionNotifications", [])


def test_what_was_not_scanned_is_an_unsuccessful_run() -> None:
    (run,) = runs(not_scanned("dbt", IMAGE, BASE, NOW, "no mirror\nanswers"))
    assert notes(run) == [{"level": "error", "message": {"text": "dbt: not scanned\nno mirror\nanswers"}}]
    (stale,) = runs(verdict(judged(), state=State.NOT_SCANNED))
    assert (len(notes(stale)), len(stale["results"])) == (1, 1)


def test_levels_and_suppressions_are_the_decisions() -> None:
    found = results(verdict(IGNORED, TOLERATED, judged()))
    levels = [(result["ruleId"], result["level"]) for result in found]
    assert levels == [("CVE-1", "error"), ("CVE-2", "note"), ("CVE-3", "warning")]
    assert ["suppressions" in result for result in found] == [False, True, False]
    (why,) = found[1]["suppressions"]
    assert why == {"kind": "external", "status": "accepted", "justification": "not reached"}


def test_a_message_tells_package_versions_and_what_to_do() -> None:
    fails, ignored = (result["message"]["text"] for result in results(verdict(judged(), IGNORED)))
    assert fails.split("\n") == [
        "CVE-1 (high): zeep 1.0",
        "Zeep reads too much",
        "fixed in 2.0",
        f"fix: {remedy(judged(), 'salesforce')}",
    ]
    assert ignored.endswith("\nverdict: ignored: not reached")
    (bare,) = results(verdict(judged(vulnerability(fixed="", title=""))))
    assert bare["message"]["text"].split("\n")[1] == "no fixed version"
    (secret,) = results(verdict(judged(SECRET)))
    assert secret["message"]["text"].startswith("aws-key (critical): /opt/dags/pull.py:7\nfix: ")


def test_a_title_makes_no_link() -> None:
    text = sarif([verdict(judged(vulnerability(title="[click](https://evil.example)")))], {})
    assert "](" not in text
    assert "[click] (https" in text


def test_a_rule_has_the_number_that_github_reads_a_severity_from() -> None:
    scores = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "2.0", "unknown": None}
    for severity, score in scores.items():
        (run,) = runs(verdict(judged(vulnerability(severity=severity))))
        (rule,) = run["tool"]["driver"]["rules"]
        assert rule["properties"].get("security-severity") == score
        assert rule["properties"]["tags"] == ["security", "vulnerability"]


def test_a_rule_is_told_once_and_is_as_bad_as_its_worst() -> None:
    first = judged(vulnerability("CVE-1", "a", severity="low", url="javascript:alert(1)"))
    worse = judged(vulnerability("CVE-1", "b", severity="critical", url="https://a.example/1"))
    (run,) = runs(verdict(first, worse, judged(vulnerability("CVE-0", title=""))))
    zero, one = run["tool"]["driver"]["rules"]
    assert (zero["id"], zero["shortDescription"]["text"]) == ("CVE-0", "vulnerability CVE-0")
    assert (one["id"], one["properties"]["security-severity"]) == ("CVE-1", "9.5")
    assert one["helpUri"] == "https://a.example/1"
    assert one["help"]["text"] == "Zeep reads too much\nhttps://a.example/1"
    assert [result["ruleIndex"] for result in run["results"]] == [1, 1, 0]
    (run,) = runs(verdict(judged(vulnerability("", url="javascript:alert(1)", title="x" * 2000))))
    (rule,) = run["tool"]["driver"]["rules"]
    assert rule["id"] == run["results"][0]["ruleId"] == "vulnerability"
    assert "helpUri" not in rule
    assert rule["shortDescription"]["text"] == f"{'x' * 999}…"  # as long as GitHub accepts


def test_a_package_that_the_type_added_is_shown_at_its_line_of_the_lock() -> None:
    assert place(of("isodate")) == ("images/salesforce/pylock.toml", 4)
    assert place(of("Zope.Interface")) == ("images/salesforce/pylock.toml", 7)
    assert place(of("zope-interface"), LOCK.replace("zope-i", "Zope_I"))[1] == 7
    text = (PROJECT / "images/salesforce/pylock.toml").read_text(encoding="utf-8")
    file, line = place(of("requests-file"), text)
    assert (file, text.splitlines()[line - 1]) == ("images/salesforce/pylock.toml", 'name = "requests-file"')


def test_all_else_is_shown_at_the_settings() -> None:
    nested, base = (
        'sub = { name = "isodate" }\n  name = "isodate"\n',
        judged(of("isodate").detection, added=False),
    )
    debian = of("isodate", purl="pkg:deb/debian/isodate@1", place="debian 13")
    egg = of("isodate", place="usr/lib/python3/dist-packages/isodate-1.0.egg-info/PKG-INFO")
    requirements = of("isodate", place="opt/airflow/dags/salesforce/requirements.txt")
    others = [(LOCK, one) for one in (of("other"), judged(SECRET), base, debian, egg, requirements)]
    for lock, one in (("", of("isodate")), (nested, of("isodate")), *others):
        assert place(one, lock) == ("images/salesforce/pyproject.toml", 1)
    (result,) = results(verdict(judged(SECRET), dag="a b"))
    (location,) = result["locations"]
    assert location["physicalLocation"]["artifactLocation"]["uri"] == "images/a%20b/pyproject.toml"
    assert location["logicalLocations"] == [{"fullyQualifiedName": "/opt/dags/pull.py:7"}]


def test_what_a_package_brings_along_is_shown_at_the_line_of_that_package() -> None:
    vendored = "lib/site-packages/isodate/_vendor/zope_interface-1.0.dist-info/METADATA"
    jar = {"place": "lib/site-packages/isodate/b.jar", "purl": "pkg:maven/a/b@1"}
    secret = SECRET.model_copy(update={"place": "lib/site-packages/isodate/tests/key.pem"})
    license_ = DENIED.model_copy(update={"package": "isodate", "place": metadata("isodate")})
    for one in (of("zope-interface", place=vendored), of("a:b", **jar), judged(secret), judged(license_)):
        assert place(one) == ("images/salesforce/pylock.toml", 4)


def test_a_fingerprint_is_that_of_the_detection_wherever_it_stands() -> None:
    def prints(*found: Judged) -> list[dict[str, str]]:
        return [result["partialFingerprints"] for result in results(verdict(*found))]

    moved = SECRET.model_copy(update={"line": 9})
    (first,), (second,) = prints(judged(SECRET)), prints(judged(moved))
    assert first == second
    assert first["primaryLocationLineHash"] == f"{first['detection/v1']}:1"
    one, two = prints(judged(SECRET), judged(moved))
    assert one["detection/v1"] == two["detection/v1"]
    assert two["primaryLocationLineHash"] == f"{one['detection/v1']}:2"
    (other,) = prints(judged(SECRET.model_copy(update={"place": "/opt/dags/push.py"})))
    assert other["detection/v1"] != first["detection/v1"]


@given(VERDICTS)
def test_nothing_that_was_found_breaks_the_schema(each: Verdict) -> None:
    text = sarif([each], {each.dag: LOCK})
    assert all(char.isprintable() or char == "\n" for char in text)
    (run,) = runs(each, locks={each.dag: LOCK})
    assert len(run["results"]) == len(each.shown)
    assert run["invocations"][0]["executionSuccessful"] is (each.state is not State.NOT_SCANNED)
    keys = [result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]]
    assert len(set(keys)) == len(keys)
    names = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(names[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    assert len(set(names)) == len(names)
    assert all(names)


AMD, ARM = (verdict(platform=f"linux/{name}64", image=f"sha256:{name}") for name in ("amd", "arm"))


def on(base: Verdict, *found: Judged, **fields: object) -> Verdict:
    return verdict(*found, **{"platform": base.platform, "image": base.image, **fields})


FLAW, OTHER = judged(), judged(vulnerability("CVE-5"))
BELOW = judged(vulnerability(), Decision.TOLERATED, "in the base", added=False)
MISSING: dict[str, Any] = {"state": State.NOT_SCANNED, "reasons": ("no mirror answers",)}


def test_the_platforms_of_an_image_are_one_run_that_tells_them_apart() -> None:
    for found, only in (
        (
            (on(AMD, FLAW, IGNORED), on(ARM, FLAW, OTHER, IGNORED)),
            {"CVE-1": "", "CVE-5": "linux/arm64", "CVE-2": ""},
        ),
        ((on(AMD, BELOW), on(ARM, FLAW)), {"CVE-1": "linux/arm64"}),
        ((on(AMD, FLAW), on(ARM, **MISSING)), {"CVE-1": "linux/amd64"}),
        ((verdict(image="sha256:one"), verdict(FLAW, image="sha256:two")), {"CVE-1": "sha256:two"}),
    ):
        (run,) = runs(*found)
        assert run["automationDetails"]["id"] == "trivy-salesforce/"
        texts = {result["ruleId"]: result["message"]["text"] for result in run["results"]}
        assert {name: "".join(re.findall(r"\nonly on (.*)\n", text)) for name, text in texts.items()} == only
        assert run["results"][0]["level"] == "error"
        told = "salesforce: not scanned\nlinux/arm64: no mirror answers"
        expected = [told] if found[-1].state is State.NOT_SCANNED else []
        assert [note["message"]["text"] for note in notes(run)] == expected


def test_documents_have_no_more_runs_than_github_takes() -> None:
    for types, sizes in ((0, [0]), (1, [1]), (20, [20]), (21, [20, 1]), (41, [20, 20, 1])):
        every = [
            on(platform, judged(), dag=f"type-{number}") for number in range(types) for platform in (AMD, ARM)
        ]
        texts = documents(every, {})
        found = [json.loads(text) for text in texts]
        assert [len(document["runs"]) for document in found] == sizes
        assert [problem for document in found for problem in problems(document)] == []
        names = [run["automationDetails"]["id"] for document in found for run in document["runs"]]
        assert names == [f"trivy-type-{number}/" for number in range(types)]
        whole = json.loads(sarif(every, {}))
        assert whole["runs"] == [run for document in found for run in document["runs"]]


def test_a_run_has_no_more_results_than_github_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ci.checks.scan.sarif.RESULTS", 2)
    (run,) = runs(verdict(IGNORED, TOLERATED, judged()))
    assert [result["ruleId"] for result in run["results"]] == ["CVE-1", "CVE-2"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["CVE-1", "CVE-2"]
    told = "results left out: 1 (GitHub accepts 2 per run; other formats list all)"
    assert notes(run) == [{"level": "warning", "message": {"text": told}}]


PLATFORMS = st.builds(
    verdict,
    st.sampled_from([judged(), IGNORED, TOLERATED]),
    dag=st.sampled_from(["api", "dbt"]) | TEXTS,
    platform=st.sampled_from(["", AMD.platform, ARM.platform]),
    image=TEXTS,
)


@given(st.lists(PLATFORMS, max_size=4))
def test_each_category_is_there_once(found: list[Verdict]) -> None:
    every = runs(*found)
    names = [run["automationDetails"]["id"] for run in every]
    assert names == list(dict.fromkeys(f"trivy-{each.dag}/" for each in found))
