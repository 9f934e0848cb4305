"""The rules of tags in a registry, whatever is published, cut off, promoted or rolled back, in any order.

All but regctl is real; git has answered beforehand how the commits are related.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ci.config.catalog import Catalog
from ci.errors import ConfigurationError
from ci.publish.plan import PlanRequest
from ci.publish.tags import Rule
from ci.publish.type_publish import Rows, TypePublish
from ci.publish.versions import Version, version

from ..fake_regctl import Fake
from ..published_tags import CLONES, COMMITS, Clone, World, clones, empty, history
from ..repository import Repository

TYPES = ("a", "a-b")
# Where which release is made: mostly there, so that what hangs together comes together.
RELEASES = {
    "a": ("v1.2.3",),
    "b": ("v1.2.4", "v1.4.0-rc.1", "b-v1.2.3"),
    "c": ("v1.3.0", "a/v1.3.0+1"),
    "e": ("v2.0.0", "1.3.0", "a-b/v1.3.1"),
    "fix2": ("v1.2.5", "b/main"),
}
BRANCHES = ("side", "b/main", "b/v1.2.3", "b/latest")
PATTERNS = (
    "ghcr.io/acme/{dag}:{version}",
    "ghcr.io/acme/x:{dag}-{version}",
    "ghcr.io/acme/x:{version}-{dag}",
)


@dataclass(frozen=True)
class Publish:
    """A publish of one DAG type, or (empty) all; where there is no ref, HEAD decides."""

    commit: str
    clone: str
    head: tuple[str, tuple[str, ...]]  # the ref, and the tags
    dag_type: str
    cut: int | None


@dataclass(frozen=True)
class Promote:
    """A promotion of one of the images that there are, to the tag of a type's version."""

    image: int
    dag_type: str
    version: str


@dataclass(frozen=True)
class Rollback:
    """A rollback of a DAG type."""

    dag_type: str


Step = Publish | Promote | Rollback
CUTS = st.sampled_from([None, None, 1, 1, 2])
CLONED = st.sampled_from(["whole", "whole", "whole", *CLONES])
CHOSEN = st.sampled_from(["a", "a", "a-b", ""])
PUBLISHES = st.one_of(
    *(
        st.builds(
            Publish,
            st.just(commit),
            CLONED,
            st.sampled_from([*((f"refs/tags/{tag}", (tag,)) for tag in tags), ("", tags[:2])]),
            CHOSEN,
            CUTS,
        )
        for commit, tags in RELEASES.items()
    )
)
OTHERS = st.one_of(
    st.builds(
        Publish,
        st.sampled_from(COMMITS),
        CLONED,
        st.sampled_from([*((f"refs/heads/{branch}", ()) for branch in BRANCHES), ("", ("v1.2.4",))]),
        CHOSEN,
        CUTS,
    ),
    st.builds(
        Publish,
        st.sampled_from("abcde"),
        CLONED,
        st.just(("refs/heads/main", ())),
        CHOSEN,
        st.sampled_from([None, None, 2]),
    ),
    st.builds(
        Promote,
        st.integers(0, 9),
        st.sampled_from(TYPES),
        st.sampled_from(["latest", "v1.2.4", "v1.3.0", "v1.3.0", "stable"]),
    ),
    st.builds(Rollback, st.sampled_from(["a", "a", "a-b"])),
)
STEPS = st.lists(PUBLISHES | OTHERS, min_size=8, max_size=16)


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Clone]:
    """Ask git about every commit, once."""
    folder = tmp_path_factory.mktemp("history")
    return clones(history(folder), folder)


@pytest.fixture
def catalog(repository: Repository) -> Catalog:
    """Give two DAG types, of which one's name begins as the other's."""
    for name in TYPES:
        repository.add(name)
    return repository.load()


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Give a registry, and git's answers in the place of git."""
    return empty(tmp_path, monkeypatch)


