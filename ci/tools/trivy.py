"""Trivy in containers: what is in an image is read once; what is known of it by now is looked up in no time.

Packages are read into an SBOM, which needs no database; vulnerabilities are matched against that SBOM, as
Trivy does it for images too. Secrets, misconfiguration and licenses need no database either.
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

# Trivy gets everything by mounts and asks no one: no database, checks or versions from the network.
_ALONE = (
    *("--cache-dir", _CACHE, "--skip-db-update", "--skip-java-db-update", "--offline-scan"),
    *("--skip-version-check", "--disable-telemetry", "--no-progress", "--quiet"),
)
_SCAN = ("trivy", "image", "--input", _IMAGE, "--timeout", "15m", *_ALONE)
_JAVA = "Java DB"  # what Trivy says where it meets an archive and has no database of them
_CODE = ("--scanners", "secret,misconfig,license", "--image-config-scanners", "misconfig,secret")


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """Containers that have read an image: its packages, and what is wrong with its files."""

    packages: dagger.Container
    files: dagger.Container


Java = Callable[[], Awaitable[dagger.Directory]]


async def read(layout: dagger.Directory, java: Java, before: Analysis | None = None) -> Analysis:
    """Read an image.

    Args:
        layout: the image, as an OCI layout.
        java: gets Trivy's database of Java archives; called only for an image that holds some.
        before: the analysis of an image below it, whose layers aren't read again.

    Raises:
        StepError: the scanner failed, or what it needs can't be had.
    """
    found = _read(layout, before)
    try:
        await retrying(found.packages.sync)
    except dagger.QueryError as error:
        if _JAVA not in (error.stderr if isinstance(error, dagger.ExecError) else ""):
            raise failures.step_error("the scanner failed", error) from None
        found = _read(layout, before, await java())
    return found


def _read(
    layout: dagger.Directory, before: Analysis | None, java: dagger.Directory | None = None
) -> Analysis:
    packages = (before.packages if before else _trivy()).with_mounted_directory(_IMAGE, layout)
    files = (before.files if before else _trivy()).with_mounted_directory(_IMAGE, layout)
    if java:
        packages = packages.with_mounted_directory(f"{_CACHE}/java-db", java)
    return Analysis(
        packages=packages.with_exec([*_SCAN, "--format", "cyclonedx", "--output", _CYCLONEDX]),
        files=files.with_exec(
            [*_SCAN, *_CODE, "--skip-check-update", "--format", "json", "--output", f"{_OUT}/files.json"]
        ),
    )


async def sbom(image: Analysis) -> str:
    """Return the SBOM of an image as CycloneDX, as Trivy writes it.

    Raises:
        StepError: Trivy failed.
    """
    return await _text(image.packages, _CYCLONEDX)


async def spdx(cyclonedx: str) -> str:
    """Return a CycloneDX document converted to SPDX.

    Raises:
        StepError: Trivy failed.
    """
    file = f"{_OUT}/image.spdx.json"
    command = ["trivy", "sbom", _SBOM, *_ALONE, "--format", "spdx-json", "--output", file]
    source = dag.file("image.cdx.json", cyclonedx)
    return await _text(_trivy().with_mounted_file(_SBOM, source).with_exec(command), file)


async def files(image: Analysis) -> str:
    """Secrets, misconfiguration and licenses of an image, as Trivy's JSON.

    Raises:
        StepError: the scanner failed.
    """
    return await _text(image.files, f"{_OUT}/files.json")


async def vulnerabilities(
    image: Analysis, database: dagger.Directory, vex: dagger.Directory | None = None
) -> str:
    """The known vulnerabilities of an image's packages, as Trivy's JSON.

    Args:
        image: its analysis.
        database: a folder with trivy.db and metadata.json.
        vex: a folder of OpenVEX documents.

    Raises:
        StepError: the scanner failed.
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
    try:
        return await retrying(container.file(file).contents)
    except dagger.QueryError as error:
        raise failures.step_error("the scanner failed", error) from None


def _trivy() -> dagger.Container:
    scanner = containers.without_certificate_updates(dag.container().from_(pins.image("trivy")))
    return (
        scanner.with_user("root")
        .with_entrypoint([])
        .with_directory(_CACHE, dag.directory())
        .with_directory(_OUT, dag.directory())
    )
