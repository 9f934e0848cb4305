"""A registry in memory that is published to by the real plan, stages, promote, rollback and program."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ci.config.catalog import Catalog
from ci.config.names import Names, Reference
from ci.config.publish import parse
from ci.config.revision import Revision
from ci.image import labels
from ci.image.oci import MANIFEST, canonical
from ci.publish import plan as publish_plan
from ci.publish import promote, registry_stages, stages
from ci.publish.context import Context, Request
from ci.publish.plan import PlanRequest
from ci.publish.type_publish import LabelledImages, Rows
from ci.tools import git
from ci.tools.programs import registry
from ci.tools.registry import Access, Question, Registry
from ci.tools.repository_content import RepositoryContent

from .fake_regctl import Fake, digest
from .fake_regctl import started as registry_started
from .git_trees import Tree, started
from .tag_cases import CLEAN


@dataclass(frozen=True)
class Clone:
    """What git says of a commit in a clone: the revision, and how other commits are related to it."""

    revision: Revision
    related: git.Related


def history(folder: Path) -> Tree:
    """Make a repository: main with a branch that is merged into it, and a branch that never is."""
    tree = started(folder / "origin")
    for name in ("a", "b", "c"):
        tree.commit(name)
        tree.git("branch", name)
    for start, names in (("b", ("side1", "side2")), ("a", ("fix1", "fix2"))):
        tree.git("switch", "--quiet", "--detach", start)
        for name in names:
            tree.commit(name)
            tree.git("branch", name)
    tree.git("switch", "--quiet", "main")
    tree.git("merge", "--quiet", "--no-ff", "--message", "d", "side1")
    tree.git("branch", "d")
    tree.commit("e")
    tree.git("branch", "e")
    return tree


COMMITS = ("a", "b", "c", "d", "e", "side1", "side2", "fix1", "fix2")
CLONES: Mapping[str, Sequence[str]] = {
    "whole": (),
    "shallow": ("--depth=1", "--single-branch"),
    "stale": ("--single-branch",),  # what came later was not fetched, nor other branches
}


def clones(tree: Tree, folder: Path) -> dict[tuple[str, str], Clone]:
    """Ask git about every commit in every kind of clone."""
    found: dict[tuple[str, str], Clone] = {}
    everything = [tree.git("rev-parse", name).strip() for name in COMMITS]
    for commit in COMMITS:
        for kind, options in CLONES.items():
            clone = Tree(folder / f"{kind}-{commit}")
            tree.git(
                "clone", "--quiet", f"--branch={commit}", *options, f"file://{tree.root}", str(clone.root)
            )
            told = clone.ask(everything)
            related = git.Related(dict(told["descends"]), frozenset(told["later"]))
            found[commit, kind] = Clone(Revision.model_validate(told["revision"]), related)
    return found


def line(*names: str) -> dict[tuple[str, str], Clone]:
    """Give git's answers where each commit comes after the one before it, and main has all; without git."""
    commits = [name * 40 for name in names]
    return {
        (name, "whole"): Clone(
            CLEAN.model_copy(update={"commit": commits[place], "merged": True}),
            git.Related(
                {commit: other <= place for other, commit in enumerate(commits)},
                frozenset(commits[place + 1 :]),
            ),
        )
        for place, name in enumerate(names)
    }


