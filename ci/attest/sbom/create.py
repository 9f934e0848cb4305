"""The SBOM of a built image: Trivy's CycloneDX, made the image's own, and SPDX converted from it."""

from ...image.built import BuiltImage
from ...text import choose
from ...tools import trivy
from ...tools.trivy import Analysis
from . import document, spdx
from .graph import SbomSubject

FORMATS = ("cyclonedx", "spdx")
SCOPES = ("image", "delta")
UNDATED = "1980-01-01T00:00:00Z"  # of an image that no commit gave a time


async def cyclonedx(built: BuiltImage, analysis: Analysis, *, name: str = "", created: str = UNDATED) -> str:
    """Return the CycloneDX document of the whole image.

    ``name`` is the repository of the image; its DAG type where it has none. ``created`` is RFC 3339.
    """
    subject = SbomSubject(name=name or built.dag_type.name, digest=built.digest, created=created)
    text = document.normalise(await trivy.sbom(analysis), subject)
    return document.with_hashes(text, built.lock, built.platform)


async def sbom(built: BuiltImage, analysis: Analysis, form: str, scope: str) -> str:
    """Return the SBOM in one of FORMATS, of the whole image or of what the type adds to its base."""
    choose("format", form, dict.fromkeys(FORMATS))
    choose("scope", scope, dict.fromkeys(SCOPES))
    text = await cyclonedx(built, analysis)
    if scope == "delta":
        text = document.delta(text, [layer.diff_id for layer in built.layers])
    return spdx.finish(await trivy.spdx(text), text) if form == "spdx" else text
