"""The SBOM of a built image: Trivy's CycloneDX, made the image's own, and SPDX converted from it."""

from typing import Protocol

import dagger

from ...errors import ConfigurationError, did_you_mean
from ...tools import trivy
from ...tools.trivy import Analysis
from . import document, spdx
from .graph import SbomSubject

FORMATS = ("cyclonedx", "spdx")
SCOPES = ("image", "delta")
UNDATED = "1980-01-01T00:00:00Z"  # of an image that no commit gave a time


class Built(Protocol):
    """What an SBOM needs of an image."""

    dag: str
    digest: str
    lock: str

    def layout(self) -> dagger.Directory:
        """Return the image as an OCI layout."""
        ...

    def platform(self) -> str:
        """Return the platform, such as linux/amd64."""
        ...

    def added_diff_ids(self) -> list[str]:
        """Return the digests of the layers above the base, unpacked."""
        ...


async def cyclonedx(built: Built, analysis: Analysis, *, name: str = "", created: str = UNDATED) -> str:
    """Return the CycloneDX document of the whole image.

    Args:
        built: the image.
        analysis: of that image.
        name: repository of the image; its DAG type where it has none.
        created: the commit's time, RFC 3339.

    Raises:
        StepError: Trivy failed.
    """
    subject = SbomSubject(name=name or built.dag, digest=built.digest, created=created)
    text = document.normalise(await trivy.sbom(analysis), subject)
    return document.with_hashes(text, built.lock, built.platform())


async def sbom(built: Built, analysis: Analysis, form: str, scope: str) -> str:
    """Return the SBOM in one of FORMATS, of the whole image or of what the type adds to its base.

    Raises:
        ConfigurationError: there is no such format or scope.
        StepError: Trivy failed.
    """
    for flag, value, accepted in (("format", form, FORMATS), ("scope", scope, SCOPES)):
        if value not in accepted:
            hint = did_you_mean(value, accepted) or f": choose {' or '.join(accepted)}"
            raise ConfigurationError([f"unknown {flag} {value!r}{hint}"])
    text = await cyclonedx(built, analysis)
    if scope == "delta":
        text = document.delta(text, built.added_diff_ids())
    return spdx.finish(await trivy.spdx(text), text) if form == "spdx" else text
