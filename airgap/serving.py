"""What the local registry serves: stand-ins, made beforehand or when they are first pulled."""

import contextlib
import json
import os
import sys
from collections.abc import Generator, Mapping
from pathlib import Path

from airgap import commands, gotools, registry
from airgap.errors import AirgapError
from airgap.folders import PROJECT
from airgap.instance import Instance
from airgap.lock import locked
from airgap.pins import Image
from airgap.progress import duration, say
from airgap.standins import standin_steps
from airgap.step import all_steps
from airgap.steps import Step, missing, run


def place_images(instance: Instance, images: Mapping[Image, Step]) -> None:
    """Put the images that are made into the registry, and withdraw outdated ones of the others."""
    for image, step in images.items():
        if step.done:
            _place(instance, image, step)
        else:
            with _changing(instance) as store:
                registry.withdraw(image.path, image.tag, store)


def write_recipe(instance: Instance, images: Mapping[Image, Step]) -> None:
    """Write the registry's recipe: which images can be made, by which command, in which environment."""
    settings = {name: value for name, value in os.environ.items() if name.startswith("AIRGAP_")}
    environment = {**commands.environment(), **settings, "PYTHONPATH": str(PROJECT)}
    recipe = {
        "command": [sys.executable, "-m", "airgap", "make"],
        "environment": [f"{name}={value}" for name, value in sorted(environment.items())],
        "log": str(instance.run / "making.log"),
        "references": sorted(image.name for image in images),
    }
    file = instance.recipe
    partial = file.with_name(f".{file.name}.new")
    partial.write_text(json.dumps(recipe, indent=2))
    partial.chmod(0o600)  # a proxy's or an index's address may hold a password
    partial.replace(file)


def make(instance: Instance, reference: str) -> None:
    """Make an image and put it into the registry.

    `reference` names the tag, as docker.io/library/postgres:17, or a digest: then the images of that
    repository are made one after the other until one has the digest, or all are made. Raises AirgapError for
    what can't be made, StepError where making it fails.
    """
    images = standin_steps()
    path, _, digest = reference.partition("@")
    candidates = {i: s for i, s in images.items() if (i.path == path if digest else i.name == reference)}
    if not candidates:
        names = ", ".join(sorted(image.name for image in images))
        raise AirgapError(f"{reference} can't be made: expected one of {names}")
    for image, step in candidates.items():
        todo = missing([step])
        if todo:
            seconds = sum(part.seconds for part in todo)
            say(f"making {image.name} for its first use: about {duration(seconds)}")
        run([step])
        _place(instance, image, step)
        if registry.digest_of(step.result) == digest:
            break
    gotools.trim_caches(all_steps(images.values()))


def _place(instance: Instance, image: Image, step: Step) -> None:
    with _changing(instance) as store:
        new = registry.place(image.path, image.tag, step.result, store)
    if new:
        say(f"registry: {image.name} is new")


@contextlib.contextmanager
def _changing(instance: Instance) -> Generator[Path]:
    """Give the registry's folder to one command at a time: a repository's index is read, then written."""
    with locked(instance.state / "registry.lock", "changing the registry"):
        yield instance.state / "registry"


def served_images(instance: Instance, images: Mapping[Image, Step]) -> list[str]:
    """Return the names of those images that the registry has, sorted."""
    store = instance.state / "registry"
    return sorted(image.name for image in images if registry.has(image.path, image.tag, store))
