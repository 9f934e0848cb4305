"""The lock of a DAG type: written, read back, and refused if it is made for something else."""

import re
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.config.lockfile import Build, read, stamp, versions

from ..refusals import refusal
from ..repository import FILE, dag_type

LOCK = FILE.replace("pyproject", "pylock")
BASE = "registry.example/airflow:1"
REMEDY = "; run: dagger call lock -y"
RESOLVED = """lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "httpx"
version = "0.28.1"
sdist = { url = "https://example.com/httpx.tar.gz", hashes = { sha256 = "aa" } }
wheels = [{ url = "https://example.com/httpx.whl", hashes = { sha256 = "bb" } }]
"""
NAMES = st.lists(st.from_regex(r"[a-z]{1,8}", fullmatch=True), unique=True, max_size=5)


def problems_of(text: str | None, *pins: str, base: str = BASE) -> tuple[str, ...]:
    return refusal(read, dag_type(pins), base, text)


def test_a_stamped_lock_is_read_back() -> None:
    expected = dag_type(["httpx==0.28.1"])
    text = stamp(expected, BASE, RESOLVED)
    lock = read(expected, BASE, text)
    assert lock.text == text
    assert lock.packages == {"httpx": "0.28.1"}
    bare = stamp(dag_type(), BASE, 'lock-version = "1.0"\n')
    assert bare.endswith("requirements = []\n")
    assert read(dag_type(), BASE, bare).packages == {}


def test_a_stamp_is_readable_text_behind_what_was_resolved() -> None:
    text = stamp(dag_type(["psycopg[binary]==3.3.6", "httpx==0.28.1"]), BASE, RESOLVED)
    assert text == (
        f'{RESOLVED}\n[tool.airflow-images]\nbase = "{BASE}"\n'
        'requirements = [\n    "httpx==0.28.1",\n    "psycopg[binary]==3.3.6",\n]\n'
    )


def test_a_lock_is_the_same_from_an_index_that_tells_sizes() -> None:
    sized = RESOLVED.replace(", hashes", ", upload-time = 2025-12-06T17:31:41Z, size = 212774, hashes")
    bare = RESOLVED.replace(", hashes", ", upload-time = 2025-12-06T17:31:41Z, hashes")
    expected = dag_type(["httpx==0.28.1"])
    assert stamp(expected, BASE, sized) == stamp(expected, BASE, bare)


@pytest.mark.parametrize("sign", ['"', "\x7f", "\t", "ä", "#", "\U0001f40d"])
def test_no_sign_in_a_pin_breaks_the_lock(sign: str) -> None:
    expected = dag_type([f"httpx==0.28.1; platform_version != '{sign}'"])
    assert read(expected, BASE, stamp(expected, BASE, RESOLVED)).packages == {"httpx": "0.28.1"}


@given(locked=NAMES, expected=NAMES)
def test_a_lock_for_other_pins_tells_each_of_them(locked: list[str], expected: list[str]) -> None:
    text = stamp(dag_type([f"{name}==1" for name in locked]), BASE, "")
    if set(locked) == set(expected):
        assert read(dag_type([f"{name}==1" for name in expected]), BASE, text).text == text
        return
    (problem,) = problems_of(text, *(f"{name}==1" for name in expected))
    for name in set(expected) - set(locked):
        assert f"lacks '{name}==1'" in problem
    for name in set(locked) - set(expected):
        assert f"has '{name}==1', which is gone" in problem
    assert problem.count("==1") == len(set(locked) ^ set(expected))


def test_differences_are_reported_in_order() -> None:
    text = stamp(dag_type(["c==1", "d==1"]), BASE, "")
    (problem,) = problems_of(text, "b==1", "a==1")
    message = "lacks 'a==1'; lacks 'b==1'; has 'c==1', which is gone; has 'd==1', which is gone"
    assert problem == f"{LOCK}: doesn't match {FILE}: {message}{REMEDY}"


