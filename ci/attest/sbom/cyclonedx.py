"""SBOMs as CycloneDX 1.6, from what Trivy 0.70 writes (its pkg/sbom/cyclonedx/marshal.go)."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, cast
from uuid import UUID, uuid5

from ...checks.scan.detections import installed
from ...errors import StepError
from ...image.oci import Json, canonical
from . import purl
from .graph import US, Edges, Format, Subject, kept, names, unknown_layers
from .purl import Package

_OWN = "aquasecurity:trivy:"
_WHERE = (f"{_OWN}LayerDiffID", f"{_OWN}FilePath")
_OF_THE_SCAN = tuple(_OWN + name for name in ("RepoDigest", "RepoTag", "Reference"))
_RANDOM = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _normalised(document: Json, subject: Subject) -> Json:
    found: Json = {**document, "serialNumber": subject.uuid("cyclonedx").urn}
    found["metadata"] = {
        **document["metadata"],
        "timestamp": subject.created,
        "tools": _tools(document["metadata"]["tools"]),
        "component": _tidy(_root(document["metadata"]["component"], subject)),
    }
    found["components"] = [_tidy(each) for each in document["components"]]
    root = document["metadata"]["component"]["bom-ref"]
    called = _renamed(found, {root: subject.purl or subject.reference})
    return _sorted(_renamed(called, _references(called, subject)))


def _tools(tools: Json) -> Json:
    others = [tool for tool in tools["components"] if tool["name"] != US]
    return {**tools, "components": [*others, {"type": "application", "name": US}]}


def _root(component: Json, subject: Subject) -> Json:
    properties = [each for each in _properties(component) if each["name"] not in _OF_THE_SCAN]
    named = {**component, "name": subject.reference, "properties": properties}
    return {**named, "purl": subject.purl} if subject.purl else named


def _references(document: Json, subject: Subject) -> dict[str, str]:
    """New names for the random ones: those that Trivy gives to what no purl tells apart."""
    contents = {
        each["bom-ref"]: canonical({**each, "bom-ref": ""} if _RANDOM.fullmatch(each["bom-ref"]) else each)
        for each in _components(document)
    }
    found = names(contents, _edges(document)).items()
    return {old: str(uuid5(subject.uuid("component"), name)) for old, name in found if _RANDOM.fullmatch(old)}


def _renamed(value: Any, new: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON of any kind
    if isinstance(value, dict):
        return {key: _renamed(each, new) for key, each in cast("Json", value).items()}
    if isinstance(value, list):
        return [_renamed(each, new) for each in cast("list[Any]", value)]
    return new.get(value, value) if isinstance(value, str) else value


def _sorted(document: Json) -> Json:
    needs = [{**each, "dependsOn": sorted(set(each["dependsOn"]))} for each in document["dependencies"]]
    return {
        **document,
        "components": sorted(document["components"], key=_reference),
        "dependencies": sorted(needs, key=lambda each: str(each["ref"])),
    }


def _tidy(component: Json) -> Json:
    properties = sorted(_properties(component), key=lambda each: (each["name"], each["value"]))
    return {**component, "properties": properties}


def _reference(component: Json) -> str:
    return str(component["bom-ref"])


def _hashed(document: Json, hashes: Mapping[Package, str]) -> Json:
    return {**document, "components": [_with_hash(each, hashes) for each in document["components"]]}


def _with_hash(component: Json, hashes: Mapping[Package, str]) -> Json:
    found = hashes.get(purl.package(component.get("purl", "")) or Package("", "", ""))
    if found is None or not installed(_property(component, f"{_OWN}FilePath")):
        return component
    # Trivy's own hash there is that of a METADATA file.
    return {**component, "hashes": [{"alg": "SHA-256", "content": found}]}


def _part(document: Json, wanted: Collection[str]) -> Json:
    component = document["metadata"]["component"]
    root = _reference(component)
    has = [each["value"] for each in _properties(component) if each["name"] == f"{_OWN}DiffID"]
    if problems := unknown_layers(wanted, has):
        raise StepError(problems)
    layers = {_reference(each): _property(each, f"{_OWN}LayerDiffID") for each in _components(document)}
    stay, orphans = kept(layers, _edges(document), root, wanted)
    told = " ".join(sorted(wanted))
    own = uuid5(UUID(document["serialNumber"]), f"layers {told}")
    found = {**document, "serialNumber": own.urn}
    found["metadata"] = _noted(document["metadata"], "layers", told)
    found["components"] = [each for each in document["components"] if _reference(each) in stay]
    needs: dict[str, list[str]] = {
        each["ref"]: [ref for ref in each["dependsOn"] if ref in stay]
        for each in document["dependencies"]
        if each["ref"] in stay
    }
    needs[root] = sorted([*needs.get(root, []), *orphans])
    found["dependencies"] = [{"ref": ref, "dependsOn": below} for ref, below in sorted(needs.items())]
    found["compositions"] = [{"aggregate": "incomplete", "dependencies": [root]}]
    return {**found, "vulnerabilities": list(_affecting(document.get("vulnerabilities", []), stay))}


def _affecting(vulnerabilities: Iterable[Json], stay: Collection[str]) -> Iterator[Json]:
    for each in vulnerabilities:
        affects = [affected for affected in each["affects"] if affected["ref"] in stay]
        if affects:
            yield {**each, "affects": affects}


def _purls(document: Json) -> Iterator[str]:
    for component in document.get("components", []):
        yield component.get("purl", "")
        yield from _purls(component)


def _slimmed(document: Json) -> Iterator[Json]:
    for words, stays in (
        ("the scanner's properties but layer and path", _WHERE),
        ("the scanner's properties", ()),
    ):
        found = {**document, "metadata": _noted(document["metadata"], "left-out", words)}
        found["metadata"]["component"] = _bare(document["metadata"]["component"], stays)
        found["components"] = [_bare(each, stays) for each in document["components"]]
        yield found


def _bare(component: Json, stays: Collection[str]) -> Json:
    properties = [
        each for each in _properties(component) if each["name"] in stays or not each["name"].startswith(_OWN)
    ]
    rest = {key: value for key, value in component.items() if key != "properties"}
    return {**rest, "properties": properties} if properties else rest


def _noted(metadata: Json, key: str, value: str) -> Json:
    others = [each for each in _properties(metadata) if each["name"] != f"{US}:{key}"]
    return {**metadata, "properties": [*others, {"name": f"{US}:{key}", "value": value}]}


def _components(document: Json) -> list[Json]:
    return [document["metadata"]["component"], *document["components"]]


def _edges(document: Json) -> Edges:
    return {(each["ref"], ref) for each in document["dependencies"] for ref in each["dependsOn"]}


def _properties(component: Json) -> list[Json]:
    return component.get("properties") or []


def _property(component: Json, name: str) -> str:
    return next((str(each["value"]) for each in _properties(component) if each["name"] == name), "")


CYCLONEDX = Format(normalised=_normalised, hashed=_hashed, part=_part, purls=_purls, slimmed=_slimmed)
