"""The SBOM of a built image: Trivy's CycloneDX, made the image's own, and SPDX converted from it."""

from ...errors import ConfigurationError, did_you_mean
from ...image.built import BuiltImage
from ...tools import trivy
from ...tools.trivy import Analysis
from . import document, spdx
from .graph import SbomSubject

FORMATS = ("cyclonedx", "spdx")
SCOPES = ("image", "delta")
UNDATED = "1980-01-01T00:00:00Z"  # of an image that no commit gave a time


async def cyclonedx(built: BuiltImage, analysis: Analysis, *, name: str = "", created: str = UNDATED) -> str:
    """Return the CycloneDX document of the whole image.

    Args:
        built: the image.
        analysis: of that image.
        name: repository of the image; its DAG type where it has none.
        created: the commit's time, RFC 3339.

    Raises:
        StepError: Trivy failed.
    """
    subject = SbomSubject(name=name or built.dag_type.name, digest=built.digest, created=created)
    text = document.normalise(await trivy.sbom(analysis), subject)
    return document.with_hashes(text, built.lock, built.platform)


async def sbom(built: BuiltImage, analysis: Analysis, form: str, scope: str) -> str:
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
        text = document.delta(text, [layer.diff_id for layer in built.layers])
    return spdx.finish(await trivy.spdx(text), text) if form == "spdx" else text
