"""A registry in a folder, asked by a program that takes regctl's place."""

import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ci.inside import regctl, registry
from ci.oci import CONFIG, LAYER, MANIFEST, Json, canonical

COMMIT = "c" * 40
FAKE = r"""
import hashlib, json, os, sys, time
def folder(name, kind):
    place = os.path.join(STATE, "repositories", name.replace("/", "+"), kind)
    os.makedirs(place, exist_ok=True)
    return place + "/"
def read(file):
    return open(file, "rb").read() if os.path.exists(file) else sys.exit("not found [http 404]")
def write(file, data, mode="wb"):
    with open(file, mode) as out:
        out.write(data)
def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()
def find(reference):
    name, at, wanted = reference.partition("@")
    if not at:
        name, _, tag = reference.rpartition(":")
        wanted = read(folder(name, "tags") + tag).decode()
    return name, read(folder(name, "manifests") + wanted)
def send(layout, wanted, name):
    data = read(f"{layout}/blobs/sha256/{wanted[7:]}")
    top = json.loads(data)
    for each in top.get("manifests", []):
        send(layout, each["digest"], name)
    for blob in [top["config"], *top["layers"]] if "layers" in top else []:
        target = folder(name, "blobs") + blob["digest"]
        if not os.path.exists(target):
            write(STATE + "/sent", f"{name} {blob['digest']}\n", "a")
            write(target, read(f"{layout}/blobs/sha256/{blob['digest'][7:]}"))
    write(folder(name, "manifests") + wanted, data)
assert sys.argv[1:3] == ["--logopt", "text"], sys.argv
command = sys.argv[3:]
line = " ".join(command)
log = open(STATE + "/log").read().splitlines()
write(STATE + "/log", line + "\n", "a")
for match, times, said in json.load(open(STATE + "/faults")):
    if match in line and sum(match in each for each in log) < times:
        time.sleep(60) if said == "hang" else sys.exit(said)
out = b""
if command[:2] == ["tag", "ls"]:
    out = "\n".join(sorted(os.listdir(folder(command[2], "tags")))).encode()
elif command[:2] == ["blob", "put"]:
    data = sys.stdin.buffer.read()
    write(folder(command[2], "blobs") + digest(data), data)
elif command[0] == "blob":
    out = read(folder(command[2], "blobs") + command[-1])
    if command[1] == "copy":
        write(folder(command[3], "blobs") + command[4], out)
elif command[:2] == ["manifest", "get"]:
    out = find(command[-1])[1]
elif command[:2] == ["manifest", "put"]:
    data = sys.stdin.buffer.read()
    assert json.loads(data)["mediaType"] == command[3]
    name, _, tag = command[-1].rpartition(":")
    write(folder(name, "manifests") + digest(data), data)
    write(folder(name, "tags") + tag, digest(data), "w")
elif command[:2] == ["image", "config"]:
    name, data = find(command[2])
    out = read(folder(name, "blobs") + json.loads(data)["config"]["digest"])
else:
    layout, _, wanted = command[2].removeprefix("ocidir://").partition("@")
    send(layout, wanted, command[3].partition("@")[0])
sys.stdout.buffer.write(out)
"""


def digest(data: str | bytes) -> str:
    data = data.encode() if isinstance(data, str) else data
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


BASE = [digest(f"base {number}") for number in range(3)]


@dataclass(frozen=True)
class Fake:
    """The registry, and all that was asked of it and waited for."""

    state: Path
    waits: list[float] = field(default_factory=list[float])

    def fails(self, *faults: tuple[str, int, str]) -> None:
        """Let commands with a text in them fail so many times, and say why."""
        (self.state / "faults").write_text(json.dumps(faults))

    def asked(self, start: str = "", file: str = "log") -> list[str]:
        """The commands, or ("sent") the uploads, that begin with a text; without it."""
        lines = (self.state / file).read_text().splitlines()
        return [line.removeprefix(start).strip() for line in lines if line.startswith(start)]

    def tags(self, name: str) -> dict[str, str]:
        """The tags of a repository, and the digests they point to."""
        found = (self.state / f"repositories/r.example+{name}/tags").glob("*")
        return {each.name: each.read_text() for each in found}

    def do(self, verb: str, job: Json) -> dict[str, Any]:
        """What the program answers."""
        file, answer = self.state / "job.json", self.state / "answer.json"
        file.write_text(json.dumps(job))
        registry.main(verb, str(file), str(answer))
        return json.loads(answer.read_text())

    def look(self, *names: str, write: bool = False) -> dict[str, Any]:
        """Look at the tags main and v1 of repositories."""
        wanted = {"tags": ["main", "v1"], "write": write}
        images = {name: {"repository": f"r.example/{name}", **wanted} for name in names}
        return self.do("look", {"images": images})


def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Give an empty registry, for which nothing waits."""
    made = Fake(tmp_path)
    made.fails()
    for name in ("log", "sent"):
        (tmp_path / name).touch()
    program = tmp_path / "regctl"
    program.write_text(f"#!{sys.executable} -IS\nSTATE = {str(tmp_path)!r}\n{FAKE}")
    program.chmod(0o755)
    monkeypatch.setattr(regctl, "REGCTL", str(program))
    monkeypatch.setattr(registry, "LAYOUT", tmp_path / "layout")
    clock = SimpleNamespace(sleep=made.waits.append, monotonic=time.monotonic)
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
        images[name] = {**place, "texts": made, "tags": tags or {"main": None}}
    blobs = [str(tmp_path / folder) for folder in folders]
    return {"base": BASE, "siblings": list(siblings), "blobs": blobs, "images": images}


def sharing(tmp_path: Path, delta: str, *names: str) -> Json:
    """Describe the push of images that have a delta in common."""
    pushed = job(tmp_path, *names)
    (tmp_path / "layers" / digest(delta)[7:]).write_text(delta)
    for name in names:
        made = texts(name, delta)
        pushed["images"][name] |= {"digest": digest(made[1]), "texts": made}
    return pushed
