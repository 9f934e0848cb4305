"""The DAG files and scripts that a type names: they exist and contain code."""

import pytest

from ci.errors import ConfigurationError

from ..repository import FILE, Repository


def problems_of(repository: Repository) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        repository.load().get("salesforce")
    return caught.value.problems


def test_folders_and_files_may_be_grouped_into_one_image(repository: Repository) -> None:
    repository.add("salesforce", 'dags = ["a", "b/one.py"]')
    repository.write("dags/a/dag.py")
    repository.write("dags/b/one.py")
    assert repository.load().get("salesforce").dag_paths == ("a", "b/one.py")


def test_a_missing_default_folder_is_reported_with_the_nearest(repository: Repository) -> None:
    repository.add("salesforce")
    (repository.root / "dags/salesforce").rename(repository.root / "dags/salesforces")
    assert problems_of(repository) == (
        f"{FILE}: the default of dags, 'salesforce', is not in dags/: did you mean 'salesforces'?",
    )


@pytest.mark.parametrize("tree", ["dags", "scripts"])
def test_a_missing_folder_is_reported_with_the_nearest(repository: Repository, tree: str) -> None:
    repository.add("salesforce", f'{tree} = ["warehose"]')
    repository.write(f"{tree}/warehouse/code.py")
    assert problems_of(repository) == (
        f"{FILE}: [tool.airflow-images] {tree}: 'warehose' is not in {tree}/: did you mean 'warehouse'?",
    )


@pytest.mark.parametrize("tree", ["dags", "scripts"])
def test_a_missing_folder_like_no_other_is_reported_with_what_to_do(
    repository: Repository, tree: str
) -> None:
    repository.add("salesforce", f'{tree} = ["zzz"]')
    (problem,) = problems_of(repository)
    assert problem.startswith(f"{FILE}: [tool.airflow-images] {tree}: 'zzz' is not in {tree}/: ")
    assert problem.endswith(f": create {tree}/zzz, or name an existing one")


def test_a_repository_without_dags_tells_what_is_missing(repository: Repository) -> None:
    repository.add("salesforce")
    (repository.root / "dags/salesforce/dag.py").unlink()
    (repository.root / "dags/salesforce").rmdir()
    (repository.root / "dags").rmdir()
    assert "create dags/salesforce, or name an existing one" in problems_of(repository)[0]


def test_everything_that_is_missing_is_reported(repository: Repository) -> None:
    repository.add("salesforce", 'dags = ["one", "two"]\nscripts = ["three"]')
    message = "\n".join(problems_of(repository))
    assert all(f"{name!r} is not in" in message for name in ("one", "two", "three"))


@pytest.mark.parametrize("other", ["README.md", "__pycache__/dag.cpython-313.pyc"])
def test_a_folder_without_code_is_reported(repository: Repository, other: str) -> None:
    repository.add("salesforce")
    (repository.root / "dags/salesforce/dag.py").unlink()
    repository.write(f"dags/salesforce/{other}")
    assert problems_of(repository) == (f"{FILE}: dags/salesforce has no Python file: put a DAG there",)


def test_code_may_lie_deeper_in_a_folder(repository: Repository) -> None:
    repository.add("salesforce")
    (repository.root / "dags/salesforce/dag.py").unlink()
    repository.write("dags/salesforce/daily/dag.py")
    assert repository.load().get("salesforce").dag_paths == ("salesforce",)


def test_archives_of_dags_are_code(repository: Repository) -> None:
    repository.add("salesforce")
    (repository.root / "dags/salesforce/dag.py").rename(repository.root / "dags/salesforce/packed.zip")
    repository.add("api", 'dags = ["packed.zip"]')
    repository.write("dags/packed.zip")
    assert set(repository.load().types) == {"api", "salesforce"}


def test_a_file_that_is_no_code_is_reported(repository: Repository) -> None:
    repository.add("salesforce", 'dags = ["notes.txt"]')
    repository.write("dags/notes.txt")
    assert problems_of(repository) == (
        f"{FILE}: dags/notes.txt is not a Python file: name DAG files or folders",
    )


def test_a_circle_of_links_is_no_crash(repository: Repository) -> None:
    repository.add("salesforce", 'dags = ["circle"]')
    (repository.root / "dags/circle").symlink_to("circle")
    assert "'circle' is not in dags/" in problems_of(repository)[0]


def test_a_repository_behind_a_link_is_fine(repository: Repository) -> None:
    repository.add("salesforce")
    link = repository.root / "link"
    link.symlink_to(repository.root)
    assert Repository(link).load().get("salesforce").name == "salesforce"
