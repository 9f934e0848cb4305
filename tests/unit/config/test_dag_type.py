"""A DAG type's pyproject.toml: settings that are read, and tables, keys and types that are refused."""

import pytest
from pydantic import ValidationError

from ci.config.dag_type import parse
from ci.errors import ConfigurationError

from ..repository import FILE, dag_type, pyproject


def problems_of(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        parse("salesforce", FILE, text)
    return caught.value.problems


def problem_of(text: str) -> str:
    (problem,) = problems_of(text)
    return problem


def test_every_setting_is_read() -> None:
    result = dag_type(
        ["httpx==0.28.1", "psycopg[binary]==3.3.6"],
        """
        dags = ["salesforce", "shared/calendar.py"]
        scripts = ["warehouse/"]
        system-packages = ["libpq5"]
        build-packages = ["gcc", "libpq-dev=17.6-0+deb13u1"]
        env = { REGION = "eu" }
        allow-base-changes = { Some_Package = "needs a newer one" }
        max-added-mb = 60
        """,
    )
    assert result.name == "salesforce"
    assert result.file == FILE
    assert result.project.dependencies == ("httpx==0.28.1", "psycopg[binary]==3.3.6")
    assert result.dag_paths == ("salesforce", "shared/calendar.py")
    assert result.script_paths == ("warehouse",)
    assert result.settings.system_packages == ("libpq5",)
    assert result.settings.build_packages == ("gcc", "libpq-dev=17.6-0+deb13u1")
    assert result.settings.env == {"REGION": "eu"}
    assert result.settings.allow_base_changes == {"some-package": "needs a newer one"}
    assert result.settings.max_added_mb == 60


def test_a_type_without_settings_takes_the_folder_of_its_name() -> None:
    result = parse("salesforce", FILE, '[project]\nname = "salesforce"\ndependencies = []\n')
    assert result.dag_paths == ("salesforce",)
    assert result.script_paths == ()
    assert result.settings.max_added_mb is None


def test_paths_are_sorted_whatever_their_order_in_the_file() -> None:
    assert dag_type(settings='dags = ["b", "a/one.py", "a"]').dag_paths == ("a", "a/one.py", "b")


def test_other_tables_of_the_standard_and_of_tools_are_left_alone() -> None:
    others = '[dependency-groups]\ndev = ["x"]\n[build-system]\nrequires = []\n[tool.ruff]\nline-length = 1\n'
    assert parse("salesforce", FILE, pyproject() + others).name == "salesforce"


def test_models_are_frozen() -> None:
    result = dag_type()
    for model, field in ((result, "name"), (result.project, "name"), (result.settings, "dags")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(model, field, "other")


@pytest.mark.parametrize(
    ("slip", "right"),
    [
        ("sytem-packages", "system-packages"),
        ("system_packages", "system-packages"),
        ("dag", "dags"),
        ("allow-base-change", "allow-base-changes"),
        ("max-added", "max-added-mb"),
    ],
)
def test_an_unknown_key_is_reported_with_the_nearest_right_one(slip: str, right: str) -> None:
    expected = f"{FILE}: [tool.airflow-images] has an unknown key {slip!r}: did you mean {right!r}?"
    assert problem_of(pyproject(settings=f'{slip} = ["x"]')) == expected


def test_an_unknown_key_like_no_other_is_reported_with_all_right_ones() -> None:
    assert problem_of(pyproject(settings="zzz = 1")) == (
        f"{FILE}: [tool.airflow-images] has an unknown key 'zzz': expected one of dags, scripts, "
        "system-packages, build-packages, env, allow-base-changes, "
        "allow-outside-constraints, allow-not-imported, allow-top-level-access, allow-secret-files, "
        "max-parse-seconds, max-added-mb"
    )


def test_an_unknown_key_of_the_project_table_is_reported() -> None:
    text = '[project]\nname = "salesforce"\ndependancies = []\ndependencies = []\n'
    expected = f"{FILE}: [project] has an unknown key 'dependancies': did you mean 'dependencies'?"
    assert problem_of(text) == expected


@pytest.mark.parametrize(
    ("table", "hint"),
    [
        ("projects", ": did you mean 'project'?"),
        ("tools", ": did you mean 'tool'?"),
        ("zzz", ": expected [project] and [tool.airflow-images]"),
    ],
)
def test_an_unknown_table_is_reported(table: str, hint: str) -> None:
    assert problem_of(f"{pyproject()}\n[{table}]\n") == f"{FILE}: unknown table [{table}]{hint}"


def test_a_misspelt_table_of_ours_is_reported() -> None:
    text = pyproject().replace("airflow-images", "airflow_images")
    expected = f"{FILE}: unknown table [tool.airflow_images]: did you mean 'airflow-images'?"
    assert problem_of(text) == expected


def test_a_missing_project_table_is_reported() -> None:
    assert problem_of("[tool.airflow-images]\n") == f"{FILE}: has no table [project]"


def test_a_missing_key_is_reported() -> None:
    assert problem_of('[project]\nname = "salesforce"\n') == f"{FILE}: [project] lacks 'dependencies'"


def test_broken_toml_is_reported_with_its_place() -> None:
    problem = problem_of("[project\n")
    assert problem.startswith(f"{FILE}: invalid TOML: ")
    assert "line 1" in problem


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ('dags = "salesforce"', "dags: 'salesforce' is wrong: Input should be a list"),
        ("dags = [1]", "dags.0: 1 is wrong: Input should be a valid string"),
        ("env = { A = 1 }", "env.A: is wrong: Input should be a valid string"),
        ('env = ["A=1"]', "env: is wrong: Input should be a valid dictionary"),
        ('max-added-mb = "60"', "max-added-mb: '60' is wrong: Input should be a valid number"),
        ("max-added-mb = true", "max-added-mb: True is wrong: Input should be a valid number"),
        ("max-added-mb = inf", "max-added-mb: inf is wrong: Input should be a finite number"),
        ("max-added-mb = 0", "max-added-mb: 0 is wrong: Input should be greater than 0"),
        ("max-added-mb = -1.5", "max-added-mb: -1.5 is wrong: Input should be greater than 0"),
    ],
)
def test_a_wrong_value_is_reported_with_what_is_right(setting: str, message: str) -> None:
    assert problem_of(pyproject(settings=setting)) == f"{FILE}: [tool.airflow-images] {message}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("project = 5", "project: 5 is wrong: expected the table [project]"),
        ('tool = "x"', "tool: 'x' is wrong: expected the table [tool.airflow-images]"),
        (
            "tool.airflow-images = []",
            "tool.airflow-images: [] is wrong: expected the table [tool.airflow-images]",
        ),
        (
            '[[tool.airflow-images]]\nenv = { A = "x" }',
            "tool.airflow-images: […] is wrong: expected the table [tool.airflow-images]",
        ),
        ('[[tool]]\nx = "y"', "tool: […] is wrong: expected the table [tool.airflow-images]"),
    ],
)
def test_a_value_in_place_of_a_table_is_reported(text: str, message: str) -> None:
    assert f"{FILE}: {message}" in problems_of(text)


def test_several_mistakes_are_all_reported_at_once() -> None:
    settings = 'dags = ["../x"]\nsytem-packages = []\nmax-added-mb = 0'
    message = "\n".join(problems_of(pyproject(["httpx", "a @ https://example.com/a.whl"], settings)))
    for expected in (
        "'../x'",
        "'sytem-packages'",
        "max-added-mb",
        "'httpx'",
        "'a @ https://example.com/a.whl'",
    ):
        assert expected in message
    assert len(message.splitlines()) == 5
    assert all(line.startswith(FILE) for line in message.splitlines())
