"""Layers that DAG types share: one delta for the same packages, one layer for a package that several lock."""

import asyncio

import pytest

from ci.config import lockfile
from ci.image import build, shared_layers
from ci.image.base import BaseImage
from ci.image.built import BuiltImage
from ci.lock import resolve
from ci.tools.checkout import Checkout
from tests.engine.conftest import repository

pytestmark = pytest.mark.anyio

PYPROJECT = """
[project]
name = "{name}"
dependencies = [{pins}]

[tool.uv]
exclude-newer = "2025-12-20T00:00:00Z"
"""
DAG = "from airflow.sdk import DAG\n\nwith DAG('{name}'):\n    pass\n"


def files(pins: dict[str, str]) -> dict[str, str]:
    """Return the files of a repository of DAG types, by the pins of each."""
    made: dict[str, str] = {}
    for name, text in pins.items():
        made[f"images/{name}/pyproject.toml"] = PYPROJECT.format(name=name, pins=text)
        made[f"dags/{name}/dag.py"] = DAG.format(name=name)
    return made


async def locked(texts: dict[str, str], below: BaseImage) -> Checkout:
    """Return the repository with its locks."""
    sources = repository(texts)
    name = lockfile.base_name(below.reference)
    locks = await resolve.lock((await sources.catalog()).all(), sources, below.container, name)
    return repository({**texts, **{f"images/{name}/pylock.toml": lock for name, lock in locks.items()}})


async def built(sources: Checkout, below: BaseImage) -> list[BuiltImage]:
    """Build the images of all types."""
    types = (await sources.catalog()).all()
    return list(await asyncio.gather(*(build.build(each, sources, below) for each in types)))


async def test_twenty_types_with_the_same_packages_are_one_install_and_twenty_manifests(
    below: BaseImage,
) -> None:
    # The order of pins is the types' own: what is installed is the same.
    pins = ['"isodate==0.7.2", "zeep==4.3.2"', '"zeep==4.3.2", "isodate==0.7.2"']
    names = {f"type{number:02}": pins[number % 2] for number in range(20)}
    images = await built(await locked(files(names), below), below)
    assert len({each.digest for each in images}) == 20
    titles = ("byte code", "lxml", "delta", "dags")
    assert {tuple(layer.title for layer in each.layers) for each in images} == {titles}
    for number in range(3):
        digests = {each.layers[number].digest for each in images}
        assert len(digests) == 1
        # One and the same step of the engine, which runs it once.
        assert len({await each.tarballs[digest].id() for digest in digests for each in images}) == 1


async def test_a_package_has_one_layer_in_all_types_that_lock_it(below: BaseImage) -> None:
    # lxml has one because it is large.
    texts = files({"one": '"zeep==4.3.2"', "two": '"lxml==6.0.2", "isodate==0.7.2", "requests-file==3.0.1"'})
    texts["images/layers.toml"] = '[layers]\nown = ["isodate"]\n'
    sources = await locked(texts, below)
    one, two = await built(sources, below)
    titles = [[layer.title for layer in image.layers] for image in (one, two)]
    assert titles == [["byte code", "isodate", "lxml", "delta", "dags"]] * 2
    assert one.layers[:3] == two.layers[:3]
    assert one.layers[3].digest != two.layers[3].digest
    # All of it is there, in a container made from the layers.
    told = (
        await one.container().with_exec(["python", "-c", "import lxml.etree, zeep; print('fine')"]).stdout()
    )
    assert told == "fine\n"


async def test_a_pin_edit_of_a_small_package_sends_no_large_one_again(below: BaseImage) -> None:
    pins = {"before": '"lxml==6.0.2", "cowsay==6.0"', "after": '"lxml==6.0.2", "cowsay==6.1"'}
    after, before = await built(await locked(files(pins), below), below)
    new = sum(layer.size for layer in after.layers if layer not in before.layers)
    assert 0 < new < 100_000
    assert after.added_size > 1_000_000


async def test_the_plan_tells_what_a_layer_of_its_own_would_save(below: BaseImage) -> None:
    pins = {"one": '"zeep==4.3.2", "mpmath==1.3.0"', "two": '"mpmath==1.3.0"', "three": '"zeep==4.3.2"'}
    pins["four"] = pins["three"]
    sources = await locked(files(pins), below)
    told = await shared_layers.savings((await sources.catalog()).all(), sources, below)
    assert told.splitlines()[0] == "one delta  four, three"
    assert "own layer  lxml 6.0.2" in told
    assert "could be    mpmath 1.3.0" in told
    assert told.endswith('fix: write [layers] own = ["mpmath"] into images/layers.toml')


async def test_a_layer_of_its_own_for_what_no_type_has_changes_nothing(below: BaseImage) -> None:
    texts = files({"one": '"isodate==0.7.2"'})
    (plain,) = await built(await locked(texts, below), below)
    texts["images/layers.toml"] = '[layers]\nown = ["pandas"]\n'
    (other,) = await built(await locked(texts, below), below)
    assert plain.digest == other.digest
