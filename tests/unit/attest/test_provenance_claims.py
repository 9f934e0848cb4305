"""What a verifier compares of a provenance, whoever made it: read in full, or refused in words."""

from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.attest.provenance import predicate
from ci.attest.provenance_claims import Claims, read
from ci.errors import StepError
from ci.image.oci import Json

from ..tag_cases import CLEAN, COMMIT, HASH
from .test_provenance import BUILD, HEX, JOB, LOCK, ORIGIN, PAGE, REF, WEB, WORKFLOW, of, sha256

GITHUBS: Json = {  # as actions/attest-build-provenance writes it
    "buildDefinition": {
        "buildType": "https://actions.github.io/buildtypes/workflow/v1",
        "externalParameters": {
            "workflow": {"ref": REF, "repository": WEB, "path": ".github/workflows/publish.yml"}
        },
        "internalParameters": {"github": {"event_name": "push", "repository_id": "1"}},
        "resolvedDependencies": [{"uri": f"git+{WEB}@{REF}", "digest": {"gitCommit": COMMIT}}],
    },
    "runDetails": {
        "builder": {"id": f"https://github.com/{JOB}"},
        "metadata": {"invocationId": f"{WEB}/actions/runs/42/attempts/1"},
    },
}


def changed(path: str, value: object) -> Json:
    made = deepcopy(predicate(BUILD))
    place: Any = made
    *folders, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    for folder in folders:
        place = place[folder]
    place[last] = value
    return made


def test_ours_is_read_in_full() -> None:
    assert read(predicate(BUILD)) == Claims(
        build_type=PAGE,
        builder=f"{PAGE}#builder-unattested",
        source=WEB,
        ref=REF,
        commit=COMMIT,
        dirty=False,
        tree="",
        base="docker.io/apache/airflow:3.1.5-python3.13",
        base_digest=f"sha256:{HEX}",
        lock_digest=f"sha256:{sha256(LOCK.encode()).hexdigest()}",
        started=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        forced="",
    )


def test_the_two_builders_are_told_apart_and_a_dirty_tree_is_seen() -> None:
    assert [read(predicate(of(**fields))).unattested for fields in ({}, {"origin": None})] == [True, True]
    assert not read(predicate(of(workflow=WORKFLOW))).unattested
    found = read(predicate(of(revision=CLEAN.model_copy(update={"dirty": HASH}))))
    assert (found.dirty, found.tree, found.commit) == (True, HASH, COMMIT)
    for hint in ({"dirty": True}, {"dirty": "yes"}, {"tree": "1"}):
        assert read(changed("buildDefinition.resolvedDependencies.0.annotations", hint)).dirty


def test_githubs_own_says_nothing_of_base_and_lock() -> None:
    found = read(GITHUBS)
    assert (found.source, found.ref, found.commit) == (WEB, REF, COMMIT)
    assert found.builder == f"https://github.com/{JOB}"
    assert (found.base, found.base_digest, found.lock_digest, found.started) == ("", "", "", None)


def test_the_source_is_an_address_and_a_ref() -> None:
    for ref in ("", REF, "refs/tags/a@b", "refs/tags/salesforce/v1.2.3"):
        found = read(predicate(of(ref=ref)))
        assert (found.source, found.ref) == (WEB, ref or COMMIT)
    for web in ("https://git.example:8443/a/b", "http://127.0.0.1:3000/a/b/c"):
        assert read(predicate(of(origin=type(ORIGIN)(owner="a", repo="b", web=web)))).source == web
    without = read(predicate(of(origin=None)))
    assert (without.source, without.ref, without.commit) == ("", "", COMMIT)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_two_of_what_there_is_one_of_are_refused(which: int) -> None:
    made = predicate(BUILD)
    parts = made["buildDefinition"]["resolvedDependencies"]
    parts.append({**parts[which], "digest": {"sha256": "f" * 64}})
    with pytest.raises(StepError, match=f"more than one {('source', 'base', 'lock')[which]}: "):
        read(made)


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("buildDefinition", None, "buildDefinition: .*got None"),
        ("buildDefinition.buildType", "", "buildDefinition.buildType: "),
        ("buildDefinition.buildType", 7, "buildDefinition.buildType: .*got 7"),
        ("buildDefinition.resolvedDependencies", {}, "resolvedDependencies: "),
        ("buildDefinition.resolvedDependencies", None, "resolvedDependencies: "),
        ("buildDefinition.resolvedDependencies.1", "base", "resolvedDependencies.1: "),
        ("buildDefinition.resolvedDependencies.0.digest", {"gitCommit": "main"}, "gitCommit: .*got 'main'"),
        ("buildDefinition.resolvedDependencies.0.digest", {"gitCommit": f"{COMMIT}\n"}, "gitCommit: "),
        ("buildDefinition.resolvedDependencies.1.digest", {"sha256": HEX.upper()}, "sha256: "),
        ("buildDefinition.resolvedDependencies.1.digest", [], "digest: "),
        ("buildDefinition.resolvedDependencies.0.annotations", [], "annotations: "),
        ("runDetails", {}, "runDetails.builder: Field required"),
        ("runDetails.builder", {"id": 1}, "runDetails.builder.id: "),
        ("runDetails.metadata.startedOn", 1, "startedOn: .*got 1"),
        ("runDetails.metadata.startedOn", "yesterday", "startedOn: .*got 'yesterday'"),
        ("runDetails.metadata.startedOn", "2026-01-02T03:04:05", "startedOn: .*timezone"),
    ],
)
def test_what_is_malformed_is_named(path: str, value: object, told: str) -> None:
    with pytest.raises(StepError, match=rf"(?s)cannot read the provenance: .*{told}.*expected SLSA v1\.0"):
        read(changed(path, value))


@pytest.mark.parametrize("value", [None, [], {}, 1, "a", float("nan"), "\ud800"], ids=repr)
def test_what_is_no_provenance_at_all_is_told_in_words(value: object) -> None:
    with pytest.raises(StepError, match="cannot read the provenance"):
        read(value)


def test_what_is_no_json_is_told_in_words() -> None:
    circle: dict[str, object] = {}
    circle["a"] = circle
    deep: Json = {}
    for _ in range(10_000):
        deep = {"a": deep}
    for value in (circle, deep, {"a": object()}):
        with pytest.raises(StepError, match="invalid JSON"):
            read(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
RESOURCES = [f"buildDefinition.resolvedDependencies.{number}" for number in range(3)]
PLACES = (
    *("buildDefinition", "runDetails", "buildDefinition.buildType", "buildDefinition.resolvedDependencies"),
    *("runDetails.builder", "runDetails.builder.id", "runDetails.metadata", "runDetails.metadata.startedOn"),
    *(f"{resource}.{key}" for resource in RESOURCES for key in ("name", "uri", "digest", "annotations")),
    *(f"{resource}.digest.{key}" for resource in RESOURCES[:2] for key in ("sha256", "gitCommit")),
)


@given(st.sampled_from(PLACES), JSON)
def test_whatever_stands_anywhere_it_is_read_or_refused(path: str, value: object) -> None:
    with suppress(StepError):
        assert read(changed(path, value)).builder
