"""What GitHub takes of SARIF: one run per category however many platforms, so many runs, so many results."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.checks.scan.sarif import documents, sarif
from ci.checks.scan.verdict import Decision, Judged, State, Verdict

from ...sarif_documents import problems, results, runs
from ...verdicts import TEXTS, judged, verdict, vulnerability

IGNORED = judged(vulnerability("CVE-2"), Decision.IGNORED, "not reached")
TOLERATED = judged(vulnerability("CVE-3"), Decision.TOLERATED, "low")
AMD, ARM = (verdict(platform=f"linux/{name}64", image=f"sha256:{name}") for name in ("amd", "arm"))


def of(base: Verdict, *found: Judged, **fields: object) -> Verdict:
    return verdict(*found, **{"platform": base.platform, "image": base.image, **fields})


def test_the_platforms_of_an_image_are_one_run() -> None:
    other = judged(vulnerability("CVE-5"))
    (run,) = runs(of(AMD, judged(), IGNORED), of(ARM, judged(), other, IGNORED))
    assert run["automationDetails"]["id"] == "trivy-salesforce/"
    texts = {result["ruleId"]: result["message"]["text"] for result in run["results"]}
    assert list(texts) == ["CVE-1", "CVE-5", "CVE-2"]
    assert ["only on" in text for text in texts.values()] == [False, True, False]
    assert "\nonly on linux/arm64\nfix: " in texts["CVE-5"]
    assert run["invocations"][0]["executionSuccessful"]


def test_a_platform_on_which_alone_something_fails_is_told() -> None:
    below = judged(vulnerability(), Decision.TOLERATED, "in the base", added=False)
    (result,) = results(of(AMD, below), of(ARM, judged()))
    assert result["level"] == "error"
    assert "\nonly on linux/arm64\n" in result["message"]["text"]


def test_what_was_not_scanned_on_one_platform_is_told_with_the_platform() -> None:
    missing = of(ARM, state=State.NOT_SCANNED, reasons=("no mirror answers",))
    (run,) = runs(of(AMD, judged()), missing)
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    (note,) = invocation["toolExecutionNotifications"]
    assert note["message"]["text"] == "salesforce: not scanned\nlinux/arm64: no mirror answers"
    (result,) = run["results"]
    assert "\nonly on linux/amd64\n" in result["message"]["text"]


def test_platforms_that_nobody_told_are_told_apart_by_their_images() -> None:
    (result,) = results(verdict(image="sha256:one"), verdict(judged(), image="sha256:two"))
    assert "\nonly on sha256:two\n" in result["message"]["text"]


@pytest.mark.parametrize(
    ("types", "sizes"), [(0, [0]), (1, [1]), (20, [20]), (21, [20, 1]), (41, [20, 20, 1])]
)
def test_documents_have_no_more_runs_than_github_takes(types: int, sizes: list[int]) -> None:
    every = [
        of(platform, judged(), dag=f"type-{number}") for number in range(types) for platform in (AMD, ARM)
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
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"]
    (note,) = invocation["toolExecutionNotifications"]
    told = "results left out: 1 (GitHub accepts 2 per run; other formats list all)"
    assert note == {"level": "warning", "message": {"text": told}}


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
