"""Cosign in containers: signing, verifying and making keys; keys and tokens are secrets."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import dagger
from dagger import dag

from ..config import pins
from ..errors import ConfigurationError, StepError, refuse
from . import containers, failures
from .engine import retrying, step

_PROGRAM = "/usr/local/bin/cosign"
_ROOT = "/mnt/trusted-root.json"
_CONFIG = "/mnt/signing-config.json"
_KEY = "/mnt/cosign.pub"
_NO_LOG = ["--insecure-ignore-tlog"]  # signatures of a key are in no log
# Signatures of a key need no authority or log; without this file cosign fetches the public root.
_NO_ROOT = '{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}'


@dataclass(frozen=True, kw_only=True)
class Signer:
    """The signer: a key, or an identity that an authority makes a certificate for.

    ``key`` is a private key made by cosign or the URI of one in a KMS, ``environment`` what the KMS's client
    needs (lines NAME=VALUE); ``token`` an OIDC token, ``url`` and ``request`` what GitHub Actions gives to
    request one. ``config`` and ``root`` name other services than Sigstore's public ones.
    """

    key: dagger.Secret | None = field(default=None, repr=False)
    password: dagger.Secret | None = field(default=None, repr=False)
    environment: dagger.Secret | None = field(default=None, repr=False)
    token: dagger.Secret | None = field(default=None, repr=False)
    url: dagger.Secret | None = field(default=None, repr=False)
    request: dagger.Secret | None = field(default=None, repr=False)
    config: dagger.File | None = None
    root: dagger.File | None = None

    @property
    def is_requested(self) -> bool:
        """Whether a signature is asked for."""
        return any(secret is not None for secret in (self.key, self.token, self.url, self.request))

    def check(self) -> None:
        """Raise ConfigurationError where the settings contradict each other."""
        problems: list[str] = []
        if self.key and (self.token or self.url or self.request):
            problems.append("--signing-key and an identity token are both given: choose one")
        if (self.url is None) != (self.request is None):
            need = "give both or neither (the job needs permissions: id-token: write)"
            problems.append(f"only one of --oidc-request-url and --oidc-request-token is given: {need}")
        optional = {"--signing-password": self.password, "--signing-environment": self.environment}
        for name, value in optional.items():
            if value and not self.key:
                problems.append(f"{name} needs --signing-key")
        if (self.config or self.root) and not self.is_requested:
            problems.append("--signing-config and --trusted-root need --signing-key or an identity token")
        refuse(problems)

    async def missing_secrets(self) -> str:
        """Return the problem of secrets that are given but empty, as in a pipeline without them; or ""."""
        given = {
            "--signing-key": self.key,
            "--identity-token": self.token,
            "--oidc-request-url": self.url,
            "--oidc-request-token": self.request,
        }
        empty = [name for name, secret in given.items() if secret and not (await secret.plaintext()).strip()]
        remedy = "nothing is published without the signature. Set the secret that the value comes from"
        return f"{', '.join(empty)} is empty; {remedy}" if empty else ""


@dataclass(frozen=True, kw_only=True)
class Trust:
    """The signers whose signatures count: a public key, or an identity with its issuer."""

    key: dagger.File | None = None
    identity: str = ""
    identity_regexp: str = ""
    issuer: str = ""
    root: dagger.File | None = None

    def check(self) -> None:
        """Raise ConfigurationError unless exactly one of key and identity is given."""
        named = bool(self.identity) + bool(self.identity_regexp)
        if bool(self.key) + named != 1:
            identity = "--certificate-identity with --certificate-oidc-issuer"
            raise ConfigurationError([f"choose one: --key, or {identity}"])
        pattern, flag = self.identity_regexp, "--certificate-identity"
        if pattern:
            flag = "--certificate-identity-regexp"
            try:
                re.compile(pattern)
            except re.error as error:
                problem = f"{flag} {pattern!r}: invalid regular expression: {error}"
                raise ConfigurationError([problem]) from None
            if not (pattern.startswith("^") and pattern.endswith("$")):
                problem = "also matches inside other identities: begin it with ^ and end it with $"
                raise ConfigurationError([f"{flag} {pattern!r} {problem}"])
        if named and not self.issuer:
            issuer = "--certificate-oidc-issuer, such as https://token.actions.githubusercontent.com"
            raise ConfigurationError([f"{flag} needs {issuer}"])

    @property
    def whole(self) -> str:
        """The pattern for whole identities: in ``^a|b$``, ^ belongs to a alone and $ to b alone."""
        return f"^(?:{self.identity_regexp})$"

    def words(self) -> str:
        """Return whose signatures count, for messages."""
        return "the expected key" if self.key else f"{self.identity or self.identity_regexp} ({self.issuer})"

    def arguments(self, key: str = "cosign.pub", root: str = "trusted-root.json") -> list[str]:
        """Return cosign's arguments, with paths of the public key and the trusted root."""
        trusted = ["--trusted-root", root] if self.root else []
        if self.key:
            return ["--key", key, *_NO_LOG, *trusted]
        name, value = ("", self.identity) if self.identity else ("-regexp", self.whole)
        issuer = ["--certificate-oidc-issuer", self.issuer]
        return [f"--certificate-identity{name}", value, *issuer, *trusted]


