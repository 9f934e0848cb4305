"""The software bills of materials of a built image: Trivy's, made the image's own."""

from typing import Protocol

import dagger

from ...errors import ConfigurationError, did_you_mean
from ...tools import trivy
from ...tools.trivy import Analysis
from . import document
from .graph import Subject

SCOPES = ("image", "delta")
UNDATED = "1980-01-01T00:00:00Z"  # of an image that no commit gave a time


class Built(Protocol):
    """What is needed of an image."""

    dag: str
    digest: str
    lock: str

    def layout(self) -> dagger.Directory:
        """The image as an OCI layout."""
        ...

    def platform(self) -> str:
        """Such as linux/amd64."""
        ...

    def added_diff_ids(self) -> list[str]:
        """Digests of the layers above the base, unpacked."""
        ...


async def whole(built: Built, read: Analysis, form: str, *, name: str = "", created: str = UNDATED) -> str:
    """The SBOM of the whole image.

    Args:
        built: the image.
        read: its analysis.
        form: a key of trivy.BILLS.
        name: repository of the image; its DAG type where it has none.
        created: the commit's time, RFC 3339.

    Raises:
        ConfigurationError: there is no such format.
        StepError: it can't be made.
    """
    if form not in trivy.BILLS:
        hint = did_you_mean(form, trivy.BILLS) or f": there are {' and '.join(trivy.BILLS)}"
        raise ConfigurationError([f"--format {form!r} isn't known{hint}"])
    subject = Subject(name=name or built.dag, digest=built.digest, created=created)
    text = document.normalise(await trivy.bill(read, form), subject)
    return document.with_hashes(text, built.lock, built.platform())


def part(built: Built, text: str, scope: str) -> str:
    """The whole document, or what concerns the layers above the base.

    Raises:
        ConfigurationError: there is no such scope.
    """
    if scope not in SCOPES:
        hint = did_you_mean(scope, SCOPES) or f": there are {' and '.join(SCOPES)}"
        raise ConfigurationError([f"--scope {scope!r} isn't known{hint}"])
    return document.delta(text, built.added_diff_ids()) if scope == "delta" else text
