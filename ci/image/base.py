"""The base image: taken from the engine once, as a container to work in and as blobs of every image."""

import json
from dataclasses import dataclass

import dagger
from dagger import dag

from ..config import pins
from ..errors import StepError
from ..tools import failures
from ..tools.checkout import Checkout
from ..tools.engine import retrying, step
from . import oci

ENVIRONMENT = "/home/airflow/.local"  # the official image's VIRTUAL_ENV, into which a delta is installed
PYTHON = f"{ENVIRONMENT}/bin/python"


@dataclass(frozen=True, kw_only=True)
class BaseImage:
    """A base, ready to build on."""

    reference: str
    """By digest."""
    container: dagger.Container
    digest: str
    layout: dagger.Directory
    """The base as an OCI image layout; its blobs go into the layouts of the images above it."""
    image: oci.Base
    user: str


def container(reference: str, platform: str | None = None) -> dagger.Container:
    """The base as a container, from the engine: its mirrors, its credentials, its certificates."""
    return dag.container(platform=dagger.Platform(platform) if platform else None).from_(reference)


async def load(reference: str, platform: str | None = None) -> BaseImage:
    """The base image behind a reference, for a platform such as linux/arm64, or else the engine's own.

    Raises:
        StepError: no registry that the engine asks has it, or none answers.
    """
    try:
        with step("base image"):
            return await _load(reference, platform)
    except dagger.QueryError as error:
        where = f" for {platform}" if platform else ""
        raise failures.step_error(f"the base image {reference} can't be had{where}", error) from None


async def pinned(sources: Checkout) -> BaseImage:
    """Return the base image that images/base.toml names, for the engine's platform; raise as ``load``."""
    return await load(await sources.base_reference())


async def _load(reference: str, platform: str | None) -> BaseImage:
    exact = await retrying(container(reference, platform).image_ref)
    pinned = container(exact, platform)
    layout = _layout(pinned)
    index = json.loads(await retrying(layout.file("index.json").contents))
    digest = str(index["manifests"][0]["digest"])
    manifest = await _blob(layout, digest)
    config = await _blob(layout, manifest["config"]["digest"])
    has = f"{config.get('os')}/{config.get('architecture')}"
    if platform and has != platform:  # an image without an index is taken for every platform by the engine
        raise StepError([f"the base image {reference} is for {has} alone: {platform} can't be built on it"])
    image = oci.Base(reference=exact, manifest=manifest, config=config)
    if oci.rewritten(image):
        told = "the engine has packed layers of it anew, and no other engine would make the same image"
        cure = "free its cache once (dagger core engine local-cache prune), then try again"
        raise StepError([f"the base image {exact} isn't the registry's own any more: {told}: {cure}"])
    return BaseImage(
        reference=exact,
        container=pinned,
        digest=digest,
        layout=layout,
        image=image,
        user=str(config["config"].get("User", "")),
    )


def _layout(base: dagger.Container) -> dagger.Directory:
    # OCI media types: the base's own blobs, with the digests they have in its registry.
    tarball = base.as_tarball(media_types=dagger.ImageMediaTypes.OCIMediaTypes)
    return (
        dag.container()
        .from_(pins.image("python"))  # not the base's own tar: a base may be anyone's
        .with_mounted_file("/mnt/base.tar", tarball)
        .with_directory("/layout", dag.directory())
        .with_exec(["tar", "--extract", "--file", "/mnt/base.tar", "--directory", "/layout"])
        .directory("/layout")
    )


async def _blob(layout: dagger.Directory, digest: str) -> oci.Json:
    return json.loads(await retrying(layout.file(oci.blob_path(digest)).contents))
