"""A registry in memory with what is attached to images, asked by a function that takes regctl's place."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ci.image.oci import CONFIG, INDEX, LAYER, MANIFEST, Json, canonical
from ci.tools.programs import referrers, regctl

from .fake_regctl import digest, stored
from .programs import ExitError, replace

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PREDICATE = "https://slsa.dev/provenance/v1"


@dataclass
class Fake:
    """A registry: blobs and manifests by digest, tags by reference, descriptors of referrers by digest."""

    state: Path
    contents: dict[str, bytes] = field(default_factory=dict[str, bytes])
    tags: dict[str, str] = field(default_factory=dict[str, str])
    referrers: dict[str, list[Json]] = field(default_factory=dict[str, list[Json]])
    log: list[list[str]] = field(default_factory=list[list[str]])
    faults: Sequence[tuple[str, str]] = ()

    def answer(self, arguments: list[str], _: bytes) -> bytes:
        """Do what regctl does with these arguments."""
        assert arguments[:2] == ["--logopt", "text"], arguments
        command = arguments[2:]
        self.log.append(command)
        for match, message in self.faults:
            if match in " ".join(command):
                if message:
                    raise ExitError(message)
                return b""
        match command:
            case ["artifact", "list", *_, reference]:
                return json.dumps(self.referrers.get(reference.partition("@")[2])).encode()
            case ["artifact", "put", *options]:
                self.attach(list(zip(options[::2], options[1::2], strict=True)))
                return b""
            case ["manifest", "get", *_, reference]:
                return stored(self.contents, reference.partition("@")[2] or self.tags.get(reference, ""))
            case ["blob", "get", _, blob]:
                return stored(self.contents, blob)
            case _:
                raise AssertionError(command)

    def attach(self, options: list[tuple[str, str]]) -> None:
        """Keep a manifest of a file whose subject is an image."""
        said = dict(options)
        layer = {
            "mediaType": said["--file-media-type"],
            "digest": self.keep(Path(said["--file"]).read_text()),
        }
        notes = [value for key, value in options if key == "--annotation"]
        about = {"artifactType": said["--artifact-type"], "subject": said["--subject"], "annotations": notes}
        made = self.keep(canonical({**about, "config": {"digest": self.keep("{}")}, "layers": [layer]}))
        image = said["--subject"].partition("@")[2]
        entry: Json = {"artifactType": said["--artifact-type"], "digest": made}
        self.referrers[image] = [*self.referrers.get(image, []), entry]

    def keep(self, data: str) -> str:
        """Keep a blob or a manifest."""
        self.contents[digest(data)] = data.encode()
        return digest(data)

    def manifest(self, *layers: str, **more: object) -> str:
        """Keep a manifest of blobs."""
        kept = [{"mediaType": LAYER, "digest": self.keep(each)} for each in layers]
        config = {"mediaType": CONFIG, "digest": self.keep('{"config":{}}')}
        return self.keep(canonical({"mediaType": MANIFEST, "config": config, "layers": kept, **more}))

    def refer(self, image: str, *attached: str, kind: str = BUNDLE) -> None:
        """Let the registry list manifests for an image."""
        self.referrers[image] = [{"artifactType": kind, "digest": each} for each in attached]

    def tag(self, name: str, there: str) -> None:
        """Set a tag of the repository."""
        self.tags[f"r.example/api:{name}"] = there

    def fails(self, *faults: tuple[str, str]) -> None:
        """Let commands with a text in them fail with a word, or do nothing without one."""
        self.faults = faults

    def asked(self, *start: str) -> list[list[str]]:
        """Return the commands that begin with these words."""
        return [each for each in self.log if each[: len(start)] == [*start]]

    def do(self, verb: str, **images: Json) -> dict[str, Any]:
        """Return what the program answers."""
        file, answer = self.state / "job.json", self.state / "answer.json"
        told = {name: {"repository": "r.example/api", **image} for name, image in images.items()}
        file.write_text(json.dumps({"images": told}))
        referrers.main(verb, str(file), str(answer))
        return json.loads(answer.read_text())

    def signed(self, image: str) -> dict[str, Any]:
        """Return what the program says of one image, and what is attached to it."""
        return self.do("signed", api={"digest": image})["api"]

    def blobs(self, name: str) -> dict[str, str]:
        """Return the blobs of a layout that was written, by digest."""
        folder = self.state / "signed" / name / "blobs" / "sha256"
        return {f"sha256:{each.name}": each.read_text() for each in folder.iterdir()}

    def entries(self, name: str) -> list[Json]:
        """Return the entries of its index."""
        index = json.loads((self.state / "signed" / name / "index.json").read_text())
        assert (index["schemaVersion"], index["mediaType"]) == (2, INDEX)
        return index["manifests"]

    def bundles(self, *texts: str) -> list[Json]:
        """Write bundles to attach."""
        files = [self.state / f"bundle-{number}.json" for number in range(len(texts))]
        for file, text in zip(files, texts, strict=True):
            file.write_text(text)
        return [{"file": str(file), "predicate": PREDICATE} for file in files]


def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Give an empty registry, for which nothing waits."""
    made = Fake(tmp_path)
    replace(monkeypatch, regctl, made.answer)
    monkeypatch.setattr(referrers, "SIGNED", tmp_path / "signed")
    monkeypatch.setattr(regctl, "time", SimpleNamespace(sleep=list[float]().append, monotonic=time.monotonic))
    return made
