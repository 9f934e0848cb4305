"""SBOMs as SPDX 2.3, from what Trivy 0.70 writes (its pkg/sbom/spdx/marshal.go)."""

import re
from collections.abc import Collection, Iterator, Mapping
from uuid import UUID, uuid5

from ...checks.scan.detections import installed
from ...errors import StepError
from ...image.oci import Json, canonical
from . import purl
from .graph import US, Edges, Format, Subject, kept, unknown_layers
from .purl import Package

_DOCUMENT = "SPDXRef-DOCUMENT"
_ROOT = "SPDXRef-ContainerImage"
_OWN = "Tool: trivy-"
_WHERE = "LayerDiffID: "
_OF_THE_SCAN = ("RepoDigest: ", "RepoTag: ", "Reference: ")
_LICENSE = re.compile(r"LicenseRef-[A-Za-z0-9.-]+")


def _normalised(document: Json, subject: Subject) -> Json:
    root = _root(document)
    creation = document["creationInfo"]
    creators = sorted({*creation["creators"], f"Tool: {US}"})
    found = {
        **document,
        "name": subject.reference,
        "documentNamespace": subject.uuid("spdx").urn,
        "creationInfo": {**creation, "created": subject.created, "creators": creators},
    }
    # Trivy names the image, and it alone, by a hash of the path that was read.
    packages = [_image(each, subject) if each["SPDXID"] == root else each for each in document["packages"]]
    found["packages"] = _once(
        [{**each, "annotations": _dated(each, subject.created)} for each in packages],
        "name",
        "versionInfo",
        "SPDXID",
    )
    relationships = [
        {key: _ROOT if value == root else value for key, value in each.items()}
        for each in document["relationships"]
    ]
    found["relationships"] = _once(relationships, "spdxElementId", "relatedSpdxElement", "relationshipType")
    found["files"] = _once(document.get("files", []), "fileName", "SPDXID")
    found["hasExtractedLicensingInfos"] = _once(document.get("hasExtractedLicensingInfos", []), "licenseId")
    return _without_empty(found)


def _image(package: Json, subject: Subject) -> Json:
    annotations = [each for each in _annotations(package) if not each["comment"].startswith(_OF_THE_SCAN)]
    found = {**package, "SPDXID": _ROOT, "name": subject.reference, "annotations": annotations}
    if not subject.purl:
        return found
    reference = {"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl"}
    return {**found, "externalRefs": [{**reference, "referenceLocator": subject.purl}]}


def _dated(package: Json, created: str) -> list[Json]:
    dated = [{**each, "annotationDate": created} for each in _annotations(package)]
    return sorted(dated, key=lambda each: each["comment"])


def _once(items: list[Json], *keys: str) -> list[Json]:
    """Each once, in the order of some of their values."""
    once = {canonical(item): item for item in items}
    return [
        once[text]
        for text in sorted(once, key=lambda text: [*(once[text].get(key, "") for key in keys), text])
    ]


def _without_empty(document: Json) -> Json:
    lists = ("files", "hasExtractedLicensingInfos")
    return {key: value for key, value in document.items() if value or key not in lists}


def _hashed(document: Json, hashes: Mapping[Package, str]) -> Json:
    paths = {each["SPDXID"]: each["fileName"] for each in document.get("files", [])}
    metadata = {upper for upper, lower in _edges(document) if installed(paths.get(lower, ""))}
    packages = [
        _with_hash(each, hashes) if each["SPDXID"] in metadata else each for each in document["packages"]
    ]
    return {**document, "packages": packages}


def _with_hash(package: Json, hashes: Mapping[Package, str]) -> Json:
    named = [found for text in _locators(package) if (found := purl.package(text))]
    known = [hashes[each] for each in named if each in hashes]
    if not known:
        return package
    return {**package, "checksums": [{"algorithm": "SHA256", "checksumValue": known[0]}]}


