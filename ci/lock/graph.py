"""Who requires what among the installed distributions, as far as the markers hold, followed from the pins."""

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from ..image.environment import Environment

_ORDER = {"===": 0, "==": 0, "~=": 1, ">=": 2, ">": 2, "<": 3, "<=": 3, "!=": 4}


class Node(NamedTuple):
    """A package with the extras that are asked of it; both canonical, extras sorted."""

    name: str
    extras: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """Such as psycopg[binary]."""
        return f"{self.name}[{','.join(self.extras)}]" if self.extras else self.name


class Edge(NamedTuple):
    """A requirement: what it asks for, and in which versions; an empty specifier asks for any."""

    node: Node
    specifier: str

    @property
    def shown(self) -> str:
        """Such as protobuf>=6.0,<7.0."""
        return f"{self.node.shown}{self.specifier}"


Chain = tuple[Edge, ...]


class Graph:
    """The requirements among an image's distributions.

    Args:
        image: what is installed in the image.
        base: what is installed in its base.
    """

    def __init__(self, image: Environment, base: Environment) -> None:
        self.image = image
        self.base = base
        self._edges: dict[Node, tuple[Edge, ...]] = {}

    def origin(self, name: str) -> str:
        """Where the version comes from that the image has: "base", "delta" or "not installed"."""
        if name not in self.image.by_name:
            return "not installed"
        return "base" if self.base.versions.get(name) == self.image.versions[name] else "delta"

    def version(self, name: str) -> str:
        """The installed version, or "not installed"."""
        return self.image.versions.get(name, "not installed")

    def told(self, edge: Edge) -> str:
        """A requirement and what is there for it, such as protobuf>=6.0,<7.0 (6.33.0)."""
        return f"{edge.shown} ({self.version(edge.node.name)})"

    def pins(self, requirements: Iterable[str]) -> list[Edge]:
        """A type's own pins whose markers hold here, sorted."""
        return sorted(edge for text in requirements for edge in self._holding(text, ()))

    def edges(self, node: Node) -> tuple[Edge, ...]:
        """What a package requires here, sorted; nothing where it isn't installed."""
        if node not in self._edges:
            there = self.image.by_name.get(node.name)
            texts = there.requires if there else ()
            found: set[Edge] = set()
            seen: set[Node] = set()
            waiting = [node]
            while waiting:
                extras = waiting.pop()
                if extras not in seen:
                    seen.add(extras)
                    asked = {edge for text in texts for edge in self._holding(text, extras.extras)}
                    # One that asks for extras of itself needs what they need.
                    waiting += [edge.node for edge in asked if edge.node.name == node.name]
                    found |= {edge for edge in asked if edge.node.name != node.name}
            self._edges[node] = tuple(sorted(found))
        return self._edges[node]

    def requirers(self, name: str) -> list[tuple[str, str]]:
        """Who requires a package, with the specifier; only with the extras that somebody asks for."""
        found = {
            (node.name, edge.specifier)
            for node in self._asked
            for edge in self.edges(node)
            if edge.node.name == name
        }
        return sorted(found)

    def chains(self, pins: Iterable[Edge], name: str) -> tuple[list[Chain], int]:
        """How a type's pins lead to a package.

        Returns:
            All of the shortest chains, sorted; and how many longer ones there are, where of each pin only the
            shortest chain over each package that requires this one counts.
        """
        every = {chain for pin in pins for chain in self._shortest(pin, name)}
        shortest = min(map(len, every), default=0)
        ends = {_ends(chain) for chain in every if len(chain) > shortest}
        shown = sorted(chain for chain in every if len(chain) == shortest)
        return shown, len(ends - {_ends(chain) for chain in shown})

    @cached_property
    def _asked(self) -> list[Node]:
        """Every distribution without extras, and with those that a requirement among them names."""
        found: dict[Node, None] = {}
        waiting = [Node(name) for name in self.image.by_name]
        while waiting:
            node = waiting.pop()
            if node not in found:
                found[node] = None
                waiting += [edge.node for edge in self.edges(node)]
        return list(found)

    def _shortest(self, pin: Edge, name: str) -> list[Chain]:
        """From one pin, all shortest chains to each package that requires the one of that name."""
        if pin.node.name == name:
            return [(pin,)]
        chains: list[Chain] = []
        seen: set[Node] = set()
        ways: dict[Node, list[Chain]] = {pin.node: [(pin,)]}  # one step further from the pin with each round
        while ways:
            seen |= ways.keys()
            further: dict[Node, list[Chain]] = {}
            for node, found in sorted(ways.items()):
                for edge in self.edges(node):
                    longer = [(*way, edge) for way in found]
                    if edge.node.name == name:
                        chains += longer
                    elif edge.node not in seen:
                        further.setdefault(edge.node, []).extend(longer)
            ways = {node: sorted(found)[:_MOST] for node, found in further.items()}
        return chains

    def _holding(self, text: str, extras: tuple[str, ...]) -> list[Edge]:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:  # of a distribution that is older than the rules
            return []
        if requirement.marker is not None:
            given = [{**self.image.markers, "extra": extra} for extra in ("", *extras)]
            if not any(requirement.marker.evaluate(dict[str, str | frozenset[str]](each)) for each in given):
                return []
        node = Node(
            canonicalize_name(requirement.name), tuple(sorted(map(canonicalize_name, requirement.extras)))
        )
        return [Edge(node, _shown(requirement.specifier))]


_MOST = 20  # chains that are followed over one package: those that part and meet again grow without end


def _ends(chain: Chain) -> tuple[Edge, Edge]:
    """By what two chains are the same: the pin, and what requires the package."""
    return (chain[0], chain[max(0, len(chain) - 2)])


def _shown(specifier: SpecifierSet) -> str:
    """Lower bounds first, as people write them."""
    parts = sorted(specifier, key=lambda each: (_ORDER.get(each.operator, 5), str(each)))
    return ",".join(map(str, parts))
