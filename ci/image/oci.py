"""The JSON parts of an OCI image: a base's manifest and configuration in, ours out, the same bytes each time.

Shapes are those of the OCI image specification 1.1 (manifest.md, config.md, image-layout.md).
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

from ..text import megabytes

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

Json = dict[str, Any]
Kept = Callable[[Mapping[str, str]], dict[str, str]]


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A gzip-compressed layer: its content's name, why it is there, and its sizes in bytes."""

    title: str
    digest: str
    size: int
    diff_id: str
    unpacked: int
    files: int

    @property
    def line(self) -> str:
        """The layer as a line for a terminal."""
        return f"{self.title:<16} {megabytes(self.size):>9}  {self.files:>5} files  {self.digest}"

    @classmethod
    def parse(cls, title: str, text: str) -> Self:
        """A layer from the layer.json that ``ci/image/programs/capture.py`` writes."""
        return cls(title=title, **json.loads(text))


@dataclass(frozen=True, kw_only=True)
class Base:
    """The image below: its reference by digest, its manifest and its configuration."""

    reference: str
    manifest: Json
    config: Json

    @property
    def size(self) -> int:
        """Compressed bytes of its layers."""
        return sum(int(layer["size"]) for layer in self.manifest["layers"])


@dataclass(frozen=True, kw_only=True)
class Blob:
    """Bytes with the digest they are stored under."""

    text: str

    @property
    def digest(self) -> str:
        """``sha256:`` and 64 hex digits."""
        return f"sha256:{hashlib.sha256(self.text.encode()).hexdigest()}"

    @property
    def path(self) -> str:
        """Where an image layout keeps it."""
        return blob_path(self.digest)

    def descriptor(self, media_type: str) -> Json:
        """What a manifest or index says of it."""
        return {"mediaType": media_type, "digest": self.digest, "size": len(self.text.encode())}


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """An image's own JSON: configuration, manifest, and the index.json of a layout that holds it alone."""

    config: Blob
    manifest: Blob
    index: Blob
    size: int


def blob_path(digest: str) -> str:
    """The path of a blob in an image layout."""
    return f"blobs/{digest.replace(':', '/')}"


def rewritten(base: Base) -> list[str]:
    """Digests of those layers of a base that the engine made itself, in the place of the registry's own.

    An engine that was started anew may have a layer's files but not its bytes any more, and packs them again.
    It notes in the history which layers were imported as they are (engine/snapshots/pull.go of Dagger 0.21).
    """
    history: list[Json] = base.config.get("history") or []
    notes = [str(entry.get("created_by", "")) for entry in history]
    digests = [str(layer["digest"]) for layer in base.manifest["layers"]]
    if len(notes) != len(digests) or not any("snapshot" in note or "image layer" in note for note in notes):
        return []  # an engine that keeps no such notes
    return [digest for note, digest in zip(notes, digests, strict=True) if digest not in note]


