"""The requirements among the packages of an image: markers evaluated there, extras followed."""

from collections import deque
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from ..image.environment import Environment

_ORDER = {"===": 0, "==": 0, "~=": 1, ">=": 2, ">": 2, "<": 3, "<=": 3, "!=": 4}


class Node(NamedTuple):
    """A package with the extras that are requested of it: canonical names, extras sorted."""

    name: str
    extras: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the node as a requirement names it, such as psycopg[binary]."""
        return f"{self.name}[{','.join(self.extras)}]" if self.extras else self.name


class Edge(NamedTuple):
    """A requirement for a package; an empty specifier accepts any version."""

    node: Node
    specifier: str

    def __str__(self) -> str:
        """Return the requirement as text, such as protobuf>=6.0,<7.0."""
        return f"{self.node}{self.specifier}"


Chain = tuple[Edge, ...]


class Graph:
    """The requirements among the packages of an image, beside the packages of its base."""

    def __init__(self, image: Environment, base: Environment) -> None:
        self.image = image
        self.base = base
        self._edges: dict[Node, tuple[Edge, ...]] = {}

    def is_from_base(self, name: str) -> bool:
        """Return whether the image has a package in the version that its base has."""
        return name in self.image.by_name and self.base.versions.get(name) == self.image.versions[name]

    def version(self, name: str) -> str:
        """Return the installed version of a package, or "not installed"."""
        return self.image.versions.get(name, "not installed")

    def pins(self, requirements: Iterable[str]) -> list[Edge]:
        """Return those of a type's own pins whose markers hold in the image, sorted."""
        return sorted(edge for text in requirements for edge in self._applicable(text, ()))

    def edges(self, node: Node) -> tuple[Edge, ...]:
        """Return what a package requires in the image, sorted; nothing where it isn't installed."""
        if node not in self._edges:
            package = self.image.by_name.get(node.name)
            extras, known = set(node.extras), -1
            requires = package.requires if package else ()
            edges: set[Edge] = set()
            while len(extras) > known:
                known = len(extras)
                edges = {edge for text in requires for edge in self._applicable(text, extras)}
                # A package may request further extras of itself.
                extras.update(*(edge.node.extras for edge in edges if edge.node.name == node.name))
            self._edges[node] = tuple(sorted(edge for edge in edges if edge.node.name != node.name))
        return self._edges[node]

    def requirers(self, name: str) -> list[tuple[str, str]]:
        """Return who requires a package, with the specifier; of extras only those that are requested."""
        edges = ((node, edge) for node in self._requested for edge in self.edges(node))
        return sorted({(node.name, edge.specifier) for node, edge in edges if edge.node.name == name})

    def chains(self, pins: Iterable[Edge], name: str) -> list[Chain]:
        """Return the shortest chain from each pin that leads to a package; the shortest of them first."""
        chains = (self._chain(pin, name) for pin in pins)
        return sorted(filter(None, chains), key=lambda chain: (len(chain), chain))

    @cached_property
    def _requested(self) -> list[Node]:
        """Every package without extras, and with the extras that requirements of the image request."""
        nodes: dict[Node, None] = {}
        waiting = [Node(name) for name in self.image.by_name]
        while waiting:
            node = waiting.pop()
            if node not in nodes:
                nodes[node] = None
                waiting += [edge.node for edge in self.edges(node)]
        return list(nodes)

    def _chain(self, pin: Edge, name: str) -> Chain:
        """Return the shortest chain from a pin to a package; empty where none leads to it."""
        waiting: deque[Chain] = deque([(pin,)])
        seen = {pin.node}
        while waiting:
            chain = waiting.popleft()
            if chain[-1].node.name == name:
                return chain
            edges = [edge for edge in self.edges(chain[-1].node) if edge.node not in seen]
            seen.update(edge.node for edge in edges)
            waiting.extend((*chain, edge) for edge in edges)
        return ()

    def _applicable(self, text: str, extras: Collection[str]) -> list[Edge]:
        """Return a requirement as an edge where its marker holds in the image, with any of the extras."""
        try:
            requirement = Requirement(text)
        except InvalidRequirement:  # a distribution may be older than the rules
            return []
        marker = requirement.marker
        contexts = [{**self.image.markers, "extra": extra} for extra in ("", *extras)]
        if marker and not any(marker.evaluate(dict[str, str | frozenset[str]](it)) for it in contexts):
            return []
        requested = tuple(sorted(map(canonicalize_name, requirement.extras)))
        node = Node(canonicalize_name(requirement.name), requested)
        # With the lower bounds first.
        parts = sorted(requirement.specifier, key=lambda part: (_ORDER.get(part.operator, 5), str(part)))
        return [Edge(node, ",".join(map(str, parts)))]
