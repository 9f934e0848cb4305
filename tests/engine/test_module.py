"""What the engine takes as inputs: an edit of what neither module nor check reads makes nothing run anew."""

import re
import shutil
from pathlib import Path

import pytest
from dagger import dag

from tests.engine.conftest import PROJECT

pytestmark = pytest.mark.anyio


async def source_of(project: Path) -> str:
    """Return the digest of the module in a folder, by which the engine knows whether it was loaded before."""
    return await dag.module_source(str(project)).digest()


async def test_an_edited_dag_leaves_the_module_as_it_is(tmp_path: Path) -> None:
    digests: dict[str, str] = {}
    for edited in ("nothing", "dags", "images", "tests", "ci"):
        project = tmp_path / edited
        for name in ("ci", "development", "dags", "images"):
            shutil.copytree(PROJECT / name, project / name)
        for name in ("dagger.json", "pyproject.toml", "uv.lock"):
            shutil.copy(PROJECT / name, project / name)
        if edited != "nothing":
            (project / edited).mkdir(exist_ok=True)
            (project / edited / "new.py").write_text("NEW = True\n", encoding="utf-8")
        digests[edited] = await source_of(project)
    assert digests["dags"] == digests["images"] == digests["tests"] == digests["nothing"]
    assert digests["ci"] != digests["nothing"]


@pytest.mark.parametrize(
    ("files", "read"),
    [
        ("python", {"ci/a.py", "tests/unit/a.py", "dags/one/a.py", "pyproject.toml"}),
        ("pipelines", {".github/workflows/a.yml", "setup/action.yml", "docs/examples/gitlab-ci.yml"}),
        (
            "tested",
            {"ci/a.py", "ci/pins.toml", "tests/unit/a.py", "tests/a.json", "dags/one/a.py"}
            | {"pyproject.toml", "uv.lock", "development/main.dang"},
        ),
        ("locked", {"pyproject.toml", "uv.lock", "ci/pins.toml"}),
    ],
)
async def test_a_check_takes_the_files_it_reads_and_no_doc(files: str, read: set[str]) -> None:
    everything = dag.directory()
    for path in (
        *("README.md", "docs/a.md", "docs/examples/gitlab-ci.yml", "changelog/a.fixed.md", "LICENSE"),
        *("ci/a.py", "tests/unit/a.py", "tests/a.json", "dags/one/a.py", "pyproject.toml", "uv.lock"),
        *(".github/workflows/a.yml", "setup/action.yml", ".ci/run", "ci/pins.toml", "development/main.dang"),
        *(".venv/lib/a.py", "sdk/a.py", ".git/config", "ci/__pycache__/a.pyc", ".ruff_cache/a"),
    ):
        everything = everything.with_new_file(path, path)
    module = (PROJECT / "development" / "main.dang").read_text(encoding="utf-8")
    (patterns,) = re.findall(rf"let {files}: Directory! .*patterns: \[([^\]]*)\]", module)
    kept = await everything.filter(exclude=re.findall(r'"([^"]*)"', patterns)).glob("**")
    assert {path for path in kept if not path.endswith("/")} == read
