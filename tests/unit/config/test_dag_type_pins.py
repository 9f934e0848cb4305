"""Dependencies of a DAG type: exact pins from a package index, and nothing else."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from packaging.utils import canonicalize_name

from ci.config.dag_type import parse
from ci.errors import ConfigurationError

from ..repository import FILE, dag_type, pyproject

NAMES = st.from_regex(r"[a-z0-9]([a-z0-9._-]{0,8}[a-z0-9])?", fullmatch=True)
VERSIONS = st.from_regex(
    r"([1-9]!)?[0-9]{1,3}(\.[0-9]{1,3}){0,3}(a1|rc2|\.post3|\.dev4|\+local\.5)?", fullmatch=True
)
INEXACT = st.sampled_from([">=", "<=", "~=", "!=", ">", "<"])


def with_sources(lines: str) -> str:
    return f"{pyproject(['a==1'])}\n[tool.uv.sources]\n{lines}\n"


def problem_of(*dependencies: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        dag_type(dependencies)
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    "pin",
    [
        "httpx==0.28.1",
        "httpx == 0.28.1",
        "psycopg[binary,pool]==3.3.6",
        "foo===weird-version",
        "tomli==2.2.1; python_version < '3.11'",
        'tomli==2.2.1; python_version < "3.11"',
    ],
)
def test_an_exact_pin_is_accepted(pin: str) -> None:
    assert dag_type([pin]).project.dependencies == (pin,)


@pytest.mark.parametrize(
    ("pin", "plain"),
    [
        ("foo(==1.0)", "foo==1.0"),
        ("foo[x] (==1.0) ; python_version < '3.11'", 'foo[x]==1.0; python_version < "3.11"'),
        ("foo==1.0; (python_version < '4')", "foo==1.0; (python_version < '4')"),
    ],
)
def test_a_pin_in_parentheses_is_read_without_them(pin: str, plain: str) -> None:
    assert dag_type([pin]).project.dependencies == (plain,)


@pytest.mark.parametrize(
    ("dependency", "message"),
    [
        ("httpx", "is not pinned: write 'httpx==<version>'"),
        ("httpx>=0.28", "is not pinned: write 'httpx==<version>'"),
        ("httpx==0.28.*", "is not pinned: write 'httpx==<version>'"),
        ("httpx==0.28.1,!=0.28.2", "is not pinned: write 'httpx==<version>'"),
        ("psycopg[pool,binary]", "is not pinned: write 'psycopg[binary,pool]==<version>'"),
        (
            "httpx @ https://example.com/httpx.whl",
            "is a direct reference; expected an exact pin from a package index, such as 'name==1.2.3'",
        ),
    ],
)
def test_a_dependency_that_is_no_exact_pin_is_reported_with_the_remedy(dependency: str, message: str) -> None:
    assert problem_of(dependency) == f"{FILE}: [project] dependencies.0: {dependency!r} {message}"


@pytest.mark.parametrize(
    "dependency",
    ["", " ", "-r other.txt", "./local", "git+https://example.com/x", "a b", "a==1; os_name == '\n'"],
)
def test_what_is_no_requirement_is_reported(dependency: str) -> None:
    problem = problem_of(dependency)
    assert problem.startswith(f"{FILE}: [project] dependencies.0: {dependency!r} is not a requirement: ")
    assert problem.endswith("expected 'name==1.2.3'")


def test_the_place_of_a_wrong_dependency_is_reported() -> None:
    assert "dependencies.1: 'b'" in problem_of("a==1", "b", "c==2")


@pytest.mark.parametrize("again", ["httpx==0.28.1", "HTTPX==0.27.0", "httpx[http2]==0.28.1"])
def test_a_package_pinned_twice_is_reported(again: str) -> None:
    assert problem_of("httpx==0.28.1", again) == (
        f"{FILE}: [project] dependencies: 'httpx' is pinned more than once: keep one line"
    )


def test_a_package_may_have_a_pin_for_each_platform() -> None:
    pins = ("a==1; sys_platform == 'linux'", "a==2; sys_platform == 'darwin'")
    assert dag_type(pins).project.dependencies == pins


@pytest.mark.parametrize(
    "lines",
    [
        'a = { url = "https://files.example/a-1-py3-none-any.whl" }',
        'a = { index = "house" }',
        'a = [{ index = "house", marker = "sys_platform == \'linux\'" }]',
        "a = 5",  # uv says what is wrong
    ],
)
def test_a_package_may_come_from_an_index_or_address_of_its_own(lines: str) -> None:
    assert parse("salesforce", FILE, with_sources(lines)).name == "salesforce"


@pytest.mark.parametrize(
    ("lines", "keys"),
    [
        ('a = { git = "https://git.example/a", tag = "v1" }', ["git"]),
        ('a = { path = "../a", editable = true }', ["path"]),
        ("a = { workspace = true }", ["workspace"]),
        ('a = [{ index = "house" }, { git = "https://git.example/a" }, { path = "a" }]', ["git", "path"]),
        ('b = { git = "ssh://git@git.example/b" }', ["git"]),
    ],
)
def test_a_source_without_hashes_is_reported(lines: str, keys: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse("salesforce", FILE, with_sources(lines))
    name = lines[0]
    assert caught.value.problems == tuple(
        f"{FILE}: [tool.uv.sources] {name} has {key!r}, which gives no file with a hash: "
        "name the url of a wheel or an index there, or remove it"
        for key in keys
    )


@pytest.mark.parametrize("text", ["[tool]\nuv = 5\n", "[tool.uv]\nsources = 5\n"])
def test_sources_of_another_shape_are_left_to_uv(text: str) -> None:
    head = '[project]\nname = "x"\ndependencies = []\n'
    assert parse("salesforce", FILE, head + text).name == "salesforce"


@given(name=NAMES, version=VERSIONS)
def test_any_exact_pin_is_accepted(name: str, version: str) -> None:
    pin = f"{name}=={version}"
    assert dag_type([pin]).project.dependencies == (pin,)


@given(name=NAMES, operator=INEXACT, version=st.from_regex(r"[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True))
def test_any_other_specifier_is_refused(name: str, operator: str, version: str) -> None:
    assert f"write '{name}==<version>'" in problem_of(f"{name}{operator}{version}")


@given(name=NAMES, version=VERSIONS)
def test_any_wildcard_is_refused(name: str, version: str) -> None:
    assume(
        version.replace(".", "").replace("!", "").isdigit()
    )  # a wildcard stands behind a plain release only
    assert "is not pinned" in problem_of(f"{name}=={version}.*")


@given(name=NAMES, first=VERSIONS, second=VERSIONS)
def test_any_package_pinned_twice_is_refused(name: str, first: str, second: str) -> None:
    problem = problem_of(f"{name}=={first}", f"{name.upper()}=={second}")
    assert f"{canonicalize_name(name)!r} is pinned more than once" in problem
