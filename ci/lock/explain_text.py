"""The packages of an image as text: why it has one of them, and the tree of those that a type adds."""

from collections.abc import Iterator, Sequence

from packaging.utils import canonicalize_name

from ..errors import ConfigurationError, did_you_mean
from ..text import table
from .graph import Graph, Node


def explanation(dag: str, pins: Sequence[str], graph: Graph, package: str) -> str:
    """Return why a package, in any spelling, is in a DAG type's image, and which versions of it are accepted.

    ``pins`` are the type's own dependencies. Raise ConfigurationError if the package isn't installed.
    """
    name = canonicalize_name(package)
    if name not in graph.image.by_name:
        all_of_them = f": see all with: dagger call build --dag {dag} tree"
        hint = did_you_mean(name, graph.image.by_name) or all_of_them
        raise ConfigurationError([f"{package!r} isn't installed in the image of {dag}{hint}"])
    lines = [f"{name} {graph.version(name)}, {_origin(graph, name)}"]
    chains = graph.chains(graph.pins(pins), name)
    lines += [f"from the pins of {dag}:" if chains else f"no pin of {dag} requires it"]
    for pin, *others in chains:
        texts = [str(pin), *(f"{edge} ({graph.version(edge.node.name)})" for edge in others)]
        lines.append(f"  {' -> '.join(texts)}")
    requirers = [
        (f"{other} {graph.version(other)}{_mark(graph, other)}", specifier or "any version")
        for other, specifier in graph.requirers(name)
    ]
    lines += ["required by:" if requirers else "required by no package"]
    lines += [f"  {line}" for line in table(requirers).splitlines()]
    return "\n".join(lines)


def tree(dag: str, pins: Sequence[str], graph: Graph) -> str:
    """Return the packages that a DAG type adds to its base, as a tree of what requires them.

    Packages of the base are leaves marked (base). What a package requires is drawn once; later the package is
    marked (…).
    """
    drawn: set[Node] = set()
    lines = [dag, *_branches(graph, [pin.node for pin in graph.pins(pins)], drawn)]
    reached = {node.name for node in drawn}
    names = sorted(graph.image.by_name.keys() - reached)
    others = [Node(name) for name in names if not graph.is_from_base(name)]
    if others:
        lines += ["added, but required by none of these:", *_branches(graph, others, drawn)]
    return "\n".join(lines)


def _branches(graph: Graph, nodes: Sequence[Node], drawn: set[Node], indent: str = "") -> Iterator[str]:
    for number, node in enumerate(nodes, start=1):
        last = number == len(nodes)
        edges = () if graph.is_from_base(node.name) else graph.edges(node)
        children = sorted({edge.node for edge in edges})
        mark = " (…)" if children and node in drawn else _mark(graph, node.name)
        yield f"{indent}{'└──' if last else '├──'} {node} {graph.version(node.name)}{mark}"
        if node not in drawn:
            drawn.add(node)
            yield from _branches(graph, children, drawn, f"{indent}{'    ' if last else '│   '}")


def _mark(graph: Graph, name: str) -> str:
    """Return how a package relates to the base; empty for one that the base doesn't have."""
    if graph.is_from_base(name):
        return " (base)"
    return f" (base has {graph.base.versions[name]})" if name in graph.base.versions else ""


def _origin(graph: Graph, name: str) -> str:
    if graph.is_from_base(name):
        return "part of the base"
    replaced = graph.base.versions.get(name)
    return f"replaces {replaced} of the base" if replaced else "added to the base"
