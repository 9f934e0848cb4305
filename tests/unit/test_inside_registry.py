"""Looking and pushing with regctl, whose place a program takes that keeps a registry in a folder."""

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
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
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


def texts(name: str) -> list[str]:
    """Make the configuration and the manifest of an image with the base's layers and one of its own."""
    config = canonical({"config": {"Labels": {registry.REVISION: COMMIT, "name": name}}})
    layers = [{"mediaType": LAYER, "digest": each, "size": 6} for each in [*BASE, digest(name)]]
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


@pytest.mark.parametrize(
    "said",
    [
        *("request failed [http 429]", "http status 503", "connection reset by peer", "unexpected EOF"),
        *("502 Bad Gateway", "TLS handshake timeout", "retry limit exceeded", "digest mismatch"),
    ],
)
def test_what_may_pass_is_tried_again_until_it_succeeds(fake: Fake, said: str) -> None:
    fake.fails(("tag ls", 2, said))
    assert regctl.run(["tag", "ls", "r.example/api"]).status == 0
    assert (len(fake.asked()), len(fake.waits)) == (3, 2)


@pytest.mark.parametrize(
    "said", ["unauthorized [http 401]", "denied [http 403]", "not found [http 404]", "r.example/api500: no"]
)
def test_what_will_not_pass_is_tried_once(fake: Fake, said: str) -> None:
    fake.fails(("tag ls", 9, said))
    ran = regctl.run(["tag", "ls", "r.example/api"])
    assert (ran.status, ran.said, len(fake.asked()), fake.waits) == (1, said, 1, [])


@pytest.mark.parametrize(("said", "attempts"), [("http 500", regctl.ATTEMPTS), ("connection refused", 2)])
def test_what_never_passes_ends_with_an_attempt_and_no_wait(fake: Fake, said: str, attempts: int) -> None:
    fake.fails(("tag ls", 99, said))
    assert regctl.run(["tag", "ls", "r.example/api"]).said == said
    assert (len(fake.asked()), len(fake.waits)) == (attempts, attempts - 1)


