"""How published images are called: registry, repository and tag of each DAG type.

Legal names are those of the OCI distribution specification 1.1 ("Pulling manifests").
"""

import re
from dataclasses import dataclass

from ..errors import ConfigurationError
from .publish import FILE, PublishSettings
from .revision import Origin

_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_NO_NAME = re.compile(r"[.:]|^localhost$")  # without one of these, a host is the first part of a name
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
LEGAL_TAG = "1 to 128 of A-Z a-z 0-9 _ . -, and no . or - first"  # _TAG in words
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?")


@dataclass(frozen=True, kw_only=True)
class Names:
    """The references of all DAG types: patterns with ``{dag}`` and ``{version}`` left to fill in."""

    registry: str
    path: str
    tag_pattern: str

    def repository(self, dag_type: str) -> str:
        """Registry and repository of a DAG type, without a tag."""
        return f"{self.registry}/{self.path.replace('{dag}', dag_type)}"

    def tag(self, dag_type: str, version: str) -> str:
        """The tag for a version such as "main" or "v1.2.3".

        Raises:
            ConfigurationError: a registry wouldn't take it.
        """
        tag = self.tag_pattern.replace("{dag}", dag_type).replace("{version}", version)
        if not _TAG.fullmatch(tag):
            raise ConfigurationError(
                [f"the tag {tag!r} isn't legal: expected {LEGAL_TAG}; shorten it in {FILE}"]
            )
        return tag

    def version(self, dag_type: str, tag: str) -> str | None:
        """The version that a tag of the registry stands for; None where it isn't this type's."""
        head, _, tail = self.tag_pattern.replace("{dag}", dag_type).partition("{version}")
        long_enough = len(tag) > len(head) + len(tail)
        if not (long_enough and tag.startswith(head) and tag.endswith(tail)):
            return None
        return tag[len(head) : len(tag) - len(tail)]


@dataclass(frozen=True, kw_only=True)
class Reference:
    """One published image: ``repository`` with its registry, and a tag or a digest or both."""

    repository: str
    tag: str
    digest: str

    @property
    def registry(self) -> str:
        """Host, and port where one is named."""
        return self.repository.partition("/")[0]

    @property
    def owner(self) -> str:
        """The first part of the repository's path."""
        return self.repository.split("/")[1]

    def __str__(self) -> str:
        """The reference as registries take it: by digest where there is one."""
        return f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{self.tag}"


def names(settings: PublishSettings, registry: str, owner: str, found: Origin | None) -> Names:
    """The names of all images.

    Args:
        settings: with the pattern.
        registry: host, with a port or a path below it, in the place of the pattern's; empty: the pattern's.
        owner: in the place of the remote's; empty: the remote's.
        found: where the sources live, as far as git says.

    Raises:
        ConfigurationError: a value is missing or isn't legal.
    """
    name, _, tag = settings.publish.reference.rpartition(":")
    host, _, path = name.partition("/")
    problems: list[str] = []
    if registry:
        host, _, prefix = registry.partition("/")
        path = f"{prefix}/{path}" if prefix else path
    if not (_HOST.fullmatch(host) and _NO_NAME.search(host)):
        given = f"--registry {registry!r}" if registry else f"{FILE}: {settings.publish.reference!r}"
        scheme = "://" in (registry or settings.publish.reference)
        hint = "write it without https://" if scheme else "write it like ghcr.io or 127.0.0.1:5000"
        problems.append(f"{given} {'is' if registry else 'has'} no registry: {hint}")
    for placeholder, value, advice in (
        ("{owner}", owner or (found.owner if found else ""), "give --owner, or add a git remote 'origin'"),
        (
            "{repo}",
            found.repo if found else "",
            "add a git remote 'origin', or take {repo} out of the pattern",
        ),
    ):
        if placeholder in f"{path}:{tag}" and not value:
            problems.append(f"{settings.publish.reference}: {placeholder} can't be found: {advice}")
        path, tag = path.replace(placeholder, value.lower()), tag.replace(placeholder, value)
    if not problems and not _PATH.fullmatch(path.replace("{dag}", "a")):
        told = "a-z, 0-9 and single . _ - between, parts separated by /"
        problems.append(f"{path!r} is no name of a repository: expected {told}: check --owner and {FILE}")
    if problems:
        raise ConfigurationError(problems)
    return Names(registry=host, path=path, tag_pattern=tag)


def is_loopback(registry: str) -> bool:
    """Whether a registry's address is the user's own machine, where plain HTTP is the custom."""
    return _LOOPBACK.fullmatch(registry) is not None


def is_tag(text: str) -> bool:
    """Whether a registry takes it as a tag."""
    return _TAG.fullmatch(text) is not None


def reference(text: str, *, digest: bool, given: str = "--reference") -> Reference:
    """A reference as a user gives it: ``host/name:tag``, ``host/name@sha256:…`` or both.

    Args:
        text: what was given.
        digest: whether it must name one.
        given: where, as messages say it.

    Raises:
        ConfigurationError: it is none, or has no digest where ``digest`` asks for one.
    """
    rest, at, found = text.partition("@")
    host, slash, path = rest.partition("/")
    path, _, tag = path.partition(":")
    legal = slash and _HOST.fullmatch(host) and _PATH.fullmatch(path) and _NO_NAME.search(host)
    if not legal or (tag and not _TAG.fullmatch(tag)) or (at and not _DIGEST.fullmatch(found)):
        shape = "ghcr.io/owner/name@sha256:…" if digest else "ghcr.io/owner/name:tag or …@sha256:…"
        raise ConfigurationError([f"{given} {text!r} is no reference: write it like {shape}"])
    if digest and not found:
        advice = "a tag can move: take the digest from the output of publish"
        raise ConfigurationError([f"{given} {text!r} names no digest (…@sha256:…): {advice}"])
    if not tag and not found:
        raise ConfigurationError([f"{given} {text!r} names neither tag nor digest: add :tag or @sha256:…"])
    return Reference(repository=f"{host}/{path}", tag=tag, digest=found)


def hex_digits(digest: str) -> str:
    """A digest without its algorithm, by which files and answers are named."""
    return digest.partition(":")[2]
