"""All DAG types of a repository: the valid ones, and the problems of the others."""

import pytest

from ci.config.catalog import NAME, name_problem
from ci.errors import ConfigurationError

from ..repository import FILE, Repository, pyproject


@pytest.fixture
def three(repository: Repository) -> Repository:
    """Give a repository of three sound DAG types."""
    for name in ("salesforce", "dbt", "api"):
        repository.add(name)
    return repository


def problems_of(repository: Repository, name: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        repository.load().get(name)
    return caught.value.problems


def test_all_types_are_found_in_order(three: Repository) -> None:
    assert [result.name for result in three.load().all()] == ["api", "dbt", "salesforce"]


def test_one_type_is_found_by_name(three: Repository) -> None:
    assert three.load().get("dbt").file == "images/dbt/pyproject.toml"


def test_a_typing_slip_is_reported_with_the_nearest_name_and_all_there_are(three: Repository) -> None:
    assert problems_of(three, "salesfroce") == (
        "unknown DAG type 'salesfroce': did you mean 'salesforce'? DAG types: api, dbt, salesforce",
    )


@pytest.mark.parametrize("name", ["", "zzz", "../../etc"])
def test_a_name_like_no_other_is_reported_with_all_there_are(three: Repository, name: str) -> None:
    assert problems_of(three, name) == (f"unknown DAG type {name!r}: DAG types: api, dbt, salesforce",)


def test_a_name_is_reported_in_a_repository_without_types(repository: Repository) -> None:
    assert problems_of(repository, "api") == ("unknown DAG type 'api': images/ has none",)


def test_a_repository_without_types_says_how_to_write_one(repository: Repository) -> None:
    with pytest.raises(
        ConfigurationError, match=r"images/ has no DAG type: write images/<type>/pyproject\.toml"
    ):
        repository.load().all()


def test_a_repository_without_the_folder_holds_no_types(repository: Repository) -> None:
    (repository.root / "images").rmdir()
    assert repository.load().types == {}


def test_the_base_is_no_type(three: Repository) -> None:
    three.write("images/base/pyproject.toml", "no TOML at all")
    assert "base" not in three.load().types
    assert problems_of(three, "base")[0].startswith("unknown DAG type 'base'")


@pytest.mark.parametrize("path", ["images/README.md", "images/.cache/pyproject.toml"])
def test_files_and_hidden_folders_are_no_types(three: Repository, path: str) -> None:
    three.write(path)
    assert [result.name for result in three.load().all()] == ["api", "dbt", "salesforce"]


def test_a_broken_type_does_not_stop_another(three: Repository) -> None:
    three.write(FILE, "[project")
    assert three.load().get("api").name == "api"
    assert problems_of(three, "salesforce")[0].startswith(f"{FILE}: invalid TOML")


def test_all_tells_the_problems_of_every_type(three: Repository) -> None:
    three.write(FILE, "[project")
    three.write("images/dbt/pyproject.toml", pyproject(["dbt-core"], name="dbt"))
    with pytest.raises(ConfigurationError) as caught:
        three.load().all()
    assert [problem.partition(":")[0] for problem in caught.value.problems] == [
        "images/dbt/pyproject.toml",
        FILE,
    ]


def test_a_broken_type_is_among_the_names_there_are(three: Repository) -> None:
    three.write(FILE, "[project")
    assert "did you mean 'salesforce'?" in problems_of(three, "salesfroce")[0]


def test_a_folder_without_pyproject_is_reported(three: Repository) -> None:
    (three.root / "images/empty").mkdir()
    assert problems_of(three, "empty") == (
        "images/empty/pyproject.toml: not found: write it, or remove the folder images/empty",
    )


@pytest.mark.parametrize("name", ["Sales", "a b", "-a", "a-", "a__b"])
def test_a_folder_that_can_name_no_image_is_reported(three: Repository, name: str) -> None:
    three.add(name, project_name="other")
    (problem,) = problems_of(three, name)
    assert (
        problem == f"images/{name}: can't be part of an image's name: use a-z, 0-9 and single - _ . between"
    )


def test_a_folder_with_a_name_that_is_too_long_is_reported(three: Repository) -> None:
    three.add("a" * 100)
    three.add("a" * 101, project_name="other")
    assert three.load().get("a" * 100)
    (problem,) = problems_of(three, "a" * 101)
    assert problem == f"images/{'a' * 101}: has 101 characters; the limit for a DAG type's name is 100"


@pytest.mark.parametrize(
    ("name", "expected"), [("a", True), ("a" * 100, True), ("a" * 101, False), ("A", False), ("a\n", False)]
)
def test_one_rule_says_what_a_name_is(name: str, expected: bool) -> None:  # noqa: FBT001
    assert (NAME.fullmatch(name) is not None) is expected
    assert (name_problem(name) == "") is expected


def test_a_file_that_is_not_utf_8_is_reported(three: Repository) -> None:
    (three.root / FILE).write_bytes(b'[project]\nname = "\xff"\n')
    assert problems_of(three, "salesforce") == (
        f"{FILE}: not UTF-8: invalid start byte at byte 18: save it as UTF-8",
    )


def test_two_types_with_one_project_name_are_both_reported(three: Repository) -> None:
    three.add("api", project_name="salesforce")
    message = (
        f"images/api/pyproject.toml and {FILE} both claim the name 'salesforce': "
        "give each [project] name its own, such as its folder's"
    )
    assert problems_of(three, "api") == (message,)
    assert problems_of(three, "salesforce") == (message,)
    assert three.load().get("dbt").name == "dbt"


def test_two_folders_that_differ_in_a_separator_are_both_reported(repository: Repository) -> None:
    repository.add("api-x", project_name="one")
    repository.add("api_x", project_name="two")
    for name in ("api-x", "api_x"):
        (problem,) = problems_of(repository, name)
        assert "both claim the name 'api-x'" in problem
