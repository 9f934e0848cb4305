"""What the registry serves: images that are made, others named in the recipe, and the making of one."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import repeat
from pathlib import Path
from typing import Any, TextIO

import pytest

from airgap import registry, serving, standins
from airgap.errors import AirgapError
from airgap.folders import digest_of
from airgap.instance import Instance, instance
from airgap.oci import Config, write_layout
from airgap.pins import Image
from airgap.step import Step, make

AIRFLOW = "docker.io/apache/airflow"


@pytest.fixture(name="one")
def make_instance(tmp_path: Path) -> Instance:
    one = replace(instance({}), run=tmp_path / "run", state=tmp_path / "state")
    one.run.mkdir()
    return one


def step(image: Image, content: str = "first") -> Step:
    """Return a step that makes an image without layers; other content gives another digest."""

    def build(folder: Path, _: TextIO) -> None:
        labels = {"name": image.name, "content": content}
        write_layout(folder, "any", [], Config(labels=labels), architecture="amd64")

    name = f"standin-{image.repository.replace('/', '-')}-{image.tag}"
    return Step(name=name.lower(), inputs=digest_of(content), build=build, seconds=90)


@pytest.fixture(name="images")
def make_images(monkeypatch: pytest.MonkeyPatch) -> dict[Image, Step]:
    """Let every image be made in no time."""
    images = {image: step(image) for image in standins.standin_steps()}
    monkeypatch.setattr(serving, "standin_steps", lambda: images)
    return images


def test_what_is_made_is_placed_once(
    one: Instance, images: dict[Image, Step], capsys: pytest.CaptureFixture[str]
) -> None:
    for image_step in images.values():
        make(image_step)
    for _ in range(2):
        serving.place_images(one, images)
    assert capsys.readouterr().err.count(" is new") == len(images)
    assert serving.served_images(one, images) == sorted(image.name for image in images)


def test_images_of_one_repository_that_are_made_at_once_all_stay(one: Instance) -> None:
    steps = {image: step(image) for image in (Image("docker.io", "apache/airflow", str(n)) for n in range(8))}
    for image_step in steps.values():
        make(image_step)
    with ThreadPoolExecutor(len(steps)) as pool:
        list(pool.map(serving.place_images, repeat(one), [{image: made} for image, made in steps.items()]))
    assert serving.served_images(one, steps) == sorted(image.name for image in steps)


def test_an_outdated_image_is_not_served_in_the_place_of_one_that_is_not_made(
    one: Instance, images: dict[Image, Step]
) -> None:
    python = next(image for image in images if image.name.startswith("docker.io/library/python:"))
    make(images[python])
    serving.place_images(one, {python: images[python]})
    assert serving.served_images(one, images) == [python.name]
    serving.place_images(one, {python: step(python, "second")})
    assert serving.served_images(one, images) == []
    index = json.loads((one.state / "registry" / python.path / "index.json").read_text())
    assert [entry["digest"] for entry in index["manifests"]] == [registry.digest_of(images[python].result)]


def test_making_an_image_says_how_long_it_takes_and_an_unknown_one_lists_all(
    one: Instance, images: dict[Image, Step], capsys: pytest.CaptureFixture[str]
) -> None:
    name = "airflow-images/test-advisories:2"
    for _ in range(2):
        serving.make(one, name)
    assert capsys.readouterr().err.count(f"making {name} for its first use: about 1m30s") == 1
    assert serving.served_images(one, images) == [name]
    with pytest.raises(AirgapError, match="made: expected one of airflow-images") as error:
        serving.make(one, "docker.io/library/redis:8")
    assert [image.name for image in images if image.name not in str(error.value)] == []


def test_a_digest_makes_the_images_of_its_repository_until_one_has_it(
    one: Instance, images: dict[Image, Step]
) -> None:
    named = {image.name: image_step for image, image_step in images.items() if image.path == AIRFLOW}
    tags = list(named)
    assert len(tags) > 2
    for name in tags[:2]:
        make(named[name])
    digest = registry.digest_of(named[tags[1]].result)
    serving.make(one, f"{AIRFLOW}@{digest}")
    assert serving.served_images(one, images) == sorted(tags[:2])
    serving.make(one, f"{AIRFLOW}@sha256:{'0' * 64}")
    assert serving.served_images(one, images) == sorted(tags)


def test_the_recipe_names_all_images_and_the_users_settings(
    one: Instance, images: dict[Image, Step], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRGAP_PORT", "5999")
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    monkeypatch.setenv("UNRELATED_SECRET", "x")
    serving.write_recipe(one, images)
    recipe: dict[str, Any] = json.loads(one.recipe.read_text())
    assert recipe["references"] == sorted(image.name for image in images)
    assert {"AIRGAP_PORT=5999", "https_proxy=http://proxy.example:3128"} <= set(recipe["environment"])
    assert "UNRELATED_SECRET" not in one.recipe.read_text()
    assert one.recipe.stat().st_mode & 0o077 == 0
