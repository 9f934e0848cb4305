"""The names of published images: registry, repository and tag of each DAG type.

Legal names are those of the OCI distribution specification 1.1 ("Pulling manifests").
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

from ..errors import ConfigurationError, refuse
from .publish import FILE, PublishSettings
from .revision import Origin

_HOST = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_NO_NAME = re.compile(r"[.:]|^localhost$")  # without one of these, a host is the first part of a name
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
LONGEST_TAG = 128
LEGAL_TAG = "1 to 128 of A-Z a-z 0-9 _ . -, and no . or - first"  # _TAG in words
# The tag of an image's referrers, by the same specification ("Referrers Tag Schema"); cosign adds an end.
_REFERRERS = re.compile(r"sha(?:256|512)-[0-9a-f]{64}(?:\..*)?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LOOPBACK = re.compile(r"(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]+)?")


@dataclass(frozen=True, kw_only=True)
class Names:
    """The references of all DAG types: patterns with ``{dag}`` and ``{version}`` left to fill in.

    ``dag_types`` are the names of the whole catalog. Where they share a repository, a tag that could be of
    several, as ``a-b-main`` of ``a`` and ``a-b``, is that of the one with the longest name.
    """

    registry: str
    path: str
    tag_pattern: str
    dag_types: Collection[str] = ()

    @property
    def shared(self) -> bool:
        """Whether all DAG types have one repository."""
        return "{dag}" not in self.path

    def repository(self, dag_type: str) -> str:
        """Return registry and repository of a DAG type, without a tag."""
        return f"{self.registry}/{self.path.replace('{dag}', dag_type)}"

    def longest(self, dag_type: str) -> int:
        """Return the characters that a version may have in the tags of a DAG type."""
        return max(0, LONGEST_TAG - len("".join(self._around(dag_type))))

    def tag(self, dag_type: str, version: str) -> str:
        """Return the tag for a version such as "main".

        Raises ConfigurationError if registries refuse it, or it would be read as another DAG type's.
        """
        tag = version.join(self._around(dag_type))
        if not _TAG.fullmatch(tag):
            raise ConfigurationError([f"invalid tag {tag!r}; expected {LEGAL_TAG}: shorten it in {FILE}"])
        if purpose := self.taken(dag_type, version):
            problem = f"the tag {tag} of DAG type {dag_type!r} would be read as one of {purpose}"
            remedy = "expected characters between {dag} and {version} that no name has, such as __"
            raise ConfigurationError([f"{problem}; {remedy}: change {FILE}"])
        return tag

    def version(self, dag_type: str, tag: str) -> str | None:
        """Return the version that a tag of the registry stands for; None if it isn't this type's."""
        version = self._within(dag_type, tag)
        return None if version is None or self._other(dag_type, tag) else version

    def owner(self, repository: str, tag: str) -> tuple[str, str] | None:
        """Return the DAG type whose tag it is, and its version; None if it is of no type of the catalog.

        The repository may be another registry's: then the tag alone decides.
        """
        here = [name for name in self.dag_types if self.repository(name) == repository]
        for dag_type in here or self.dag_types:
            if version := self.version(dag_type, tag):
                return dag_type, version
        return None

    def taken(self, dag_type: str, version: str) -> str:
        """Return what a version's tag would be read as, if not as this type's; else an empty string."""
        tag = version.join(self._around(dag_type))
        if is_referrers(tag):
            return "an image's signatures"
        other = self._other(dag_type, tag)
        return f"DAG type {other!r}" if other else ""

    def _around(self, dag_type: str) -> tuple[str, str]:
        head, _, tail = self.tag_pattern.replace("{dag}", dag_type).partition("{version}")
        return head, tail

    def _within(self, dag_type: str, tag: str) -> str | None:
        head, tail = self._around(dag_type)
        long_enough = len(tag) > len(head) + len(tail)
        if not (long_enough and tag.startswith(head) and tag.endswith(tail)):
            return None
        return tag[len(head) : len(tag) - len(tail)]

    def _other(self, dag_type: str, tag: str) -> str:
        """Return the type with a longer name whose tag it is; empty if there is none."""
        others = self.dag_types if self.shared else ()
        longer = [name for name in others if len(name) > len(dag_type) and self._within(name, tag)]
        return max(longer, key=len, default="")


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The reference of an image: ``repository`` with its registry, and a tag or a digest or both."""

    repository: str
    tag: str
    digest: str

    @property
    def registry(self) -> str:
        """The registry: host, and port if one is named."""
        return self.repository.partition("/")[0]

    @property
    def owner(self) -> str:
        """The first part of the repository's path."""
        return self.repository.split("/")[1]

    def __str__(self) -> str:
        """Return the reference as registries accept it: by digest if it has one."""
        return f"{self.repository}@{self.digest}" if self.digest else f"{self.repository}:{self.tag}"


