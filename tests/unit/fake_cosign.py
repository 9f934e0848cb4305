"""A program in cosign's place, which writes down what it is given and knows what it is told."""

import base64
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ci.inside import signing
from ci.oci import Json

TYPES = {
    "provenance": "https://slsa.dev/provenance/v1",
    "spdx": "https://spdx.dev/Document",
    "signature": "sign",
}
FAKE = r"""
import json, os, sys
command = sys.argv[1:]
names = ("COSIGN_KEY", "COSIGN_PASSWORD", "SIGSTORE_ID_TOKEN", "AWS_REGION")
seen = {name: os.environ[name] for name in names if name in os.environ}
with open(STATE + "/log", "a") as log:
    log.write(json.dumps([command, seen]) + "\n")
for match, said in json.load(open(STATE + "/faults")):
    if match in " ".join(command):
        sys.exit(said)
def after(flag):
    return command[command.index(flag) + 1]
def write(flag, text):
    with open(after(flag), "w") as out:
        out.write(text)
if command[0] == "public-key":
    print("PUBLIC")
elif command[0] == "signing-config":
    write("--out", "{}")
elif command[0] == "attest-blob":
    write("--bundle", "bundle of " + open(after("--statement")).read())
else:
    uri = after("--type") if "--type" in command else ""
    held = json.load(open(STATE + "/held")).get(os.path.basename(after("--local-image")), {})
    sys.stdout.write("\n".join(held[uri]) if uri in held else sys.exit("no matching attestations: \n"))
"""


def envelope(predicate: object) -> str:
    """Write a line as cosign does for a statement that it verified."""
    payload = base64.b64encode(json.dumps({"predicate": predicate}).encode()).decode()
    return json.dumps({"payloadType": "application/vnd.in-toto+json", "payload": payload})


@dataclass(frozen=True)
class Fake:
    """What cosign was asked."""

    state: Path

    def fails(self, *faults: tuple[str, str]) -> None:
        """Let commands with a text in them fail with a word."""
        (self.state / "faults").write_text(json.dumps(faults))

    def holds(self, **images: dict[str, list[str]]) -> None:
        """Let cosign verify these, by image and address of a type."""
        (self.state / "held").write_text(json.dumps(images))

    def says(self, image: str, **predicates: Json) -> None:
        """Write statements to sign."""
        folder = self.state / "statements" / image
        folder.mkdir(parents=True)
        for name, predicate in predicates.items():
            (folder / f"{name}.json").write_text(json.dumps({"predicate": predicate}))

    def asked(self, verb: str = "") -> list[list[str]]:
        """The command lines, but for the verb."""
        return [command[1:] for command, _ in self.log() if not verb or command[0] == verb]

    def log(self) -> list[tuple[list[str], dict[str, str]]]:
        """The command lines with what their environment had."""
        return [json.loads(line) for line in (self.state / "log").read_text().splitlines()]

    def do(self, verb: str, **job: object) -> Any:  # noqa: ANN401 - JSON
        """What the program answers."""
        file, answer = self.state / "job.json", self.state / "answer.json"
        file.write_text(json.dumps({"types": TYPES, "arguments": [], **job}))
        signing.main(verb, str(file), str(answer))
        return json.loads(answer.read_text())

    def bundles(self) -> set[str]:
        """What was signed."""
        folder = self.state / "bundles"
        return {str(file.relative_to(folder)) for file in folder.glob("*/*")}


def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Put one in place that has seen nothing, with an environment without keys."""
    made = Fake(tmp_path)
    made.fails()
    made.holds()
    (tmp_path / "log").touch()
    program = tmp_path / "cosign"
    program.write_text(f"#!{sys.executable} -IS\nSTATE = {str(tmp_path)!r}\n{FAKE}")
    program.chmod(0o755)
    monkeypatch.setattr(signing, "COSIGN", str(program))
    for name in ("STATEMENTS", "BUNDLES", "SIGNED"):
        monkeypatch.setattr(signing, name, tmp_path / name.lower())
    monkeypatch.setattr(signing, "CONFIG", tmp_path / "config.json")
    monkeypatch.setattr(signing, "PUBLIC", tmp_path / "cosign.pub")
    for name in ("COSIGN_KEY", "COSIGN_PASSWORD", "SIGSTORE_ID_TOKEN", "KMS_ENVIRONMENT", "AWS_REGION"):
        monkeypatch.setenv(name, "")  # what the program sets is taken back with it
    return made
