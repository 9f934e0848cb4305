"""Sign statements and verify signatures with cosign; secrets come by the environment alone.

    python -m programs.cosign sign|verify JOB.json ANSWER.json

sign: {"types": {TYPE: URI}, "arguments": […], "no_log": […]}; statements lie in
    /mnt/statements/IMAGE/TYPE.json, and in /signed/IMAGE a layout with what is attached to the image already;
    "no_log" are the arguments to verify signatures of a key, which are in no log
    → {IMAGE: [TYPE…]}, those that were signed, or {"problem": "…"}; bundles lie in /bundles/IMAGE/TYPE.json
    COSIGN_KEY holds a private key (PEM) or the URI of one in a KMS; without it the signing is keyless, with
    the token of SIGSTORE_ID_TOKEN. KMS_ENVIRONMENT holds lines NAME=VALUE for the KMS's client.
verify: {"images": [NAME…], "types": {TYPE: URI}, "arguments": […]}; layouts lie in /signed/NAME
    → {NAME: {TYPE: CHECK}}, CHECK = {"good": bool, "said": "…", "statements": […]}
"""

from __future__ import annotations

import base64
import calendar
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

COSIGN = os.environ.get("COSIGN", "cosign")
STATEMENTS = Path("/mnt/statements")
BUNDLES = Path("/bundles")
SIGNED = Path("/signed")
CONFIG = Path("/tmp/signing-config.json")  # noqa: S108 - of the container
PUBLIC = Path("/tmp/cosign.pub")  # noqa: S108
SECRETS = ("COSIGN_PASSWORD", "SIGSTORE_ID_TOKEN")
SIGNATURE, SCAN = "signature", "scan"  # types
ANEW = 24 * 60 * 60  # seconds after which a scan is signed once more
SECONDS = 120
JOBS = 4
KMS = re.compile(r"(awskms|azurekms|gcpkms|hashivault|k8s)://\S+")
# What cosign asks of nobody: no certificate, no log, no timestamps.
NOBODY = [f"--no-default-{service}" for service in ("fulcio", "oidc", "rekor", "tsa")]


class SigningError(Exception):
    """A command failed; its text is what cosign said last."""


