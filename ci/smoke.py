"""Smoke tests of a finished image, run in it by a real Airflow without a network."""

import json

import dagger
from dagger import dag

from . import base, layers, testbed
from .errors import CheckError
from .report import Report


async def report(container: dagger.Container, below: str, requirements: list[str]) -> Report:
    """Run the smoke tests in a container of an image that stands on the base with the reference ``below``."""
    entrypoint = await container.entrypoint()
    wanted = {"requirements": requirements, "entrypoint": entrypoint}
    programs = dag.directory()
    for name in ("smoke.py", "parse.py", "imports.py"):
        programs = programs.with_file(name, layers.program(name))
    written = (
        testbed.ready(container, base.container(below))
        .with_mounted_directory("/mnt/smoke", programs)
        .with_mounted_file("/mnt/wanted.json", dag.file("wanted.json", json.dumps(wanted)))
        .with_user("root")
        .with_exec(
            ["python3", "-B", "/mnt/smoke/smoke.py", "/mnt/wanted.json", "/report.json"],
            insecure_root_capabilities=True,  # for a network namespace of its own, with nothing in it
        )
        .file("/report.json")
    )
    return Report.model_validate_json(await written.contents())


async def test(name: str, container: dagger.Container, below: str, requirements: list[str]) -> str:
    """The report on the image of that name as text.

    Raises:
        CheckError: with the whole report, where there is a finding.
    """
    found = await report(container, below, requirements)
    if found.findings:
        raise CheckError([found.text(name)])
    return found.text(name)
