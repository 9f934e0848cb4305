"""The project's own checks: lint, workflows, types and tests, in a container with the locked tools."""

import asyncio
from dataclasses import dataclass

import dagger
from dagger import ReturnType, dag

from . import layers, pins
from .answers import steady
from .errors import ConfigurationError, StepError

ACTIONLINT = "/usr/local/bin/actionlint"  # in its image, and here
JUNIT = "/tmp/junit.xml"  # noqa: S108 - a path in a container
# What each check reads of the project: an edit of anything else leaves its result as remembered.
PYTHON = ["**/*.py", "pyproject.toml"]
# What GitHub and GitLab read; ci/inside/workflows.py knows the files.
WORKFLOWS = [".github", "action.y*ml", "*/action.y*ml", "docs/examples/gitlab-ci.yml"]
NOT_TESTED = ["docs", "changelog", "*.md", "LICENSE", ".github", ".ci", "setup"]
PYTEST = [
    *("pytest", "--color=no", "--override-ini=cache_dir=/tmp/pytest"),
    *("--durations=25", "--durations-min=2", f"--junitxml={JUNIT}"),
]
# One more than two cores: a worker often waits for a service to start.
WORKERS = ["--numprocesses", "3", "--dist", "loadgroup"]


@dataclass(frozen=True)
class Checks:
    """Checks of one state of the project."""

    project: dagger.Directory

    def lint(self) -> dagger.Container:
        """Check ruff's rules and format, over every Python file."""
        return (
            self._with(include=PYTHON)
            .with_exec(["ruff", "check", "--no-cache"])
            .with_exec(["ruff", "format", "--check", "--no-cache"])
        )

    def workflows(self) -> dagger.Container:
        """Check what GitHub and GitLab run: actionlint with shellcheck, zizmor, and the published schemas."""
        read = dag.directory().with_new_directory(".git")  # by which actionlint knows a repository
        return (
            self._tools()
            .with_file(ACTIONLINT, dag.container().from_(pins.image("actionlint")).file(ACTIONLINT))
            .with_directory("/mnt/programs", layers.package("workflows.py", "composite.py"))
            .with_directory("/mnt/read", read.with_directory("/", self.project, include=WORKFLOWS))
            .with_workdir("/mnt/programs")
            .with_exec(["python", "-B", "-m", "inside.workflows", "/mnt/read"])
        )

    def types(self) -> dagger.Container:
        """Check types with pyright, strict."""
        return self._with(include=PYTHON).with_exec(["pyright", "--warnings"])

    def unit(self, select: str = "", expect: ReturnType = ReturnType.SUCCESS) -> dagger.Container:
        """Run the tests of pure logic, which need no engine."""
        command = [*PYTEST, *_selection(select), "tests/unit"]
        return self._with(exclude=NOT_TESTED).with_exec(command, expect=expect)

    async def quick(self) -> None:
        """Run lint, workflows, types and unit tests, before what takes minutes.

        Raises:
            StepError: names those that failed, each of which says why as a check of its own.
        """
        checks = {
            "lint": self.lint(),
            "workflows": self.workflows(),
            "types": self.types(),
            "unit": self.unit(),
        }
        results = await asyncio.gather(
            *(steady(check.sync) for check in checks.values()), return_exceptions=True
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

    def engine(self, select: str = "", expect: ReturnType = ReturnType.SUCCESS) -> dagger.Container:
        """Run the tests against the engine this runs on: real images, a real Airflow, a real database."""
        # Run each time: what they use beside the code (registries, a package index) changes without it.
        command = [*PYTEST, *WORKERS, *_selection(select), "tests/engine"]
        return layers.anew(self._with(exclude=NOT_TESTED)).with_exec(
            command,
            experimental_privileged_nesting=True,  # the tests are a client of the same engine
            expect=expect,
        )

    def junit(self, suite: str, select: str = "") -> dagger.File:
        """Run the unit or the engine tests, and return their results as JUnit, whether they pass or not.

        Raises:
            ConfigurationError: there is no such suite.
        """
        suites = {"unit": self.unit, "engine": self.engine}
        if suite not in suites:
            raise ConfigurationError([f"--suite {suite}: expected unit or engine"])
        return suites[suite](select, ReturnType.ANY).file(JUNIT)

    def _with(self, include: list[str] | None = None, exclude: list[str] | None = None) -> dagger.Container:
        """Return a container with the locked tools, and of the project what a check reads."""
        read = dag.directory().with_directory("/", self.project, include=include, exclude=exclude)
        return self._tools().with_directory("/project", read).with_env_variable("PYTHONPATH", "/project")

    def _tools(self) -> dagger.Container:
        locked = dag.directory()
        for name in ("pyproject.toml", "uv.lock"):
            locked = locked.with_file(name, self.project.file(name))
        programs = ("git", "shellcheck")  # for the tests, and for the scripts in workflows
        debian = layers.tool_container().with_exec(["sh", "-ec", layers.apt_get(programs)])
        return (
            layers.with_uv(debian)
            .with_env_variable("UV_PROJECT_ENVIRONMENT", "/opt/venv")
            .with_env_variable("UV_PYTHON_DOWNLOADS", "never")
            .with_env_variable("PATH", "/opt/venv/bin:/usr/local/bin:/usr/bin:/bin")
            .with_env_variable("PYTHONDONTWRITEBYTECODE", "1")
            .with_workdir("/project")
            .with_directory("/project", locked)
            .with_exec(["uv", "sync", "--frozen", "--no-install-project", "--compile-bytecode"])
        )


def _selection(expression: str) -> list[str]:
    return ["-k", expression] if expression else []
