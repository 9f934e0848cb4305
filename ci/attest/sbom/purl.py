"""Package URLs (purl), which name a package whatever document it stands in: read, and written for images."""

from typing import NamedTuple
from urllib.parse import parse_qsl, quote, unquote

from packaging.utils import canonicalize_name

DEFAULT_REGISTRY = "docker.io"  # the one that a docker purl needn't name


class Package(NamedTuple):
    """A package: purl type, name with its namespace, version with its epoch; empty where none is said."""

    type: str
    name: str
    version: str

    def __str__(self) -> str:
        """The package for a message."""
        return f"{self.type} {self.name} {self.version}".rstrip()


def package(purl: str) -> Package | None:
    """The package that a purl names; None where the text is no purl.

    Qualifiers but the epoch are left out, and names of Python packages are canonical: two scanners' purls of
    one installed package give one result.
    """
    scheme, _, rest = purl.partition(":")
    main, _, qualifiers = rest.partition("#")[0].partition("?")
    kind, _, path = main.strip("/").partition("/")
    space, slash, last = path.rpartition("/")
    last, _, version = last.partition("@")
    name = f"{space}{slash}{last}" if last else ""
    if scheme != "pkg" or not kind or not name:
        return None
    name, version = unquote(name), unquote(version)
    epoch = dict(parse_qsl(qualifiers)).get("epoch", "0")
    if epoch != "0" and not version.startswith(f"{epoch}:"):
        version = f"{epoch}:{version}"
    kind = kind.lower()
    return Package(kind, canonicalize_name(name) if kind == "pypi" else name, version)


def docker(repository: str, version: str) -> str:
    """The purl of an image by its tag or digest, as in ``pkg:docker/owner/name@tag``."""
    host, _, path = repository.partition("/")
    if host != DEFAULT_REGISTRY:
        return f"pkg:docker/{_quoted(path)}@{_quoted(version)}?repository_url={_quoted(host)}"
    return f"pkg:docker/{_quoted(path.removeprefix('library/'))}@{_quoted(version)}"


def docker_name(purl: str) -> str:
    """The image that such a purl names, as host/name:tag; empty where it names none.

    One that is named by its digest is given without: digests stand beside a purl.
    """
    found = package(purl)
    if found is None or found.type != "docker":
        return ""
    host = dict(parse_qsl(purl.partition("?")[2])).get("repository_url", DEFAULT_REGISTRY)
    path = found.name if "/" in found.name or host != DEFAULT_REGISTRY else f"library/{found.name}"
    tag = f":{found.version}" if found.version and ":" not in found.version else ""
    return f"{host}/{path}{tag}"


def oci(repository: str, digest: str) -> str:
    """The purl of an image in the place it is published: its name is the last part of the repository's."""
    name = repository.rpartition("/")[2]
    return f"pkg:oci/{_quoted(name)}@{_quoted(digest)}?repository_url={_quoted(repository)}"


def _quoted(text: str) -> str:
    return quote(text, safe="/:")
