"""What may be done with each tag: one rule at a time, and what always holds."""

import copy
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.publish.tag_updates import Action, RegistryState, TagUpdate, decide, to_write
from ci.publish.tags import Rule, Tag

from ..tag_update_cases import BEFORE, CANDIDATE, MAIN, OLD, ROWS, V123, state


def actions(updates: tuple[TagUpdate, ...]) -> str:
    return " ".join(update.action.value for update in updates)


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


@pytest.mark.parametrize(
    ("tags", "merged", "expected"),
    [
        (V123, False, "set set set kept"),
        (V123, True, "set set set set"),
        (V123, None, "set set set set"),
        (MAIN, False, "set set set"),  # an old commit of main, as after a forced push
    ],
)
def test_only_a_release_that_main_has_moves_latest(
    tags: tuple[Tag, ...],
    merged: bool | None,  # noqa: FBT001
    expected: str,
) -> None:
    updates = decide(tags, replace(CANDIDATE, merged=merged), state())
    assert actions(updates) == expected
    told = "follows main, which lacks commit ccccccc: merge it, or promote this image to move it"
    assert [update.why for update in updates if update.action is Action.KEPT] == [told] * ("kept" in expected)


def test_a_release_is_written_before_what_it_moves_and_a_branch_after_it() -> None:
    mended = state({"v1": OLD, "v1.3.0": "sha256:newer"})
    written = [(update.tag, update.digest) for update in to_write(decide(V123, CANDIDATE, mended))]
    assert written == [
        ("v1.2.3", CANDIDATE.digest),
        ("v1.2", CANDIDATE.digest),
        ("v1", "sha256:newer"),
    ]
    # What is due is told by the branch's tag.
    assert [one.tag for one in to_write(decide(MAIN, CANDIDATE, state()))] == [
        "sha-ccccccc",
        "latest",
        "main",
    ]


def test_one_answer_where_one_version_is_spelt_in_many_ways() -> None:
    names = ["1.3.0", "v1.3.0", "1.3.0_5", "v1.3.0_5"]
    turned = [
        RegistryState(digests={}, names=names[n:] + names[:n], commits={}, descends={})
        for n in range(len(names))
    ]
    assert len({decide(V123, CANDIDATE, registry) for registry in turned}) == 1


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
