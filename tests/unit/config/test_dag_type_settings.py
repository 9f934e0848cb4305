"""Names, paths, Debian packages, variables and reasons in a DAG type's settings."""

import posixpath

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ci.config.dag_type import parse
from ci.config.fields import RESERVED_ENV
from ci.config.secrets.credentials import REMEDY
from ci.errors import ConfigurationError

from ..refusals import refusal
from ..repository import FILE, dag_type, pyproject, toml

PATH_TEXTS = st.text(st.sampled_from("a.b/\\ ~-"), max_size=8) | st.text(max_size=8)


def problem_of(settings: str) -> str:
    (problem,) = refusal(dag_type, settings=settings)
    return problem


@pytest.mark.parametrize(
    "path", ["", ".", "..", "/etc", "../x", "a/../b", "a\\b", "./a", "a//b", "a/.", "a\n", "x" * 256]
)
@pytest.mark.parametrize("key", ["dags", "scripts"])
def test_a_path_that_is_not_plain_is_reported(key: str, path: str) -> None:
    assert problem_of(f"{key} = [{toml(path)}]") == (
        f"{FILE}: [tool.airflow-images] {key}.0: {path!r} is not a plain relative path; "
        "expected one like 'salesforce' or 'shared/calendar.py'"
    )


@given(PATH_TEXTS)
def test_no_accepted_path_leads_out_of_its_tree(text: str) -> None:
    assume("\x7f" not in text)
    try:
        result = dag_type(settings=f"dags = [{toml(text)}]")
    except ConfigurationError:
        return
    (path,) = result.dag_paths
    place = posixpath.normpath(posixpath.join("/repository/dags", path))
    assert place.startswith("/repository/dags/")


@pytest.mark.parametrize("key", ["dags", "scripts", "system-packages", "build-packages"])
def test_what_is_listed_twice_is_reported(key: str) -> None:
    assert problem_of(f'{key} = ["aa", "bb", "aa"]') == (
        f"{FILE}: [tool.airflow-images] {key}: ['aa', 'bb', 'aa'] names 'aa' more than once"
    )
    assert "names 'aa' more than once" in problem_of('dags = ["aa", "aa/"]')


@pytest.mark.parametrize(
    "package", ["libpq5", "g++", "python3.13-dev", "libpq5=17.6-0+deb13u1", "tzdata=1:2025b~rc1"]
)
def test_a_debian_package_is_accepted(package: str) -> None:
    assert dag_type(settings=f"system-packages = [{toml(package)}]").settings.system_packages == (package,)


@pytest.mark.parametrize(
    "package",
    [
        *("", "x", "Libpq5", "libpq5;reboot", "lib pq5", "$(id)", "`id`", "a|b"),
        *("--force-yes", "./a.deb", "libpq5-", "a\n", "aa="),
    ],
)
@pytest.mark.parametrize("key", ["system-packages", "build-packages"])
def test_what_is_no_debian_package_is_reported(key: str, package: str) -> None:
    assert problem_of(f"{key} = [{toml(package)}]") == (
        f"{FILE}: [tool.airflow-images] {key}.0: {package!r} is not a Debian package; "
        "expected 'libpq5' or, pinned, 'libpq5=17.6-0+deb13u1'"
    )


@given(st.text(max_size=6), st.sampled_from(" \t\n;$`|&<>(){}[]*?!#'\"\\/%^,@"), st.text(max_size=6))
def test_nothing_that_a_shell_reads_passes_as_a_debian_package(before: str, sign: str, after: str) -> None:
    package = f"{before}{sign}{after}"
    assert "is not a Debian package" in problem_of(f"system-packages = [{toml(package)}]")


@given(st.text(st.sampled_from("ab1-+.="), max_size=8))
def test_no_accepted_debian_package_is_an_option_or_a_removal(package: str) -> None:
    try:
        dag_type(settings=f"system-packages = [{toml(package)}]")
    except ConfigurationError:
        return
    name = package.partition("=")[0]
    assert name[0] not in "-+."
    assert name[-1] != "-"


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "A=B", "Ä"])
def test_a_bad_name_of_a_variable_is_reported(name: str) -> None:
    problem = problem_of(f'env = {{ {toml(name)} = "x" }}')
    assert problem.startswith(f"{FILE}: [tool.airflow-images] env: ")
    assert problem.endswith(f"has {name!r}, which is not a name of an environment variable")


PIP = "_PIP_ADDITIONAL_REQUIREMENTS"
OF_BASE = "which belongs to the base image: use another name"
NO_REASON = "has no reason for 'pandas': write why this type may change the base's version"


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        *((f'env = {{ {name} = "x" }}', f"has {name}, {OF_BASE}") for name in sorted(RESERVED_ENV)),
        (
            f'env = {{ {PIP} = "x" }}',
            f"has {PIP}, which installs at every start of a pod: use [project] dependencies",
        ),
        ('env = { A = "x\\u0000" }', "has a NUL character in A"),
        (
            'env = { DB_PASSWORD = "hunter2", A = "1", DB = "mysql://u:hunter2@h/d" }',
            f"DB_PASSWORD (a password, by its name), DB (an address with a password): {REMEDY}",
        ),
        *((f'allow-base-changes = {{ pandas = "{reason}" }}', NO_REASON) for reason in ("", "  ", "\\t\\n")),
    ],
)
def test_a_variable_or_reason_that_no_type_may_have_is_reported(setting: str, problem: str) -> None:
    assert problem_of(setting).endswith(problem)


@pytest.mark.parametrize(
    "setting",
    [
        'env = { CONN = "postgres://me:topsecret@h/db", HOME = "x" }',
        'env = { CONN = "topsecret", "A-B" = "topsecret" }',
        'env = { CONN = "topsecret\\u0000" }',
        'env = { CONN = ["topsecret"] }',
        'env = ["topsecret"]',
        'dags = "postgres://me:topsecret@h/db"',
        'dags = ["../postgres://me:topsecret@h/db"]',
        'system-packages = ["https://me:topsecret@h/x"]',
        'allow-base-changes = { "https://me:topsecret@h/x" = "why" }',
        '"https://me:topsecret@h/x" = 1',
    ],
)
def test_no_mistake_shows_a_variable_s_value_or_a_login(setting: str) -> None:
    assert "topsecret" not in problem_of(setting)


@pytest.mark.parametrize("package", ["", "a b", "a==1", "-a"])
def test_a_base_change_of_what_is_no_package_is_reported(package: str) -> None:
    assert "is not a package name" in problem_of(f'allow-base-changes = {{ {toml(package)} = "why" }}')


@pytest.mark.parametrize("name", ["", "a b", "-a", "a/b", "ä"])
def test_a_project_name_that_is_no_name_is_reported(name: str) -> None:
    assert refusal(parse, "salesforce", FILE, pyproject(name=name)) == (
        (
            f"{FILE}: [project] name: {name!r} is not a package name: "
            "use letters, digits and single - _ . between"
        ),
    )
