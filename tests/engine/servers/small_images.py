"""Images of a few bytes for the campaign: a layer that all share, one of their own, a configuration."""

import hashlib
import json
from dataclasses import dataclass

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
REVISION = "org.opencontainers.image.revision"
BASE = bytes(range(256)) * 400


@dataclass(frozen=True)
class SmallImage:
    """An image or an index: its digest, its own JSON texts, and its layers above the base."""

    digest: str
    texts: list[str]
    layers: list[bytes]


def digest(content: bytes) -> str:
    """Return the digest that content is stored under."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def make(name: str, *, platforms: int) -> SmallImage:
    """Make an image that is another one for each name; for two platforms and more an index of them."""
    texts: list[str] = []
    layers: list[bytes] = []
    entries: list[dict[str, object]] = []
    for number in range(platforms):
        own = f"the layer of {name} for platform {number}".encode()
        config, top = _one(name, own, number)
        texts += [config, top]
        layers.append(own)
        platform = {"os": "linux", "architecture": ("amd64", "arm64")[number]}
        entries.append({**_descriptor(MANIFEST, top.encode()), "platform": platform})
    if platforms > 1:
        texts.append(
            json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries, **_marks(name)})
        )
    return SmallImage(digest(texts[-1].encode()), texts, layers)


def _one(name: str, own: bytes, number: int) -> tuple[str, str]:
    config = json.dumps(
        {
            "architecture": ("amd64", "arm64")[number],
            "os": "linux",
            "config": {"Labels": {REVISION: digest(name.encode())[7:47]}},
            "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in (BASE, own)]},
        }
    )
    top = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _descriptor(CONFIG, config.encode()),
        "layers": [_descriptor(LAYER, layer) for layer in (BASE, own)],
        **_marks(name),
    }
    return config, json.dumps(top)


def _marks(name: str) -> dict[str, object]:
    return {"annotations": {REVISION: digest(name.encode())[7:47]}}


def _descriptor(kind: str, content: bytes) -> dict[str, object]:
    return {"mediaType": kind, "digest": digest(content), "size": len(content)}
