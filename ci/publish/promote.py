"""Moving tags to images that are published already: nothing is built, and only manifests are written."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..config.names import LEGAL_TAG, Names, Reference, is_referrers, is_tag
from ..errors import ConfigurationError, StepError
from ..image import labels
from ..tools import failures
from ..tools.registry import Question, Registry
from ..tools.repository_content import RepositoryContent
from . import tag_updates, tags
from .tag_updates import Action, Candidate, RegistryState, TagUpdate
from .tags import LATEST, Rule, Tag
from .versions import version

_COMMIT = re.compile(r"[0-9a-f]{40}")


async def promote(reference: Reference, tag: str, names: Names, registry: Registry) -> str:
    """Give an image one more tag, and a release its lines too; return what was done.

    Args:
        reference: the image, by digest.
        tag: the tag, as it is in the registry; a release's never changes what it points to.
        names: of all images, by which tags are read.
        registry: the image's.

    Raises:
        ConfigurationError: the tag isn't legal, is another image's release, or another DAG type's.
        StepError: the registry refuses.
    """
    if not is_tag(tag) or is_referrers(tag):
        expected = "another one: that is for an image's signatures" if is_tag(tag) else LEGAL_TAG
        raise ConfigurationError([f"--tag {tag!r} isn't a tag for an image: expected {expected}"])
    owner = names.owner(reference.repository, tag)
    # A tag that the pattern doesn't make may still be a release.
    names = names if owner else replace(names, tag_pattern="{version}", dag_types=())
    dag_type, name = owner or ("", tag)
    manifest = (await registry.image(reference))["manifest"]
    annotations: dict[str, str] = json.loads(manifest).get("annotations") or {}
    of = annotations.get(labels.DAG, "")
    if names.shared and owner and of not in ("", dag_type):
        problem = f"--tag {tag!r} is one of DAG type {dag_type!r}, but {reference} is of {of!r}"
        raise ConfigurationError([f"{problem}: expected one like {names.tag(of, name)!r}"])
    release = version(name)
    planned = tags.with_lines([release]) if release else (Tag(name, Rule.BRANCH),)
    target = _Target(reference, manifest, names, dag_type)
    content, updates = await _decided(target, planned, registry)
    if refused := tag_updates.with_action(updates, Action.REFUSED):
        raise ConfigurationError([f"{reference.repository}:{tag} {why}" for why in refused.values()])
    await _write(target, updates, content, registry)
    return "\n".join(_told(target, update, content) for update in updates)


async def rollback(dag_type: str, names: Names, registry: Registry) -> str:
    """Move latest of a DAG type to the release before the one it points to; return what was done.

    Raises:
        ConfigurationError: there is no earlier release.
        StepError: the registry refuses.
    """
    repository, latest = names.repository(dag_type), names.tag(dag_type, LATEST)
    existing = _versions(names, dag_type, (await _look(registry, repository, [])).names)
    releases = {release.tag: names.tag(dag_type, release.tag) for release in tag_updates.released(existing)}
    content = await _look(registry, repository, [latest, *releases.values()])
    digests = content.digests
    release_digests = {release: digests[tag] for release, tag in releases.items() if tag in digests}
    previous = tag_updates.previous(digests.get(latest), release_digests)
    reference = Reference(repository=repository, tag="", digest=release_digests[previous.tag])
    target = _Target(reference, content.manifests[releases[previous.tag]], names, dag_type)
    update = TagUpdate(LATEST, Action.SET, "", reference.digest)
    await _write(target, [update], content, registry)
    return f"{_told(target, update, content)}, the release {previous.tag}"


@dataclass(frozen=True)
class _Target:
    """The image that tags are moved to, with its manifest, and the DAG type whose tags they are."""

    reference: Reference
    manifest: str
    names: Names
    dag_type: str

    def tag(self, name: str) -> str:
        """Return the registry's tag."""
        return self.names.tag(self.dag_type, name)


async def _decided(
    target: _Target, planned: Iterable[Tag], registry: Registry
) -> tuple[RepositoryContent, tuple[TagUpdate, ...]]:
    """Return what the repository has, and what is done with each tag: by the rules of publish."""
    repository, planned = target.reference.repository, list(planned)
    content = await _look(registry, repository, [target.tag(tag.name) for tag in planned])
    versions = _versions(target.names, target.dag_type, content.names)
    greatest = tag_updates.greatest(planned, versions)
    if greatest:
        more = await _look(registry, repository, [target.tag(name) for name in sorted(greatest)])
        content = content.with_tags_of(more)
    digests = content.digests
    tags = {name: target.tag(name) for name in (*greatest, *(tag.name for tag in planned))}
    state = RegistryState(
        digests={name: digests[tag] for name, tag in tags.items() if tag in digests},
        names=versions,
        commits={},
        descends={},
    )
    return content, tag_updates.decide(planned, Candidate(digest=target.reference.digest, commit=""), state)


async def _write(
    target: _Target, updates: Iterable[TagUpdate], content: RepositoryContent, registry: Registry
) -> None:
    digests = content.digests
    moves = [
        (target.tag(update.tag), digests.get(target.tag(update.tag)), update.digest)
        for update in tag_updates.to_write(list(updates))
    ]
    moves = [*_withdrawal(target, updates, content), *moves]
    if not moves:
        return
    repository = target.reference.repository
    job = {
        "repository": repository,
        "digest": target.reference.digest,
        "texts": [target.manifest],
        "tags": moves,
    }
    answers = await registry.push({"base": [], "siblings": [], "images": {"image": job}}, {}, None)
    if problem := answers["image"].get("problem"):
        raise StepError([failures.registry_problem(repository, str(problem))])


def _withdrawal(
    target: _Target, updates: Iterable[TagUpdate], content: RepositoryContent
) -> list[tuple[str, str | None, str]]:
    """Return the mark of an image that latest is moved away from; a repeated publish doesn't undo that."""
    current = content.digests.get(target.tag(LATEST))
    if current is None or not any(one.tag == LATEST and one.action is Action.SET for one in updates):
        return []
    commit = content.values(tag_updates.LABEL).get(current, "")
    mark = target.tag(tags.withdrawn(commit)) if _COMMIT.fullmatch(commit) else ""
    return [(mark, None, current)] if mark and mark not in content.names else []


def _told(target: _Target, update: TagUpdate, content: RepositoryContent) -> str:
    tag = target.tag(update.tag)
    current = content.digests.get(tag)
    name = f"{target.reference.repository}:{tag}"
    if update.action is Action.SAME:
        return f"{name} is {current} already"
    if update.action is Action.KEPT:
        return f"{name} not moved: {update.why}"
    why = f": {update.why}" if update.action is Action.MENDED else ""
    return f"{name} is now {update.digest}" + (f", was {current}" if current else "") + why


def _versions(names: Names, dag_type: str, existing: Iterable[str]) -> list[str]:
    versions = [names.version(dag_type, tag) for tag in existing]
    return [version for version in versions if version is not None]


async def _look(registry: Registry, repository: str, tags: list[str]) -> RepositoryContent:
    content = (await registry.look({"image": Question(repository, tags, write=True)}))["image"]
    if content.problem:
        raise StepError([content.problem])
    return content