def canonical(value: Json) -> str:
    """JSON with sorted keys and no blanks: one text for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def assemble(base: Base, layers: Sequence[Layer], env: Mapping[str, str], user: str) -> Assembly:
    """Put layers on a base.

    Entrypoint, command, labels and all else of the base stay; nothing volatile (creation times, build history
    of ours) is added, so equal layers on an equal base give an equal digest.

    Args:
        base: the image below.
        layers: ours, lowest first; none of them empty.
        env: variables added to the base's, or put in their place.
        user: who the container runs as.
    """
    # When the base was made isn't when this was.
    config = {key: value for key, value in base.config.items() if key != "created"}
    config["config"] = {**_settings(base), "Env": _environment(base, env), "User": user}
    config["rootfs"] = {
        "type": "layers",
        "diff_ids": [*base.config["rootfs"]["diff_ids"], *(layer.diff_id for layer in layers)],
    }
    # The base's history comes from the engine, which writes into it when it pulled what.
    below = [{"created_by": f"{base.reference}: {layer['digest']}"} for layer in base.manifest["layers"]]
    config["history"] = [*below, *({"created_by": f"airflow-images: {layer.title}"} for layer in layers)]
    config_blob = Blob(text=canonical(config))
    manifest_blob = Blob(
        text=canonical(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": config_blob.descriptor(CONFIG),
                "layers": [
                    *base.manifest["layers"],
                    *({"mediaType": LAYER, "digest": x.digest, "size": x.size} for x in layers),
                ],
            }
        )
    )
    added = sum(layer.size for layer in layers)
    return assembly(config_blob, manifest_blob, base.size + added)


def described(image: Assembly, labels: Mapping[str, str], created: str, kept: Kept) -> Assembly:
    """The same image with labels, which its manifest repeats as annotations; what runs in it stays the same.

    Args:
        image: the image.
        labels: set in the place of all that were inherited.
        created: RFC 3339.
        kept: chooses, from the inherited labels, those that stay.
    """
    config: Json = json.loads(image.config.text)
    settings = config["config"]
    config["created"] = created
    config["config"] = {**settings, "Labels": {**kept(settings.get("Labels") or {}), **labels}}
    config_blob = Blob(text=canonical(config))
    manifest: Json = json.loads(image.manifest.text)
    manifest["config"] = config_blob.descriptor(CONFIG)
    manifest["annotations"] = dict(labels)
    return assembly(config_blob, Blob(text=canonical(manifest)), image.size)


def without_layers(image: Assembly, count: int) -> Assembly:
    """Return the image's JSON without its last layers, and without what ``described`` writes into it."""
    config: Json = json.loads(image.config.text)
    manifest: Json = json.loads(image.manifest.text)
    end = len(manifest["layers"]) - count
    size = image.size - sum(layer["size"] for layer in manifest["layers"][end:])
    config.pop("created", None)
    config["config"] = {name: value for name, value in config["config"].items() if name != "Labels"}
    config["rootfs"] = {**config["rootfs"], "diff_ids": config["rootfs"]["diff_ids"][:end]}
    config["history"] = config["history"][:end]
    blob = Blob(text=canonical(config))
    manifest.pop("annotations", None)
    manifest |= {"layers": manifest["layers"][:end], "config": blob.descriptor(CONFIG)}
    return assembly(blob, Blob(text=canonical(manifest)), size)


def index(images: Mapping[str, Assembly], annotations: Mapping[str, str]) -> Blob:
    """The index of one image per platform such as "linux/arm64", in the order of their names."""
    manifests = [
        {**image.manifest.descriptor(MANIFEST), "platform": platform_object(name)}
        for name, image in sorted(images.items())
    ]
    return Blob(
        text=canonical(
            {
                "schemaVersion": 2,
                "mediaType": INDEX,
                "manifests": manifests,
                "annotations": dict(annotations),
            }
        )
    )


def differences(one: Json, other: Json, path: str = "configuration") -> list[str]:
    """A sentence for each value that two configurations don't share, by its path."""
    told: list[str] = []
    for key in sorted(one.keys() | other.keys()):
        left, right = cast("object", one.get(key)), cast("object", other.get(key))
        if isinstance(left, dict) and isinstance(right, dict):
            told += differences(cast("Json", left), cast("Json", right), f"{path}.{key}")
        elif json.dumps(left) != json.dumps(right):
            told.append(f"{path}.{key}: published {_shown(one.get(key))}, rebuilt {_shown(other.get(key))}")
    return told


def _shown(value: object) -> str:
    text = "nothing" if value is None else json.dumps(value, sort_keys=True)
    return text if len(text) <= 200 else f"{text[:200]}…"


def platform_object(name: str) -> Json:
    """A platform such as "linux/arm64" or "linux/arm/v7" as an index describes it."""
    system, architecture, *variant = name.split("/")
    return {"os": system, "architecture": architecture, **({"variant": variant[0]} if variant else {})}


def assembly(config: Blob, manifest: Blob, size: int) -> Assembly:
    """An image's JSON with the index of a layout; ``size`` is that of all its layers, compressed."""
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest.descriptor(MANIFEST)]}
    return Assembly(config=config, manifest=manifest, index=Blob(text=canonical(index)), size=size)


def _settings(base: Base) -> Json:
    return base.config.get("config") or {}  # builders written in Go put null for what is empty


def _environment(base: Base, env: Mapping[str, str]) -> list[str]:
    items: list[str] = _settings(base).get("Env") or []
    inherited = {name: value for name, _, value in (item.partition("=") for item in items)}
    return [f"{name}={value}" for name, value in {**inherited, **dict(sorted(env.items()))}.items()]
