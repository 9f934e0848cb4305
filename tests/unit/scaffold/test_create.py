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


def made(tmp_path: Path, name: str = "weather", packages: tuple[str, ...] = ()) -> dict[str, str]:
    return create.files(name, packages, tmp_path, "3.13")


def refused(tmp_path: Path, name: str = "weather", packages: tuple[str, ...] = ()) -> str:
    with pytest.raises(ConfigurationError) as caught:
        made(tmp_path, name, packages)
    return str(caught.value)


def written(root: Path, files: dict[str, str]) -> Repository:
    repository = Repository(root)
    for path, text in files.items():
        repository.write(path, text)
    return repository


NAMES = ("weather", "my-type", "a.b_c", "3d", "class")


@pytest.mark.parametrize("name", NAMES)
def test_the_catalog_takes_what_is_made(tmp_path: Path, name: str) -> None:
    pins = ("lxml==6.0.2", 'httpx==0.28.1; python_version > "3"')
    dag_type = written(tmp_path, made(tmp_path, name, pins)).load().get(name)
    module = create.module_name(name)
    assert dag_type.project.dependencies == (pins[1], pins[0])
    assert dag_type.script_paths == (module,)
    (file,) = dag_files(imports_files.read(tmp_path)).values()
    assert (file.path, file.ids) == (f"{name}/{module}_example.py", {f"{module}_example"})


def test_the_tests_that_are_made_pass(tmp_path: Path) -> None:
    for name in NAMES:
        written(tmp_path, made(tmp_path, name))
    command = [sys.executable, "-B", "-m", "pytest", "-rp", "-p", "no:cacheprovider"]
    bare = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [*command, *(f"tests/dags/{name}" for name in NAMES)],
        cwd=tmp_path,
        env=bare,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    passed = [line for line in done.stdout.splitlines() if line.startswith("PASSED tests/dags/")]
    assert {line.split("/")[2] for line in passed} == set(NAMES)


def test_the_files_pass_this_projects_own_ruff(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))
    written(tmp_path, made(tmp_path))
    for command in (["check"], ["format", "--check"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--no-cache", "."],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout.decode()


def test_the_logic_needs_no_airflow(tmp_path: Path) -> None:
    files = made(tmp_path)
    for path in ("scripts/weather/example.py", "tests/dags/weather/test_weather_example.py"):
        imports = [node for node in ast.walk(ast.parse(files[path])) if isinstance(node, ast.ImportFrom)]
        assert not any((node.module or "").startswith("airflow") for node in imports)


@pytest.mark.parametrize("name", ["", "Weather", "a b", "a--b", "-a", "a/b", "../a", "ä"])
def test_a_name_must_be_an_images(tmp_path: Path, name: str) -> None:
    rule = refused(tmp_path, name)
    assert rule == f"--dag {name!r} can't be part of an image's name: use a-z, 0-9 and single - _ . between"


@pytest.mark.parametrize("length", [101, 300])
def test_a_name_must_leave_room_for_paths(tmp_path: Path, length: int) -> None:
    message = f"has {length} characters; the limit for a DAG type's name is 100"
    assert refused(tmp_path, "a" * length) == f"--dag {'a' * length!r} {message}"
    assert made(tmp_path, "a" * 100)


def test_everything_that_forbids_it_is_reported_at_once(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.add("my-type")
    repository.add("other", project_name="my.type")
    repository.write("dags/other/dag.py", "DAG('my_type_example')\n")
    message = refused(tmp_path, "my_type", ("a>=1", "b==1", "B==2", "c @ https://u:hunter2@example.com/c"))
    assert "images/my-type claims the name 'my-type'" in message
    assert "images/other claims the name 'my-type'" not in message  # both claim it, so neither is sound
    assert "dags/other/dag.py has a DAG 'my_type_example'" in message
    assert "--packages 'a>=1' is not pinned: write 'a==<version>'" in message
    assert "--packages names 'b' more than once" in message
    assert "is a direct reference" in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    "path",
    [
        "images/weather/x",
        "dags/weather/x.py",
        "scripts/weather/x",
        "tests/dags/weather/x.py",
        "scripts/weather.py",
    ],
)
def test_an_existing_file_is_named_and_stays(tmp_path: Path, path: str) -> None:
    Repository(tmp_path).write(path, "mine")
    assert f"already: {path}: nothing is overwritten" in refused(tmp_path)
    assert (tmp_path / path).read_text() == "mine"


@pytest.mark.parametrize("path", ["dags", "tests/dags", "images/weather", "scripts/weather"])
@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_blocks_a_folder_is_named_and_stays(tmp_path: Path, path: str, kind: str) -> None:
    blocker = tmp_path / path
    blocker.parent.mkdir(parents=True, exist_ok=True)
    if kind == "file":
        blocker.write_text("mine")
    else:
        blocker.symlink_to("nowhere")
    assert f"{path}: is a {kind} where a folder would be made: nothing is overwritten" in refused(tmp_path)


def test_many_files_are_counted(tmp_path: Path) -> None:
    for number in range(15):
        Repository(tmp_path).write(f"dags/weather/{number:02}.py")
    assert "dags/weather/09.py and 5 more: nothing is overwritten" in refused(tmp_path)


def test_the_base_has_its_name(tmp_path: Path) -> None:
    assert "belongs to the base image" in refused(tmp_path, "base")


def test_a_day_that_all_types_have_holds_for_the_new_one_too(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    for name in ("a", "b"):
        repository.write(f"images/{name}/pyproject.toml", '[tool.uv]\nexclude-newer = "2026-01-01"\n')
    file = "images/weather/pyproject.toml"
    assert '\n[tool.uv]\nexclude-newer = "2026-01-01"\n' in made(tmp_path)[file]
    repository.write("images/b/pyproject.toml", '[tool.uv]\nexclude-newer = "2026-02-01"\n')
    assert "exclude-newer" not in made(tmp_path)[file]
