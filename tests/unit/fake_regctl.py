"""A registry in memory, asked by a function that takes regctl's place."""

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

from ci.image.oci import CONFIG, LAYER, MANIFEST, Json, canonical
from ci.tools.programs import regctl, registry

from .programs import ExitError, replace

COMMIT = "c" * 40
Content = TypeVar("Content", str, bytes)


def digest(data: str | bytes) -> str:
    data = data.encode() if isinstance(data, str) else data
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


BASE = [digest(f"base {number}") for number in range(3)]


@dataclass
class Repository:
    """What one repository of the registry holds."""

    blobs: dict[str, bytes] = field(default_factory=dict[str, bytes])
    manifests: dict[str, bytes] = field(default_factory=dict[str, bytes])
    tags: dict[str, str] = field(default_factory=dict[str, str])


def stored(kept: Mapping[str, Content], name: str) -> Content:
    """Give what a repository holds under a name, or end as regctl does where it holds nothing."""
    if name not in kept:
        raise ExitError("not found [http 404]")
    return kept[name]


@dataclass
class Fake:
    """The registry, and all that was asked of it and waited for."""

    state: Path
    waits: list[float] = field(default_factory=list[float])
    log: list[str] = field(default_factory=list[str])
    sent: list[str] = field(default_factory=list[str])
    faults: Sequence[tuple[str, int, str]] = ()
    repositories: dict[str, Repository] = field(default_factory=lambda: defaultdict(Repository))

    def answer(self, arguments: list[str], given: bytes) -> bytes:
        """Do what regctl does with these arguments and this input."""
        assert arguments[:2] == ["--logopt", "text"], arguments
        command = arguments[2:]
        self.note(" ".join(command))
        match command:
            case ["tag", "ls", name]:
                return "\n".join(sorted(self.repositories[name].tags)).encode()
            case ["blob", "put", name]:
                self.repositories[name].blobs[digest(given)] = given
            case ["blob", "copy", name, target, blob]:
                self.repositories[target].blobs[blob] = stored(self.repositories[name].blobs, blob)
            case ["blob", _, name, blob]:
                return stored(self.repositories[name].blobs, blob)
            case ["manifest", "get", *_, reference]:
                return self.manifest(reference)[1]
            case ["manifest", "put", "--content-type", media, reference]:
                assert json.loads(given)["mediaType"] == media
                name, _, tag = reference.rpartition(":")
                self.repositories[name].manifests[digest(given)] = given
                self.repositories[name].tags[tag] = digest(given)
            case ["image", "config", reference]:
                name, data = self.manifest(reference)
                return stored(self.repositories[name].blobs, json.loads(data)["config"]["digest"])
            case ["image", "copy", source, target]:
                layout, _, wanted = source.removeprefix("ocidir://").partition("@")
                self.upload(Path(layout) / "blobs" / "sha256", wanted, target.partition("@")[0])
            case _:
                raise AssertionError(command)
        return b""

    def note(self, line: str) -> None:
        """Write down a command, which ends here where it is one of those that fail."""
        earlier = list(self.log)
        self.log.append(line)
        for match, times, message in self.faults:
            if match in line and sum(match in each for each in earlier) < times:
                raise ExitError(message)

    def manifest(self, reference: str) -> tuple[str, bytes]:
        """Return the repository of a reference, and the manifest that its tag or digest names."""
        name, at, wanted = reference.partition("@")
        if not at:
            name, _, tag = reference.rpartition(":")
            wanted = stored(self.repositories[name].tags, tag)
        return name, stored(self.repositories[name].manifests, wanted)

    def upload(self, blobs: Path, wanted: str, name: str) -> None:
        """Bring a manifest of a layout, and what it lists and the repository lacks, to a repository."""
        data = (blobs / wanted[7:]).read_bytes()
        top = json.loads(data)
        for entry in top.get("manifests", []):
            self.upload(blobs, entry["digest"], name)
        for blob in [top["config"], *top["layers"]] if "layers" in top else []:
            if blob["digest"] not in self.repositories[name].blobs:
                self.sent.append(f"{name} {blob['digest']}")
                self.repositories[name].blobs[blob["digest"]] = (blobs / blob["digest"][7:]).read_bytes()
        self.repositories[name].manifests[wanted] = data

    def fails(self, *faults: tuple[str, int, str]) -> None:
        """Let commands with a text in them fail so many times, and say why."""
        self.faults = faults

    def asked(self, start: str = "") -> list[str]:
        """Return the commands that begin with a text; without it."""
        return [line.removeprefix(start).strip() for line in self.log if line.startswith(start)]

    def uploads(self, start: str = "") -> list[str]:
        """Return the repositories and digests of what was sent that begin with a text; without it."""
        return [line.removeprefix(start).strip() for line in self.sent if line.startswith(start)]

    def tags(self, name: str) -> dict[str, str]:
        """Return the tags of a repository, and the digests they point to."""
        return dict(self.repositories[f"r.example/{name}"].tags)

    def do(self, verb: str, job: Json) -> dict[str, Any]:
        """Return what the program answers."""
        file, answer = self.state / "job.json", self.state / "answer.json"
        file.write_text(json.dumps(job))
        registry.main(verb, str(file), str(answer))
        return json.loads(answer.read_text())

    def push(self, *names: str, siblings: Sequence[str] = (), **tags: str | None) -> dict[str, Any]:
        """Push images, each to its own repository."""
        return self.do("push", job(self.state, *names, siblings=siblings, **tags))

    def look(self, *names: str, write: bool = False) -> dict[str, Any]:
        """Look at the tags main and v1 of repositories."""
        wanted = {"tags": ["main", "v1"], "write": write}
        images = {name: {"repository": f"r.example/{name}", **wanted} for name in names}
        made = self.state / "made"
        made.mkdir(exist_ok=True)
        (made / "a").touch()
        return self.do("look", {"images": images, "made": str(made)})


