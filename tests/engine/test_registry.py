"""The program that talks to registries, in many publishes through a proxy that fails as networks do."""

import asyncio
import json
import uuid
from collections import Counter
from typing import Any

import dagger
import pytest
from dagger import dag

from ci import layers, pins
from tests.engine import registries
from tests.engine.conftest import anew

pytestmark = pytest.mark.anyio

FAULTS = {"drop", "lost", "torn", "half", "slow", "429", "500", "502", "503", "403"}


def driver() -> dagger.Container:
    """A container with the program, regctl and the campaign."""
    return (
        anew(layers.tool_container())
        .with_mounted_file(
            "/usr/local/bin/regctl", dag.container().from_(pins.image("regctl")).file("/regctl")
        )
        .with_mounted_directory("/mnt/programs", layers.package("regctl.py", "registry.py"))
        .with_env_variable("PYTHONPATH", "/mnt/programs")
        .with_mounted_directory("/servers", dag.host().directory(str(registries.SERVERS)))
    )


async def campaign(container: dagger.Container, registry: str, publishes: int, seed: int) -> dict[str, Any]:
    """Publish so many times, and give what happened, of which nothing is wrong."""
    command = ["python", "-B", "/servers/campaign.py", "--program", "inside.registry"]
    command += ["--registry", registry, "--publishes", str(publishes), "--seed", str(seed)]
    command += ["--prefix", f"test-{uuid.uuid4().hex[:8]}/"]
    ran = container.with_exec(command, expect=dagger.ReturnType.ANY)
    output = await ran.stdout()
    assert await ran.exit_code() == 0, f"seed {seed}: {output[-6000:]}\n{await ran.stderr()}"
    told = json.loads(output)
    assert told["findings"] == [], f"seed {seed}"
    return told


async def campaigns(registry: str, publishes: int, drivers: int) -> None:
    """Publish so many times, shared among drivers at once, and check that faults did happen."""
    seeds = range(1, drivers + 1)
    done = await asyncio.gather(*(campaign(driver(), registry, publishes // drivers, seed) for seed in seeds))
    results, faults = Counter[str](), Counter[str]()
    for each in done:
        results.update(each["results"])
        faults.update(each["faults"])
    assert set(faults) == FAULTS
    assert results["killed"] >= publishes / 20, results
    assert results["stopped"] >= publishes / 40, results
    assert results["succeeded"] >= publishes / 2, results


@pytest.mark.parametrize("other", ["", *registries.beside_the_engine()])
async def test_tags_lead_to_whole_images_whatever_fails(other: str, plain_registry: str) -> None:
    await campaigns(other or plain_registry, *((40, 1) if other else (200, 4)))
