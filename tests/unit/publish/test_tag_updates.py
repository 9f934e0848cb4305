"""What may be done with each tag: one rule at a time, and then many releases published in any order."""

import copy
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.publish.tag_updates import Action, Candidate, RegistryState, TagUpdate, decide
from ci.publish.tags import Rule, Tag, Version, plan, version

from ..tag_cases import CLEAN, following, released

CANDIDATE = Candidate(digest="sha256:ours", commit="c" * 40)
OLD = "sha256:old"
BEFORE = "b" * 40
V123 = released("v1.2.3", "v1.2", "v1")
MAIN = (*following("main"), Tag("latest", Rule.LATEST), *following("sha-ccccccc"))
LATEST = MAIN[1:2]


def state(
    digests: Mapping[str, str] | None = None,
    *names: str,
    commit: str | None = BEFORE,
    descends: bool | None = True,
    later: bool = False,
) -> RegistryState:
    existing = digests or {}
    return RegistryState(
        digests=existing,
        names={*existing, *names},
        commits={OLD: commit} if commit is not None else {},
        descends={BEFORE: descends},
        later={BEFORE} if later else set(),
    )


def actions(updates: tuple[TagUpdate, ...]) -> str:
    return " ".join(update.action.value for update in updates)


# What it shows, the plan, the registry, one action per planned tag, and a part of one of the reasons.
Row = tuple[str, tuple[Tag, ...], RegistryState, str, str]

