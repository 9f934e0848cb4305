"""The base image: a container to build in, and the lowest layers of every image."""

import json
import re
from dataclasses import dataclass

import dagger
from dagger import dag

from ..errors import StepError
from ..tools import containers, failures
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
    """The base as an OCI image layout, whose blobs get into the layouts of the images above it."""
    image: oci.Base
    user: str

    @property
    def public(self) -> bool:
        """Whether it is an official image: what is in it isn't a secret."""
        return re.match(r"docker\.io/apache/airflow[:@]", self.reference) is not None


def container(reference: str, platform: str | None = None) -> dagger.Container:
    """Return the base as a container; the engine pulls it, by its mirrors, credentials and certificates."""
    return dag.container(platform=dagger.Platform(platform) if platform else None).from_(reference)


async def load(reference: str, platform: str | None = None) -> BaseImage:
    """Return the base image for a platform such as linux/arm64, or else for the engine's own.

    Raise StepError if the engine could not pull it.
    """
    suffix = f" for {platform}" if platform else ""
    with failures.as_step_error(f"could not pull the base image {reference}{suffix}"), step("base image"):
        return await _load(reference, platform)


async def pinned(checkout: Checkout) -> BaseImage:
    """Return the base image that images/base.toml names, for the engine's platform; raise as ``load``."""
    return await load(await checkout.base_reference())


async def _load(reference: str, platform: str | None) -> BaseImage:
    exact = await retrying(container(reference, platform).image_ref)
    pinned = container(exact, platform)
    layout = _layout(pinned)
    index = json.loads(await retrying(layout.file("index.json").contents))
    digest = str(index["manifests"][0]["digest"])
    manifest = await _blob(layout, digest)
    config = await _blob(layout, manifest["config"]["digest"])
    own_platform = f"{config.get('os')}/{config.get('architecture')}"
    if platform and own_platform != platform:  # the engine takes an image without an index for every platform
        raise StepError([f"the base image {reference} is for {own_platform} only: no image for {platform}"])
    image = oci.Base(reference=exact, manifest=manifest, config=config)
    if oci.rewritten(image):
        problem = "the engine packed layers of it again, so that no other engine would make the same image"
        remedy = "free its cache once (dagger core engine local-cache prune), then try again"
        raise StepError([f"the base image {exact} isn't the registry's own any more: {problem}: {remedy}"])
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
        containers.with_out(containers.tool_container())  # not the base's own tar: a base may be anyone's
        .with_mounted_file("/mnt/base.tar", tarball)
        .with_exec(["tar", "--extract", "--file", "/mnt/base.tar", "--directory", containers.OUT])
        .directory(containers.OUT)
    )


async def _blob(layout: dagger.Directory, digest: str) -> oci.Json:
    return json.loads(await retrying(layout.file(oci.blob_path(digest)).contents))
