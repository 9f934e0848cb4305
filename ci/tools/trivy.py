"""Trivy in containers: an image is read once, vulnerabilities are matched again with each newer database.

Packages are read into an SBOM, which needs no database; vulnerabilities are matched against that SBOM, as
Trivy itself does. Secrets, misconfiguration and licenses need no database either.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

import dagger
from dagger import dag

from ..config import pins
from . import containers, failures
from .engine import retrying

_CACHE = "/cache"
_IMAGE = "/mnt/image"
_OUT = "/out"
_CYCLONEDX = f"{_OUT}/cyclonedx.json"
_SBOM = "/mnt/image.cdx.json"
_VEX = "/mnt/vex"

# Trivy gets everything by mounts: no database, checks or versions from the network.
_ALONE = (
    *("--cache-dir", _CACHE, "--skip-db-update", "--skip-java-db-update", "--offline-scan"),
    *("--skip-version-check", "--disable-telemetry", "--no-progress", "--quiet"),
)
_SCAN = ("trivy", "image", "--input", _IMAGE, "--timeout", "15m", *_ALONE)
_JAVA = "Java DB"  # in Trivy's error where an image holds Java archives and there is no database
_CODE = ("--scanners", "secret,misconfig,license", "--image-config-scanners", "misconfig,secret")


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """Containers after Trivy read an image: its packages, and the problems of its files."""

    packages: dagger.Container
    files: dagger.Container


Java = Callable[[], Awaitable[dagger.Directory]]


async def read(layout: dagger.Directory, java: Java, base: Analysis | None = None) -> Analysis:
    """Return the analysis of an image, given as an OCI layout; layers of its base are not read again.

    ``java`` fetches Trivy's database of Java archives; it is called only for an image that holds some. Raise
    StepError if Trivy failed, or a database could not be fetched.
    """
    analysis = _analysis(layout, base)
    try:
        await retrying(analysis.packages.sync)
    except dagger.QueryError as error:
        if _JAVA not in (error.stderr if isinstance(error, dagger.ExecError) else ""):
            raise failures.step_error("Trivy failed", error) from None
        analysis = _analysis(layout, base, await java())
    return analysis


def _analysis(
    layout: dagger.Directory, base: Analysis | None, java: dagger.Directory | None = None
) -> Analysis:
    packages = (base.packages if base else _trivy()).with_mounted_directory(_IMAGE, layout)
    files = (base.files if base else _trivy()).with_mounted_directory(_IMAGE, layout)
    if java:
        packages = packages.with_mounted_directory(f"{_CACHE}/java-db", java)
    return Analysis(
        packages=packages.with_exec([*_SCAN, "--format", "cyclonedx", "--output", _CYCLONEDX]),
        files=files.with_exec(
            [*_SCAN, *_CODE, "--skip-check-update", "--format", "json", "--output", f"{_OUT}/files.json"]
        ),
    )


async def sbom(image: Analysis) -> str:
    """Return the SBOM of an image as CycloneDX, as Trivy writes it."""
    return await _text(image.packages, _CYCLONEDX)


async def spdx(cyclonedx: str) -> str:
    """Return a CycloneDX document converted to SPDX."""
    file = f"{_OUT}/image.spdx.json"
    command = ["trivy", "sbom", _SBOM, *_ALONE, "--format", "spdx-json", "--output", file]
    source = dag.file("image.cdx.json", cyclonedx)
    return await _text(_trivy().with_mounted_file(_SBOM, source).with_exec(command), file)


async def files(image: Analysis) -> str:
    """Return the secrets, misconfiguration and licenses of an image, as Trivy's JSON."""
    return await _text(image.files, f"{_OUT}/files.json")


async def vulnerabilities(
    image: Analysis, database: dagger.Directory, vex: dagger.Directory | None = None
) -> str:
    """Return the known vulnerabilities of an image's packages, as Trivy's JSON.

    ``database`` holds trivy.db and metadata.json, ``vex`` OpenVEX documents.
    """
    command = ["trivy", "sbom", _SBOM, *_ALONE, "--skip-vex-repo-update", "--format", "json"]
    container = (
        _trivy()
        .with_mounted_file(_SBOM, image.packages.file(_CYCLONEDX))
        .with_mounted_directory(f"{_CACHE}/db", database)
    )
    if vex:
        container = container.with_mounted_directory(_VEX, vex)
        command += ["--show-suppressed"]
        for name in await retrying(vex.entries):
            command += ["--vex", str(PurePosixPath(_VEX, name))]
    file = f"{_OUT}/vulnerabilities.json"
    return await _text(container.with_exec([*command, "--output", file]), file)


async def _text(container: dagger.Container, file: str) -> str:
    with failures.as_step_error("Trivy failed"):
        return await retrying(container.file(file).contents)


def _trivy() -> dagger.Container:
    scanner = containers.without_certificate_updates(dag.container().from_(pins.image("trivy")))
    return (
        scanner.with_user("root")
        .with_entrypoint([])
        .with_directory(_CACHE, dag.directory())
        .with_directory(_OUT, dag.directory())
    )
