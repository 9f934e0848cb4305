"""The program that talks to registries, in many publishes through a proxy that fails as networks do."""

import json
import uuid

import dagger
import pytest
from dagger import dag

from ci.config import pins
from ci.tools import containers
from tests.engine import registries
from tests.engine.conftest import uncached

pytestmark = pytest.mark.anyio

FAULTS = {"drop", "lost", "torn", "half", "slow", "429", "500", "502", "503", "403"}


def driver() -> dagger.Container:
    """Return a container with the program, regctl and the campaign."""
    return (
        uncached(containers.tool_container())
        .with_mounted_file(
            "/usr/local/bin/regctl", dag.container().from_(pins.image("regctl")).file("/regctl")
        )
        .with_mounted_directory("/mnt/programs", containers.programs("tools/registry"))
        .with_env_variable("PYTHONPATH", "/mnt/programs")
        .with_mounted_directory("/servers", dag.host().directory(str(registries.SERVERS)))
    )


async def campaign(registry: str, publishes: int) -> None:
    """Publish so many times, and check that nothing wrong was found and that faults did happen."""
    command = ["python", "-B", "/servers/campaign.py", "--program", "programs.registry"]
    command += ["--registry", registry, "--publishes", str(publishes)]
    command += ["--prefix", f"test-{uuid.uuid4().hex[:8]}/"]
    ran = driver().with_exec(command, expect=dagger.ReturnType.ANY)
    output = await ran.stdout()
    assert await ran.exit_code() == 0, f"{output[-6000:]}\n{await ran.stderr()}"
    told = json.loads(output)
    assert told["findings"] == []
    assert set(told["faults"]) == FAULTS
    results = told["results"]
    assert results["killed"] >= publishes / 20, results
    assert results["stopped"] >= publishes / 40, results
    assert results["succeeded"] >= publishes / 2, results


@pytest.mark.parametrize("other", ["", *registries.beside_the_engine()])
async def test_tags_lead_to_whole_images_whatever_fails(other: str, plain_registry: str) -> None:
    await campaign(other or plain_registry, 20 if other else 100)
