"""From which published images layers are taken, and in what order."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ci.attest import signed
from ci.config.names import Reference
from ci.errors import StepError
from ci.image import published
from ci.image.built import Taken
from ci.image.labels import DEPENDENCIES
from ci.publish import taking
from ci.tools.repository_content import RepositoryContent

INPUTS = "sha256:aa"
BASE = cast("Any", SimpleNamespace(image=SimpleNamespace(config={"os": "linux", "architecture": "amd64"})))
PLATFORM = {"os": "linux", "architecture": "amd64"}
INDEX = json.dumps({"manifests": [{"digest": "sha256:amd64", "platform": PLATFORM}]})
LAYER = cast("Any", object())

pytestmark = pytest.mark.anyio


@dataclass
class World:
    """A registry: what a repository has by tag, and what is wrong with images, by digest."""

    manifests: Mapping[str, str]
    labelled: Mapping[str, str]
    made: frozenset[str] = frozenset()
    wrong: dict[str, str] = field(default_factory=dict[str, str])
    unsigned: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list[str])
    is_requested: bool = False

    async def content(self, name: str) -> RepositoryContent:
        """Answer as the stage look does."""
        assert name == "api"
        return RepositoryContent(
            manifests=self.manifests,
            labels={tag: {DEPENDENCIES: label} for tag, label in self.labelled.items()},
            made=self.made,
        )

    async def registry(self) -> None:
        """Be connected."""

    async def trust(self) -> str:
        """Trust somebody."""
        return "the trust"

    @property
    def request(self) -> Any:  # noqa: ANN401 - as far as it is read
        """Give the request."""
        return SimpleNamespace(signer=SimpleNamespace(is_requested=self.is_requested))

    async def dependencies(self, image: Reference, *_: object) -> dict[Any, Any]:
        """Fetch layers."""
        self.asked.append(image.digest)
        if problem := self.wrong.get(image.digest):
            raise StepError([problem])
        return {LAYER: LAYER}

    async def require(self, image: Reference, _: object, trust: str) -> None:
        """Look for a signature."""
        assert trust == "the trust"
        if image.digest in self.unsigned:
            raise StepError(["unsigned"])

    async def take(self, monkeypatch: pytest.MonkeyPatch) -> Taken:
        """Take layers, and return the answer."""
        monkeypatch.setattr(published, "dependencies", self.dependencies)
        monkeypatch.setattr(signed, "require", self.require)
        row = SimpleNamespace(name="api", plan=SimpleNamespace(repository="r.example/api"))
        return await taking.from_published(cast("Any", row), cast("Any", self))(INPUTS, BASE)


def digest(text: str) -> str:
    return RepositoryContent(manifests={"tag": text}).digests["tag"]


ONE, TWO = '{"layers": [1]}', '{"layers": [2]}'
LABELS = {"main": INPUTS, "latest": INPUTS, "old": "sha256:bb"}
TAGS = {"main": ONE, "latest": TWO, "old": '{"layers": []}'}


async def test_the_first_image_with_the_label_is_asked_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(TAGS, LABELS)
    taken = await world.take(monkeypatch)
    assert (taken.reference, taken.layers) == (f"r.example/api@{digest(ONE)}", {LAYER: LAYER})
    assert world.asked == [digest(ONE)]


async def test_nothing_is_asked_for_what_the_engine_made_or_no_label_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for world in (World(TAGS, LABELS, made=frozenset({"aa"})), World(TAGS, dict.fromkeys(TAGS, "sha256:bb"))):
        assert await world.take(monkeypatch) == Taken()
        assert not world.asked


async def test_of_an_index_the_image_of_the_base_s_platform_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    # Its label is that of another platform.
    world = World({"main": INDEX}, {"main": "sha256:bb"})
    assert (await world.take(monkeypatch)).reference == "r.example/api@sha256:amd64"


async def test_another_image_is_tried_and_all_problems_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(TAGS, LABELS, wrong={digest(ONE): "lost"})
    assert (await world.take(monkeypatch)).reference == f"r.example/api@{digest(TWO)}"
    world = World(TAGS, LABELS, wrong={digest(ONE): "lost", digest(TWO): "broken"})
    assert await world.take(monkeypatch) == Taken(problem="lost; broken")


async def test_who_signs_takes_nothing_from_an_image_that_isn_t_signed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unsigned = frozenset({digest(ONE), digest(TWO)})
    assert (await World(TAGS, LABELS, unsigned=unsigned).take(monkeypatch)).layers
    world = World(TAGS, LABELS, unsigned=unsigned, is_requested=True)
    assert await world.take(monkeypatch) == Taken(problem="unsigned; unsigned")
    assert not world.asked
