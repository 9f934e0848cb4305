"""What both kinds of SBOM need: whose document it is, names that follow from content, parts of a graph."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import NAMESPACE_URL, UUID, uuid5

from ...image.oci import Json
from . import purl
from .purl import Package

US = "airflow-images"
SCANNER = "trivy"
_NAMESPACE = uuid5(NAMESPACE_URL, f"urn:{US}:sbom")

Edges = Collection[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Subject:
    """The image that an SBOM is of.

    Args:
        name: its repository with registry, without tag; the DAG type's name where it is published nowhere.
        digest: of its manifest.
        created: RFC 3339, in UTC: its commit's.
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
        """The image as a package; empty where it is published nowhere."""
        return purl.oci(self.name, self.digest) if "/" in self.name else ""

    def uuid(self, what: str) -> UUID:
        """An identifier for something that belongs to this image: the same each time."""
        return uuid5(_NAMESPACE, f"{what} {self.reference}")


@dataclass(frozen=True, kw_only=True)
class Format:
    """What can be done with one kind of document; all but ``purls`` take Trivy's, and give a new one.

    Args:
        normalised: see ``ci/attest/sbom/document.py``, as for all of these.
        hashed: with the SHA-256 of files, by package.
        part: of some layers, by their diff ids.
        purls: of all packages, whoever made the document.
        slimmed: smaller ones, the largest first.
    """

    normalised: Callable[[Json, Subject], Json]
    hashed: Callable[[Json, Mapping[Package, str]], Json]
    part: Callable[[Json, Collection[str]], Json]
    purls: Callable[[Json], Iterable[str]]
    slimmed: Callable[[Json], Iterable[Json]]


def unknown_layers(wanted: Collection[str], has: Collection[str]) -> list[str]:
    """A problem for each layer that an image hasn't; none where the document doesn't tell its layers."""
    known = ", ".join(has)
    return [
        f"layer {layer} isn't in this SBOM's image, which has {known}: give the diff ids of the same image"
        for layer in sorted(wanted)
        if has and layer not in has
    ]


def names(contents: Mapping[str, str], edges: Edges) -> dict[str, str]:
    """A text for each node that follows from the contents and edges alone, not from how nodes are called.

    Nodes of equal content differ by their neighbours, those by theirs, and so on; which of two that can't be
    told apart comes first makes no difference to the whole.
    """
    found = _refined(contents, edges)
    while tied := sorted(name for name, count in Counter(found.values()).items() if count > 1):
        first = next(node for node, name in found.items() if name == tied[0])
        found = _refined({**found, first: f"{found[first]}'"}, edges)
    return found


def _refined(found: Mapping[str, str], edges: Edges) -> dict[str, str]:
    """Names that tell apart all that neighbours can tell apart."""
    while True:
        below: dict[str, list[str]] = {node: [] for node in found}
        above: dict[str, list[str]] = {node: [] for node in found}
        for upper, lower in edges:
            below[upper].append(found[lower])
            above[lower].append(found[upper])
        finer = {
            node: _digest([name, sorted(below[node]), sorted(above[node])]) for node, name in found.items()
        }
        if len(set(finer.values())) == len(set(found.values())):
            return dict(found)
        found = finer


def _digest(value: list[object]) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()


def kept(
    layers: Mapping[str, str], edges: Edges, root: str, wanted: Collection[str]
) -> tuple[set[str], list[str]]:
    """Which nodes are of the wanted layers, and those among them which nothing leads to any more.

    A node of no layer, such as an application or the operating system, stays if something below it does.

    Args:
        layers: each node's layer; empty where it has none.
        edges: from what holds or needs something to that.
        root: stays.
        wanted: layers.
    """
    stay = {node for node, layer in layers.items() if layer in wanted}
    stay |= {upper for upper, lower in edges if lower in stay and not layers[upper]} | {root}
    reached = {lower for upper, lower in edges if upper in stay}
    return stay, sorted(stay - reached - {root})
