"""SBOMs as SPDX 2.3: what Trivy 0.70 converts from our CycloneDX, with our identifier and times."""

import json
from typing import Any
from uuid import UUID, uuid5

from ...image.oci import Json, canonical
from . import cyclonedx
from .graph import TOOL


def finish(converted: str, source: str) -> str:
    """Return Trivy's SPDX document with the identifier and times of the CycloneDX document it comes from.

    Equal documents give equal bytes: Trivy's conversion differs only in these from run to run.
    """
    document, origin = json.loads(converted), json.loads(source)
    created = origin["metadata"]["timestamp"]
    creation = document["creationInfo"]
    creators = sorted({*creation["creators"], f"Tool: {TOOL}"})
    layers = cyclonedx.layers_of(origin)
    return canonical(
        {
            **document,
            **({"comment": f"{TOOL}: only layers {layers}"} if layers else {}),
            "documentNamespace": uuid5(UUID(origin["serialNumber"]), "spdx").urn,
            "creationInfo": {**creation, "created": created, "creators": creators},
            "packages": [_package(package, created) for package in document["packages"]],
        }
    )


def _package(package: Json, created: str) -> Json:
    result = dict(package)
    if "annotations" in package:
        result["annotations"] = [{**note, "annotationDate": created} for note in package["annotations"]]
    # Trivy's own SHA-1 is that of a METADATA file, not of the package.
    checksums: list[Any] = [item for item in result.pop("checksums", []) if item["algorithm"] != "SHA1"]
    return {**result, "checksums": checksums} if checksums else result