def names(
    settings: PublishSettings,
    registry: str,
    owner: str,
    origin: Origin | None,
    dag_types: Collection[str] = (),
) -> Names:
    """Return the names of all images; raise ConfigurationError with every missing or illegal value.

    ``registry`` is a host, with a port or a path below it, instead of the pattern's; ``owner`` is instead of
    the remote's. ``origin`` is where the sources come from, if git knows. ``dag_types`` are the names of the
    whole catalog, invalid types too.
    """
    name, _, tag = settings.publish.reference.rpartition(":")
    host, _, path = name.partition("/")
    problems: list[str] = []
    if registry:
        host, _, prefix = registry.partition("/")
        path = f"{prefix}/{path}" if prefix else path
    if not (_HOST.fullmatch(host) and _NO_NAME.search(host)):
        value = f"--registry {registry!r}" if registry else f"{FILE}: {settings.publish.reference!r}"
        has_scheme = "://" in (registry or settings.publish.reference)
        expected = "one without https://" if has_scheme else "one like ghcr.io or 127.0.0.1:5000"
        problems.append(f"{value}: invalid registry; expected {expected}")
    for placeholder, value, remedy in (
        ("{owner}", owner or (origin.owner if origin else ""), "give --owner, or add a git remote 'origin'"),
        (
            "{repo}",
            origin.repo if origin else "",
            "add a git remote 'origin', or remove {repo} from the pattern",
        ),
    ):
        if placeholder in f"{path}:{tag}" and not value:
            problems.append(f"{settings.publish.reference}: {placeholder} is unknown: {remedy}")
        path, tag = path.replace(placeholder, value.lower()), tag.replace(placeholder, value)
    if not problems and not _PATH.fullmatch(path.replace("{dag}", "a")):
        expected = "a-z, 0-9 and single . _ - between, parts separated by /"
        problems.append(f"invalid repository {path!r}; expected {expected}: check --owner and {FILE}")
    refuse(problems)
    return Names(registry=host, path=path, tag_pattern=tag, dag_types=tuple(dag_types))


def is_loopback(registry: str) -> bool:
    """Return whether a registry's address is the user's own machine, where plain HTTP is usual."""
    return _LOOPBACK.fullmatch(registry) is not None


def is_tag(text: str) -> bool:
    """Return whether registries accept a text as a tag."""
    return _TAG.fullmatch(text) is not None


def is_referrers(tag: str) -> bool:
    """Return whether registries without referrers keep the signatures of an image under a tag."""
    return _REFERRERS.fullmatch(tag) is not None


def reference(text: str, *, digest: bool, source: str = "--reference") -> Reference:
    """Return a reference as a user writes it: ``host/name:tag``, ``host/name@sha256:…`` or both.

    ``source`` is the flag or key that has it, as messages show it. Raise ConfigurationError for an invalid
    reference, or one without a digest if ``digest`` requires it.
    """
    rest, at, given_digest = text.partition("@")
    host, slash, path = rest.partition("/")
    path, _, tag = path.partition(":")
    legal = slash and _HOST.fullmatch(host) and _PATH.fullmatch(path) and _NO_NAME.search(host)
    if not legal or (tag and not _TAG.fullmatch(tag)) or (at and not _DIGEST.fullmatch(given_digest)):
        expected = "ghcr.io/owner/name@sha256:…" if digest else "ghcr.io/owner/name:tag or …@sha256:…"
        raise ConfigurationError([f"{source} {text!r}: invalid reference; expected one like {expected}"])
    if digest and not given_digest:
        remedy = "a tag can move: use the digest from the output of publish"
        raise ConfigurationError([f"{source} {text!r} has no digest (…@sha256:…): {remedy}"])
    if not tag and not given_digest:
        raise ConfigurationError([f"{source} {text!r} has neither tag nor digest: add :tag or @sha256:…"])
    return Reference(repository=f"{host}/{path}", tag=tag, digest=given_digest)


def hex_digits(digest: str) -> str:
    """Return a digest without its algorithm, by which files and answers are named."""
    return digest.partition(":")[2]
