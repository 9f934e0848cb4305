"""A new DAG type is complete and overwrites nothing; everything that forbids it is reported at once."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ci.checks.imports import files as imports_files
from ci.errors import ConfigurationError
from ci.scaffold import create
from ci.scaffold.dag_files import dag_files

from ..repository import Repository
from ..sources import PROJECT

NAMES = ("weather", "my-type", "a.b_c", "3d", "class")
INVALID_NAMES = ("", "Weather", "a b", "a--b", "-a", "a/b", "../a", "ä")


def created(root: Path, name: str = "weather", packages: tuple[str, ...] = ()) -> dict[str, str]:
    return create.files(name, packages, root, "3.13")


def written(root: Path, name: str = "weather", packages: tuple[str, ...] = ()) -> dict[str, str]:
    files = created(root, name, packages)
    for path, text in files.items():
        Repository(root).write(path, text)
    return files


def refused(root: Path, name: str = "weather", packages: tuple[str, ...] = ()) -> str:
    with pytest.raises(ConfigurationError) as caught:
        created(root, name, packages)
    return str(caught.value)


def run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a module of Python in a folder, with pytest's own plugins alone."""
    bare = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    words = [sys.executable, "-B", "-m", *command]
    return subprocess.run(words, cwd=root, env=bare, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", NAMES)
def test_the_catalog_accepts_a_new_type(tmp_path: Path, name: str) -> None:
    pins = ("lxml==6.0.2", 'httpx==0.28.1; python_version > "3"')
    written(tmp_path, name, pins)
    dag_type = Repository(tmp_path).load().get(name)
    module = create.module_name(name)
    assert dag_type.project.dependencies == (pins[1], pins[0])
    assert dag_type.script_paths == (module,)
    (file,) = dag_files(imports_files.read(tmp_path)).values()
    assert (file.path, file.ids) == (f"{name}/{module}_example.py", {f"{module}_example"})


def test_the_tests_of_new_types_pass(tmp_path: Path) -> None:
    for name in NAMES:
        written(tmp_path, name)
    done = run(tmp_path, "pytest", "-rp", "-p", "no:cacheprovider", *(f"tests/dags/{name}" for name in NAMES))
    assert done.returncode == 0, done.stdout
    passed = [line for line in done.stdout.splitlines() if line.startswith("PASSED tests/dags/")]
    assert {line.split("/")[2] for line in passed} == set(NAMES)


def test_new_files_pass_this_projects_ruff(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    written(tmp_path)
    for command in (["check"], ["format", "--check"]):
        done = run(tmp_path, "ruff", *command, "--no-cache", ".")
        assert done.returncode == 0, done.stdout


def test_the_logic_needs_no_airflow(tmp_path: Path) -> None:
    files = created(tmp_path)
    for path in ("scripts/weather/example.py", "tests/dags/weather/test_weather_example.py"):
        imports = [node for node in ast.walk(ast.parse(files[path])) if isinstance(node, ast.ImportFrom)]
        assert not any((node.module or "").startswith("airflow") for node in imports)


def test_an_invalid_name_is_refused_with_the_rule(tmp_path: Path) -> None:
    rule = "can't be part of an image's name: use a-z, 0-9 and single - _ . between"
    rules = dict.fromkeys(INVALID_NAMES, rule)
    rules |= {"a" * n: f"has {n} characters; the limit for a DAG type's name is 100" for n in (101, 300)}
    rules["base"] = "belongs to the base image: take another name"
    assert {name: refused(tmp_path, name) for name in rules} == {
        name: f"--dag {name!r} {rule}" for name, rule in rules.items()
    }
    assert created(tmp_path, "a" * 100)


def test_everything_that_forbids_a_type_is_reported_at_once(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.add("my-type")
    repository.add("other", project_name="my.type")
    repository.write("dags/other/dag.py", "DAG('my_type_example')\n")
    message = refused(tmp_path, "my_type", ("a>=1", "b==1", "B==2", "c @ https://u:hunter2@example.com/c"))
    expected = (
        "images/my-type claims the name 'my-type'",
        "dags/other/dag.py has a DAG 'my_type_example'",
        "--packages 'a>=1' is not pinned: write 'a==<version>'",
        "--packages names 'b' more than once",
        "is a direct reference",
    )
    assert not [part for part in expected if part not in message]
    assert "images/other claims the name 'my-type'" not in message  # both claim it, so neither is sound
    assert "hunter2" not in message


def test_existing_files_are_named(tmp_path: Path) -> None:
    paths = ["images/weather/x", "dags/weather/x.py", "scripts/weather/x", "tests/dags/weather/x.py"]
    for path in (*paths, "scripts/weather.py"):
        Repository(tmp_path / path.replace("/", "_")).write(path)
        assert f"already: {path}: nothing is overwritten" in refused(tmp_path / path.replace("/", "_"))
    for number in range(15):
        Repository(tmp_path).write(f"dags/weather/{number:02}.py")
    assert "dags/weather/09.py and 5 more: nothing is overwritten" in refused(tmp_path)


@pytest.mark.parametrize("path", ["dags", "tests/dags", "images/weather", "scripts/weather"])
def test_what_blocks_a_folder_is_named(tmp_path: Path, path: str) -> None:
    message = f"{path}: is a {{}} where a folder would be made: nothing is overwritten"
    blocker = Repository(tmp_path).write(path)
    assert message.format("file") in refused(tmp_path)
    blocker.unlink()
    blocker.symlink_to("nowhere")
    assert message.format("link") in refused(tmp_path)


def test_a_common_day_of_all_types_holds_for_a_new_one(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    for name in ("a", "b"):
        repository.write(f"images/{name}/pyproject.toml", '[tool.uv]\nexclude-newer = "2026-01-01"\n')
    file = "images/weather/pyproject.toml"
    assert '\n[tool.uv]\nexclude-newer = "2026-01-01"\n' in created(tmp_path)[file]
    repository.write("images/b/pyproject.toml", '[tool.uv]\nexclude-newer = "2026-02-01"\n')
    assert "exclude-newer" not in created(tmp_path)[file]
