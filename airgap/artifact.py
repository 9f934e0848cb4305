"""Files that registries keep beside images: OCI artifacts, the same content giving the same bytes."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airgap.registry import TAG

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What tells one kind of artifact from another."""

    config: str
    """Media type of the configuration, which is empty."""
    layer: str
    """Media type of the one layer, a gzip-compressed tar."""
    title: str
    """File name that a client gives the layer."""


def write_artifact(
    layout: Path, tag: str, files: Sequence[Path], kind: Kind, annotations: Mapping[str, str]
) -> str:
    """Write an OCI layout with one artifact that holds the files, and return its manifest's digest.

    The files lie side by side in it, each under its own name, root's and readable by all. Raises OSError
    where one can't be read.
    """
    title = {"annotations": {"org.opencontainers.image.title": kind.title}}
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _write_blob(layout, kind.config, b"{}"),
        "layers": [_write_blob(layout, kind.layer, _tar_gzip(files)) | title],
        "annotations": dict(annotations),
    }
    descriptor = _write_blob(layout, _MANIFEST, json.dumps(manifest).encode())
    index = {
        "schemaVersion": 2,
        "mediaType": _INDEX,
        "manifests": [descriptor | {"annotations": {TAG: tag}}],
    }
    (layout / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}))
    (layout / "index.json").write_text(json.dumps(index))
    return descriptor["digest"]


def _write_blob(layout: Path, media_type: str, data: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    blob = layout / "blobs" / "sha256" / digest
    blob.parent.mkdir(parents=True, exist_ok=True)
    blob.write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


def _tar_gzip(files: Sequence[Path]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in files:
            data = path.read_bytes()
            entry = tarfile.TarInfo(path.name)
            entry.size, entry.mode = len(data), 0o644  # the time is 0, and root the owner
            archive.addfile(entry, io.BytesIO(data))
    return gzip.compress(buffer.getvalue(), mtime=0)
