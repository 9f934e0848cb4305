"""All DAG types of a repository: the valid ones, and the problems of the others."""

import pytest

from ci.config.catalog import NAME, name_problem

from ..refusals import refusal
from ..repository import FILE, Repository, pyproject


@pytest.fixture
def three(repository: Repository) -> Repository:
    """Give a repository of three sound DAG types."""
    for name in ("salesforce", "dbt", "api"):
        repository.add(name)
    return repository


def problems_of(repository: Repository, name: str) -> tuple[str, ...]:
    return refusal(repository.load().get, name)


def test_folders_are_types_but_for_that_of_the_base_and_hidden_ones(three: Repository) -> None:
    three.write("images/base/pyproject.toml", "no TOML at all")
    for path in ("images/README.md", "images/.cache/pyproject.toml"):
        three.write(path)
    catalog = three.load()
    assert [result.name for result in catalog.all()] == sorted(catalog.types) == ["api", "dbt", "salesforce"]
    assert catalog.get("dbt").file == "images/dbt/pyproject.toml"
    assert problems_of(three, "base")[0].startswith("unknown DAG type 'base'")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("salesfroce", "did you mean 'salesforce'? "), ("", ""), ("zzz", ""), ("../../etc", "")],
)
def test_an_unknown_name_is_reported_with_the_nearest_and_all_there_are(
    three: Repository, name: str, hint: str
) -> None:
    three.write(FILE, "[project")  # a broken type is one of them
    assert problems_of(three, name) == (f"unknown DAG type {name!r}: {hint}DAG types: api, dbt, salesforce",)


def test_a_repository_without_types_says_how_to_write_one(repository: Repository) -> None:
    assert refusal(repository.load().divided, "") == refusal(repository.load().all)
    assert problems_of(repository, "api") == ("unknown DAG type 'api': images/ has none",)
    (problem,) = refusal(repository.load().all)
    assert "write one, or, if the project is in another folder, pass that as --source" in problem
    (repository.root / "images").rmdir()
    assert repository.load().types == {}


def test_a_broken_type_stops_no_other_and_all_tells_the_problems_of_each(three: Repository) -> None:
    three.write(FILE, "[project")
    assert three.load().get("api").name == "api"
    assert problems_of(three, "salesforce")[0].startswith(f"{FILE}: invalid TOML")
    other = "images/dbt/pyproject.toml"
    three.write(other, pyproject(["dbt-core"], name="dbt"))
    assert [problem.partition(":")[0] for problem in refusal(three.load().all)] == [other, FILE]


def test_types_with_problems_are_divided_from_the_others(three: Repository) -> None:
    three.write("images/dbt/pyproject.toml", "[project")
    three.write("dags/api/.env", "A=b")  # a file in the image, not the configuration
    catalog = three.load()
    types, problems = catalog.divided("")
    assert ([one.name for one in types], sorted(problems)) == (["salesforce"], ["api", "dbt"])
    assert "looks like a secret" in problems["api"][0]
    assert catalog.divided("dbt") == ([], {"dbt": problems["dbt"]})
    assert [one.name for one in catalog.divided("salesforce")[0]] == ["salesforce"]
    assert "unknown DAG type 'x'" in refusal(catalog.divided, "x")[0]


def test_a_folder_without_a_file_and_a_file_that_is_not_utf_8_are_reported(three: Repository) -> None:
    (three.root / "images/empty").mkdir()
    (three.root / FILE).write_bytes(b'[project]\nname = "\xff"\n')
    assert refusal(three.load().all) == (
        "images/empty/pyproject.toml: not found: write it, or remove the folder images/empty",
        f"{FILE}: not UTF-8: invalid start byte at byte 18: save it as UTF-8",
    )


RULE = "can't be part of an image's name: use a-z, 0-9 and single - _ . between"
TOO_LONG = "has 101 characters; the limit for a DAG type's name is 100"


@pytest.mark.parametrize(
    ("name", "rule"),
    [*((name, RULE) for name in ("Sales", "a b", "-a", "a-", "a__b")), ("a" * 101, TOO_LONG)],
)
def test_a_folder_that_can_name_no_image_is_reported(three: Repository, name: str, rule: str) -> None:
    three.add("a" * 100)
    three.add(name, project_name="other")
    assert three.load().get("a" * 100)
    assert problems_of(three, name) == (f"images/{name}: {rule}",)


@pytest.mark.parametrize(
    ("name", "expected"), [("a", True), ("a" * 100, True), ("a" * 101, False), ("A", False), ("a\n", False)]
)
def test_one_rule_says_what_a_name_is(name: str, expected: bool) -> None:  # noqa: FBT001
    assert (NAME.fullmatch(name) is not None) is expected
    assert (name_problem(name) == "") is expected


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
