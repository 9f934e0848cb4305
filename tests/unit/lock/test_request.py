"""What uv is asked to resolve: what the base holds, which days count, and the facts of the job."""

import json
from typing import Any

import pytest

from ci.errors import ConfigurationError
from ci.lock.request import BasePackages, Upgrade, job, validated

from ..refusals import refusal
from ..repository import FILE, dag_type

BASE_PACKAGES = BasePackages(installed={}, constraints={}, full_python="3.13.11")
PINS = 'dependencies = ["httpx==0.28.1"]\n'


def job_of(text: str, *, newest: bool = False) -> dict[str, Any]:
    """Return the job for a pyproject.toml."""
    pins, locked = dag_type(["httpx==0.28.1"]), dict[str, str]() if newest else None
    return json.loads(
        job(pins, BASE_PACKAGES, text=text, uv="uv", target=(), upgrade=Upgrade(), locked=locked)
    )


@pytest.mark.parametrize(
    "text",
    [
        f'[project]\nname = "a"\n{PINS}',
        f'# [project]\n\n [ project ]  # of a type\nname = "a"\n{PINS}',
        f'project.name = "a"\nproject.{PINS}',
        'project = { name = "a", dependencies = ["httpx==0.28.1"] }\n',
    ],
)
def test_a_project_without_a_version_gets_one_however_it_is_written(text: str) -> None:
    assert job_of(text)["project"] == {"name": "a", "dependencies": ["httpx==0.28.1"], "version": "0"}


def test_version_settings_and_groups_are_part_of_the_job() -> None:
    text = f'[project]\nname = "a"\nversion = "1.2"\n{PINS}'
    text += '[dependency-groups]\nx = ["b"]\n[tool.uv]\nprerelease = "allow"\n'
    content = job_of(text)
    assert content["project"]["version"] == "1.2"
    assert (content["groups"], content["settings"]) == ({"x": ["b"]}, {"prerelease": "allow"})
    assert job_of('project.name = "a"\ndependency-groups = 5\n')["groups"] == {}
    with pytest.raises(ConfigurationError, match=r"tool\.uv: expected the table \[tool\.uv\]"):
        job_of('project.name = "a"\ntool.uv = 5\n')


DAYS = [
    *("2026-01-01", "2026-01-01T12:00:00Z", "2026-01-01T12:00:00", "2026-01-01T12:00Z"),
    *("2026-01-01 12:00:00Z", "2026-01-01T12:00:00.5+02:00"),
]
NO_DAYS = ["2026-W01-1", "20260101", "2026-02-30", "2026-01-01T25:00:00Z", "7 days", "P7D", "x"]


@pytest.mark.parametrize("day", DAYS)
def test_a_day_may_be_written_as_uv_takes_it(day: str) -> None:
    assert validated(Upgrade(exclude_newer=day), ()).exclude_newer == day
    text = f'project.name = "a"\ntool.uv.exclude-newer = "{day}"\n'
    assert job_of(text)["settings"] == {"exclude-newer": day}


@pytest.mark.parametrize("day", [*NO_DAYS, "2026-01-01\n"])
def test_an_invalid_date_is_refused(day: str) -> None:
    expected = "invalid date; expected a date like 2026-01-01 or 2026-01-01T12:00:00Z"
    with pytest.raises(ConfigurationError, match=expected):
        validated(Upgrade(exclude_newer=day), ())


@pytest.mark.parametrize("key", ["exclude-newer", "exclude-newer-package.acme"])
@pytest.mark.parametrize("day", NO_DAYS)
def test_a_span_in_the_file_is_refused_with_the_file(key: str, day: str) -> None:
    (problem,) = refusal(job_of, f'project.name = "a"\ntool.uv.{key} = "{day}"\n')
    start = f"{FILE}: [tool.uv] {key}: invalid date {day!r}; expected a date like 2026-01-01 "
    assert problem.startswith(start)


def test_a_package_may_be_free_of_the_day_and_a_day_may_be_a_date_of_toml() -> None:
    text = (
        'project.name = "a"\n[tool.uv]\nexclude-newer = 2026-01-01\nexclude-newer-package = { a = false }\n'
    )
    assert job_of(text)["settings"] == {"exclude-newer": "2026-01-01", "exclude-newer-package": {"a": False}}
    assert job_of(text, newest=True)["settings"] == {}


@pytest.mark.parametrize(
    ("line", "constraints"),
    [
        ("a==1", {"a": "1"}),
        ("A_b == 1  # why", {"a-b": "1"}),
        ("a[x,y]==1", {"a": "1"}),
        ("a===1", {"a": "1"}),
        ("a==1; python_version >= '3.13'", {"a": "1"}),
        ("a==1; python_full_version < '3.13.11'", {}),
        ("a==1 ; sys_platform == 'win32'", {}),
        ("a==1 ; sys_platform ~= 'x'", {"a": "1"}),
        ("a==1 ; python_version < '3' or platform_system == 'Linux'", {"a": "1"}),
        ("a==1; python_version < '3.13'\na==2; python_version >= '3.13'", {"a": "2"}),
        ("a==1 \\\n    --hash=sha256:aa", {"a": "1"}),
        ("a>=1\n-r other.txt\n--no-binary a\n# a==1\nb @ file:///b.whl\n?\n", {}),
    ],
)
def test_constraints_hold_as_the_base_s_python_reads_them(line: str, constraints: dict[str, str]) -> None:
    base_packages = BasePackages.parse("[]", line, "3.13.11")
    assert (base_packages.constraints, base_packages.python) == (constraints, "3.13")
