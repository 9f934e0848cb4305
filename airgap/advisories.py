"""A vulnerability database for tests: made by Trivy's own library, of advisories that are made up."""

import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TextIO

from airgap import artifact, commands, gotools
from airgap.artifact import Kind, write_artifact
from airgap.pins import Image
from airgap.steps import Step, digest_of

IMAGE = Image("airflow-images", "test-advisories", "2")
"""Its name in the registry; the tag is the version of the database's schema, as Trivy tags its own."""

_LIST = gotools.ADVISORIES.folder / "advisories.json"
_KIND = Kind(
    config="application/vnd.aquasec.trivy.config.v1+json",
    layer="application/vnd.aquasec.trivy.db.layer.v1.tar+gzip",
    title="db.tar.gz",
)
_ANNOTATIONS = {
    "org.opencontainers.image.description": (
        "advisories made up for the tests of airflow-images, no real vulnerability data"
    ),
    "airflow-images.test-data": "true",
}


def database_step(day: date | None = None) -> Step:
    """Return the step that makes the database of a day, by default today (UTC), as an OCI layout.

    The day is one of its inputs: a scanner refuses a database that is too old.
    """
    day = day or datetime.now(UTC).date()
    tool = gotools.tool_step(gotools.ADVISORIES)
    recipe = (Path(__file__), Path(artifact.__file__))
    return Step(
        name="test-advisories",
        inputs=digest_of(tool.inputs, _LIST, day.isoformat(), *recipe),
        build=lambda folder, log: _build(tool, day, folder, log),
        needs=(tool,),
        seconds=2,
    )


def _build(tool: Step, day: date, folder: Path, log: TextIO) -> None:
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        program = tool.result / "bin" / gotools.ADVISORIES.name
        commands.run([program, _LIST, scratch, f"{day.isoformat()}T00:00:00Z"], log=log)
        files = [Path(scratch) / name for name in ("metadata.json", "trivy.db")]
        write_artifact(folder, IMAGE.tag, files, _KIND, _ANNOTATIONS)
