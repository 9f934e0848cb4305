"""A DAG type's pyproject.toml: settings that are read, and tables, keys and types that are refused."""

import pytest
from pydantic import ValidationError

from ci.config.dag_type import parse
from ci.config.policy import Policy
from ci.config.publish import PublishSettings

from ..refusals import refusal
from ..repository import FILE, dag_type, pyproject


def problems_of(text: str) -> tuple[str, ...]:
    return refusal(parse, "salesforce", FILE, text)


def problem_of(text: str) -> str:
    (problem,) = problems_of(text)
    return problem


def test_every_setting_is_read_with_paths_sorted() -> None:
    result = dag_type(
        ["httpx==0.28.1", "psycopg[binary]==3.3.6"],
        """
        dags = ["shared/calendar.py", "salesforce"]
        scripts = ["warehouse/"]
        system-packages = ["libpq5"]
        build-packages = ["gcc", "libpq-dev=17.6-0+deb13u1"]
        env = { REGION = "eu" }
        allow-base-changes = { Some_Package = "needs a newer one" }
        bytecode = "all"
        max-added-mb = 60
        """,
    )
    settings = result.settings
    assert (result.name, result.file) == ("salesforce", FILE)
    assert result.project.dependencies == ("httpx==0.28.1", "psycopg[binary]==3.3.6")
    assert (result.dag_paths, result.script_paths) == (("salesforce", "shared/calendar.py"), ("warehouse",))
    assert settings.system_packages == ("libpq5",)
    assert settings.build_packages == ("gcc", "libpq-dev=17.6-0+deb13u1")
    assert (settings.env, settings.bytecode, settings.max_added_mb) == ({"REGION": "eu"}, "all", 60)
    assert settings.allow_base_changes == {"some-package": "needs a newer one"}


def test_a_type_without_settings_takes_the_folder_of_its_name_and_other_tables_are_left_alone() -> None:
    others = '[dependency-groups]\ndev = ["x"]\n[build-system]\nrequires = []\n[tool.ruff]\nline-length = 1\n'
    result = parse("salesforce", FILE, f'[project]\nname = "salesforce"\ndependencies = []\n{others}')
    assert (result.dag_paths, result.script_paths) == (("salesforce",), ())
    assert (result.settings.bytecode, result.settings.max_added_mb) == ("start", None)


def test_models_are_frozen() -> None:
    result = dag_type()
    of_types = ((result, "name"), (result.project, "name"), (result.settings, "dags"))
    for model, field in (*of_types, (Policy(), "scope"), (PublishSettings().publish, "reference")):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(model, field, "other")


OURS = "[tool.airflow-images]"
ALL_KEYS = (
    "dags, scripts, system-packages, build-packages, env, bytecode, allow-base-changes, "
    "allow-outside-constraints, allow-not-imported, allow-top-level-access, allow-secret-files, "
    "max-parse-seconds, max-added-mb"
)
SLIPS = {
    "sytem-packages": "system-packages",
    "system_packages": "system-packages",
    "dag": "dags",
    "allow-base-change": "allow-base-changes",
    "max-added": "max-added-mb",
}
WRONG = {
    'dags = "salesforce"': "dags: 'salesforce' is wrong: Input should be a list",
    "dags = [1]": "dags.0: 1 is wrong: Input should be a valid string",
    "env = { A = 1 }": "env.A: is wrong: Input should be a valid string",
    'env = ["A=1"]': "env: is wrong: Input should be a valid dictionary",
    'bytecode = "some"': "bytecode: 'some' is wrong: Input should be 'start', 'all' or 'none'",
    'max-added-mb = "60"': "max-added-mb: '60' is wrong: Input should be a valid number",
    "max-added-mb = true": "max-added-mb: True is wrong: Input should be a valid number",
    "max-added-mb = inf": "max-added-mb: inf is wrong: Input should be a finite number",
    "max-added-mb = 0": "max-added-mb: 0 is wrong: Input should be greater than 0",
    "max-added-mb = -1.5": "max-added-mb: -1.5 is wrong: Input should be greater than 0",
}
MISTAKES = {
    **{
        pyproject(settings=f"{slip} = 1"): f"{OURS} has an unknown key {slip!r}: did you mean {right!r}?"
        for slip, right in SLIPS.items()
    },
    **{pyproject(settings=setting): f"{OURS} {message}" for setting, message in WRONG.items()},
    pyproject(settings="zzz = 1"): f"{OURS} has an unknown key 'zzz': expected one of {ALL_KEYS}",
    '[project]\nname = "salesforce"\ndependancies = []\ndependencies = []\n': (
        "[project] has an unknown key 'dependancies': did you mean 'dependencies'?"
    ),
    f"{pyproject()}\n[projects]\n": "unknown table [projects]: did you mean 'project'?",
    f"{pyproject()}\n[zzz]\n": "unknown table [zzz]: expected [project] and [tool.airflow-images]",
    pyproject().replace("airflow-images", "airflow_images"): (
        "unknown table [tool.airflow_images]: did you mean 'airflow-images'?"
    ),
    "[tool.airflow-images]\n": "has no table [project]",
    '[project]\nname = "salesforce"\n': "[project] lacks 'dependencies'",
}


@pytest.mark.parametrize(("text", "message"), MISTAKES.items())
def test_a_mistake_is_reported_with_what_is_right(text: str, message: str) -> None:
    assert problems_of(text) == (f"{FILE}: {message}",)


def test_broken_toml_is_reported_with_its_place() -> None:
    problem = problem_of("[project\n")
    assert problem.startswith(f"{FILE}: invalid TOML: ")
    assert "line 1" in problem


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
    parts = ("'../x'", "'sytem-packages'", "max-added-mb", "'httpx'", "'a @ https://example.com/a.whl'")
    assert [part for part in parts if part not in message] == []
    assert len(message.splitlines()) == 5
    assert all(line.startswith(FILE) for line in message.splitlines())


@pytest.mark.parametrize(
    ("wanted", "version", "fits"),
    [
        ("", "3.13.11", True),
        (">=3.11", "3.13.11", True),
        (">=3.11,<3.13", "3.13.11", False),
        ("==3.12.*", "3.13.0", False),
        (">=3.13", "3.13.0rc1", False),
        (">=3.14.0a1", "3.14.0rc1", True),
    ],
)
def test_a_type_says_which_python_it_takes(wanted: str, version: str, *, fits: bool) -> None:
    text = f'[project]\nname = "x"\ndependencies = []\nrequires-python = "{wanted}"\n'
    problems = parse("x", FILE, text).python_problems(version)
    assert bool(problems) is not fits
    assert all(f"{wanted!r} excludes the base's Python {version}" in problem for problem in problems)


def test_a_range_of_python_that_is_none_is_reported() -> None:
    text = '[project]\nname = "x"\ndependencies = []\nrequires-python = "3.13 or so"\n'
    assert "is no range of Python versions; expected one like '>=3.13'" in problem_of(text)
