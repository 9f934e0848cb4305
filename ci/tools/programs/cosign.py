"""Sign statements and verify signatures with cosign; secrets come only from the environment.

    python -m programs.cosign sign|verify|public-key JOB.json ANSWER.json

sign: {"types": {TYPE: URI}, "arguments": […], "no_log": […], "new": [IMAGE…]}; statements lie in
    /mnt/statements/IMAGE/TYPE.json, and in /signed/IMAGE a layout with what is attached to the image already,
    which is nothing for those in "new"; "no_log" are the arguments to verify signatures of a key, which are
    in no log
    → {IMAGE: [TYPE…]}, the types that were signed, or {"problem": "…"}; bundles in /bundles/IMAGE/TYPE.json
    COSIGN_KEY holds a private key (PEM) or the URI of one in a KMS; without it signing is keyless, with the
    token of SIGSTORE_ID_TOKEN. KMS_ENVIRONMENT holds lines NAME=VALUE for the KMS's client.
verify: {"images": [NAME…], "types": {TYPE: URI}, "arguments": […]}; layouts lie in /signed/NAME
    → {NAME: {TYPE: RESULT}}, RESULT = {"good": bool, "error": "…", "statements": […]}
public-key: {} → {"key": PEM} of COSIGN_KEY, or {"problem": "…"}
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

from .regctl import pause

COSIGN = os.environ.get("COSIGN", "cosign")
STATEMENTS = Path("/mnt/statements")
BUNDLES = Path("/bundles")
SIGNED = Path("/signed")
CONFIG = Path("/tmp/signing-config.json")  # noqa: S108 - of the container
PUBLIC = Path("/tmp/cosign.pub")  # noqa: S108
SECRETS = ("COSIGN_PASSWORD", "SIGSTORE_ID_TOKEN")
SIGNATURE, SCAN = "signature", "scan"  # types
RENEWAL = 24 * 60 * 60  # seconds after which a scan is signed again
SECONDS = 120
ATTEMPTS = 5
NOT_CONNECTED = "dial tcp"  # in Go's error, before anything was sent: no such host, refused, unreachable
JOBS = 4
KMS = re.compile(r"(awskms|azurekms|gcpkms|hashivault|k8s)://\S+")
# No service is contacted: no certificate, no log, no timestamp.
NO_SERVICES = [f"--no-default-{service}" for service in ("fulcio", "oidc", "rekor", "tsa")]


class SigningError(Exception):
    """A failed command, with the end of cosign's error output."""


def cosign(arguments: list[str]) -> str:
    """Return the standard output of cosign; raise SigningError where it failed or took too long.

    A connection to a key management service or Sigstore that can't be opened is tried again.
    """
    for attempt in range(ATTEMPTS - 1):
        try:
            return cosign_once(arguments)
        except SigningError as error:
            if NOT_CONNECTED not in str(error):
                raise
        time.sleep(pause(attempt))
    return cosign_once(arguments)


