"""Environments of images for tests: written in a line per distribution."""

from collections.abc import Iterable, Mapping

from ci.image.environment import Clash, Distribution, Environment
from ci.lock.graph import Graph

MARKERS = {
    "implementation_name": "cpython",
    "implementation_version": "3.13.5",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6.1",
    "platform_system": "Linux",
    "platform_version": "1",
    "python_full_version": "3.13.5",
    "python_version": "3.13",
    "sys_platform": "linux",
}
STDLIB = frozenset({"ast", "importlib", "json", "os", "sys", "typing"})


def environment(  # noqa: PLR0913 - a part of an environment each
    *lines: str,
    modules: Mapping[str, tuple[str, ...]] | None = None,
    namespaces: Mapping[str, Iterable[str]] | None = None,
    clashes: tuple[Clash, ...] = (),
    lost: Mapping[str, tuple[str, ...]] | None = None,
    loose: Iterable[str] = (),
    owners: Mapping[str, tuple[str, ...]] | None = None,
) -> Environment:
    """Return an environment of distributions, each as "name version | requirement | …".

    A distribution has a module of its own name, where ``modules`` doesn't tell others.
    """
    found: list[Distribution] = []
    for line in lines:
        head, *requires = (part.strip() for part in line.split("|"))
        name, version = head.split()
        own = (modules or {}).get(name, (name.replace("-", "_"),))
        found.append(Distribution(name=name, version=version, requires=tuple(requires), modules=own))
    return Environment(
        markers=MARKERS,
        stdlib=STDLIB,
        distributions=tuple(found),
        namespaces={name: frozenset(within) for name, within in (namespaces or {}).items()},
        clashes=clashes,
        lost=dict(lost or {}),
        loose=frozenset(loose),
        owners=dict(owners or {}),
    )


def graph(base: Iterable[str], delta: Iterable[str]) -> Graph:
    """Return an image's graph: lines of its base, and of what the type adds or has in another version."""
    added = {line.split()[0]: line for line in delta}
    kept = [line for line in base if line.split()[0] not in added]
    return Graph(environment(*kept, *added.values()), environment(*base))