ROWS: list[Row] = [
    ("nothing-planned", (), state({"main": OLD}), "", ""),
    ("all-new", V123, state(), "set set set set", "is new"),
    (
        "all-ours",
        V123,
        state(dict.fromkeys(["v1.2.3", "v1.2", "v1", "latest"], CANDIDATE.digest)),
        "same " * 4,
        "",
    ),
    ("branch-new", MAIN, state(), "set set set", "is new"),
    ("branch-moves", MAIN, state(dict.fromkeys(["main", "latest"], OLD)), "set set set", f"from {OLD}"),
    ("only-latest-needs-a-label", MAIN, state({"main": OLD}, commit=None), "set set set", f"from {OLD}"),
    ("branch-overtaken", MAIN[:1], state({"main": OLD}, descends=False, later=True), "kept", "comes after"),
    ("branch-reset", MAIN[:1], state({"main": OLD}, descends=False), "set", f"moves from {OLD}"),
    ("commit-again-later", V123[1:2], state({"v1.2": OLD}, later=True), "set", ""),
    ("branch-same", following("main"), state({"main": CANDIDATE.digest}), "same", "already"),
    ("git-tag-moves", following("nightly"), state({"nightly": OLD}), "set", f"moves from {OLD}"),
    ("commit-again", following("sha-ccccccc"), state({"sha-ccccccc": OLD}), "set", ""),
    ("refused-names-both", V123[:1], state({"v1.2.3": OLD}), "refused", f"{OLD} and never changes"),
    (
        "refused-names-ours",
        V123[:1],
        state({"v1.2.3": OLD}),
        "refused",
        f"is {CANDIDATE.digest}: release a new",
    ),
    ("refused-moves-nothing", V123, state({"v1.2.3": OLD}), "refused kept kept kept", "v1.2.3 was refused"),
    (
        "refused-with-a-line-that-is-ours",
        V123,
        state({"v1.2.3": OLD, "v1": CANDIDATE.digest}),
        "refused kept same kept",
        "v1.2.3 was refused",
    ),
    (
        "one-of-two-refused",
        (Tag("v1.3.0", Rule.RELEASE), *V123),
        state({"v1.2.3": OLD}),
        "set refused kept kept kept",
        "v1.2.3 was refused",
    ),
    ("pre-release-refused", (Tag("v1.2.3-rc.1", Rule.RELEASE),), state({"v1.2.3-rc.1": OLD}), "refused", ""),
    ("next-patch", V123, state({"v1.2": OLD, "v1": OLD}, "v1.2.2"), "set set set set", f"from {OLD}"),
    (
        "patch-of-an-old-line",
        V123,
        state({"v1.2": OLD, "v1": OLD}, "v1.3.0"),
        "set set kept kept",
        "v1.3.0 is",
    ),
    ("patch-of-an-old-major", V123, state({}, "v2.0.0"), "set set set kept", "v2.0.0 is newer"),
    ("older-patch", V123, state({"v1.2": OLD}, "v1.2.4"), "set kept kept kept", "v1.2.4 is newer"),
    ("absent-lines-wait-too", V123, state({}, "v1.2.4"), "set kept kept kept", "v1.2.4 is newer"),
    (
        "the-newest-is-told",
        V123,
        state({}, "v1.2.4", "v1.2.10", "v1.2.9"),
        "set kept kept kept",
        "v1.2.10 is",
    ),
    ("numbers-not-letters", V123, state({}, "v1.2.1", "v1.1.20"), "set set set set", ""),
    ("pre-release-is-not-newer", V123, state({}, "v1.3.0-rc.1"), "set set set set", ""),
    ("other-suffixes-are-no-versions", V123, state({}, "v2.0.0a1", "v1.2.3.post1"), "set set set set", ""),
    ("build-is-not-newer", V123, state({}, "v1.2.3_5"), "set set set set", ""),
    ("greater-build-is-newer", V123, state({}, "v1.2.4_5"), "set kept kept kept", "v1.2.4_5 is newer"),
    ("other-spelling-same-latest", V123, state({}, "1.3.0"), "set set set kept", "1.3.0 is newer"),
    ("no-versions", V123, state({}, "main", "v2", "v1.9", "nightly", "2024.01.15"), "set set set set", ""),
    ("line-of-longer-number", V123, state({}, "v1.20.0"), "set set kept kept", "v1.20.0"),
    (
        "two-releases",
        (
            Tag("v1.3.0", Rule.RELEASE),
            Tag("v1.2.3", Rule.RELEASE),
            *released("v1.3.0", "v1.3", "v1", "v1.2")[1:],
        ),
        state({}, "v1.2.9"),
        "set set set set kept set",
        "v1.2.9 is newer",
    ),
    ("main-ignores-releases", LATEST, state({"latest": OLD}, "v9.0.0"), "set", f"moves from {OLD}"),
    ("latest-same", LATEST, state({"latest": CANDIDATE.digest}, commit=None), "same", ""),
    ("latest-rebuilt", LATEST, state({"latest": OLD}, commit=CANDIDATE.commit), "set", ""),
    ("latest-back", LATEST, state({"latest": OLD}, descends=False), "kept", "ccccccc doesn't descend"),
    ("latest-without-label", LATEST, state({"latest": OLD}, commit=None), "kept", "promote this image"),
    (
        "latest-with-empty-label",
        LATEST,
        state({"latest": OLD}, commit=""),
        "kept",
        "no label org.opencontainers",
    ),
    ("latest-shallow", LATEST, state({"latest": OLD}, descends=None), "kept", "fetch-depth: 0"),
    (
        "latest-unknown",
        LATEST,
        state({"latest": OLD}, commit="d" * 40),
        "kept",
        "ddddddd, and",
    ),
    ("release-back", V123, state({"latest": OLD}, descends=False), "set set set kept", "doesn't descend"),
    ("release-shallow", V123, state({"latest": OLD}, descends=None), "set set set kept", "shallow"),
    ("release-on", V123, state({"latest": OLD}, "v1.2.2"), "set set set set", f"from {OLD}"),
]


@pytest.mark.parametrize(
    ("tags", "registry", "expected", "why"), [pytest.param(*row[1:], id=row[0]) for row in ROWS]
)
def test_what_is_done_with_each_tag(
    tags: tuple[Tag, ...], registry: RegistryState, expected: str, why: str
) -> None:
    updates = decide(tags, CANDIDATE, registry)
    assert actions(updates) == expected.strip()
    assert [update.tag for update in updates] == [tag.name for tag in tags]
    assert not why or any(why in update.why for update in updates)
    assert all(update.why and "\n" not in update.why for update in updates)


def test_one_answer_where_one_version_is_spelt_in_many_ways() -> None:
    names = ["1.3.0", "v1.3.0", "1.3.0_5", "v1.3.0_5"]
    turned = [
        RegistryState(digests={}, names=names[n:] + names[:n], commits={}, descends={})
        for n in range(len(names))
    ]
    assert len({decide(V123, CANDIDATE, registry) for registry in turned}) == 1