def test_another_base_is_reported() -> None:
    text = stamp(dag_type(["httpx==0.28.1"]), BASE, RESOLVED)
    assert problems_of(text, "httpx==0.28.1", base="registry.example/airflow:2") == (
        f"{LOCK}: made for the base {BASE}, not for registry.example/airflow:2{REMEDY}",
    )


def test_a_missing_or_broken_lock_is_reported_and_a_wrong_value_is_shown_short() -> None:
    assert problems_of(None) == (f"{LOCK}: not found{REMEDY}",)
    (problem,) = problems_of("[[packages")
    assert problem.startswith(f"{LOCK}: invalid TOML: ")
    assert problem.endswith(REMEDY)
    (problem,) = problems_of(f'packages = "{"x" * 500}"')
    assert problem.endswith(f", found '{'x' * 59}…{REMEDY}")


@pytest.mark.parametrize(
    "artifacts",
    [
        "",
        "wheels = []",
        'wheels = [{ url = "x" }]',
        'wheels = [{ url = "x", hashes = {} }]',
        'sdist = { url = "x" }',
        'wheels = [{ hashes = { sha256 = "aa" } }, { url = "x" }]',
        'wheels = [{ hashes = { sha256 = "aa" } }]\nsdist = { url = "x" }',
        'archive = { url = "x" }',
        'wheels = [{ hashes = { sha256 = "aa" } }]\narchive = { url = "x" }',
    ],
)
def test_a_package_without_a_hash_for_every_file_is_reported(artifacts: str) -> None:
    resolved = f'[[packages]]\nname = "httpx"\nversion = "0.28.1"\n{artifacts}\n'
    text = stamp(dag_type(["httpx==0.28.1"]), BASE, resolved)
    assert problems_of(text, "httpx==0.28.1") == (f"{LOCK}: 'httpx' has no hash{REMEDY}",)


def test_a_package_from_an_address_of_its_own_has_a_hash_too() -> None:
    archive = 'archive = { url = "https://example.com/a.whl", hashes = { sha256 = "aa" } }'
    expected = dag_type(["httpx==0.28.1"])
    text = stamp(expected, BASE, f'[[packages]]\nname = "httpx"\nversion = "0.28.1"\n{archive}\n')
    assert read(expected, BASE, text).packages == {"httpx": "0.28.1"}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('vcs = { type = "git", url = "https://example.com/a", commit-id = "y" }', "from version control"),
        ('version = "1"\nvcs = { url = "ssh://git@example.com/a", commit-id = "y" }', "from version control"),
        ('directory = { path = "../a", editable = true }', "from a folder"),
    ],
)
def test_what_is_no_file_is_reported_when_it_is_written_and_when_it_is_read(
    source: str, message: str
) -> None:
    resolved = f'[[packages]]\nname = "a"\n{source}\n'
    cause = f"'a' comes {message}, but only files with hashes get into an image: "
    remedy = "pin a version from a package index, or name the url of a wheel in [tool.uv.sources]"
    assert problems_of(resolved) == (f"{LOCK}: {cause}{remedy} of {FILE}; then {REMEDY.removeprefix('; ')}",)
    assert refusal(stamp, dag_type(), BASE, resolved) == problems_of(resolved)


