"""The same inputs give the same digest, whatever the engine remembers."""

import uuid
from functools import partial
from pathlib import Path

import dagger
import pytest
from dagger import dag

from ci import image, layers
from ci.base import BaseImage
from ci.sources import Sources

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("name", ["api", "dbt", "salesforce"])
async def test_two_builds_without_cache_are_equal(
    name: str, sources: Sources, below: BaseImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    dag_type = (await sources.catalog()).get(name)
    runs: list[str] = []
    digests: list[str] = []
    for _ in range(2):
        mark = uuid.uuid4().hex
        runs.append(mark)
        # Every layer is made by this program: another text of it, and no step is remembered.
        monkeypatch.setattr(layers, "program", partial(_marked, mark=mark))
        digests.append((await image.build(dag_type, sources, below)).digest)
    assert runs[0] != runs[1]
    assert digests[0] == digests[1]


def _marked(name: str, mark: str) -> dagger.File:
    text = (Path(layers.__file__).parent / "inside" / name).read_text(encoding="utf-8")
    return dag.file(name, f"{text}\n# {mark}\n")
