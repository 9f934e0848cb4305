"""The graph of an image's packages as text: why one of them is there, and the tree of the delta."""

from collections.abc import Iterator, Sequence

from packaging.utils import canonicalize_name

from ..errors import ConfigurationError, did_you_mean
from .graph import Chain, Edge, Graph, Node

_NAMED = 5  # packages that a line names before it counts the others


def explanation(dag: str, pins: Sequence[str], graph: Graph, package: str) -> str:
    """Why a package is in a DAG type's image, and who allows which of its versions.

    Args:
        dag: the DAG type.
        pins: its own dependencies.
        graph: of its image.
        package: a name, in any spelling.

    Raises:
        ConfigurationError: it isn't installed there.
    """
    name = canonicalize_name(package)
    if name not in graph.image.by_name:
        hint = did_you_mean(name, graph.image.by_name) or f": see all with: dagger call tree --dag {dag}"
        raise ConfigurationError([f"{package!r} isn't installed in the image of {dag}{hint}"])
    requirers = graph.requirers(name)
    lines = [f"{name} {graph.version(name)}, {_origin(graph, name)}", *_chains(dag, graph, pins, name)]
    if graph.origin(name) == "base":
        lines.append(_needed_in_base(graph, [each for each, _ in requirers]))
    lines += ["asked for by:" if requirers else "asked for by no package"]
    told = {each: f"{each} {graph.version(each)}{_mark(graph, each)}" for each, _ in requirers}
    width = max(map(len, told.values()), default=0)
    lines += [f"  {told[each].ljust(width)}  {specifier or 'any version'}" for each, specifier in requirers]
    return "\n".join(lines)


def tree(dag: str, pins: Sequence[str], graph: Graph) -> str:
    """The packages that a DAG type adds to its base, each below what requires it.

    Packages of the base are leaves, marked (base); what a package requires is drawn where it comes first, and
    is (…) after that.
    """
    roots = [edge.node for edge in graph.pins(pins)]
    drawn: set[Node] = set()
    lines = [dag, *_drawn(graph, roots, drawn)]
    reached = {node.name for node in drawn}
    added = [name for name in sorted(graph.image.by_name) if graph.origin(name) == "delta"]
    others = [name for name in added if name not in reached]
    if others:
        lines += [
            "added, and required by none of these:",
            *_drawn(graph, [Node(name) for name in others], drawn),
        ]
    return "\n".join(lines)


def _drawn(graph: Graph, nodes: Sequence[Node], drawn: set[Node], indent: str = "") -> Iterator[str]:
    for place, node in enumerate(nodes):
        last = place + 1 == len(nodes)
        below = _below(graph, node)
        mark = " (…)" if below and node in drawn else _mark(graph, node.name)
        yield f"{indent}{'└──' if last else '├──'} {node.shown} {graph.version(node.name)}{mark}"
        if node not in drawn:
            drawn.add(node)
            yield from _drawn(graph, below, drawn, f"{indent}{'    ' if last else '│   '}")


def _below(graph: Graph, node: Node) -> list[Node]:
    if graph.origin(node.name) != "delta":
        return []
    return sorted({edge.node for edge in graph.edges(node)})


def _mark(graph: Graph, name: str) -> str:
    """What is to be said of a package beside its version; nothing of one that the type alone adds."""
    if graph.origin(name) == "base":
        return " (base)"
    return f" (base has {graph.base.versions[name]})" if name in graph.base.versions else ""


def _origin(graph: Graph, name: str) -> str:
    if graph.origin(name) == "base":
        return "of the base"
    had = graph.base.versions.get(name)
    return f"of the delta, in place of the base's {had}" if had else "of the delta"


def _chains(dag: str, graph: Graph, pins: Sequence[str], name: str) -> list[str]:
    shown, longer = graph.chains(graph.pins(pins), name)
    if not shown:
        return [f"no dependency of {dag} requires it"]
    lines = [f"required by the dependencies of {dag}:", *(f"  {_chain(graph, each)}" for each in shown)]
    return [*lines, f"  and {longer} longer chain{'s' * (longer > 1)}"] if longer else lines


def _chain(graph: Graph, chain: Chain) -> str:
    first, *others = chain
    # A pin is the version that it asks for.
    return " -> ".join([first.shown, *map(graph.told, others)]) if others else _pin(graph, first)


def _pin(graph: Graph, pin: Edge) -> str:
    exact = pin.specifier in {f"=={graph.version(pin.node.name)}", f"==={graph.version(pin.node.name)}"}
    return f"{pin.shown}, its own pin" if exact else f"{graph.told(pin)}, its own pin"


def _needed_in_base(graph: Graph, requirers: Sequence[str]) -> str:
    names = sorted({name for name in requirers if graph.origin(name) == "base"})
    if not names:
        return "in the base, no other package requires it"
    shown = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    count = "1 package requires" if len(names) == 1 else f"{len(names)} packages require"
    return f"in the base, {count} it: {shown}"
