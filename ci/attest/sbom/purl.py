"""Package URLs (purl): of the packages in an SBOM, and of images."""

from typing import NamedTuple

from packageurl import PackageURL
from packaging.utils import canonicalize_name

DEFAULT_REGISTRY = "docker.io"  # a docker purl leaves it out


class PurlPackage(NamedTuple):
    """A package: purl type, name with its namespace, version with its epoch; empty where unknown."""

    type: str
    name: str
    version: str

    def __str__(self) -> str:
        """Return the package for a message."""
        return f"{self.type} {self.name} {self.version}".rstrip()


def package(purl: str) -> PurlPackage | None:
    """Return the package that a purl names; None for an invalid purl.

    Qualifiers other than the epoch are left out, and names of Python packages are canonical: the purls that
    two scanners write for one installed package give one result.
    """
    url = _parse(purl)
    if url is None:
        return None
    name, version, epoch = _path(url), url.version or "", url.qualifiers.get("epoch", "0")
    if epoch != "0" and not version.startswith(f"{epoch}:"):
        version = f"{epoch}:{version}"
    return PurlPackage(url.type, canonicalize_name(name) if url.type == "pypi" else name, version)


def docker(repository: str, version: str) -> str:
    """Return the purl of an image by its tag or digest, as in ``pkg:docker/owner/name@tag``."""
    host, _, path = repository.partition("/")
    default = host == DEFAULT_REGISTRY
    namespace, _, name = (path.removeprefix("library/") if default else path).rpartition("/")
    qualifiers = {} if default else {"repository_url": host}
    return PackageURL("docker", namespace, name, version, qualifiers).to_string()


def docker_name(purl: str) -> str:
    """Return the image that a docker purl names, as host/name:tag, without digest; else ""."""
    url = _parse(purl)
    if url is None or url.type != "docker":
        return ""
    host, path, version = (
        url.qualifiers.get("repository_url", DEFAULT_REGISTRY),
        _path(url),
        url.version or "",
    )
    if "/" not in path and host == DEFAULT_REGISTRY:
        path = f"library/{path}"
    return f"{host}/{path}:{version}" if version and ":" not in version else f"{host}/{path}"


def oci(repository: str, digest: str) -> str:
    """Return the purl of a published image; its name is the last part of the repository."""
    name = repository.rpartition("/")[2]
    return PackageURL("oci", None, name, digest, {"repository_url": repository}).to_string()


def _parse(purl: str) -> PackageURL | None:
    try:
        return PackageURL.from_string(purl)
    except ValueError:
        return None


def _path(url: PackageURL) -> str:
    return f"{url.namespace}/{url.name}" if url.namespace else url.name
