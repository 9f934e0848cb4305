"""The project's own checks: lint, workflows, types and tests, in a container with the locked tools.

Each takes a directory of the files it reads: an edit of any other leaves its result as remembered.
"""

import asyncio
from typing import Annotated

import dagger
from dagger import DefaultPath, Doc, Ignore, ReturnType, dag

from ..config import pins
from ..errors import ConfigurationError, StepError
from ..tools import containers
from ..tools.checkout import LITTER
from ..tools.engine import retrying

ACTIONLINT = "/usr/local/bin/actionlint"  # in its image, and here
JUNIT = "/tmp/junit.xml"  # noqa: S108 - a path in a container
PYTEST = [
    *("pytest", "--color=no", "--override-ini=cache_dir=/tmp/pytest"),
    *("--durations=25", "--durations-min=2", f"--junitxml={JUNIT}"),
]
# One more than two cores: a worker often waits for a service to start.
WORKERS = ["--numprocesses", "3", "--dist", "loadgroup"]

_LOCAL = [*LITTER, ".git", ".venv/**", "**/.pytest_cache", "**/.ruff_cache", ".hypothesis", "sdk/**"]
# Filtered as it is loaded: a directory that is filtered in a later step is a new one after any edit.
PythonFiles = Annotated[
    dagger.Directory,
    DefaultPath("/"),
    Doc("The project's Python files, and pyproject.toml"),
    Ignore(["*", "!**/*.py", "!pyproject.toml", *_LOCAL]),
]
# The files that ci/api/programs/workflows.py reads.
WorkflowFiles = Annotated[
    dagger.Directory,
    DefaultPath("/"),
    Doc("What GitHub and GitLab read of the project"),
    Ignore(["*", "!.github", "!action.y*ml", "!*/action.y*ml", "!docs/examples/gitlab-ci.yml"]),
]
TestedFiles = Annotated[
    dagger.Directory,
    DefaultPath("/"),
    Doc("The project, without the files that no test reads"),
    Ignore([*_LOCAL, "docs", "changelog", "*.md", "LICENSE", ".github", ".ci", "setup"]),
]


def lint(files: dagger.Directory) -> dagger.Container:
    """Check ruff's rules and format over every Python file, and which folder imports which."""
    return (
        _with(files)
        .with_exec(["ruff", "check", "--no-cache"])
        .with_exec(["ruff", "format", "--check", "--no-cache"])
        .with_exec(["lint-imports", "--no-cache"])
    )


def types(files: dagger.Directory) -> dagger.Container:
    """Check types with pyright, strict."""
    return _with(files).with_exec(["pyright", "--warnings"])


def workflows(files: dagger.Directory) -> dagger.Container:
    """Check what GitHub and GitLab run: actionlint with shellcheck, zizmor, and the published schemas."""
    repository = dag.directory().with_new_directory(".git")  # by which actionlint knows one
    return (
        _tools()
        .with_file(ACTIONLINT, dag.container().from_(pins.image("actionlint")).file(ACTIONLINT))
        .with_directory("/mnt/programs", containers.programs("api"))
        .with_directory("/mnt/read", repository.with_directory("/", files))
        .with_workdir("/mnt/programs")
        .with_exec(["python", "-B", "-m", "programs.workflows", "/mnt/read"])
    )


def unit(
    files: dagger.Directory, select: str = "", expect: ReturnType = ReturnType.SUCCESS
) -> dagger.Container:
    """Run the tests of pure logic, which need no engine."""
    return _with(files).with_exec([*PYTEST, *_selection(select), "tests/unit"], expect=expect)


async def quick(
    python_files: dagger.Directory, workflow_files: dagger.Directory, tested_files: dagger.Directory
) -> None:
    """Run lint, workflows, types and unit tests, before what takes minutes.

    Raises:
        StepError: names those that failed, each of which says why as a check of its own.
    """
    checks = {
        "lint": lint(python_files),
        "workflows": workflows(workflow_files),
        "types": types(python_files),
        "unit": unit(tested_files),
    }
    results = await asyncio.gather(
        *(retrying(check.sync) for check in checks.values()), return_exceptions=True
    )
    failed: list[str] = []
    for name, result in zip(checks, results, strict=True):
        if isinstance(result, dagger.QueryError):
            failed.append(name)
        elif isinstance(result, BaseException):
            raise result
    if failed:
        raise StepError(
            [f"{', '.join(failed)} failed, so the engine tests were not run: put that right first"]
        )


def engine(
    files: dagger.Directory, select: str = "", expect: ReturnType = ReturnType.SUCCESS
) -> dagger.Container:
    """Run the tests against the engine this runs on: real images, a real Airflow, a real database."""
    # Run each time: what they use beside the code (registries, a package index) changes without it.
    return containers.uncached(_with(files)).with_exec(
        [*PYTEST, *WORKERS, *_selection(select), "tests/engine"],
        experimental_privileged_nesting=True,  # the tests are a client of the same engine
        expect=expect,
    )


def junit(files: dagger.Directory, suite: str, select: str = "") -> dagger.File:
    """Run the unit or the engine tests, and return their results as JUnit, whether they pass or not.

    Raises:
        ConfigurationError: there is no such suite.
    """
    suites = {"unit": unit, "engine": engine}
    if suite not in suites:
        raise ConfigurationError([f"--suite {suite}: expected unit or engine"])
    return suites[suite](files, select, ReturnType.ANY).file(JUNIT)


def _with(files: dagger.Directory) -> dagger.Container:
    return _tools().with_directory("/project", files).with_env_variable("PYTHONPATH", "/project")


def _tools() -> dagger.Container:
    programs = ("git", "shellcheck")  # for the tests, and for the scripts in workflows
    debian = containers.tool_container().with_exec(["sh", "-ec", containers.apt_get(programs)])
    return (
        containers.with_environment(debian, "/opt/venv", "--compile-bytecode")
        .with_env_variable("PYTHONDONTWRITEBYTECODE", "1")
        .with_workdir("/project")
    )


def _selection(expression: str) -> list[str]:
    return ["-k", expression] if expression else []
