"""Moving tags to images that are there already: nothing is built, nothing but a manifest is written."""

from typing import Any

from ..config.names import LEGAL_TAG, Names, Reference, is_tag
from ..errors import ConfigurationError, StepError
from ..image import oci
from ..tools import failures
from ..tools.registry import Question, Registry
from . import moves, tags
from .tags import LATEST


async def promote(where: Reference, tag: str, place: Registry) -> str:
    """Give an image one more tag.

    Args:
        where: the image, by digest.
        tag: the tag; one that is a release never changes what it points to.
        place: the image's registry.

    Raises:
        ConfigurationError: the tag isn't legal, or is another image's release.
        StepError: the registry refuses.
    """
    if not is_tag(tag):
        raise ConfigurationError([f"--tag {tag!r} is no tag: expected {LEGAL_TAG}"])
    before = (await _look(place, where.repository, [tag]))["manifests"].get(tag)
    digest = oci.Blob(text=before).digest if before is not None else None
    if digest == where.digest:
        return f"{where.repository}:{tag} is {where.digest} already"
    if digest is not None and tags.version(tag) is not None:
        told = f"is released as {digest} and never changes: release a new version"
        raise ConfigurationError([f"{where.repository}:{tag} {told}"])
    return await _move(place, where, tag, digest)


async def rollback(dag_type: str, names: Names, place: Registry) -> str:
    """Move latest of a DAG type to the release before the one it points to.

    Raises:
        ConfigurationError: there is no earlier release.
        StepError: the registry refuses.
    """
    repository = names.repository(dag_type)
    there = (await _look(place, repository, []))["names"]
    versions = {names.version(dag_type, tag) or "": tag for tag in there}
    wanted = {each.tag: versions[each.tag] for each in moves.released(versions) if each.tag in versions}
    latest = names.tag(dag_type, LATEST)
    manifests = (await _look(place, repository, [latest, *wanted.values()]))["manifests"]
    digests = {tag: oci.Blob(text=text).digest for tag, text in manifests.items()}
    known = {version: digests[tag] for version, tag in wanted.items() if tag in digests}
    back = moves.previous(digests.get(latest), known)
    where = Reference(repository=repository, tag="", digest=known[back.tag])
    told = await _move(place, where, latest, digests.get(latest))
    return f"{told}, the release {back.tag}"


async def _look(place: Registry, repository: str, wanted: list[str]) -> dict[str, Any]:
    answer = (await place.look({"image": Question(repository, wanted, write=True)}))["image"]
    return _good(answer, repository)


async def _move(place: Registry, where: Reference, tag: str, before: str | None) -> str:
    image = await place.image(where)
    job = {
        "repository": where.repository,
        "digest": where.digest,
        "texts": [image["manifest"]],
        "tags": {tag: before},
    }
    answer = await place.push({"base": [], "siblings": [], "images": {"image": job}}, {}, None)
    _good(answer["image"], where.repository)
    return f"{where.repository}:{tag} is now {where.digest}" + (f", was {before}" if before else "")


def _good(answer: dict[str, Any], repository: str) -> dict[str, Any]:
    if "problem" in answer:
        raise StepError([failures.registry_problem(repository, str(answer["problem"]))])
    return answer
