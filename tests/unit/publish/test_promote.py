"""Tags that are moved to images that are there: what promote and rollback do, and refuse."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from ci.errors import ConfigurationError
from ci.publish.plan import PlanRequest
from ci.publish.type_publish import TypePublish

from ..published_tags import World, empty, line
from ..repository import Repository

pytestmark = pytest.mark.anyio
SHARED = "ghcr.io/acme/x:{dag}-{version}"
OWN = "ghcr.io/acme/{dag}:{version}"


@dataclass(frozen=True)
class Images:
    """A world whose commits 1 to 4 come after each other, and what is published of them."""

    world: World

    async def publish(self, commit: str, ref: str, dag_type: str = "a") -> TypePublish:
        """Publish one DAG type."""
        git_tags = [ref.removeprefix("refs/tags/")] if ref.startswith("refs/tags/") else []
        rows, _ = await self.world.publish(commit, "whole", PlanRequest(dag_type=dag_type, ref=ref), git_tags)
        return rows[0]

    async def release(self, commit: str, version: str, dag_type: str = "a") -> str:
        """Release a DAG type; the digest."""
        return (await self.publish(commit, f"refs/tags/{version}", dag_type)).built.digest

    def at(self, tag: str) -> str | None:
        """Return what a tag points to."""
        return self.world.tags("a").get(tag)


@pytest.fixture
def images(repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Images:
    """Give an empty registry for the DAG types a and a-b, in one package."""
    for name in ("a", "a-b"):
        repository.add(name)
    return Images(World(empty(tmp_path, monkeypatch), repository.load(), SHARED, line(*"1234")))


@pytest.fixture
def separate(images: Images) -> Images:
    """Give an empty registry with a package for each DAG type."""
    world = images.world
    return Images(World(world.fake, world.catalog, OWN, world.clones))


async def refused(images: Images, digest: str, tag: str, problem: str) -> None:
    before = images.world.tags("a")
    with pytest.raises(ConfigurationError, match=re.escape(problem)):
        await images.world.promote(digest, tag)
    assert images.world.tags("a") == before


async def test_no_release_is_moved_whatever_the_pattern(images: Images, separate: Images) -> None:
    for world, tag in ((images, "a-v1.2.3"), (separate, "v1.2.3")):
        first, second = await world.release("1", "v1.2.3"), await world.release("2", "v1.3.0")
        told = f"{tag} is released as {first} and never changes, but this image is {second}: release a new"
        await refused(world, second, tag, told)


async def test_a_release_is_known_where_the_registry_is_not_the_patterns(images: Images) -> None:
    first, second = await images.release("1", "v1.2.3"), await images.release("2", "v1.3.0")
    # As where publish had --registry, and promote has the address in the reference alone.
    images.world.names = replace(images.world.names, registry="elsewhere.example")
    assert images.world.names.repository("a") != images.world.images[first].repository
    before = dict(images.world.fake.repositories["ghcr.io/acme/x"].tags)
    with pytest.raises(ConfigurationError, match="never changes"):
        await images.world.promote(second, "a-v1.2.3")
    assert images.world.fake.repositories["ghcr.io/acme/x"].tags == before


async def test_the_image_of_one_type_gets_no_tag_of_another(images: Images) -> None:
    a, other = await images.release("1", "v1.2.3"), await images.release("1", "v1.2.3", "a-b")
    problem = "--tag 'a-b-stable' is one of DAG type 'a-b', but ghcr.io/acme/x@"
    await refused(images, a, "a-b-stable", problem)
    await refused(images, other, "a-stable", "is of 'a-b': expected one like 'a-b-stable'")
    assert await images.world.promote(a, "stable") == f"ghcr.io/acme/x:stable is now {a}"


@pytest.mark.parametrize("tag", ["a/b", f"sha256-{'0' * 64}", f"sha256-{'0' * 64}.sig"])
async def test_what_is_no_tag_of_an_image_is_refused(separate: Images, tag: str) -> None:
    digest = await separate.release("1", "v1.2.3")
    await refused(separate, digest, tag, f"--tag {tag!r} isn't a tag for an image: expected ")


async def test_a_promoted_release_moves_its_lines_as_a_published_one_and_not_latest(separate: Images) -> None:
    candidate = await separate.release("2", "v1.3.0-rc.1")
    older = await separate.release("1", "v1.2.3")
    told = await separate.world.promote(candidate, "v1.3.0")
    place = "ghcr.io/acme/a"
    assert told.splitlines() == [
        f"{place}:v1.3.0 is now {candidate}",
        f"{place}:v1.3 is now {candidate}",
        f"{place}:v1 is now {candidate}, was {older}",
    ]
    assert separate.at("latest") == older
    again = await separate.world.promote(candidate, "v1.2.2")
    assert again.splitlines()[1:] == [
        f"{place}:v1.2 not moved: v1.2.3 is newer",
        f"{place}:v1 is {candidate} already",
    ]


async def test_what_latest_was_moved_away_from_by_hand_is_not_moved_back_by_a_publish(
    separate: Images,
) -> None:
    good, bad = await separate.release("1", "v1.2.3"), await separate.release("2", "v1.3.0")
    assert (await separate.world.rollback("a")).endswith(
        f"latest is now {good}, was {bad}, the release v1.2.3"
    )
    assert separate.at(f"not-latest-{'2' * 12}") == bad
    for ref in ("refs/tags/v1.3.0", "refs/heads/main"):
        row = (await separate.publish("2", ref)).row()
        told = "was moved away from commit 2222222 by rollback or promote: promote this image to move it back"
        assert row.left == {"latest": told}
    assert separate.at("latest") == good
    await separate.world.promote(bad, "latest")
    assert separate.at("latest") == bad
    await separate.world.promote(good, "latest")  # the same, without a release before it
    assert (await separate.publish("2", "refs/heads/main")).row().left
    mended = await separate.release("3", "v1.3.1")
    assert separate.at("latest") == mended


async def test_a_rollback_leads_to_the_release_that_latest_was_promoted_away_from(separate: Images) -> None:
    good = await separate.release("1", "v1.2.3")
    candidate = await separate.release("2", "v1.3.0-rc.1")
    for tag in ("v1.3.0", "latest"):
        await separate.world.promote(candidate, tag)
    assert separate.at("latest") == candidate
    await separate.world.rollback("a")
    assert separate.at("latest") == good
