"""Which published images are scanned, and one verdict on an image of several platforms."""

import json

from ci.checks.scan import rescan_targets
from ci.checks.scan.rescan_targets import Target, TargetState
from ci.checks.scan.verdict import Decision, State
from ci.image import oci
from ci.image.oci import Json
from ci.tools.repository_content import RepositoryContent

from ...verdicts import BASE, IMAGE, SECRET, judged, verdict, vulnerability

TARGET = Target(dag="api", repository="r.example/o/api", tag="latest")
MISSING = "r.example/o/api:latest does not exist (published tags: main, v1): publish it, or check --tag"
INDEX = f"sha256:{'c3' * 32}"


def test_an_answer_is_the_manifest_of_the_tag() -> None:
    content = RepositoryContent(manifests={"latest": "{}"}, names=("latest", "v1"))
    state = rescan_targets.state(TARGET, content)
    assert (state.manifest, state.tags, state.problem) == ("{}", ("latest", "v1"), "")
    assert state.digest == oci.Blob(text="{}").digest
    assert rescan_targets.state(TARGET, RepositoryContent(problem="denied")).problem == "denied"


def test_each_type_has_a_note_or_a_reason() -> None:
    for state, notes, reason in (
        (TargetState(target=TARGET, manifest="{}"), ["api: scanned r.example/o/api:latest"], ""),
        (TargetState(target=TARGET), ["api: never published (r.example/o/api has no tags)"], ""),
        (TargetState(target=TARGET, tags=("v1", "main")), [], MISSING),
        (TargetState(target=TARGET, problem="it doesn't answer"), [], "it doesn't answer"),
    ):
        assert rescan_targets.notes([state]) == notes
        assert state.unpublished == any("never published" in note for note in notes)
        assert not reason or rescan_targets.missing(state) == reason
    many = rescan_targets.missing(TargetState(target=TARGET, tags=tuple(f"sha-{n:03}" for n in range(20))))
    assert "(published tags: sha-012, " in many
    assert "sha-019 and 12 more): publish it" in many


def test_nothing_at_all_is_an_error_with_every_type() -> None:
    other = TargetState(target=Target(dag="dbt", repository="r.example/o/dbt", tag="latest"))
    told = str(rescan_targets.nothing_published([TargetState(target=TARGET), other]))
    assert told.startswith("no published image to scan: publish first, or check --registry")
    assert "  api: never published (r.example/o/api has no tags)\n" in told
    assert told.endswith("  dbt: never published (r.example/o/dbt has no tags)")


def test_an_index_has_images_and_attestations_are_none() -> None:
    a, b = {"digest": "sha256:a"}, {"digest": "sha256:b"}
    cases: list[tuple[Json, list[str]]] = [
        ({"layers": []}, []),
        ({"manifests": None}, []),
        ({"manifests": [{**a, "platform": {"os": "unknown"}}]}, []),
        ({"manifests": [{**a, "platform": {"os": "linux"}}, b]}, ["sha256:a", "sha256:b"]),
        ({"manifests": [a, b, a]}, ["sha256:a", "sha256:b"]),
    ]
    for manifest, digests in cases:
        assert rescan_targets.images(json.dumps(manifest)) == digests


def test_the_verdict_on_an_index_is_its_worst_and_has_all_that_was_found_once() -> None:
    both = vulnerability("CVE-1")
    below = judged(both, Decision.TOLERATED, "in the base", added=False)
    amd = verdict(below, in_base=3, unused=[("X", "a"), ("Y", "b")])
    arm = verdict(judged(both), judged(SECRET), base=IMAGE, unused=[("X", "a")], reasons=["expired"])
    one = rescan_targets.merged([("linux/amd64", amd), ("linux/arm64", arm)], INDEX)
    assert (one.state, one.image, one.base, one.in_base) == (State.FAILED, INDEX, f"{BASE}, {IMAGE}", 3)
    assert [(each.detection.id, each.decision, each.added) for each in one.found] == [
        ("aws-key", Decision.FAILS, True),
        ("CVE-1", Decision.FAILS, True),
    ]
    assert one.reasons == ("linux/arm64: expired",)
    assert one.unused == (("X", "a"),)
    assert one.database == amd.database


def test_an_ignore_that_expired_on_one_platform_fails_them_all() -> None:
    over = verdict(state=State.NOT_SCANNED, reasons=["no mirror", "over"], expired=["over"], platform="a")
    one = rescan_targets.merged([("linux/amd64", over), ("linux/arm64", verdict(platform="b"))], INDEX)
    assert (one.expired, one.unreliable) == (("linux/amd64: over",), "linux/amd64: no mirror")
    assert (one.platform, one.fails) == ("", True)


def test_what_was_not_scanned_on_one_platform_is_not_clean() -> None:
    missing = verdict(state=State.NOT_SCANNED, reasons=["no database"], database=None)
    one = rescan_targets.merged([("linux/amd64", verdict()), ("linux/arm64", missing)], INDEX)
    assert (one.state, one.reasons) == (State.NOT_SCANNED, ("linux/arm64: no database",))
    assert one.unreliable


def test_two_images_whose_platforms_have_the_same_text_both_count() -> None:
    one, other = verdict(judged(), reasons=["expired"]), verdict(reasons=["expired", "old"])
    for pair in ((one, other), (other, one)):
        both = rescan_targets.merged([("linux/arm64", each) for each in pair], INDEX)
        assert (both.state, both.found) == (State.FAILED, one.found)
        assert both.reasons == ("linux/arm64: expired", "linux/arm64: old")
