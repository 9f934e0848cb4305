"""Trivy in containers: an image is read once, vulnerabilities are matched again with each newer database.

Packages are read into an SBOM, which needs no database; vulnerabilities are matched against that SBOM, as
Trivy itself does. Secrets, misconfiguration and licenses need no database either.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import dagger
from dagger import dag

from ..config import pins
from ..errors import gather_all
from . import containers, failures
from .engine import retrying
from .programs import trivy as program

_CACHE = "/cache"
_IMAGE = "/mnt/image"
_PART = str(program.PART)
_JOB = "/mnt/job.json"
_PROGRAM = "/mnt/programs/programs/trivy.py"
_SBOM = "/mnt/image.cdx.json"
_VEX = "/mnt/vex"

# Trivy gets everything by mounts: no database, checks or versions from the network.
_ALONE = (
    *("--skip-db-update", "--skip-java-db-update", "--offline-scan"),
    *("--skip-version-check", "--disable-telemetry", "--no-progress", "--quiet"),
)
_SCAN = ("trivy", "image", "--timeout", "15m", *_ALONE)
_JSON = ("--format", "json")
_COMMANDS = {
    "sbom": ("--input", _IMAGE, "--format", "cyclonedx"),
    "licenses": ("--input", _IMAGE, "--scanners", "license", *_JSON),
    program.SECRETS: (
        *("--input", _PART, "--scanners", "secret", "--image-config-scanners", "secret", *_JSON),
    ),
    program.MISCONFIGURATIONS: (
        *("--input", _IMAGE, "--scanners", "misconfig", "--image-config-scanners", "misconfig"),
        *("--skip-check-update", *_JSON),
    ),
}


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """The container in which Trivy read an image, with what it read of each layer."""

    container: dagger.Container

    def file(self, name: str) -> dagger.File:
        """Return a file that ``programs/trivy.py`` wrote, which the engine knows by its content."""
        return self.container.directory(containers.OUT).file(name)


Java = Callable[[], Awaitable[dagger.Directory]]


async def read(
    layouts: Sequence[dagger.Directory], java: Java, base: Analysis | None = None, *, secrets: bool = True
) -> Analysis:
    """Return the analysis of an image, given as OCI layouts: what it is built on first, the image last.

    A layout needs only the layers that neither the base nor a layout before it has. ``java`` fetches Trivy's
    database of Java archives; it is called only for an image that holds some. Without
    ``secrets`` none are looked for. Raise StepError if Trivy failed, or a database could not be fetched.
    """
    container = base.container if base else _reader()
    command = [
        "python3",
        "-B",
        _PROGRAM,
        _JOB,
        _IMAGE,
        containers.OUT,
        *([] if secrets else [program.NO_SECRETS]),
    ]
    for layout in layouts:
        container = await _read(container.with_mounted_directory(_IMAGE, layout), java, command)
    return Analysis(container=container)


async def _read(container: dagger.Container, java: Java, command: list[str]) -> dagger.Container:
    done = container.with_exec(command)
    if not json.loads(await _text(done, f"{containers.OUT}/answer.json"))["java"]:
        return done
    done = done.with_mounted_directory(f"{_CACHE}/sbom/java-db", await java()).with_exec(command)
    await _text(done, f"{containers.OUT}/answer.json")
    return done


async def sbom(image: Analysis) -> str:
    """Return the SBOM of an image as CycloneDX, as Trivy writes it."""
    return await _text(image.container, f"{containers.OUT}/sbom.json")


async def spdx(cyclonedx: str) -> str:
    """Return a CycloneDX document converted to SPDX."""
    file = f"{containers.OUT}/image.spdx.json"
    options = ["--cache-dir", _CACHE, "--format", "spdx-json", "--output", file]
    source = dag.file("image.cdx.json", cyclonedx)
    container = _trivy().with_mounted_file(_SBOM, source)
    return await _text(container.with_exec(["trivy", "sbom", _SBOM, *_ALONE, *options]), file)


async def files(image: Analysis) -> list[str]:
    """Return the secrets, licenses and misconfiguration of an image, as Trivy's JSON."""
    names = ("licenses", program.SECRETS, program.MISCONFIGURATIONS)
    return await gather_all(_text(image.container, f"{containers.OUT}/{name}.json") for name in names)


async def vulnerabilities(
    image: Analysis, database: dagger.Directory, vex: dagger.Directory | None = None
) -> str:
    """Return the known vulnerabilities of an image's packages, as Trivy's JSON.

    The engine keeps them by packages, database and documents: for images with the same packages Trivy runs
    once. ``database`` holds trivy.db and metadata.json, ``vex`` OpenVEX documents.
    """
    command = ["trivy", "sbom", _SBOM, "--cache-dir", _CACHE, *_ALONE, "--skip-vex-repo-update"]
    container = (
        _trivy()
        .with_mounted_file(_SBOM, image.file("packages.json"))
        .with_mounted_directory(f"{_CACHE}/db", database)
    )
    if vex:
        container = container.with_mounted_directory(_VEX, vex)
        command += ["--show-suppressed"]
        for name in await retrying(vex.entries):
            command += ["--vex", str(PurePosixPath(_VEX, name))]
    file = f"{containers.OUT}/vulnerabilities.json"
    return await _text(container.with_exec([*command, "--format", "json", "--output", file]), file)


async def _text(container: dagger.Container, file: str) -> str:
    with failures.as_step_error("Trivy failed"):
        return await retrying(container.file(file).contents)


def _reader() -> dagger.Container:
    commands: dict[str, list[str]] = {}
    for name, options in _COMMANDS.items():
        own = ["--cache-dir", f"{_CACHE}/{name}"]  # Trivy locks it
        commands[name] = [*_SCAN, *options, *own, "--output", f"{containers.OUT}/{name}.json"]
    return (
        _trivy()
        .with_mounted_directory("/mnt/programs", containers.programs("tools/trivy"))
        .with_mounted_file(_JOB, dag.file("job.json", json.dumps(commands)))
    )


def _trivy() -> dagger.Container:
    trivy = dag.container().from_(pins.image("trivy")).file("/usr/local/bin/trivy")
    return (
        containers.with_out(containers.tool_container())
        .with_mounted_file("/usr/local/bin/trivy", trivy)
        .with_mounted_directory(_CACHE, dag.directory())
    )