def cosign(arguments: list[str]) -> str:
    """The standard output of cosign.

    Raises:
        SigningError: it failed, or took too long.
    """
    try:
        done = subprocess.run(  # noqa: S603
            [COSIGN, *arguments],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise SigningError(f"cosign {arguments[0]} took longer than {SECONDS} s") from None
    if done.returncode:
        words = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        raise SigningError(f"cosign {arguments[0]}: {' '.join(words)[-1000:]}")
    return done.stdout


def key() -> tuple[list[str], dict[str, str]]:
    """The arguments and the environment that name the key; none of both for keyless signing."""
    given = os.environ.get("COSIGN_KEY", "").strip()
    if not given:
        return [], {}
    if KMS.fullmatch(given):
        lines = os.environ.get("KMS_ENVIRONMENT", "").splitlines()
        pairs = [line.partition("=") for line in lines if "=" in line]
        return ["--key", given], {name.strip(): value.strip() for name, _, value in pairs}
    if "-----BEGIN ENCRYPTED" not in given:
        shapes = (
            "a private key that cosign made (make one with keygen), nor a URI such as awskms:///alias/name"
        )
        raise SigningError(f"the signing key is neither the text of {shapes}")
    return ["--key", "env://COSIGN_KEY"], {"COSIGN_KEY": given}


def sign(job: dict[str, Any]) -> dict[str, Any]:
    """Sign every statement that this key hasn't signed before; all by the same key or identity."""
    arguments, environment = key()
    os.environ.update(environment)
    extra: list[str] = job["arguments"]
    public: list[str] = []
    if arguments:
        PUBLIC.write_text(cosign(["public-key", *arguments]), encoding="utf-8")
        public = ["--key", str(PUBLIC), *job["no_log"]]
    if arguments and "--signing-config" not in extra:  # by a key: nothing leaves the machine
        cosign(["signing-config", "create", *NOBODY, "--out", str(CONFIG)])
        extra = [*extra, "--signing-config", str(CONFIG)]

    def one(file: Path) -> bool:
        uri = job["types"][file.stem]
        if public and said_before(file, uri, public):
            return False
        bundle = BUNDLES / file.parent.name / file.name
        bundle.parent.mkdir(parents=True, exist_ok=True)
        files = ["--statement", str(file), "--bundle", str(bundle)]
        cosign(["attest-blob", "--yes", *files, *arguments, *extra])
        return True

    BUNDLES.mkdir(exist_ok=True)
    wanted = sorted(STATEMENTS.glob("*/*.json"))
    with ThreadPoolExecutor(JOBS) as pool:
        signed = list(pool.map(one, wanted))
    answer: dict[str, Any] = {file.parent.name: [] for file in wanted}
    for file, done in zip(wanted, signed, strict=True):
        answer[file.parent.name] += [file.stem] if done else []
    return answer


def said_before(file: Path, uri: str, public: list[str]) -> bool:
    """Whether the image carries the statement already, signed by this key.

    Of the provenance the first is kept: it tells of the build that made the image. A document that says the
    same at another time is the same; a scan is so for a day, for what it says of an image grows old.
    """
    held = check(file.parent.name, file.stem, uri, public)
    if not held["good"] or file.stem in {SIGNATURE, "provenance"}:
        return bool(held["good"])
    wanted = json.loads(file.read_text(encoding="utf-8"))["predicate"]
    return any(same(file.stem, wanted, each.get("predicate")) for each in held["statements"])


def same(kind: str, wanted: dict[str, Any], held: object) -> bool:
    """Whether a predicate that is held, which may have any shape, says what the wanted one says."""
    if not isinstance(held, dict):
        return False
    parts = cast("dict[str, Any]", held)
    if any(wanted.get(key) != parts.get(key) for key in {*wanted, *parts} - {"metadata"}):
        return False
    return kind != SCAN or finished(wanted) - finished(parts) < ANEW


def finished(scan: dict[str, Any]) -> int:
    """When a scan ended, by its predicate, in seconds since 1970; 0 where that says nothing."""
    made = scan.get("metadata")
    text = cast("dict[str, Any]", made).get("scanFinishedOn") if isinstance(made, dict) else None
    try:
        return calendar.timegm(time.strptime(str(text)[:19], "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return 0


def check(image: str, kind: str, uri: str, arguments: list[str]) -> dict[str, Any]:
    """What cosign says of an image's statements of one type, be they attached as of now or the older way."""
    now = answer(["verify-attestation", "--type", uri], image, arguments)
    if now["good"] or not (SIGNED / f"{image}.old").is_dir():
        return now
    # ``cosign verify`` takes every statement for a signature where there are bundles; here there are none.
    older = ["verify"] if kind == SIGNATURE else ["verify-attestation", "--type", uri]
    before = answer(older, f"{image}.old", arguments)
    return before if before["good"] else now


def answer(command: list[str], folder: str, arguments: list[str]) -> dict[str, Any]:
    """Whether cosign accepts what is in a layout, with the statements that it printed."""
    try:
        said = cosign([*command, *arguments, "--local-image", str(SIGNED / folder)])
        envelopes = said.splitlines() if "--type" in command else []
        statements = [statement(line) for line in envelopes if line.startswith("{")]
    except SigningError as error:
        return {"good": False, "said": str(error), "statements": []}
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        return {"good": False, "said": f"cosign's answer can't be read: {error!r}", "statements": []}
    return {"good": True, "said": "", "statements": statements}


def statement(envelope: str) -> dict[str, Any]:
    """The statement in a DSSE envelope, whose signature cosign has verified.

    Raises:
        ValueError: it is no object in JSON; KeyError, TypeError: it is no envelope.
    """
    found = json.loads(base64.b64decode(json.loads(envelope)["payload"]))
    if not isinstance(found, dict):
        raise ValueError("it is no statement")  # noqa: TRY004 - like what isn't JSON at all
    return cast("dict[str, Any]", found)


def verify(job: dict[str, Any]) -> dict[str, Any]:
    """Verify everything that is asked of every image."""
    types: dict[str, str] = job["types"]
    names: list[str] = job["images"]
    asked = [(image, name, uri) for image in names for name, uri in types.items()]
    arguments: list[str] = job["arguments"]
    with ThreadPoolExecutor(JOBS) as pool:
        waiting = [pool.submit(check, *each, arguments) for each in asked]
    answer: dict[str, Any] = {image: {} for image in names}
    for (image, name, _), done in zip(asked, waiting, strict=True):
        answer[image][name] = done.result()
    return answer


def hushed(text: str) -> str:
    """A text without the secrets: what a service echoes of them is nobody's."""
    values = [os.environ.get(name, "") for name in SECRETS]
    lines = os.environ.get("KMS_ENVIRONMENT", "").splitlines()
    values += [value for _, _, value in (line.partition("=") for line in lines) if len(value) > 7]
    for value in values:
        text = text.replace(value, "***") if value else text
    return text


def main(verb: str, job_file: str, answer_file: str) -> None:
    """Do a job and write the answer."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    try:
        answer = sign(job) if verb == "sign" else verify(job)
    except (SigningError, OSError, ValueError) as error:
        answer = {"problem": hushed(str(error))}
    Path(answer_file).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
