"""The plain tests of each DAG type's logic, run in its own image: its real packages, its real Python."""

import tomllib

import dagger
import pytest
from dagger import dag

from ci.image import build
from ci.image.base import BaseImage
from ci.tools import containers
from ci.tools.checkout import Checkout
from tests.engine.conftest import PROJECT

pytestmark = pytest.mark.anyio

SIDE = "/opt/pytest"


def with_pytest(container: dagger.Container) -> dagger.Container:
    """Return the container with pytest beside its own packages, at the version of the development tools."""
    groups = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    pin = next(line for line in groups["dev"] if str(line).startswith("pytest=="))
    installed = containers.with_uv(containers.tool_container()).with_exec(
        [containers.UV, "pip", "install", "--quiet", "--target", SIDE, pin]
    )
    ready = containers.without_certificate_updates(container)
    return ready.with_directory(SIDE, installed.directory(SIDE)).with_env_variable(
        "PYTHONPATH", f"/opt/airflow:{SIDE}"
    )


TYPES = sorted({file.parent.name for file in (PROJECT / "tests/dags").glob("*/test_*.py")})


@pytest.mark.parametrize("name", TYPES)
async def test_the_logic_of_a_dag_type_holds_in_its_image(
    name: str, sources: Checkout, below: BaseImage
) -> None:
    built = await build.build((await sources.catalog()).get(name), sources, below)
    tests = dag.host().directory(str(PROJECT / "tests/dags" / name))
    ran = (
        with_pytest(built.container())
        .with_mounted_directory(f"/opt/airflow/tests/dags/{name}", tests)
        .with_exec(
            ["python", "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/dags/{name}"],
            expect=dagger.ReturnType.ANY,
        )
    )
    output = await ran.stdout()
    assert await ran.exit_code() == 0, output
    assert " passed" in output