NUMBERS = st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 3))
SUFFIXES = st.sampled_from(["", "", "", "-rc.1", "-a.1"])
RELEASES = st.lists(st.builds("v{0[0]}.{0[1]}.{0[2]}{1}".format, NUMBERS, SUFFIXES), unique=True, max_size=12)


def sound(tag: str) -> Version:
    found = version(tag)
    assert found
    return found


class Registry:
    """A registry that takes releases one by one; the n-th release in order of versions is the n-th commit."""

    def __init__(self, releases: list[str]) -> None:
        self.history = sorted(releases, key=sound)
        self.tags: dict[str, str] = {}

    def publish(self, release: str) -> tuple[TagUpdate, ...]:
        """Publish one release; the digest of its image is its own name."""
        tags = plan(CLEAN, f"refs/tags/{release}", "salesforce", ["salesforce"]).tags
        place = self.history.index(release)
        registry = RegistryState(
            digests={tag.name: self.tags[tag.name] for tag in tags if tag.name in self.tags},
            names=list(self.tags),
            commits={name: name for name in self.history},
            descends={name: self.history.index(name) <= place for name in self.history},
        )
        updates = decide(tags, Candidate(digest=release, commit=release), registry)
        self.tags |= {update.tag: release for update in updates if update.action is Action.SET}
        return updates


@given(RELEASES)
def test_lines_end_at_their_greatest_release_whatever_the_order(releases: list[str]) -> None:
    registry = Registry(releases)
    for release in releases:
        registry.publish(release)
    greatest: dict[str, str] = {}
    for release in sorted((name for name in releases if sound(name).plain), key=sound):
        greatest |= dict.fromkeys((*sound(release).lines, "latest"), release)
    assert registry.tags == {**{release: release for release in releases}, **greatest}


@given(RELEASES, st.data())
def test_latest_never_goes_back_whatever_history_says(releases: list[str], data: st.DataObject) -> None:
    registry = Registry(releases)
    registry.history = data.draw(st.permutations(registry.history))
    seen: list[Version] = []
    for release in releases:
        registry.publish(release)
        seen += [sound(registry.tags["latest"])] if "latest" in registry.tags else []
    assert seen == sorted(seen)


@given(RELEASES, st.data())
def test_a_release_published_again_changes_nothing(releases: list[str], data: st.DataObject) -> None:
    registry = Registry(releases)
    for release in releases:
        registry.publish(release)
    before = dict(registry.tags)
    if releases:
        updates = registry.publish(data.draw(st.sampled_from(releases)))
        assert updates[0].action is Action.SAME
    assert registry.tags == before


TAGS = ["v1.2.3", "v1.2.4", "v1.2", "v1", "latest", "main", "v1.3.0-rc.1"]
DIGESTS = st.sampled_from([CANDIDATE.digest, OLD, "sha256:other"])
STATES = st.builds(
    RegistryState,
    digests=st.dictionaries(st.sampled_from(TAGS), DIGESTS),
    names=st.lists(st.sampled_from([*TAGS, "v1.3.0", "1.3.0"])),
    commits=st.dictionaries(DIGESTS, st.sampled_from([BEFORE, CANDIDATE.commit])),
    descends=st.dictionaries(st.just(BEFORE), st.none() | st.booleans()),
)


@given(st.sampled_from([V123, MAIN]), STATES, st.data())
def test_the_same_input_gives_the_same_answer(
    tags: tuple[Tag, ...], registry: RegistryState, data: st.DataObject
) -> None:
    before = copy.deepcopy(registry)
    shuffled = RegistryState(
        digests=dict(reversed(list(registry.digests.items()))),
        names=data.draw(st.permutations(list(registry.names))),
        commits=registry.commits,
        descends=registry.descends,
    )
    assert (
        decide(tags, CANDIDATE, registry)
        == decide(tags, CANDIDATE, shuffled)
        == decide(tags, CANDIDATE, registry)
    )
    assert registry == before


@given(st.sampled_from([V123, MAIN]), STATES)
def test_a_release_is_never_overwritten(tags: tuple[Tag, ...], registry: RegistryState) -> None:
    updates = decide(tags, CANDIDATE, registry)
    refused = [update for update in updates if update.action is Action.REFUSED]
    written = {update.tag for update in updates if update.action is Action.SET}
    assert not [
        tag for tag in tags if tag.rule is Rule.RELEASE and {tag.name} & written & set(registry.digests)
    ]
    assert not refused or not written