def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Give an empty registry, for which nothing waits."""
    made = Fake(tmp_path)
    replace(monkeypatch, regctl, made.answer)
    monkeypatch.setattr(registry, "LAYOUT", tmp_path / "layout")
    clock = SimpleNamespace(sleep=made.waits.append, monotonic=time.monotonic, time=time.time)
    monkeypatch.setattr(regctl, "time", clock)
    monkeypatch.setattr(registry, "time", clock)
    return made


def texts(name: str, *shared: str) -> list[str]:
    """Make the configuration and the manifest of an image: the base's layers, shared ones, one of its own."""
    config = canonical({"config": {"Labels": {registry.REVISION: COMMIT, "name": name}}})
    layers = [
        {"mediaType": LAYER, "digest": each, "size": 6} for each in [*BASE, *map(digest, [*shared, name])]
    ]
    top = {"mediaType": MANIFEST, "config": {"mediaType": CONFIG, "digest": digest(config)}, "layers": layers}
    return [config, canonical(top)]


def job(tmp_path: Path, *names: str, siblings: Sequence[str] = (), **tags: str | None) -> Json:
    """Describe the push of images, each to its own repository, with the layers that it needs."""
    folders = {"base": [f"base {number}" for number in range(3)], "layers": list(names)}
    for folder, contents in folders.items():
        (tmp_path / folder).mkdir(exist_ok=True)
        for content in contents:
            (tmp_path / folder / digest(content)[7:]).write_text(content)
    images: Json = {}
    for name in names:
        made = texts(name)
        place = {"repository": f"r.example/{name}", "digest": digest(made[1])}
        images[name] = {**place, "texts": made, "tags": moves(made, tags or {"main": None})}
    blobs = [str(tmp_path / folder) for folder in folders]
    return {"base": BASE, "siblings": list(siblings), "blobs": blobs, "images": images}


def moves(made: list[str], tags: Mapping[str, str | None]) -> list[list[str | None]]:
    """Describe how tags are moved, from what they pointed to before, to the image of these texts."""
    return [[tag, before, digest(made[1])] for tag, before in tags.items()]


def sharing(tmp_path: Path, delta: str, *names: str) -> Json:
    """Describe the push of images that have a delta in common."""
    pushed = job(tmp_path, *names)
    (tmp_path / "layers" / digest(delta)[7:]).write_text(delta)
    for name in names:
        made = texts(name, delta)
        tags = moves(made, {"main": None})
        pushed["images"][name] |= {"digest": digest(made[1]), "texts": made, "tags": tags}
    return pushed
