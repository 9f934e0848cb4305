"""A function in cosign's place, which records its calls and answers as a test wishes."""

import base64
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ci.image.oci import Json
from ci.tools.programs import cosign

from .programs import ExitError, replace

TYPES = {
    "provenance": "https://slsa.dev/provenance/v1",
    "cyclonedx": "https://cyclonedx.org/bom",
    "signature": "sign",
}
NO_LOG = ["--insecure-ignore-tlog"]
ENVIRONMENT = ("COSIGN_KEY", "COSIGN_PASSWORD", "SIGSTORE_ID_TOKEN", "AWS_REGION")


def envelope(predicate: object) -> str:
    """Write a line as cosign does for a statement that it verified."""
    payload = base64.b64encode(json.dumps({"predicate": predicate}).encode()).decode()
    return json.dumps({"payloadType": "application/vnd.in-toto+json", "payload": payload})


@dataclass
class Fake:
    """What cosign was asked."""

    state: Path
    log: list[tuple[list[str], dict[str, str]]] = field(default_factory=list[Any])
    faults: Sequence[tuple[str, str]] = ()
    held: Mapping[str, dict[str, list[str]]] = field(default_factory=dict[str, dict[str, list[str]]])

    def answer(self, command: list[str], _: bytes) -> bytes:
        """Do what cosign does with these arguments."""
        self.log.append((command, {name: os.environ[name] for name in ENVIRONMENT if name in os.environ}))
        for match, message in self.faults:
            if match in " ".join(command):
                raise ExitError(message)
        options = dict(pairwise(command))
        match command[0]:
            case "public-key":
                return b"PUBLIC\n"
            case "signing-config":
                Path(options["--out"]).write_text("{}")
            case "attest-blob":
                statement = Path(options["--statement"]).read_text()
                Path(options["--bundle"]).write_text(f"bundle of {statement}")
            case _:
                image = self.held.get(Path(options["--local-image"]).name, {})
                uri = options.get("--type", "")
                if uri not in image:
                    raise ExitError("no matching attestations: ")
                return "\n".join(image[uri]).encode()
        return b""

    def fails(self, *faults: tuple[str, str]) -> None:
        """Let commands with a text in them fail with a word."""
        self.faults = faults

    def holds(self, **images: dict[str, list[str]]) -> None:
        """Let cosign verify these, by image and address of a type."""
        self.held = images

    def says(self, image: str, **predicates: Json) -> None:
        """Write statements to sign."""
        folder = self.state / "statements" / image
        folder.mkdir(parents=True)
        for name, predicate in predicates.items():
            (folder / f"{name}.json").write_text(json.dumps({"predicate": predicate}))

    def asked(self, verb: str = "") -> list[list[str]]:
        """Return the command lines, but for the verb."""
        return [command[1:] for command, _ in self.log if not verb or command[0] == verb]

    def do(self, verb: str, **job: object) -> Any:  # noqa: ANN401 - JSON
        """Return what the program answers."""
        file, answer = self.state / "job.json", self.state / "answer.json"
        file.write_text(json.dumps({"types": TYPES, "arguments": [], "no_log": NO_LOG, "new": [], **job}))
        cosign.main(verb, str(file), str(answer))
        return json.loads(answer.read_text())

    def bundles(self) -> set[str]:
        """Return what was signed."""
        folder = self.state / "bundles"
        return {str(file.relative_to(folder)) for file in folder.glob("*/*")}


def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fake:
    """Install one, with an environment without keys."""
    made = Fake(tmp_path)
    replace(monkeypatch, cosign, made.answer)
    files = {"STATEMENTS": "statements", "BUNDLES": "bundles", "SIGNED": "signed"}
    for name, file in {**files, "CONFIG": "config.json", "PUBLIC": "cosign.pub"}.items():
        monkeypatch.setattr(cosign, name, tmp_path / file)
    for name in ("COSIGN_KEY", "COSIGN_PASSWORD", "SIGSTORE_ID_TOKEN", "KMS_ENVIRONMENT", "AWS_REGION"):
        monkeypatch.setenv(name, "")  # what the program sets is taken back with it
    return made