def cosign_once(arguments: list[str]) -> str:
    """Run cosign once, and return or raise as ``cosign``."""
    try:
        result = subprocess.run(  # noqa: S603
            [COSIGN, *arguments],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise SigningError(f"cosign {arguments[0]} took longer than {SECONDS} s") from None
    if result.returncode:
        errors = result.stderr.splitlines()
        lines = [line for line in errors if line.strip() and not line.startswith("WARNING")]
        raise SigningError(f"cosign {arguments[0]}: {' '.join(lines)[-1000:]}")
    return result.stdout


def key() -> tuple[list[str], dict[str, str]]:
    """Return the arguments and environment for the key; both empty for keyless signing."""
    value = os.environ.get("COSIGN_KEY", "").strip()
    if not value:
        return [], {}
    if KMS.fullmatch(value):
        lines = os.environ.get("KMS_ENVIRONMENT", "").splitlines()
        pairs = [line.partition("=") for line in lines if "=" in line]
        return ["--key", value], {name.strip(): setting.strip() for name, _, setting in pairs}
    if "-----BEGIN ENCRYPTED" not in value:
        key_text = "the text of a private key made by cosign (see registry keygen)"
        raise SigningError(f"invalid signing key; expected {key_text}, or a URI such as awskms:///alias/name")
    return ["--key", "env://COSIGN_KEY"], {"COSIGN_KEY": value}


def sign(job: dict[str, Any]) -> dict[str, Any]:
    """Sign every statement that this key has not signed before."""
    arguments, environment = key()
    os.environ.update(environment)
    extra: list[str] = job["arguments"]
    public: list[str] = []
    files = sorted(STATEMENTS.glob("*/*.json"))
    if arguments and any(file.parent.name not in job["new"] for file in files):
        PUBLIC.write_text(cosign(["public-key", *arguments]), encoding="utf-8")
        public = ["--key", str(PUBLIC), *job["no_log"]]
    if arguments and "--signing-config" not in extra:  # a key needs no service
        cosign(["signing-config", "create", *NO_SERVICES, "--out", str(CONFIG)])
        extra = [*extra, "--signing-config", str(CONFIG)]

    def sign_file(file: Path) -> bool:
        uri = job["types"][file.stem]
        if public and file.parent.name not in job["new"] and signed_before(file, uri, public):
            return False
        bundle = BUNDLES / file.parent.name / file.name
        bundle.parent.mkdir(parents=True, exist_ok=True)
        files = ["--statement", str(file), "--bundle", str(bundle)]
        cosign(["attest-blob", "--yes", *files, *arguments, *extra])
        return True

    BUNDLES.mkdir(exist_ok=True)
    with ThreadPoolExecutor(JOBS) as pool:
        signed = list(pool.map(sign_file, files))
    types: dict[str, Any] = {file.parent.name: [] for file in files}
    for file, new in zip(files, signed, strict=True):
        types[file.parent.name] += [file.stem] if new else []
    return types


def public_key(_job: dict[str, Any]) -> dict[str, Any]:
    """Return the public key that belongs to the key."""
    arguments, environment = key()
    os.environ.update(environment)
    return {"key": cosign(["public-key", *arguments])}


def signed_before(file: Path, uri: str, public: list[str]) -> bool:
    """Return whether the statement is attached to the image already, signed by this key.

    The first provenance is kept: it describes the build that made the image. Documents that differ in their
    metadata alone are the same, a scan for one day only, because its result grows old.
    """
    attached = check(file.parent.name, file.stem, uri, public)
    if not attached["good"] or file.stem in {SIGNATURE, "provenance"}:
        return bool(attached["good"])
    predicate = json.loads(file.read_text(encoding="utf-8"))["predicate"]
    return any(same(file.stem, predicate, other.get("predicate")) for other in attached["statements"])


def same(kind: str, predicate: dict[str, Any], attached: object) -> bool:
    """Return whether an attached predicate, which may have any shape, says the same."""
    if not isinstance(attached, dict):
        return False
    other = cast("dict[str, Any]", attached)
    if any(predicate.get(key) != other.get(key) for key in {*predicate, *other} - {"metadata"}):
        return False
    return kind != SCAN or finished(predicate) - finished(other) < RENEWAL


def finished(scan: dict[str, Any]) -> int:
    """Return when a scan ended, in seconds since 1970; 0 where its predicate has no such time."""
    metadata = scan.get("metadata")
    text = cast("dict[str, Any]", metadata).get("scanFinishedOn") if isinstance(metadata, dict) else None
    try:
        return calendar.timegm(time.strptime(str(text)[:19], "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return 0


def check(image: str, kind: str, uri: str, arguments: list[str]) -> dict[str, Any]:
    """Return cosign's result for an image's statements of one type, as bundles or in the older format."""
    result = run_check(["verify-attestation", "--type", uri], image, arguments)
    if result["good"] or not (SIGNED / f"{image}.old").is_dir():
        return result
    # ``cosign verify`` takes every statement for a signature where there are bundles; here there are none.
    command = ["verify"] if kind == SIGNATURE else ["verify-attestation", "--type", uri]
    older = run_check(command, f"{image}.old", arguments)
    return older if older["good"] else result


def run_check(command: list[str], folder: str, arguments: list[str]) -> dict[str, Any]:
    """Return whether cosign accepts what is in a layout, with the statements that it printed."""
    try:
        output = cosign([*command, *arguments, "--local-image", str(SIGNED / folder)])
        envelopes = output.splitlines() if "--type" in command else []
        statements = [statement(line) for line in envelopes if line.startswith("{")]
    except SigningError as error:
        return {"good": False, "error": str(error), "statements": []}
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        return {"good": False, "error": f"cannot read cosign's answer: {error!r}", "statements": []}
    return {"good": True, "error": "", "statements": statements}


def statement(envelope: str) -> dict[str, Any]:
    """Return the statement in a DSSE envelope, whose signature cosign has verified."""
    payload = json.loads(base64.b64decode(json.loads(envelope)["payload"]))
    if not isinstance(payload, dict):
        raise ValueError("the payload is no statement")  # noqa: TRY004 - as for invalid JSON
    return cast("dict[str, Any]", payload)


def verify(job: dict[str, Any]) -> dict[str, Any]:
    """Verify every type of statement of every image."""
    types: dict[str, str] = job["types"]
    images: list[str] = job["images"]
    checks = [(image, kind, uri) for image in images for kind, uri in types.items()]
    arguments: list[str] = job["arguments"]
    with ThreadPoolExecutor(JOBS) as pool:
        pending = [pool.submit(check, *parameters, arguments) for parameters in checks]
    results: dict[str, Any] = {image: {} for image in images}
    for (image, kind, _), future in zip(checks, pending, strict=True):
        results[image][kind] = future.result()
    return results


def without_secrets(text: str) -> str:
    """Return a text without the secrets that a service may have echoed."""
    values = [os.environ.get(name, "") for name in SECRETS]
    lines = os.environ.get("KMS_ENVIRONMENT", "").splitlines()
    values += [value for _, _, value in (line.partition("=") for line in lines) if len(value) > 7]
    for value in values:
        text = text.replace(value, "***") if value else text
    return text


VERBS = {"sign": sign, "verify": verify, "public-key": public_key}


def main(verb: str, job_file: str, answer_file: str) -> None:
    """Run a job and write the answer."""
    job = json.loads(Path(job_file).read_text(encoding="utf-8"))
    try:
        answer = VERBS[verb](job)
    except (SigningError, OSError, ValueError) as error:
        answer = {"problem": without_secrets(str(error))}
    Path(answer_file).write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
