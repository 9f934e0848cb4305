"""Rebuild a published image from the commit in its labels, and list the differences."""

import itertools
import json
from dataclasses import dataclass
from typing import Any

import dagger

from ..config import names, publish
from ..config.names import Reference
from ..config.revision import Revision, SourceInfo, origin
from ..errors import CheckError, ConfigurationError
from ..image import base, build, labels, oci
from ..image import published as published_image
from ..image.built import BuiltImage
from ..tools import containers, git
from ..tools.checkout import Checkout
from ..tools.engine import retrying
from ..tools.registry import Registry
from .type_publish import labelled


@dataclass(frozen=True, kw_only=True)
class _Published:
    """An image as a registry has it."""

    reference: Reference
    manifest: str
    config: str

    @property
    def digest(self) -> str:
        return oci.Blob(text=self.manifest).digest

    @property
    def labels(self) -> dict[str, str]:
        return labels.read(self.config)

    def label(self, key: str) -> str:
        value = self.labels.get(key, "")
        if not value:
            advice = "only images of this module's publish can be rebuilt"
            raise ConfigurationError([f"{self.reference}: has no label {key}: {advice}"])
        return value


async def reproduce(
    reference: Reference,
    registry: Registry,
    repository: dagger.Directory,
    source: dagger.Directory,
    netrc: dagger.Secret | None = None,
) -> str:
    """Rebuild an image, or every image of an index; return a report.

    Args:
        reference: the published image.
        registry: the image's.
        repository: with the image's commit in its history.
        source: the project as it is now, by which it is found in the commit.
        netrc: logins for package indexes, if they are needed.

    Raises:
        CheckError: it isn't the same; with each layer and file that differs.
        ConfigurationError: its labels name no commit or base, or the history lacks the commit.
    """
    top = await registry.image(reference)
    entries: list[dict[str, Any]] = json.loads(top["manifest"]).get("manifests", [])
    images = [(_platform(entry), await registry.image(_at(reference, entry))) for entry in entries]
    report: list[str] = []
    same = True
    for platform, answer in images or [(None, top)]:
        published = _Published(reference=reference, manifest=answer["manifest"], config=answer["config"])
        rebuilt = await _rebuild(published, repository, source, platform, netrc)
        equal = rebuilt.digest == published.digest
        same = same and equal
        report += [f"{'identical' if equal else 'different'}: {reference.repository}@{published.digest}"]
        report += [f"  commit   {published.label(f'{labels.OCI}revision')}", f"  base     {rebuilt.base}"]
        if not equal:
            report += [f"  rebuilt  {rebuilt.digest}"]
            report += await _differences(registry, published, rebuilt)
    if not same:
        raise CheckError(["\n".join(report)])
    return "\n".join(report)


def _at(reference: Reference, entry: dict[str, Any]) -> Reference:
    return Reference(repository=reference.repository, tag="", digest=entry["digest"])


def _platform(entry: dict[str, Any]) -> str:
    platform = entry["platform"]
    return "/".join(filter(None, (platform["os"], platform["architecture"], platform.get("variant"))))


async def _rebuild(
    published: _Published,
    repository: dagger.Directory,
    source: dagger.Directory,
    platform: str | None,
    netrc: dagger.Secret | None,
) -> BuiltImage:
    commit = published.label(f"{labels.OCI}revision")
    if commit.endswith("-dirty"):
        clean = commit.removesuffix("-dirty")
        problem = f"{published.reference}: was built from uncommitted changes on top of {clean}"
        raise ConfigurationError([f"{problem}, which can't be restored: publish from a clean tree"])
    located = await git.find(repository, commit, source)
    reference = f"{published.label(f'{labels.OCI}base.name')}@{published.label(f'{labels.OCI}base.digest')}"
    base_image = await base.load(reference, platform)
    checkout = Checkout(repository.as_git().commit(commit).tree().directory(located.folder or "."), netrc)
    try:
        dag_type = (await checkout.catalog()).get(published.label(labels.DAG))
        settings = publish.parse(await checkout.text(publish.FILE))
        image = await build.build(dag_type, checkout, base_image)
    finally:
        checkout.close()
    revision = Revision(
        commit=commit,
        created=located.time,
        branch=None,
        tags=(),
        pull=False,
        remote=published.labels.get(f"{labels.OCI}source"),
        dirty=None,
        changed=(),
        shallow=False,
    )
    info = SourceInfo(revision=revision, origin=origin(revision.remote), organisation=settings.labels)
    forced = published.labels.get(labels.FORCED, "")
    return labelled(dag_type, {"": image}, info, forced).images[""]


async def _differences(registry: Registry, published: _Published, rebuilt: BuiltImage) -> list[str]:
    configs = json.loads(published.config), json.loads(rebuilt.assembly.config.text)
    lines = [f"  {line}" for line in oci.differences(*configs)]
    titles = {
        layer.digest: layer.title
        for layer in published_image.added_layers(published.manifest, published.config)
    }
    layers = itertools.zip_longest(
        _layers(published.manifest), _layers(rebuilt.assembly.manifest.text), fillvalue="none"
    )
    for number, (before, after) in enumerate(layers, 1):
        if before == after:
            continue
        title = titles.get(before, "of the base")
        lines.append(f"  layer {number}, {title}: published {before}, rebuilt {after}")
        if before != "none" and after in rebuilt.tarballs:
            folder = registry.blobs(published.reference.repository, published.digest, [before])
            files = await _file_differences(folder.file(names.hex_digits(before)), rebuilt.tarballs[after])
            lines += [f"    {line}" for line in files]
    return lines


def _layers(manifest: str) -> list[str]:
    return [layer["digest"] for layer in json.loads(manifest)["layers"]]


async def _file_differences(published: dagger.File, rebuilt: dagger.File) -> list[str]:
    container = (
        containers.locked("layers")
        .with_mounted_directory("/mnt/programs", containers.programs("image/layer_diff"))
        .with_mounted_file("/mnt/published", published)
        .with_mounted_file("/mnt/rebuilt", rebuilt)
        .with_exec(
            [
                "python3",
                "-I",
                "-B",
                "/mnt/programs/programs/layer_diff.py",
                "/mnt/published",
                "/mnt/rebuilt",
            ]
        )
    )
    return list(json.loads(await retrying(container.stdout)))
