"""The engine's built-in `python` SDK: a module of ours, as OCI content in the engine's root file system."""

import gzip
import hashlib
import io
import json
import tarfile
from pathlib import Path

from airgap import pins
from airgap.debian import architecture
from airgap.folders import PROJECT, digest_of
from airgap.steps import Step

_SOURCE = PROJECT / "airgap" / "python_sdk"
_CONTENT = "usr/local/share/dagger/content"
_DIGEST_FILE = "python-sdk.digest"


def sdk_step() -> Step:
    """Return the step that writes the SDK as a layer for the engine's root file system."""
    values = {
        "python": pins.images()["python"].name,
        "uv": pins.images()["uv"].name,
        "dagger": pins.dagger_version(),
    }
    return Step(
        name="python-sdk",
        inputs=digest_of(_SOURCE, Path(__file__), json.dumps(values), architecture()),
        build=lambda folder, _: write_content(_SOURCE, folder, values),
    )


def manifest_digest(step: Step) -> str:
    """Return the digest by which the engine finds the SDK in a finished step."""
    return (step.result / _DIGEST_FILE).read_text()


def write_content(source: Path, folder: Path, values: dict[str, str]) -> None:
    """Write a source folder, {{names}} filled in, as a one-layer image into the folder's content store."""
    layout = folder / _CONTENT
    blobs = layout / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def put(data: bytes, media_type: str) -> dict[str, str | int]:
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {
            "mediaType": f"application/vnd.oci.image.{media_type}",
            "digest": f"sha256:{digest}",
            "size": len(data),
        }

    layer = _tar(source, values)
    config = {
        "architecture": architecture(),
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": put(json.dumps(config).encode(), "config.v1+json"),
        "layers": [put(gzip.compress(layer, mtime=0), "layer.v1.tar+gzip")],
    }
    index = put(json.dumps(manifest).encode(), "manifest.v1+json")
    (layout / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    (layout / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [index]}))
    (folder / _DIGEST_FILE).write_text(str(index["digest"]))


def _tar(source: Path, values: dict[str, str]) -> bytes:
    """Return the files as a tar that depends on nothing but their names, contents and the values."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(source.rglob("*")):
            if "__pycache__" in path.parts:
                continue
            entry = tarfile.TarInfo(str(path.relative_to(source)))
            if path.is_dir():
                entry.type, entry.mode = tarfile.DIRTYPE, 0o755
                archive.addfile(entry)
                continue
            data = _filled_in(path.read_text(), values).encode()
            entry.size, entry.mode = len(data), 0o644
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def _filled_in(text: str, values: dict[str, str]) -> str:
    for name, value in values.items():
        text = text.replace("{{" + name + "}}", value)
    return text
