"""What can't be reached is told at once, with its name and what to do."""

import re

import dagger
import pytest

from ci import base, image, layers
from ci.base import BaseImage
from ci.errors import StepError
from tests.engine.conftest import repository
from tests.engine.test_image import locked, small

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        ("127.0.0.1:9/apache/airflow:3.1.5", "doesn't answer"),
        ("registry.invalid/apache/airflow:3.1.5", "doesn't resolve"),
    ],
)
async def test_a_registry_that_does_not_answer(reference: str, told: str) -> None:
    with pytest.raises(StepError, match=f"the base image {reference} can't be had: .*{told}"):
        await base.load(reference)


async def test_a_file_that_the_index_does_not_serve_as_locked(below: BaseImage) -> None:
    sources = await locked(small(), below)
    text = ((await sources.root()) / "images/small/pylock.toml").read_text(encoding="utf-8")
    wrong = re.sub(r'sha256 = "\w{8}', 'sha256 = "00000000', text)
    assert wrong != text
    files = {**small(), "images/small/pylock.toml": wrong}
    changed = repository(files)
    with pytest.raises(StepError, match="small: layer 'delta' failed"):
        await image.build((await changed.catalog()).get("small"), changed, below)


async def test_an_index_that_does_not_answer(below: BaseImage) -> None:
    sources = await locked(small(), below)
    text = ((await sources.root()) / "images/small/pylock.toml").read_text(encoding="utf-8")
    # Another name of the file, so that no cache has it.
    away = re.sub(r"https://\S+/cowsay", "http://127.0.0.1:9/cowsay", text)
    assert away != text
    changed = repository({**small(), "images/small/pylock.toml": away})
    with pytest.raises(StepError, match="small: layer 'delta' failed: the package index doesn't answer"):
        await image.build((await changed.catalog()).get("small"), changed, below)


async def test_a_full_disk_is_told_and_leaves_no_layer(
    below: BaseImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = await locked(small(), below)
    with_uv = layers.with_uv

    def cramped(container: dagger.Container) -> dagger.Container:
        return with_uv(container).with_mounted_temp(layers.OUT, size=4096)

    monkeypatch.setattr(layers, "with_uv", cramped)
    with pytest.raises(StepError, match="disk of the engine is full"):
        await image.build((await sources.catalog()).get("small"), sources, below)
