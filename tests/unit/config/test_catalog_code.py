"""The DAG files and scripts that a type names: they exist and contain code."""

import shutil

import pytest

from ..refusals import refusal
from ..repository import FILE, Repository


def problems_of(repository: Repository) -> tuple[str, ...]:
    return refusal(repository.load().get, "salesforce")


def test_folders_files_and_archives_may_be_grouped_into_one_image(repository: Repository) -> None:
    repository.add("salesforce", 'dags = ["a", "b/one.py", "packed.zip", "deep", "folder"]')
    for path in ("a/dag.py", "b/one.py", "packed.zip", "deep/daily/dag.py", "folder/packed.zip"):
        repository.write(f"dags/{path}")
    paths = ("a", "b/one.py", "deep", "folder", "packed.zip")
    assert repository.load().get("salesforce").dag_paths == paths


def test_a_missing_default_folder_is_reported_with_the_nearest_or_what_to_do(repository: Repository) -> None:
    repository.add("salesforce")
    folder = (repository.root / "dags/salesforce").rename(repository.root / "dags/salesforces")
    assert problems_of(repository) == (
        f"{FILE}: the default of dags, 'salesforce', is not in dags/: did you mean 'salesforces'?",
    )
    shutil.rmtree(folder.parent)
    assert "create dags/salesforce, or name an existing one" in problems_of(repository)[0]


@pytest.mark.parametrize("tree", ["dags", "scripts"])
def test_every_missing_folder_is_reported_with_the_nearest_or_what_to_do(
    repository: Repository, tree: str
) -> None:
    repository.add("salesforce", f'{tree} = ["warehose", "zzz"]')
    repository.write(f"{tree}/warehouse/code.py")
    near, far = problems_of(repository)
    place = f"{FILE}: [tool.airflow-images] {tree}: "
    assert near == f"{place}'warehose' is not in {tree}/: did you mean 'warehouse'?"
    assert far.startswith(f"{place}'zzz' is not in {tree}/: ")
    assert far.endswith(f": create {tree}/zzz, or name an existing one")


@pytest.mark.parametrize("other", ["README.md", "__pycache__/dag.cpython-313.pyc"])
def test_a_folder_without_code_is_reported(repository: Repository, other: str) -> None:
    repository.add("salesforce")
    (repository.root / "dags/salesforce/dag.py").unlink()
    repository.write(f"dags/salesforce/{other}")
    assert problems_of(repository) == (f"{FILE}: dags/salesforce has no Python file: put a DAG there",)


def test_a_file_that_is_no_code_is_reported(repository: Repository) -> None:
    repository.add("salesforce", 'dags = ["notes.txt"]')
    repository.write("dags/notes.txt")
    assert problems_of(repository) == (
        f"{FILE}: dags/notes.txt is not a Python file: name DAG files or folders",
    )


def test_a_repository_behind_a_link_is_fine_and_a_circle_of_links_is_no_crash(repository: Repository) -> None:
    repository.add("salesforce")
    link = repository.root / "link"
    link.symlink_to(repository.root)
    assert Repository(link).load().get("salesforce").name == "salesforce"
    repository.add("salesforce", 'dags = ["circle"]')
    (repository.root / "dags/circle").symlink_to("circle")
    assert "'circle' is not in dags/" in problems_of(repository)[0]
