"""The JSON of OCI images: made from a base's manifest and configuration, always the same bytes.

Shapes are those of the OCI image specification 1.1 (manifest.md, config.md, image-layout.md).
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

from ..text import megabytes

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

OURS = "airflow-images: "  # before a layer's title in the history

Json = dict[str, Any]
Labels = Mapping[str, str]
_COMMENT = re.compile(r"(\d+) files, (\d+) bytes unpacked")


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A compressed layer: its title, its digests, its sizes in bytes, and its number of files."""

    title: str
    digest: str
    size: int
    diff_id: str
    unpacked: int
    files: int
    compression: str = "gzip"

    @property
    def descriptor(self) -> Json:
        """Its entry in a manifest."""
        media_type = f"application/vnd.oci.image.layer.v1.tar+{self.compression}"
        return {"mediaType": media_type, "digest": self.digest, "size": self.size}

    @property
    def history(self) -> Json:
        """Its entry in the history of a configuration."""
        comment = f"{self.files} files, {self.unpacked} bytes unpacked"
        return {"created_by": f"{OURS}{self.title}", "comment": comment}

    @property
    def line(self) -> str:
        """The layer as a line for a terminal."""
        return f"{self.title:<16} {megabytes(self.size):>9}  {self.files:>5} files  {self.digest}"

    @classmethod
    def parse(cls, title: str, text: str) -> Self:
        """Return a layer from the layer.json that a program in ``ci/image/programs`` writes."""
        return cls(title=title, **json.loads(text))


@dataclass(frozen=True, kw_only=True)
class Base:
    """A base image: its reference by digest, its manifest and its configuration."""

    reference: str
    manifest: Json
    config: Json

    @property
    def size(self) -> int:
        """Compressed bytes of its layers."""
        return sum(int(layer["size"]) for layer in self.manifest["layers"])


@dataclass(frozen=True, kw_only=True)
class Blob:
    """A text that is stored under its digest."""

    text: str

    @property
    def digest(self) -> str:
        """``sha256:`` and 64 hex digits."""
        return f"sha256:{hashlib.sha256(self.text.encode()).hexdigest()}"

    @property
    def path(self) -> str:
        """Its path in an image layout."""
        return blob_path(self.digest)

    def descriptor(self, media_type: str) -> Json:
        """Return its entry in a manifest or an index."""
        return {"mediaType": media_type, "digest": self.digest, "size": len(self.text.encode())}


@dataclass(frozen=True, kw_only=True)
class Assembly:
    """An image's own JSON: configuration, manifest, and the index.json of a layout with this image only."""

    config: Blob
    manifest: Blob
    index: Blob
    size: int


def blob_path(digest: str) -> str:
    """Return the path of a blob in an image layout."""
    return f"blobs/{digest.replace(':', '/')}"


def rewritten(base: Base) -> list[str]:
    """Return the digests of a base's layers that the engine packed itself, instead of the registry's own.

    A restarted engine may still have a layer's files but not its bytes, and packs them again.
    It notes in the history which layers were imported as they are (engine/snapshots/pull.go of Dagger 0.21).
    """
    history: list[Json] = base.config.get("history") or []
    notes = [str(entry.get("created_by", "")) for entry in history]
    digests = [str(layer["digest"]) for layer in base.manifest["layers"]]
    if len(notes) != len(digests) or not any("snapshot" in note or "image layer" in note for note in notes):
        return []  # an engine without such notes
    return [digest for note, digest in zip(notes, digests, strict=True) if digest not in note]


