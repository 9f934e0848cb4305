"""Moving tags to images that are published already: nothing is built, and only a manifest is written."""

from ..config.names import LEGAL_TAG, Names, Reference, is_tag
from ..errors import ConfigurationError, StepError
from ..tools import failures
from ..tools.registry import Question, Registry
from ..tools.repository_content import RepositoryContent
from . import tag_updates, tags
from .tags import LATEST


async def promote(reference: Reference, tag: str, registry: Registry) -> str:
    """Give an image one more tag; return what was done.

    Args:
        reference: the image, by digest.
        tag: the tag; a release's never changes what it points to.
        registry: the image's.

    Raises:
        ConfigurationError: the tag isn't legal, or is another image's release.
        StepError: the registry refuses.
    """
    if not is_tag(tag):
        raise ConfigurationError([f"--tag {tag!r} isn't a tag: expected {LEGAL_TAG}"])
    current = (await _look(registry, reference.repository, [tag])).digests.get(tag)
    if current == reference.digest:
        return f"{reference.repository}:{tag} is {reference.digest} already"
    if current is not None and tags.version(tag) is not None:
        why = f"is released as {current} and never changes: release a new version"
        raise ConfigurationError([f"{reference.repository}:{tag} {why}"])
    return await _write(registry, reference, tag, current)


async def rollback(dag_type: str, names: Names, registry: Registry) -> str:
    """Move latest of a DAG type to the release before the one it points to; return what was done.

    Raises:
        ConfigurationError: there is no earlier release.
        StepError: the registry refuses.
    """
    repository = names.repository(dag_type)
    existing = (await _look(registry, repository, [])).names
    versions = {names.version(dag_type, tag) or "": tag for tag in existing}
    releases = {
        release.tag: versions[release.tag]
        for release in tag_updates.released(versions)
        if release.tag in versions
    }
    latest = names.tag(dag_type, LATEST)
    digests = (await _look(registry, repository, [latest, *releases.values()])).digests
    release_digests = {version: digests[tag] for version, tag in releases.items() if tag in digests}
    previous = tag_updates.previous(digests.get(latest), release_digests)
    reference = Reference(repository=repository, tag="", digest=release_digests[previous.tag])
    done = await _write(registry, reference, latest, digests.get(latest))
    return f"{done}, the release {previous.tag}"


async def _look(registry: Registry, repository: str, tags: list[str]) -> RepositoryContent:
    content = (await registry.look({"image": Question(repository, tags, write=True)}))["image"]
    if content.problem:
        raise StepError([content.problem])
    return content


async def _write(registry: Registry, reference: Reference, tag: str, current: str | None) -> str:
    image = await registry.image(reference)
    job = {
        "repository": reference.repository,
        "digest": reference.digest,
        "texts": [image["manifest"]],
        "tags": {tag: current},
    }
    answers = await registry.push({"base": [], "siblings": [], "images": {"image": job}}, {}, None)
    if problem := answers["image"].get("problem"):
        raise StepError([failures.registry_problem(reference.repository, str(problem))])
    return f"{reference.repository}:{tag} is now {reference.digest}" + (f", was {current}" if current else "")
