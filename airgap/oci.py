"""Container images as OCI layouts, written without a container engine; the same files give the same bytes.

    layer = write_layer(layout, files_of(root), made_by="Debian trixie")
    write_layout(layout, "3.13-slim", [layer], Config(cmd=("python3",)), architecture="amd64")

Layers keep names, modes, numeric owners and links; every time is the same fixed one; devices and sockets are
left out.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airgap import layer

CREATED = datetime(2025, 12, 20, tzinfo=UTC)
"""The time of every file, layer and image for which no other is given."""

RECIPE = (Path(__file__), Path(layer.__file__))
"""The files of ours that the bytes of every layout depend on."""

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
_INDEX = "application/vnd.oci.image.index.v1+json"


@dataclass(frozen=True)
class Layer:
    """A layer as a manifest and a configuration name it; sizes in bytes, digests as `sha256:<hex>`."""

    digest: str
    size: int
    diff_id: str
    made_by: str


@dataclass(frozen=True, kw_only=True)
class Config:
    """How containers of an image start; the fields of the OCI image configuration of the same names."""

    env: Mapping[str, str] = field(default_factory=dict[str, str])
    entrypoint: Sequence[str] = ()
    cmd: Sequence[str] = ()
    user: str = ""
    working_dir: str = ""
    ports: Sequence[str] = ()
    """Exposed ports, such as `8080/tcp`."""
    volumes: Sequence[str] = ()
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    stop_signal: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return the `config` object of the image configuration; what is empty is left out."""
        values: dict[str, Any] = {
            "Env": [f"{name}={value}" for name, value in self.env.items()],
            "Entrypoint": list(self.entrypoint),
            "Cmd": list(self.cmd),
            "User": self.user,
            "WorkingDir": self.working_dir,
            "ExposedPorts": {port: {} for port in self.ports},
            "Volumes": {volume: {} for volume in self.volumes},
            "Labels": dict(self.labels),
            "StopSignal": self.stop_signal,
        }
        return {name: value for name, value in values.items() if value}


def write_layer(
    layout: Path, files: Iterable[tuple[str, Path]], *, made_by: str, created: datetime = CREATED
) -> Layer:
    """Write a layer with the files, pairs of a name in the image and where it lies, as a blob of a layout.

    `made_by` says in the image's history what the layer holds; all files get the time `created`.
    Raises OSError where a file can't be read.
    """
    blobs = _blobs(layout)
    partial = blobs / f".{os.getpid()}-{made_by.replace('/', '-')}"
    try:
        with partial.open("wb") as target:
            diff_id, digest, size = layer.write_tar_gzip(target, files, int(created.timestamp()))
        partial.rename(blobs / digest)
    finally:
        partial.unlink(missing_ok=True)
    return Layer(f"sha256:{digest}", size, f"sha256:{diff_id}", made_by)


def share_layer(source: Path, shared: Layer, layout: Path) -> Layer:
    """Bring a layer of one layout into another, as a hard link where that can be; return it."""
    name = shared.digest.removeprefix("sha256:")
    blob = _blobs(layout) / name
    try:
        os.link(source / "blobs" / "sha256" / name, blob)
    except OSError:  # another file system, or one without hard links
        shutil.copyfile(source / "blobs" / "sha256" / name, blob)
    return shared


def write_layout(  # noqa: PLR0913 - what an image is made of, each by name
    layout: Path,
    tag: str,
    layers: Sequence[Layer],
    config: Config,
    *,
    architecture: str,
    created: datetime = CREATED,
) -> str:
    """Complete a layout whose layers are written, and return its manifest's digest.

    `architecture` as OCI names it: amd64, arm64. The tag is an annotation of the index's one entry.
    """
    platform = {"architecture": architecture, "os": "linux"}
    time = rfc3339(created)
    image = {
        **platform,
        "created": time,
        "config": config.as_json(),
        "rootfs": {"type": "layers", "diff_ids": [part.diff_id for part in layers]},
        "history": [{"created": time, "created_by": part.made_by} for part in layers],
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": _write_json(layout, _CONFIG, image),
        "layers": [{"mediaType": _LAYER, "digest": part.digest, "size": part.size} for part in layers],
    }
    descriptor = _write_json(layout, _MANIFEST, manifest)
    named = {**descriptor, "platform": platform, "annotations": {"org.opencontainers.image.ref.name": tag}}
    index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [named]}
    (layout / "oci-layout").write_bytes(_canonical({"imageLayoutVersion": "1.0.0"}))
    (layout / "index.json").write_bytes(_canonical(index))
    return str(descriptor["digest"])


def rfc3339(time: datetime) -> str:
    """Return a time in UTC as OCI writes it, as in 2025-12-20T00:00:00Z."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _write_json(layout: Path, media_type: str, value: Mapping[str, Any]) -> dict[str, Any]:
    data = _canonical(value)
    digest = hashlib.sha256(data).hexdigest()
    (_blobs(layout) / digest).write_bytes(data)
    return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _blobs(layout: Path) -> Path:
    folder = layout / "blobs" / "sha256"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