def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Give an empty registry, and the answers of clones in the place of git."""

    async def related(place: Any, _: object) -> git.Related:  # noqa: ANN401 - made below
        return place.clone.related

    monkeypatch.setattr(git, "related", related)
    return registry_started(tmp_path, monkeypatch)


class _CutOffError(Exception):
    """The machine that published was lost."""


@dataclass
class World:
    """The registry, with the DAG types that are published there, under a pattern of names."""

    fake: Fake
    catalog: Catalog
    pattern: str
    clones: Mapping[tuple[str, str], Clone]
    cut: int | None = None
    images: dict[str, Reference] = field(default_factory=dict[str, Reference])
    commits: dict[str, str] = field(default_factory=dict[str, str])
    types: dict[str, str] = field(default_factory=dict[str, str])

    @cached_property
    def names(self) -> Names:
        """The names of all images."""
        commit, kind = next(iter(self.clones))
        return self._plan(kind, commit, PlanRequest(ref="refs/pull/1/head")).names

    def tags(self, dag_type: str) -> dict[str, str]:
        """Return the tags of a DAG type's repository, and what they point to."""
        return dict(self.fake.repositories[self.names.repository(dag_type)].tags)

    async def publish(
        self, commit: str, kind: str, request: PlanRequest, tags: Sequence[str] = (), cut: int | None = None
    ) -> tuple[Rows, bool]:
        """Publish; tells of each row, and whether it was not cut off after so many tags of a type."""
        plan = self._plan(kind, commit, request, tags)
        place = cast("Any", SimpleNamespace(clone=self.clones[commit, kind]))
        context = _WorldContext(
            plan=plan,
            request=Request(platforms=(), access=Access()),
            checkout=place,
            repository=place,
            world=self,
        )
        rows = tuple(stages.begin(type_plan, plan) for type_plan in plan.types)
        if not plan.pushes:
            return rows, True
        self.cut = cut
        try:
            rows = await registry_stages.look(rows, context)
            rows = tuple(replace(row, built=self._built(row.name, plan.source.revision)) for row in rows)
            rows = await registry_stages.decide(rows, context)
            return await registry_stages.push_tags(rows, context), True
        except _CutOffError:
            return rows, False
        finally:
            self.cut = None

    def descends(self, commit: str, other: str) -> bool:
        """Return whether one image's commit is, or comes after, another's; both by digest."""
        related = next(
            clone.related
            for (_, kind), clone in self.clones.items()
            if kind == "whole" and clone.revision.commit == self.commits[commit]
        )
        return related.descends[self.commits[other]] is True

    async def promote(self, digest: str, tag: str) -> str:
        """Promote an image that is in the registry."""
        return await promote.promote(self.images[digest], tag, self.names, self.registry)

    async def rollback(self, dag_type: str) -> str:
        """Roll a DAG type back."""
        return await promote.rollback(dag_type, self.names, self.registry)

    @property
    def registry(self) -> Registry:
        """The registry, as promote and the stages take it."""
        return cast("Registry", self)

    async def look(self, questions: Mapping[str, Question]) -> dict[str, RepositoryContent]:
        """Answer as a registry does."""
        told = {name: registry.look(question._asdict()) for name, question in questions.items()}
        return {
            name: RepositoryContent(
                names=tuple(one["names"]), manifests=one["manifests"], labels=one["labels"]
            )
            for name, one in told.items()
        }

    async def image(self, reference: Reference) -> dict[str, Any]:
        """Answer as a registry does."""
        return {"manifest": registry.existing(str(reference)), "config": None}

    async def push(self, job: Mapping[str, Any], _: object, __: object) -> dict[str, Any]:
        """Write tags as a registry does, or only the first of them."""
        given = json.loads(json.dumps(job, sort_keys=True))
        images: dict[str, dict[str, Any]] = given["images"]
        whole = [image["tags"] for image in images.values()]
        told = {
            name: registry.push({**image, "tags": image["tags"][: self.cut]}, {})
            for name, image in images.items()
        }
        if self.cut is not None and any(len(tags) > self.cut for tags in whole):
            raise _CutOffError
        return told

    def _plan(
        self, kind: str, commit: str, request: PlanRequest, tags: Iterable[str] = ()
    ) -> publish_plan.PublishPlan:
        revision = self.clones[commit, kind].revision.model_copy(update={"tags": tuple(tags)})
        settings = parse(f'[publish]\nreference = "{self.pattern}"\n')
        chosen = [dag_type for name, dag_type in self.catalog.types.items() if request.dag_type in ("", name)]
        return publish_plan.plan(self.catalog, chosen, revision, settings, request)

    def _built(self, dag_type: str, revision: Revision) -> LabelledImages:
        annotations = {
            registry.REVISION: revision.commit,
            f"{labels.OCI}created": labels.created(revision),
            labels.DAG: dag_type,
        }
        text = canonical({"mediaType": MANIFEST, "annotations": annotations, "layers": []})
        found = digest(text)
        self.commits[found], self.types[found] = revision.commit, dag_type
        repository = self.names.repository(dag_type)
        self.images[found] = Reference(repository=repository, tag="", digest=found)
        self.fake.repositories[repository].manifests[found] = text.encode()
        return LabelledImages(texts=(text,), digest=found)


@dataclass(frozen=True, kw_only=True)
class _WorldContext(Context):
    world: World

    async def registry(self) -> Registry:
        return self.world.registry

    async def bases(self) -> Any:  # noqa: ANN401 - nothing of a base is asked for
        return {"": SimpleNamespace(image=SimpleNamespace(manifest={"layers": []}), layout=None)}
