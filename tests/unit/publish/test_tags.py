"""Which tags a commit gets: the tables of tag_cases.py, the order of versions, and what always holds."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ci.config.revision import Revision
from ci.errors import ConfigurationError
from ci.publish.tags import Rule, Tag, TagPlan, plan
from ci.publish.versions import version

from ..tag_cases import (
    BRANCHES,
    CHANGES,
    CLEAN,
    HASH,
    LAPTOP,
    NAMING,
    OTHER_TAGS,
    PULLS,
    REFUSALS,
    RELEASES,
    TYPES,
    Given,
)

TABLES = {
    "branch": BRANCHES,
    "release": RELEASES,
    "tag": OTHER_TAGS,
    "pull": PULLS,
    "dirty": CHANGES,
    "laptop": LAPTOP,
}
ROWS = [
    pytest.param(where, tags, reason, id=f"{table}-{name}")
    for table, rows in TABLES.items()
    for name, where, tags, reason in rows
]

PIECES = st.sampled_from(
    [
        "v",
        "1",
        "0",
        "12",
        ".",
        "-",
        "/",
        "+",
        "_",
        "rc",
        ".dev1",
        "latest",
        "main",
        "sha-",
        "é",
        "salesforce",
        "x",
    ]
)
VERSIONS = st.from_regex(r"v?(0|[1-9][0-9]?)(\.(0|[1-9][0-9]?)){2}(-rc\.[1-9]|rc1|\+5)?", fullmatch=True)
NAMES = (
    st.lists(PIECES, min_size=1, max_size=6).map("".join)
    | VERSIONS
    | st.builds("{}/{}".format, st.sampled_from(TYPES), VERSIONS)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters=" ~^:?*[\\"), min_size=1)
)
HEX = st.text("0123456789abcdef", min_size=40, max_size=40)
PULL_REFS = st.sampled_from(["refs/pull/1/merge", "refs/pull/23/head", "refs/merge-requests/4/head"])
REFS = (
    st.just("")
    | PULL_REFS
    | st.builds("refs/{}/{}".format, st.sampled_from(["heads", "tags"]), st.just("main") | NAMES)
)
REVISIONS = st.builds(
    Revision,
    commit=HEX,
    created=st.integers(0),
    branch=st.none() | st.sampled_from(["main", "develop"]) | NAMES,
    tags=st.lists(NAMES, max_size=3).map(tuple),
    pull=st.booleans(),
    remote=st.none(),
    dirty=st.none() | HEX,
    changed=st.lists(NAMES, max_size=4).map(tuple),
    shallow=st.booleans(),
)


def planned(where: Given) -> TagPlan:
    return plan(where.revision, where.ref, NAMING)


def planned_or_refused(revision: Revision, ref: str) -> TagPlan | None:
    # A tag's ref is that of the commit, or hardly any example would come to a release.
    tags = (*revision.tags, ref.removeprefix("refs/tags/")) if ref.startswith("refs/tags/") else revision.tags
    try:
        return planned(Given(revision.model_copy(update={"tags": tags}), ref))
    except ConfigurationError:
        return None


@pytest.mark.parametrize(("where", "tags", "reason"), ROWS)
def test_the_tags_and_the_reason_for_them(where: Given, tags: tuple[Tag, ...], reason: str) -> None:
    found = planned(where)
    assert found.tags == tags
    assert reason in found.reason
    assert len(found.reason.splitlines()) == 1


@pytest.mark.parametrize("count", range(6))
def test_up_to_three_paths_that_differ_are_named(count: int) -> None:
    changes = {"dirty": HASH, "changed": tuple("abcdef"[:count])}
    found = planned(Given(CLEAN.model_copy(update=changes)))
    assert found.reason.count("'") == 2 * min(count, 3)
    assert found.reason.endswith("and more") == (count > 3)


@pytest.mark.parametrize(("where", "told"), [pytest.param(*row[1:], id=row[0]) for row in REFUSALS])
def test_what_can_not_be_meant_is_refused(where: Given, told: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        planned(where)
    (problem,) = caught.value.problems
    assert not [part for part in told if part not in problem]


@pytest.mark.parametrize("field", ["commit", "dirty"])
@pytest.mark.parametrize("value", ["", "0123456", "0123456789abcdef0123456789abcdef0123456\n", "Z" * 40])
def test_a_hash_is_hex(field: str, value: str) -> None:
    with pytest.raises(ValidationError):
        Revision.model_validate({**CLEAN.model_dump(), field: value})


@pytest.mark.parametrize(
    "ascending",
    [
        # The order that semver 2.0.0 shows, in its item 11.
        ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"],
        ["1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1", "2.1.10", "2.10.0", "10.0.0"],
        ["1.0.0-1", "1.0.0-2", "1.0.0-10", "1.0.0-1a", "1.0.0-A", "1.0.0-a"],
        ["v1.0.0", "1.0.1-rc.1", "v1.0.1"],
    ],
)
def test_versions_have_their_order(ascending: list[str]) -> None:
    found = [one for one in map(version, ascending) if one]
    assert len(found) == len(ascending)
    assert all(lesser < greater for lesser, greater in itertools.pairwise(found))


@pytest.mark.parametrize("same", ["1.2.3", "v1.2.3+5", "v1.2.3_6"])
def test_neither_spelling_nor_build_makes_a_version_greater(same: str) -> None:
    assert version(same) == version("v1.2.3")


@pytest.mark.parametrize(
    ("tag", "lines", "final", "plain"),
    [
        ("v1.2.3", ("v1.2", "v1"), True, True),
        ("0.2.3", ("0.2",), True, True),
        ("v1.2.3-rc.1", ("v1.2", "v1"), False, False),
        ("v1.2.3_5", ("v1.2", "v1"), True, False),
    ],
)
def test_a_version_knows_its_lines(tag: str, lines: tuple[str, ...], final: bool, plain: bool) -> None:  # noqa: FBT001
    found = version(tag)
    assert found
    assert (found.tag, found.lines, found.final, found.plain) == (tag, lines, final, plain)


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "v",
        "v1",
        "1.2",
        "v1.2.3.",
        "v1.2.3-",
        "v1.2.3+",
        "vv1.2.3",
        "v1.2.3\n",
        "v1.2.3rc1",
        "v1.2.3.post1",
        "v-1.2.3",
    ],
)
def test_what_is_no_version(tag: str) -> None:
    assert version(tag) is None


@given(REVISIONS, REFS)
def test_every_tag_is_legal_and_there_once(revision: Revision, ref: str) -> None:
    found = planned_or_refused(revision, ref)
    names = [tag.name for tag in found.tags] if found else []
    assert all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", name) for name in names)
    assert len(names) == len(set(names))


@given(REVISIONS, REFS)
def test_only_releases_take_the_names_of_releases(revision: Revision, ref: str) -> None:
    found = planned_or_refused(revision, ref)
    tags = found.tags if found else ()
    assert all((version(tag.name) is not None) == (tag.rule is Rule.RELEASE) for tag in tags)
    assert all((tag.name == "latest") == (tag.rule is Rule.LATEST) for tag in tags)


@given(REVISIONS, REFS, HEX)
def test_a_tree_that_differs_gets_its_own_tag_alone(revision: Revision, ref: str, difference: str) -> None:
    found = planned_or_refused(revision.model_copy(update={"dirty": difference}), ref)
    assert found
    assert {tag.name for tag in found.tags} <= {f"dirty-{difference[:12]}"}


@given(REVISIONS, PULL_REFS)
def test_a_pull_request_is_never_pushed(revision: Revision, ref: str) -> None:
    assert planned(Given(revision, ref)).tags == ()
    assert planned(Given(revision, "").pull()).tags == ()


@given(NAMES, REVISIONS)
def test_a_git_tag_that_names_no_type_publishes_nothing(owner: str, revision: Revision) -> None:
    clean = revision.model_copy(update={"dirty": None, "tags": ()})
    if owner not in TYPES:
        with pytest.raises(ConfigurationError, match="no DAG type"):
            planned(Given(clean, f"refs/tags/{owner}/v1.2.3"))
    assert planned(Given(clean, "refs/tags/hubspot/v1.2.3")).tags == ()
