"""The graph of an SBOM: the image at its root, stable names for its nodes, and the part that layers added."""

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from . import purl

TOOL = "airflow-images"
_NAMESPACE = uuid5(NAMESPACE_URL, f"urn:{TOOL}:sbom")

Edges = Collection[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class SbomSubject:
    """The image that an SBOM describes.

    ``name`` is its repository; the DAG type's name where it is not published. ``created`` is the commit's
    time, RFC 3339, in UTC.
    """

    name: str
    digest: str
    created: str

    @property
    def reference(self) -> str:
        """The image by digest."""
        return f"{self.name}@{self.digest}"

    @property
    def purl(self) -> str:
        """The image as a package URL; empty where it is not published."""
        return purl.oci(self.name, self.digest) if "/" in self.name else ""

    def uuid(self, purpose: str) -> UUID:
        """Return the identifier of something that belongs to this image: the same on every call."""
        return uuid5(_NAMESPACE, f"{purpose} {self.reference}")


def stable_names(contents: Mapping[str, str], edges: Edges) -> dict[str, str]:
    """Return a name for each node that follows from contents and edges alone, not from the nodes' keys.

    Nodes of equal content differ by their neighbours, those by theirs, and so on. Among nodes that nothing
    distinguishes, any order gives the same document.
    """
    names = _refined(contents, edges)
    while tied := sorted(name for name, count in Counter(names.values()).items() if count > 1):
        first = next(node for node, name in names.items() if name == tied[0])
        names = _refined({**names, first: f"{names[first]}'"}, edges)
    return names


def _refined(names: Mapping[str, str], edges: Edges) -> dict[str, str]:
    """Return names that distinguish all nodes with different neighbours."""
    while True:
        children: dict[str, list[str]] = {node: [] for node in names}
        parents: dict[str, list[str]] = {node: [] for node in names}
        for parent, child in edges:
            children[parent].append(names[child])
            parents[child].append(names[parent])
        finer: dict[str, str] = {}
        for node, name in names.items():
            content = json.dumps([name, sorted(children[node]), sorted(parents[node])])
            finer[node] = hashlib.sha256(content.encode()).hexdigest()
        if len(set(finer.values())) == len(set(names.values())):
            return dict(names)
        names = finer


def subgraph(
    layers: Mapping[str, str], edges: Edges, root: str, chosen: Collection[str]
) -> tuple[set[str], list[str]]:
    """Return the nodes of the chosen layers, and those among them that have lost all their parents.

    A node without a layer, such as an application or the operating system, stays if a child of it does; the
    root always stays. Edges lead from what holds or needs something to that.
    """
    nodes = {node for node, layer in layers.items() if layer in chosen}
    nodes |= {parent for parent, child in edges if child in nodes and not layers[parent]} | {root}
    reached = {child for parent, child in edges if parent in nodes}
    return nodes, sorted(nodes - reached - {root})