def test_a_command_that_hangs_is_ended_and_may_pass(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> None:
    fake.fails(("tag ls", 99, "hang"))
    monkeypatch.setattr(regctl, "SECONDS", 0.05)
    ran = regctl.once(["tag", "ls", "r.example/api"])
    assert (ran.status, ran.said) == (124, "took longer than 0.05 s")
    assert regctl.PASSING.search(ran.said)


@given(attempt=st.integers(0, 50), chance=st.floats(0, 1, exclude_max=True))
def test_a_pause_doubles_up_to_ten_seconds_half_of_it_by_chance(attempt: int, chance: float) -> None:
    whole = min(10.0, 0.2 * 2**attempt)
    assert whole / 2 <= regctl.pause(attempt, lambda: chance) <= whole


@pytest.mark.parametrize("said", ["", "name unknown [http 404]", "r.example/api: not found"])
def test_a_repository_without_tags_has_nothing_and_may_be_written_to(fake: Fake, said: str) -> None:
    fake.fails(*[("tag ls", 9, said)] if said else [])
    assert fake.look("api", write=True) == {"api": {"names": [], "manifests": {}, "revisions": {}}}
    assert fake.asked("blob put") == ["r.example/api"]


def test_a_look_tells_names_manifests_and_commits(fake: Fake, tmp_path: Path) -> None:
    fake.do("push", job(tmp_path, "api", main=None, nightly=None))
    there = {"manifests": {"main": texts("api")[1]}, "revisions": {"main": COMMIT}}
    assert fake.look("api") == {"api": {"names": ["main", "nightly"], **there}}
    assert fake.asked("blob put") == []


@pytest.mark.parametrize("broken", ["tag ls", "blob put"])
def test_a_repository_that_cannot_be_used_does_not_stop_others(fake: Fake, broken: str) -> None:
    said = f"sha256:0404{'0' * 60}: unauthorized [http 401]"
    fake.fails((f"{broken} r.example/b", 9, said))
    told = fake.look("a", "b", "c", write=True)
    assert told["b"]["problem"].startswith(broken)
    assert told["b"]["problem"].endswith(said)
    assert told["a"] == told["c"] == {"names": [], "manifests": {}, "revisions": {}}


def test_a_layout_is_made_of_links_to_what_is_mounted_and_of_the_texts(fake: Fake, tmp_path: Path) -> None:
    registry.compose(job(tmp_path, "api", "dbt"))
    blobs = {file.name: file for file in (fake.state / "layout/blobs/sha256").iterdir()}
    made = [*texts("api"), *texts("dbt")]
    expected = [*BASE, *map(digest, ["api", "dbt", *made])]
    assert set(blobs) == {each[7:] for each in expected}
    assert {name for name, file in blobs.items() if not file.is_symlink()} == {digest(x)[7:] for x in made}
    assert all(digest(file.read_bytes()) == f"sha256:{name}" for name, file in blobs.items())


def test_the_base_is_sent_once_and_mounted_into_the_other_repositories(fake: Fake, tmp_path: Path) -> None:
    told = fake.do("push", job(tmp_path, "api", "dbt", "zoo", main=None, latest=None))
    for name in ("api", "dbt", "zoo"):
        assert told[name]["written"] == ["main", "latest"]
        assert fake.tags(name) == dict.fromkeys(["main", "latest"], digest(texts(name)[1]))
    sent = fake.asked(file="sent")
    assert [line for line in sent if line.split()[1] in BASE] == [f"r.example/api {each}" for each in BASE]
    copies = [f"r.example/api r.example/{name} {each}" for name in ("dbt", "zoo") for each in BASE]
    assert sorted(fake.asked("blob copy")) == sorted(copies)


def test_a_repository_that_has_the_base_already_gives_it_to_the_others(fake: Fake, tmp_path: Path) -> None:
    fake.do("push", job(tmp_path, "old"))
    fake.do("push", job(tmp_path, "api", siblings=["r.example/old", "r.example/api"]))
    assert fake.asked("blob copy r.example/old r.example/api") == BASE
    assert not set(fake.asked("r.example/api", "sent")) & set(BASE)


def test_what_cannot_be_mounted_is_sent(fake: Fake, tmp_path: Path) -> None:
    fake.fails(("blob copy", 99, "denied [http 403]"))
    assert all(each["written"] for each in fake.do("push", job(tmp_path, "api", "dbt")).values())
    assert set(BASE) < set(fake.asked("r.example/dbt", "sent"))


def test_what_is_there_already_is_not_written_again(fake: Fake, tmp_path: Path) -> None:
    fake.do("push", job(tmp_path, "api"))
    before = len(fake.asked("image copy") + fake.asked("manifest put") + fake.asked(file="sent"))
    assert fake.do("push", job(tmp_path, "api"))["api"]["written"] == []
    assert len(fake.asked("image copy") + fake.asked("manifest put") + fake.asked(file="sent")) == before


@pytest.mark.parametrize("before", [None, digest("another")], ids=["not-there", "elsewhere"])
def test_a_tag_that_was_moved_meanwhile_is_left(fake: Fake, tmp_path: Path, before: str | None) -> None:
    fake.do("push", job(tmp_path, "api"))
    theirs = fake.tags("api")["main"]
    pushed = job(tmp_path, "api", main=before)
    text = canonical({**json.loads(texts("api")[1]), "annotations": {"other": "image"}})
    pushed["images"]["api"] |= {"digest": digest(text), "texts": [texts("api")[0], text]}
    problem = f"r.example/api:main was moved to {theirs} by someone else meanwhile: publish again"
    assert fake.do("push", pushed) == {"api": {"problem": problem}}
    assert fake.tags("api") == {"main": theirs}
    pushed["images"]["api"]["tags"] = {"main": theirs}
    assert fake.do("push", pushed)["api"]["written"] == ["main"]


@pytest.mark.parametrize("step", [f"{digest(texts('api')[1])} r.example/api@", "json r.example/api:"])
def test_an_image_that_fails_stops_no_other_and_moves_no_tag(fake: Fake, tmp_path: Path, step: str) -> None:
    fake.fails((step, 99, "denied [http 403]"))
    told = fake.do("push", job(tmp_path, "api", "dbt"))
    assert told["api"]["problem"] in {f"{each}: denied [http 403]" for each in ("image copy", "manifest put")}
    assert told["dbt"]["written"] == ["main"]
    assert (fake.tags("api"), list(fake.tags("dbt"))) == ({}, ["main"])