def _part(document: Json, wanted: Collection[str]) -> Json:
    root, edges = _root(document), _edges(document)
    packages: dict[str, Json] = {each["SPDXID"]: each for each in document["packages"]}
    has = [text.removeprefix("DiffID: ") for text in _comments(packages[root]) if text.startswith("DiffID: ")]
    if problems := unknown_layers(wanted, has):
        raise StepError(problems)
    layers = {name: _layer(each) for name, each in packages.items()}
    between = [(upper, lower) for upper, lower in edges if upper in packages and lower in packages]
    stay, orphans = kept(layers, between, root, wanted)
    files = {lower for upper, lower in edges if upper in stay and lower not in packages}
    told = " ".join(sorted(wanted))
    own = uuid5(UUID(document["documentNamespace"]), f"layers {told}")
    found = {**document, "documentNamespace": own.urn, "comment": f"{US}: only layers {told}"}
    found["packages"] = [each for name, each in packages.items() if name in stay]
    found["files"] = [each for each in document.get("files", []) if each["SPDXID"] in files]
    relationships = [
        each
        for each in document["relationships"]
        if {each["spdxElementId"], each["relatedSpdxElement"]} <= stay | files | {_DOCUMENT}
    ]
    relationships += [_contains(root, name) for name in orphans]
    found["relationships"] = _once(relationships, "spdxElementId", "relatedSpdxElement", "relationshipType")
    return _without_empty({**found, "hasExtractedLicensingInfos": _licenses(found)})


def _licenses(document: Json) -> list[Json]:
    """The texts of those licenses which packages still name."""
    named = {
        name
        for each in document["packages"]
        for key in ("licenseConcluded", "licenseDeclared")
        for name in _LICENSE.findall(each.get(key, ""))
    }
    return [each for each in document.get("hasExtractedLicensingInfos", []) if each["licenseId"] in named]


def _contains(upper: str, lower: str) -> Json:
    return {"spdxElementId": upper, "relatedSpdxElement": lower, "relationshipType": "CONTAINS"}


def _purls(document: Json) -> Iterator[str]:
    for package in document.get("packages", []):
        yield from _locators(package)


def _locators(package: Json) -> list[str]:
    references: list[Json] = package.get("externalRefs") or []
    return [each["referenceLocator"] for each in references if each.get("referenceType") == "purl"]


def _slimmed(document: Json) -> Iterator[Json]:
    words = "the scanner's annotations but the layer"
    yield _noted(_bare(document, _WHERE), words)
    yield _noted(_bare(document), words := "the scanner's annotations")
    files = {each["SPDXID"] for each in document.get("files", [])}
    found: Json = {**_bare(document), "files": []}
    found["packages"] = [_without_files(each) for each in found["packages"]]
    found["relationships"] = [
        each for each in document["relationships"] if each["relatedSpdxElement"] not in files
    ]
    yield _without_empty(_noted(found, f"{words} and files"))


def _bare(document: Json, *stays: str) -> Json:
    packages: list[Json] = []
    for package in document["packages"]:
        annotations = [
            each
            for each in _annotations(package)
            if each["comment"].startswith(stays) or not each["annotator"].startswith(_OWN)
        ]
        rest = {key: value for key, value in package.items() if key != "annotations"}
        packages.append({**rest, "annotations": annotations} if annotations else rest)
    return {**document, "packages": packages}


def _without_files(package: Json) -> Json:
    rest = {key: value for key, value in package.items() if key != "packageVerificationCode"}
    return {**rest, "filesAnalyzed": False}


def _noted(document: Json, words: str) -> Json:
    before = [document["comment"]] if "comment" in document else []
    return {**document, "comment": "; ".join([*before, f"{US}: left out for size: {words}"])}


def _root(document: Json) -> str:
    return next(
        each["relatedSpdxElement"]
        for each in document["relationships"]
        if (each["spdxElementId"], each["relationshipType"]) == (_DOCUMENT, "DESCRIBES")
    )


def _edges(document: Json) -> Edges:
    return {(each["spdxElementId"], each["relatedSpdxElement"]) for each in document["relationships"]}


def _annotations(package: Json) -> list[Json]:
    return package.get("annotations") or []


def _comments(package: Json) -> list[str]:
    return [str(each["comment"]) for each in _annotations(package)]


def _layer(package: Json) -> str:
    return next((text.removeprefix(_WHERE) for text in _comments(package) if text.startswith(_WHERE)), "")


SPDX = Format(normalised=_normalised, hashed=_hashed, part=_part, purls=_purls, slimmed=_slimmed)
