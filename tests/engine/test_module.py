"""What the engine takes as the module's source: an edited DAG leaves it as it is, nothing installs anew."""

import shutil
from pathlib import Path

import pytest
from dagger import dag

from tests.engine.conftest import PROJECT

pytestmark = pytest.mark.anyio


async def source_of(project: Path) -> str:
    """The digest of the module in a folder, by which the engine knows whether it has loaded it before."""
    return await dag.module_source(str(project)).digest()


async def test_an_edited_dag_leaves_the_module_as_it_is(tmp_path: Path) -> None:
    digests: dict[str, str] = {}
    for edited in ("nothing", "dags", "images", "tests", "ci"):
        project = tmp_path / edited
        for name in ("ci", "dags", "images"):
            shutil.copytree(PROJECT / name, project / name)
        for name in ("dagger.json", "pyproject.toml", "uv.lock"):
            shutil.copy(PROJECT / name, project / name)
        if edited != "nothing":
            (project / edited).mkdir(exist_ok=True)
            (project / edited / "new.py").write_text("NEW = True\n", encoding="utf-8")
        digests[edited] = await source_of(project)
    assert digests["dags"] == digests["images"] == digests["tests"] == digests["nothing"]
    assert digests["ci"] != digests["nothing"]
