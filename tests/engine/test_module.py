"""What the engine takes as inputs: an edit of what neither module nor check reads makes nothing run anew."""

import shutil
from pathlib import Path
from typing import Any, get_args

import dagger
import pytest
from dagger import dag

from ci.api.project import PythonFiles, TestedFiles, WorkflowFiles
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


@pytest.mark.parametrize(
    ("files", "read"),
    [
        (PythonFiles, {"ci/a.py", "tests/unit/a.py", "dags/one/a.py", "pyproject.toml"}),
        (
            WorkflowFiles,
            {".github/workflows/a.yml", "action.yml", "setup/action.yml", "docs/examples/gitlab-ci.yml"},
        ),
        (
            TestedFiles,
            {"ci/a.py", "tests/unit/a.py", "dags/one/a.py", "pyproject.toml", "uv.lock", "action.yml"}
            | {"tests/a.json"},
        ),
    ],
    ids=["lint and types", "workflows", "tests"],
)
async def test_a_check_takes_the_files_it_reads_and_no_doc(files: Any, read: set[str]) -> None:  # noqa: ANN401
    everything = dag.directory()
    for path in (
        *("README.md", "docs/a.md", "docs/examples/gitlab-ci.yml", "changelog/a.fixed.md", "LICENSE"),
        *("ci/a.py", "tests/unit/a.py", "tests/a.json", "dags/one/a.py", "pyproject.toml", "uv.lock"),
        *(".github/workflows/a.yml", "action.yml", "setup/action.yml", ".ci/run"),
        *(".venv/lib/a.py", "sdk/a.py", ".git/config", "ci/__pycache__/a.pyc", ".ruff_cache/a"),
    ):
        everything = everything.with_new_file(path, path)
    (ignored,) = [each for each in get_args(files) if isinstance(each, dagger.Ignore)]
    kept = await everything.filter(exclude=ignored.patterns).glob("**")
    assert {path for path in kept if not path.endswith("/")} == read