def test_a_lock_that_nothing_of_ours_stamped_is_reported() -> None:
    problems = problems_of(RESOLVED, "httpx==0.28.1")
    assert len(problems) == 2
    assert "lacks 'httpx==0.28.1'" in problems[0]
    assert f"made for the base unknown, not for {BASE}" in problems[1]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("packages = 5", "packages"),
        ('packages = "httpx"', "packages"),
        ("packages = [1]", "packages.0"),
        ('[[packages]]\nname = 1\nversion = "1"', "packages.0.name"),
        ('[[packages]]\nname = "a"\nversion = "1"\nwheels = 5', "packages.0.wheels"),
        ('[[packages]]\nname = "a"\nversion = "1"\nwheels = [5]', "packages.0.wheels.0"),
        ('[[packages]]\nname = "a"\nversion = "1"\nsdist = []', "packages.0.sdist"),
        ('[[packages]]\nname = "a"\nversion = "1"\narchive = 5', "packages.0.archive"),
        ('[[packages]]\nname = "a"\nversion = "1"\nsdist = { hashes = [] }', "packages.0.sdist.hashes"),
        ("tool = 5", "tool"),
        ("tool.airflow-images = 5", "tool.airflow-images"),
        ("tool.airflow-images.requirements = 5", "tool.airflow-images.requirements"),
        ("tool.airflow-images.requirements = [5]", "tool.airflow-images.requirements.0"),
        ("tool.airflow-images.base = 5", "tool.airflow-images.base"),
    ],
)
def test_a_lock_of_another_shape_is_reported_with_the_place(text: str, place: str) -> None:
    (problem,) = problems_of(text)
    assert re.fullmatch(rf"{re.escape(f'{LOCK}: {place}: ')}[^;]+, found [^;]+{re.escape(REMEDY)}", problem)


@pytest.mark.parametrize(("there", "missing"), [('version = "1"', "name"), ('name = "a"', "version")])
def test_a_missing_key_is_reported_without_what_is_around_it(there: str, missing: str) -> None:
    assert problems_of(f"[[packages]]\n{there}") == (f"{LOCK}: packages.0.{missing} is missing{REMEDY}",)


@pytest.mark.parametrize(
    "text",
    [
        'packages = "https://me:topsecret@files.example/a"',
        '[[packages]]\nversion = "1"\nwheels = [{ url = "https://me:topsecret@files.example/a" }]',
        '[[packages]]\nname = "a"\nversion = "1"\nwheels = [{ url = "https://files.example?jwt=topsecret" }]',
    ],
)
def test_a_lock_with_a_login_is_refused_whatever_else_is_wrong(text: str) -> None:
    (problem,) = problems_of(text)
    assert problem.startswith(f"{LOCK}: holds a login: files.example serves files at addresses with credent")
    assert "topsecret" not in problem


@pytest.mark.parametrize("text", [None, "", "<<<<<<< HEAD", "packages = 3", "[[packages]]\nname = 'a'"])
def test_a_lock_that_is_missing_or_broken_has_no_versions(text: str | None) -> None:
    assert versions(text) == {}


SOURCE = """[[packages]]
name = "sgmllib3k"
version = "1.0.0"
sdist = { url = "https://example.com/s.tar.gz", hashes = { sha256 = "aa" } }

[[packages]]
name = "feedparser"
version = "6.0.11"
wheels = [{ url = "https://example.com/f.whl", hashes = { sha256 = "bb" } }]
"""


@pytest.mark.parametrize("version", [None, "0.9"])
def test_a_package_without_a_wheel_needs_what_builds_that_version(version: str | None) -> None:
    build = Build(packages={"sgmllib3k": version}, requirements=()) if version else None
    text = stamp(dag_type(["feedparser==6.0.11"]), BASE, SOURCE, build)
    expected = f"{LOCK}: 'sgmllib3k' has no wheel, and the lock not what builds it{REMEDY}"
    assert problems_of(text, "feedparser==6.0.11") == (expected,)


def test_what_builds_is_read_back_and_parts_the_lock() -> None:
    build = Build(packages={"sgmllib3k": "1.0.0"}, requirements=("setuptools @ https://example.com/s.whl",))
    expected = dag_type(["feedparser==6.0.11"])
    lock = read(expected, BASE, stamp(expected, BASE, SOURCE, build))
    assert lock.build == build
    assert "build" not in lock.installed
    for built, names in ((True, ["sgmllib3k"]), (False, ["feedparser"])):
        packages = tomllib.loads(lock.part(built=built))["packages"]
        assert [package["name"] for package in packages] == names