def canonical(value: Json) -> str:
    """Return JSON with sorted keys and no blanks: one text for one value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def assemble(base: Base, layers: Sequence[Layer], env: Mapping[str, str], user: str) -> Assembly:
    """Put layers on a base, the lowest first, none of them empty; ``env`` adds to the base's or overrides it.

    Entrypoint, command, labels and all other settings of the base stay. Nothing volatile is added, such as
    creation times, so that equal layers on an equal base give an equal digest.
    """
    # The base's creation time isn't the image's.
    config = {key: value for key, value in base.config.items() if key != "created"}
    config["config"] = {**_settings(base), "Env": _environment(base, env), "User": user}
    config["rootfs"] = {
        "type": "layers",
        "diff_ids": [*base.config["rootfs"]["diff_ids"], *(layer.diff_id for layer in layers)],
    }
    # The engine notes times of pulls in the base's history.
    history = [{"created_by": f"{base.reference}: {layer['digest']}"} for layer in base.manifest["layers"]]
    config["history"] = [*history, *(layer.history for layer in layers)]
    config_blob = Blob(text=canonical(config))
    manifest_blob = Blob(
        text=canonical(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST,
                "config": config_blob.descriptor(CONFIG),
                "layers": [
                    *base.manifest["layers"],
                    *(layer.descriptor for layer in layers),
                ],
            }
        )
    )
    added = sum(layer.size for layer in layers)
    return assembly(config_blob, manifest_blob, base.size + added)


def added_layers(manifest: Json, config: Json) -> tuple[Layer, ...]:
    """Return the layers that ``assemble`` put on a base, by an image's own JSON.

    An image of another origin has none. Raise KeyError, TypeError or ValueError if the JSON is no image's.
    """
    rows = zip(config["history"], manifest["layers"], config["rootfs"]["diff_ids"], strict=True)
    layers: list[Layer] = []
    for entry, descriptor, diff_id in rows:
        title, comment = entry.get("created_by", ""), _COMMENT.fullmatch(entry.get("comment", ""))
        if title.startswith(OURS) and comment:
            layer = Layer(
                title=title.removeprefix(OURS),
                digest=descriptor["digest"],
                size=descriptor["size"],
                diff_id=diff_id,
                files=int(comment[1]),
                unpacked=int(comment[2]),
                compression=descriptor["mediaType"].rpartition("+")[2],
            )
            layers.append(layer)
    return tuple(layers)


def described(
    image: Assembly, labels: Labels, created: str, inherited: Callable[[Labels], dict[str, str]]
) -> Assembly:
    """Return the image with labels, which its manifest repeats as annotations; its content stays the same.

    ``labels`` replace the base's, of which ``inherited`` returns those that stay; ``created`` is RFC 3339.
    """
    config: Json = json.loads(image.config.text)
    settings = config["config"]
    config["created"] = created
    config["config"] = {**settings, "Labels": {**inherited(settings.get("Labels") or {}), **labels}}
    config_blob = Blob(text=canonical(config))
    manifest: Json = json.loads(image.manifest.text)
    manifest["config"] = config_blob.descriptor(CONFIG)
    manifest["annotations"] = dict(labels)
    return assembly(config_blob, Blob(text=canonical(manifest)), image.size)


def without_layers(image: Assembly, count: int) -> Assembly:
    """Return the image's JSON without its last layers, and without the additions of ``described``."""
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


def index(images: Mapping[str, Assembly], annotations: Labels) -> Blob:
    """Return the index of one image per platform such as "linux/arm64", in the order of their names."""
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
    """Return a sentence for each value that differs between two configurations, by its path."""
    sentences: list[str] = []
    for key in sorted(one.keys() | other.keys()):
        left, right = cast("object", one.get(key)), cast("object", other.get(key))
        if isinstance(left, dict) and isinstance(right, dict):
            sentences += differences(cast("Json", left), cast("Json", right), f"{path}.{key}")
        elif json.dumps(left) != json.dumps(right):
            sentences.append(
                f"{path}.{key}: published {_shown(one.get(key))}, rebuilt {_shown(other.get(key))}"
            )
    return sentences


def _shown(value: object) -> str:
    text = "nothing" if value is None else json.dumps(value, sort_keys=True)
    return text if len(text) <= 200 else f"{text[:200]}…"


def platform_object(name: str) -> Json:
    """Return a platform such as "linux/arm64" or "linux/arm/v7" as an index has it."""
    system, architecture, *variant = name.split("/")
    return {"os": system, "architecture": architecture, **({"variant": variant[0]} if variant else {})}


def assembly(config: Blob, manifest: Blob, size: int) -> Assembly:
    """Return an image's JSON with the index of a layout; ``size`` is that of all layers, compressed."""
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest.descriptor(MANIFEST)]}
    return Assembly(config=config, manifest=manifest, index=Blob(text=canonical(index)), size=size)


def _settings(base: Base) -> Json:
    return base.config.get("config") or {}  # builders written in Go write null for an empty object


def _environment(base: Base, env: Mapping[str, str]) -> list[str]:
    items: list[str] = _settings(base).get("Env") or []
    inherited = {name: value for name, _, value in (item.partition("=") for item in items)}
    return [f"{name}={value}" for name, value in {**inherited, **dict(sorted(env.items()))}.items()]