async def sign(
    signer: Signer,
    statements: Mapping[str, Mapping[str, str]],
    signed: dagger.Directory,
    types: Mapping[str, str],
    new: Sequence[str] = (),
) -> tuple[dict[str, list[str]], dagger.Directory]:
    """Sign statements, by image and type, unless the key signed them before; return their types and bundles.

    Images are the hex digits of their digests; ``signed`` is what is attached to them already, as
    ``Registry.signed`` gives it; ``types`` has the predicate type of each type of statement; to images in
    ``new`` nothing is attached. The types that were signed are by image, the bundles in a folder as
    IMAGE/TYPE.json.
    """
    folder = dag.directory()
    for image, texts in statements.items():
        for kind, text in texts.items():
            folder = folder.with_new_file(f"{image}/{kind}.json", text)
    arguments: list[str] = []
    container = _cosign().with_mounted_directory("/mnt/statements", folder)
    container = _with_secrets(container.with_mounted_directory("/signed", signed), signer)
    if signer.config:
        container = container.with_mounted_file(_CONFIG, signer.config)
        arguments += ["--signing-config", _CONFIG]
    if signer.root or (signer.key and not signer.config):
        container = container.with_mounted_file(_ROOT, signer.root or dag.file("root.json", _NO_ROOT))
        arguments += ["--trusted-root", _ROOT]
    job = {"types": dict(types), "arguments": arguments, "no_log": _NO_LOG, "new": sorted(new)}
    finished = _run(container, "sign", job)
    answer = await _answer(finished, "signing failed")
    return answer, finished.directory("/bundles")


async def verify(
    trust: Trust, signed: dagger.Directory, images: Sequence[str], types: Mapping[str, str]
) -> dict[str, Any]:
    """Return cosign's result for each type of each image's statements (``programs/cosign.py``)."""
    arguments = trust.arguments(_KEY, _ROOT)
    container = _cosign().with_mounted_directory("/signed", signed)
    if trust.key:
        container = container.with_mounted_file(_KEY, trust.key)
    if trust.root:
        container = container.with_mounted_file(_ROOT, trust.root)
    job = {"images": list(images), "types": dict(types), "arguments": arguments}
    return await _answer(_run(container, "verify", job), "verifying failed")


async def public_key(signer: Signer) -> dagger.File:
    """Return the public key of a signer that has a key; raise StepError if its key can't be used."""
    answer = await _answer(_run(_with_secrets(_cosign(), signer), "public-key", {}), "reading the key failed")
    return dag.file("cosign.pub", str(answer["key"]))


def key_pair(password: dagger.Secret) -> dagger.Directory:
    """Return a new key pair: a private key, encrypted with the password, and its public key.

    Their names derive from the public key, so that they never overwrite another key.
    """
    command = (
        "cosign generate-key-pair 2>/dev/null; name=cosign-$(sha256sum cosign.pub | cut -c1-8); "
        "mv cosign.key $name.key; mv cosign.pub $name.pub"
    )
    return (
        containers.uncached(_cosign())
        .with_directory("/keys", dag.directory())
        .with_workdir("/keys")
        .with_secret_variable("COSIGN_PASSWORD", password)
        .with_exec(["sh", "-ec", command])
        .directory("/keys")
    )


def _cosign() -> dagger.Container:
    return (
        containers.tool_container()
        .with_mounted_file(_PROGRAM, dag.container().from_(pins.image("cosign")).file("/ko-app/cosign"))
        .with_mounted_directory("/mnt/programs", containers.programs("tools/cosign"))
        .with_env_variable("PYTHONPATH", "/mnt/programs")
    )


def _with_secrets(container: dagger.Container, signer: Signer) -> dagger.Container:
    for variable, secret in (
        ("COSIGN_KEY", signer.key),
        ("COSIGN_PASSWORD", signer.password),
        ("KMS_ENVIRONMENT", signer.environment),
        ("SIGSTORE_ID_TOKEN", signer.token),
    ):
        container = container.with_secret_variable(variable, secret) if secret else container
    if not signer.password:
        container = container.with_env_variable("COSIGN_PASSWORD", "")  # otherwise cosign prompts for it
    return container


def _run(container: dagger.Container, verb: str, job: Mapping[str, Any]) -> dagger.Container:
    file = dag.file("job.json", json.dumps(job, sort_keys=True))
    return (
        containers.with_out(containers.uncached(container))
        .with_mounted_file("/mnt/job.json", file)
        .with_exec(["python3", "-B", "-m", "programs.cosign", verb, "/mnt/job.json", containers.ANSWER])
    )


async def _answer(finished: dagger.Container, failure: str) -> dict[str, Any]:
    with failures.as_step_error(failure), step("cosign"):
        answer = json.loads(await retrying(finished.file(containers.ANSWER).contents))
    if "problem" in answer:
        problem = str(answer["problem"])
        if "decrypt" in problem.lower() or "incorrect password" in problem.lower():
            problem = f"cannot decrypt the key: check --signing-password ({problem})"
        raise StepError([f"{failure}: {problem}"])
    return answer
