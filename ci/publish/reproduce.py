"""Rebuilding a published image from the commit in its labels, and telling what differs."""

import json
from dataclasses import dataclass
from typing import Any

import dagger

from ..config import names, publish
from ..config.names import Reference
from ..config.revision import Revision, SourceInfo, origin
from ..errors import CheckError, ConfigurationError
from ..image import base, build, labels, oci
from ..image.built import BuiltImage
from ..tools import containers, git
from ..tools.checkout import Checkout
from ..tools.engine import retrying
from ..tools.registry import Registry


@dataclass(frozen=True, kw_only=True)
class _Published:
    """An image as a registry has it."""

    where: Reference
    manifest: str
    config: str

    @property
    def digest(self) -> str:
        return oci.Blob(text=self.manifest).digest

    @property
    def labels(self) -> dict[str, str]:
        return labels.read(self.config)

    def label(self, key: str) -> str:
        found = self.labels.get(key, "")
        if not found:
            told = "only images that publish made can be rebuilt"
            raise ConfigurationError([f"{self.where}: has no label {key}: {told}"])
        return found


async def reproduce(
    where: Reference, place: Registry, repository: dagger.Directory, netrc: dagger.Secret | None = None
) -> str:
    """Rebuild an image, one per platform of an index, and compare.

    Args:
        where: the published image.
        place: its registry.
        repository: with the history that holds its commit.
        netrc: logins for package indexes, where they are needed again.

    Raises:
        CheckError: it isn't the same; with each layer and file that differs.
        ConfigurationError: it doesn't say what it was made from, or its commit isn't in the history.
    """
    top = await place.image(where)
    found: list[dict[str, Any]] = json.loads(top["manifest"]).get("manifests", [])
    told: list[str] = []
    same = True
    for platform, answer in [(_platform(each), await place.image(_at(where, each))) for each in found] or [
        (None, top)
    ]:
        published = _Published(where=where, manifest=answer["manifest"], config=answer["config"])
        rebuilt, described = await _rebuild(published, repository, platform, netrc)
        equal = described.manifest.digest == published.digest
        same = same and equal
        told += [f"{'identical' if equal else 'different'}: {where.repository}@{published.digest}"]
        told += [f"  commit   {published.label(f'{labels.OCI}revision')}", f"  base     {rebuilt.base}"]
        if not equal:
            told += [f"  rebuilt  {described.manifest.digest}"]
            told += await _differences(place, published, rebuilt, described)
    if not same:
        raise CheckError(["\n".join(told)])
    return "\n".join(told)


def _at(where: Reference, entry: dict[str, Any]) -> Reference:
    return Reference(repository=where.repository, tag="", digest=entry["digest"])


def _platform(entry: dict[str, Any]) -> str:
    about = entry["platform"]
    return "/".join(filter(None, (about["os"], about["architecture"], about.get("variant"))))


async def _rebuild(
    published: _Published, repository: dagger.Directory, platform: str | None, netrc: dagger.Secret | None
) -> tuple[BuiltImage, oci.Assembly]:
    commit = published.label(f"{labels.OCI}revision")
    if commit.endswith("-dirty"):
        told = "what differed from it is nowhere: publish from a clean tree"
        raise ConfigurationError([f"{published.where}: was made from changes on top of {commit}: {told}"])
    created = await git.time(repository, commit)
    reference = f"{published.label(f'{labels.OCI}base.name')}@{published.label(f'{labels.OCI}base.digest')}"
    below = await base.load(reference, platform)
    sources = Checkout(repository.as_git().commit(commit).tree(), netrc)
    try:
        dag_type = (await sources.catalog()).get(published.label(labels.DAG))
        settings = publish.parse(await sources.text(publish.FILE))
        rebuilt = await build.build(dag_type, sources, below)
    finally:
        sources.close()
    revision = Revision(
        commit=commit,
        created=created,
        branch=None,
        tags=(),
        pull=False,
        remote=published.labels.get(f"{labels.OCI}source"),
        dirty=None,
        changed=(),
        shallow=False,
    )
    where = SourceInfo(revision=revision, origin=origin(revision.remote), organisation=settings.labels)
    texts = labels.labels(dag_type, where, rebuilt.base, published.labels.get(labels.FORCED, ""))
    return rebuilt, oci.described(rebuilt.assembly, texts, labels.created(revision), labels.kept)


async def _differences(
    place: Registry, published: _Published, rebuilt: BuiltImage, described: oci.Assembly
) -> list[str]:
    one: dict[str, Any] = json.loads(published.manifest)
    other: dict[str, Any] = json.loads(described.manifest.text)
    configs = json.loads(published.config), json.loads(described.config.text)
    told = [f"  {line}" for line in oci.differences(*configs)]
    theirs = [layer["digest"] for layer in one["layers"]]
    ours = [layer["digest"] for layer in other["layers"]]
    for number in range(max(len(theirs), len(ours))):
        left, right = (found[number] if number < len(found) else "none" for found in (theirs, ours))
        if left == right:
            continue
        told.append(f"  layer {number + 1}: published {left}, rebuilt {right}")
        if left != "none" and right in rebuilt.tarballs:
            folder = place.blobs(published.where.repository, published.digest, [left])
            files = await _files(folder.file(names.hex_digits(left)), rebuilt.tarballs[right])
            told += [f"    {line}" for line in files]
    return told


async def _files(published: dagger.File, rebuilt: dagger.File) -> list[str]:
    compared = (
        containers.tool_container()
        .with_mounted_directory("/mnt/programs", containers.programs("image"))
        .with_mounted_file("/mnt/published.tar.gz", published)
        .with_mounted_file("/mnt/rebuilt.tar.gz", rebuilt)
        .with_exec(
            [
                "python3",
                "-I",
                "-B",
                "/mnt/programs/programs/layer_diff.py",
                "/mnt/published.tar.gz",
                "/mnt/rebuilt.tar.gz",
            ]
        )
    )
    return list(json.loads(await retrying(compared.stdout)))
