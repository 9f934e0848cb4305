"""SBOMs as CycloneDX 1.6, from what Trivy 0.70 writes (its pkg/sbom/cyclonedx/marshal.go)."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, cast
from uuid import UUID, uuid5

from ...checks.scan.detections import installed
from ...errors import StepError
from ...image.oci import Json, canonical
from . import purl
from .graph import TOOL, Edges, SbomSubject, stable_names, subgraph
from .purl import PurlPackage

LAYERS = f"{TOOL}:layers"  # the property that names the layers of a delta

_TRIVY = "aquasecurity:trivy:"
_SCAN_ONLY = tuple(_TRIVY + name for name in ("RepoDigest", "RepoTag", "Reference"))
_RANDOM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def normalise(document: Json, subject: SbomSubject) -> Json:
    """Return the document without random names, the time of the scan, and the path that was scanned."""
    metadata: Json = document["metadata"]
    tools = [tool for tool in metadata["tools"]["components"] if tool["name"] != TOOL]
    result: Json = {
        **document,
        "serialNumber": subject.uuid("cyclonedx").urn,
        "metadata": {
            **metadata,
            "timestamp": subject.created,
            "tools": {**metadata["tools"], "components": [*tools, {"type": "application", "name": TOOL}]},
            "component": _sorted_properties(_root(metadata["component"], subject)),
        },
        "components": [_sorted_properties(component) for component in document["components"]],
    }
    result = _renamed(result, {_reference(metadata["component"]): subject.purl or subject.reference})
    result = _renamed(result, _stable_references(result, subject))
    needs = [
        {**dependency, "dependsOn": sorted(set(dependency["dependsOn"]))}
        for dependency in result["dependencies"]
    ]
    return {
        **result,
        "components": sorted(result["components"], key=_reference),
        "dependencies": sorted(needs, key=lambda dependency: str(dependency["ref"])),
    }


def with_hashes(document: Json, hashes: Mapping[PurlPackage, str]) -> Json:
    """Return the document with the SHA-256 of files, by package."""
    components = [_with_hash(component, hashes) for component in document["components"]]
    return {**document, "components": components}


def delta(document: Json, layers: Collection[str]) -> Json:
    """Return the part of the document that layers brought, by their diff ids."""
    image = document["metadata"]["component"]
    root = _reference(image)
    known = [listed["value"] for listed in _properties(image) if listed["name"] == f"{_TRIVY}DiffID"]
    if known and (unknown := sorted(set(layers) - set(known))):
        raise StepError(
            [f"the SBOM's image has no layer {layer}; its layers are {', '.join(known)}" for layer in unknown]
        )
    by_node = {
        _reference(component): _property(component, f"{_TRIVY}LayerDiffID")
        for component in _components(document)
    }
    nodes, orphans = subgraph(by_node, _edges(document), root, layers)
    listed = " ".join(sorted(layers))
    serial_number = uuid5(UUID(document["serialNumber"]), f"layers {listed}").urn
    others = [item for item in _properties(document["metadata"]) if item["name"] != LAYERS]
    needs: dict[str, list[str]] = {
        dependency["ref"]: [ref for ref in dependency["dependsOn"] if ref in nodes]
        for dependency in document["dependencies"]
        if dependency["ref"] in nodes
    }
    needs[root] = sorted([*needs.get(root, []), *orphans])
    return {
        **document,
        "serialNumber": serial_number,
        "metadata": {**document["metadata"], "properties": [*others, {"name": LAYERS, "value": listed}]},
        "components": [component for component in document["components"] if _reference(component) in nodes],
        "dependencies": [{"ref": ref, "dependsOn": children} for ref, children in sorted(needs.items())],
        "compositions": [{"aggregate": "incomplete", "dependencies": [root]}],
        "vulnerabilities": [
            {**vulnerability, "affects": affects}
            for vulnerability in document.get("vulnerabilities", [])
            if (affects := [affected for affected in vulnerability["affects"] if affected["ref"] in nodes])
        ],
    }


def purls(document: Json) -> Iterator[str]:
    """Yield the purls of all components, nested ones too."""
    for component in document.get("components", []):
        yield component.get("purl", "")
        yield from purls(component)


def layers_of(document: Json) -> str:
    """Return the layers that a delta is of; an empty string for the SBOM of a whole image."""
    return _property(document["metadata"], LAYERS)


def _root(component: Json, subject: SbomSubject) -> Json:
    properties = [item for item in _properties(component) if item["name"] not in _SCAN_ONLY]
    named = {**component, "name": subject.reference, "properties": properties}
    return {**named, "purl": subject.purl} if subject.purl else named


def _stable_references(document: Json, subject: SbomSubject) -> dict[str, str]:
    """Return new names for the random ones: of components that share a purl or have none."""
    contents = {
        component["bom-ref"]: canonical(
            {**component, "bom-ref": ""} if _RANDOM.fullmatch(component["bom-ref"]) else component
        )
        for component in _components(document)
    }
    namespace = subject.uuid("component")
    names = stable_names(contents, _edges(document))
    return {old: str(uuid5(namespace, name)) for old, name in names.items() if _RANDOM.fullmatch(old)}


def _renamed(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON of any kind
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in cast("Json", value).items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in cast("list[Any]", value)]
    return names.get(value, value) if isinstance(value, str) else value


def _sorted_properties(component: Json) -> Json:
    properties = sorted(_properties(component), key=lambda item: (item["name"], item["value"]))
    return {**component, "properties": properties}


def _reference(component: Json) -> str:
    return str(component["bom-ref"])


def _with_hash(component: Json, hashes: Mapping[PurlPackage, str]) -> Json:
    package = purl.package(component.get("purl", ""))
    sha256 = hashes.get(package) if package else None
    if sha256 is None or not installed(_property(component, f"{_TRIVY}FilePath")):
        return component
    # Trivy's own hash there is that of a METADATA file.
    return {**component, "hashes": [{"alg": "SHA-256", "content": sha256}]}


def _components(document: Json) -> list[Json]:
    return [document["metadata"]["component"], *document["components"]]


def _edges(document: Json) -> Edges:
    return {
        (dependency["ref"], ref) for dependency in document["dependencies"] for ref in dependency["dependsOn"]
    }


def _properties(component: Json) -> list[Json]:
    return component.get("properties") or []


def _property(component: Json, name: str) -> str:
    return next((str(item["value"]) for item in _properties(component) if item["name"] == name), "")
