"""The project's own checks: lint, workflows, types and tests, in a container with the locked tools."""

from dataclasses import dataclass

import dagger
from dagger import dag

from . import layers, pins

ACTIONLINT = "/usr/local/bin/actionlint"  # in its image, and here
# What GitHub and GitLab read of the project; ci/inside/workflows.py knows the files.
WORKFLOWS = [".github", "action.y*ml", "*/action.y*ml", "docs/examples/gitlab-ci.yml"]
PYTEST = ["pytest", "--color=no", "--override-ini=cache_dir=/tmp/pytest"]


@dataclass(frozen=True)
class Checks:
    """Checks of one state of the project."""

    project: dagger.Directory

    def lint(self) -> dagger.Container:
        """Ruff's rules and format, over every Python file."""
        return (
            self._with_code()
            .with_exec(["ruff", "check", "--no-cache"])
            .with_exec(["ruff", "format", "--check", "--no-cache"])
        )

    def workflows(self) -> dagger.Container:
        """What GitHub and GitLab run: actionlint with shellcheck, zizmor, and the published schemas."""
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
        """Pyright, strict."""
        return self._with_code().with_exec(["pyright", "--warnings"])

    def unit(self) -> dagger.Container:
        """Tests of pure logic, which need no engine."""
        return self._to_run().with_exec([*PYTEST, "tests/unit"])

    def engine(self) -> dagger.Container:
        """Tests against the engine this runs on: real images, a real Airflow, a real database."""
        return self._to_run().with_exec(
            [*PYTEST, "--numprocesses", "2", "tests/engine"],
            experimental_privileged_nesting=True,  # the tests are a client of the same engine
        )

    def _to_run(self) -> dagger.Container:
        # Tests are run each time: what they lean on (registries, an index) changes without the code.
        return layers.anew(self._with_code())

    def _with_code(self) -> dagger.Container:
        return (
            self._tools()
            .with_directory("/project", self.project)
            .with_exec(["uv", "sync", "--frozen", "--offline"])
        )

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
            .with_exec(["uv", "sync", "--frozen", "--no-install-project"])
        )