@dataclass
class Watched:
    """The world, and what must hold after each step, told from what was there before it."""

    world: World
    left: set[str] = field(default_factory=set[str])  # images that latest was moved away from by hand

    async def do(self, step: Step) -> None:
        """Do a step, and check all that was and is there."""
        before = {name: self.own(name) for name in TYPES}
        rows: Rows = ()
        completed = True
        try:
            if isinstance(step, Publish):
                ref, tags = step.head
                request = PlanRequest(dag_type=step.dag_type, ref=ref)
                rows, completed = await self.world.publish(step.commit, step.clone, request, tags, step.cut)
            elif isinstance(step, Rollback):
                await self.world.rollback(step.dag_type)
            elif self.world.images:
                images = sorted(self.world.images)
                tag = self.world.pattern.rpartition(":")[2].format(dag=step.dag_type, version=step.version)
                await self.world.promote(images[step.image % len(images)], tag)
        except ConfigurationError:
            assert before == {name: self.own(name) for name in TYPES}
        planned = {row.name: row for row in rows}
        for name in TYPES:
            after, row = self.own(name), planned.get(name)
            assert before[name].items() <= after.items() or not isinstance(step, Publish) or row
            self.releases_stay(before[name], after)
            assert {self.world.types[digest] for digest in after.values()} <= {name}
            if row:
                self.published(row, before[name], after, completed=completed)
                continue
            if "latest" in before[name] and before[name]["latest"] != after["latest"]:
                self.left.add(before[name]["latest"])
            # Only promote makes a release here.
            new = {line for one in plain(after.keys() - before[name].keys()) for line in one.lines}
            self.lines_are_right(after, new)

    def own(self, dag_type: str) -> dict[str, str]:
        """Return the tags of a type by version; they are told apart by its name alone."""
        found: dict[str, str] = {}
        for tag, digest in self.world.tags(dag_type).items():
            if self.world.pattern.endswith("{dag}:{version}"):
                found[tag] = digest
            elif self.world.pattern.endswith("{dag}-{version}"):
                owner = "a-b" if tag.startswith("a-b-") else "a"
                found |= {tag.removeprefix(f"{owner}-"): digest} if owner == dag_type else {}
            else:
                owner = "a-b" if tag.endswith("-a-b") else "b" if tag.endswith("-b") else "a"
                found |= {tag.removesuffix(f"-{owner}"): digest} if owner == dag_type else {}
        return found

    def releases_stay(self, before: dict[str, str], after: dict[str, str]) -> None:
        """Check that no tag is gone or another type's, and no release points elsewhere."""
        assert before.keys() <= after.keys()
        assert {tag: after[tag] for tag in before if version(tag)} == {
            tag: digest for tag, digest in before.items() if version(tag)
        }

    def published(
        self, row: TypePublish, before: dict[str, str], after: dict[str, str], *, completed: bool
    ) -> None:
        """Check what a publish did with the tags of a type."""
        moved = {tag: digest for tag, digest in after.items() if before.get(tag) != digest}
        rules = {tag.name: tag.rule for tag in row.plan.tag_plan.tags}
        assert moved.keys() <= rules.keys()
        assert not (row.problem and moved)
        own = [one for one in map(version, rules) if one and one.plain]
        for tag, digest in moved.items():
            was = before.get(tag)
            if rules[tag] is Rule.LATEST:
                assert was is None or self.world.descends(digest, was)
                assert digest not in self.left
                assert not own or max(own) >= max(plain(after))
            if rules[tag] is Rule.FLOATING:
                assert digest == after[max(plain(after, tag)).tag]
            if rules[tag] is Rule.BRANCH and was is not None:
                assert digest == was or not self.world.descends(was, digest)
        if completed and not row.problem:
            self.lines_are_right(after, {tag for tag, rule in rules.items() if rule is Rule.FLOATING})

    def lines_are_right(self, after: dict[str, str], lines: set[str]) -> None:
        """Check that each line is at its greatest release."""
        assert {tag: after[tag] for tag in lines} == {tag: after[max(plain(after, tag)).tag] for tag in lines}


def plain(tags: Iterable[str], line: str = "") -> list[Version]:
    """Return the plain releases among tags, all or those of a line."""
    return [one for one in map(version, tags) if one and one.plain and (not line or line in one.lines)]


@pytest.mark.parametrize("pattern", PATTERNS)
@given(steps=STEPS)
@settings(max_examples=60, derandomize=True)
def test_whatever_is_done_in_whatever_order_tags_keep_their_rules(
    fake: Fake, catalog: Catalog, answers: dict[tuple[str, str], Clone], pattern: str, steps: list[Step]
) -> None:
    async def all_steps() -> None:
        fake.repositories.clear()
        watched = Watched(World(fake, catalog, pattern, answers))
        for step in steps:
            fake.log.clear()
            await watched.do(step)

    anyio.run(all_steps)
