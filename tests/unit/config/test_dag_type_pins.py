"""Dependencies of a DAG type: exact pins from a package index, and nothing else."""

import pytest

from ci.config.dag_type import parse

from ..refusals import refusal
from ..repository import FILE, dag_type, pyproject

NOT_PINNED = "is not pinned: write 'httpx==<version>'"


def with_sources(lines: str) -> str:
    return f"{pyproject(['a==1'])}\n[tool.uv.sources]\n{lines}\n"


def problem_of(*dependencies: str) -> str:
    (problem,) = refusal(dag_type, dependencies)
    return problem


EXACT = (
    *("httpx==0.28.1", "httpx == 0.28.1", "psycopg[binary,pool]==3.3.6", "foo===weird-version"),
    *("tomli==2.2.1; python_version < '3.11'", 'tomli==2.2.1; python_version < "3.11"'),
    *("a.b-c_d==1!2.0.post3+local.5", "0==2!1rc2", "z==10.20.30.dev4"),
)
PER_PLATFORM = ("a==1; sys_platform == 'linux'", "a==2; sys_platform == 'darwin'")


@pytest.mark.parametrize("pins", [*((pin,) for pin in EXACT), PER_PLATFORM])
def test_exact_pins_are_accepted(pins: tuple[str, ...]) -> None:
    assert dag_type(pins).project.dependencies == pins


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
        ("httpx", NOT_PINNED),
        *((f"httpx{sign}0.28", NOT_PINNED) for sign in (">=", "<=", "~=", "!=", ">", "<")),
        ("httpx==0.28.*", NOT_PINNED),
        ("httpx==0.28.1,!=0.28.2", NOT_PINNED),
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
    name = lines[0]
    assert refusal(parse, "salesforce", FILE, with_sources(lines)) == tuple(
        f"{FILE}: [tool.uv.sources] {name} has {key!r}, which gives no file with a hash: "
        "name the url of a wheel or an index there, or remove it"
        for key in keys
    )


@pytest.mark.parametrize("text", ["[tool]\nuv = 5\n", "[tool.uv]\nsources = 5\n"])
def test_sources_of_another_shape_are_left_to_uv(text: str) -> None:
    head = '[project]\nname = "x"\ndependencies = []\n'
    assert parse("salesforce", FILE, head + text).name == "salesforce"
