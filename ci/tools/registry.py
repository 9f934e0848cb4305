"""A registry: its address, credentials and connection; a program with regctl reads and writes it."""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import dagger
from dagger import dag

from ..config import names, pins
from ..config.names import Reference
from ..errors import ConfigurationError, StepError
from . import containers, failures, loopback
from .engine import retrying, step
from .repository_content import RepositoryContent

BUNDLES = "/mnt/bundles"
BLOBS = "blobs"  # a volume of the engine
_CONFIG = "/run/secrets/regctl.json"
_PROGRAMS = {
    "look": "registry",
    "fetch": "registry",
    "push": "registry",
    "signed": "referrers",
    "attach": "referrers",
}
# The prefix of an app's installation tokens, as GITHUB_TOKEN is ("About authentication to GitHub").
_OF_A_RUN = "ghs_"
# GitHub's container registry, its predecessor, and those of companies on ghe.com.
_GITHUB_REGISTRIES = re.compile(r"ghcr\.io|docker\.pkg\.github\.com|containers\.[a-z0-9-]+\.ghe\.com")
_ALIAS = "registry"  # the tunnel's name inside the container


@dataclass(frozen=True, kw_only=True)
class Access:
    """The way to a registry: credentials, a CA of its own, plain HTTP."""

    username: dagger.Secret | None = None
    token: dagger.Secret | None = None
    authority: dagger.File | None = None
    plain_http: bool = False

    async def secret(self) -> str:
        """Return the token; empty if there is none, as in a workflow whose secret isn't set."""
        return (await self.token.plaintext()).strip() if self.token else ""


class Question(NamedTuple):
    """A question about a repository: what its tags point to, and whether it may be written to."""

    repository: str
    tags: list[str]
    write: bool = False


@dataclass(frozen=True, kw_only=True)
class Registry:
    """A registry, connected."""

    host: str
    plain_http: bool
    config: dagger.Secret = field(repr=False)
    tunnel: dagger.Service | None

    async def look(self, questions: Mapping[str, Question]) -> dict[str, RepositoryContent]:
        """Return what repositories have, by the questions' names; raise StepError if it can't be used."""
        images = {name: question._asdict() for name, question in questions.items()}
        job = {"images": images, "made": containers.volume(containers.MADE)}
        answers = await self._do("look", job, containers.with_volume(self._container(), containers.MADE))
        return {name: _content(answers[name], question.repository) for name, question in questions.items()}

    async def image(self, reference: Reference, *, key: str = "") -> dict[str, Any]:
        """Return an image's "manifest" and "config" as texts, and the "time"; no config for an index.

        ``key``: the engine keeps the answer for calls with the same one, where no credentials are needed;
        empty: it is asked for now. Raise StepError if the registry refuses, or has no such image.
        """
        image = {
            "repository": reference.repository,
            "manifest": reference.digest or reference.tag,
            "blobs": list[str](),
            "required": bool(key),  # a problem isn't kept
        }
        finished = self._run("fetch", {"images": {"image": image}}, self._container(), key)
        if key:
            try:
                await retrying(finished.sync)
            except dagger.QueryError as error:
                problem = failures.registry_problem(str(reference), failures.output(error))
                raise StepError([problem]) from None
        answer = (await self._answer(finished))["image"]
        if "problem" in answer:
            raise StepError([failures.registry_problem(str(reference), str(answer["problem"]))])
        return answer

    def blobs(
        self, repository: str, manifest: str, digests: Sequence[str], *, cached: bool = False
    ) -> dagger.Directory:
        """Return blobs of an image, by tag or digest, in a folder, named by the hex digits of their digests.

        ``cached``: the engine keeps them for later calls.
        """
        image = {
            "repository": repository,
            "manifest": manifest,
            "blobs": list(digests),
            "cache": containers.volume(BLOBS) if cached else "",
        }
        container = self._container()
        if cached:
            container = containers.with_volume(container, BLOBS)
        finished = self._run("fetch", {"images": {"image": image}}, container, manifest if cached else "")
        return finished.directory("/blobs")

    async def push(
        self, job: Mapping[str, Any], blobs: Mapping[str, dagger.File], base: dagger.Directory | None
    ) -> dict[str, Any]:
        """Push images and write their tags; job and answer are those of ``programs/registry.py``.

        ``job`` has no "blobs": they are the layers above the base, by digest, and those of the base, as an
        image layout; None if the registry has all of these.
        """
        container = self._container()
        if base:
            container = container.with_mounted_directory("/mnt/base", base.directory("blobs/sha256"))
        for digest, blob in sorted(blobs.items()):
            container = container.with_mounted_file(f"/mnt/layers/{names.hex_digits(digest)}", blob)
        folders = [*(["/mnt/base"] if base else []), *(["/mnt/layers"] if blobs else [])]
        return await self._do("push", {**job, "blobs": folders}, container)

    async def signed(self, references: Mapping[Reference, bool]) -> tuple[dict[str, Any], dagger.Directory]:
        """Return answer and folder of ``programs/referrers.py``, by the hex digits of the images' digests.

        ``references`` are by whether the registry may lack them: nothing is attached to such a one.
        """
        images = {
            names.hex_digits(reference.digest): {
                "repository": reference.repository,
                "digest": reference.digest,
                "absent": absent,
            }
            for reference, absent in references.items()
        }
        done = self._run("signed", {"images": images}, self._container())
        return await self._answer(done), done.directory("/signed")

    async def attach(
        self, images: Mapping[str, Mapping[str, Any]], bundles: dagger.Directory
    ) -> dict[str, Any]:
        """Attach bundles of a folder to images; job and answer are those of ``programs/referrers.py``."""
        container = self._container().with_mounted_directory(BUNDLES, bundles)
        return await self._do("attach", {"images": images}, container)

    def _container(self) -> dagger.Container:
        container = (
            containers.tool_container()
            .with_mounted_file(
                "/usr/local/bin/regctl", dag.container().from_(pins.image("regctl")).file("/regctl")
            )
            .with_mounted_secret(_CONFIG, self.config)
            .with_env_variable("REGCTL_CONFIG", _CONFIG)
        )
        return container.with_service_binding(_ALIAS, self.tunnel) if self.tunnel else container

    async def _do(self, verb: str, job: Mapping[str, Any], container: dagger.Container) -> dict[str, Any]:
        return await self._answer(self._run(verb, job, container))

    async def _answer(self, container: dagger.Container) -> dict[str, Any]:
        with failures.as_step_error(f"could not use the registry {self.host}"), step(f"registry {self.host}"):
            return json.loads(await retrying(container.file(containers.ANSWER).contents))

    def _run(
        self, verb: str, job: Mapping[str, Any], container: dagger.Container, key: str = ""
    ) -> dagger.Container:
        """Do a job that writes to the registry, or reads what changes; with a key at most once for it."""
        program = _PROGRAMS[verb]
        container = (
            container.with_mounted_directory("/mnt/programs", containers.programs(f"tools/{program}"))
            .with_env_variable("PYTHONPATH", "/mnt/programs")
            .with_mounted_file("/mnt/job.json", dag.file("job.json", json.dumps(job)))
        )
        container = containers.kept(container, key) if key else containers.uncached(container)
        return containers.with_out(container).with_exec(
            ["python3", "-B", "-m", f"programs.{program}", verb, "/mnt/job.json", containers.ANSWER]
        )


def _content(answer: Mapping[str, Any], repository: str) -> RepositoryContent:
    if "problem" in answer:
        return RepositoryContent(problem=failures.registry_problem(repository, str(answer["problem"])))
    return RepositoryContent(
        names=tuple(answer["names"]),
        manifests=answer["manifests"],
        labels=answer["labels"],
        made=frozenset(answer["made"]),
    )


async def connect(host: str, access: Access, owner: str) -> Registry:
    """Connect to a registry at host and port, as the user gave them; a token without a user is the owner's.

    Raise ConfigurationError if the access contradicts itself, or the token isn't for that registry; StepError
    if there is no tunnel to the user's loopback address.
    """
    local = names.is_loopback(host)
    if access.username and not access.token:
        raise ConfigurationError(["--username without --token: give both, or neither"])
    if local and access.authority:
        raise ConfigurationError(
            [f"--registry-ca doesn't work with {host}, which is reached by a tunnel: use the machine's name"]
        )
    settings: dict[str, Any] = {"tls": "disabled" if access.plain_http or local else "enabled"}
    if access.authority:
        settings["regcert"] = await retrying(access.authority.contents)
    token = await access.secret()
    if token:
        if problem := misdirected(token, host):
            raise ConfigurationError([problem])
        settings["user"] = (
            (await access.username.plaintext()).strip() if access.username else owner or "token"
        )
        settings["pass"] = token
    tunnel = None
    if local:
        name, port = _address(host)
        tunnel = await loopback.service(name, port)
        settings["hostname"] = f"{_ALIAS}:{port}"
    text = json.dumps({"hosts": {host: settings}, "incDockerCred": False})
    # With a token a secret's name is new in each call, so that other tokens share neither it nor results.
    name = uuid.uuid4().hex if token else hashlib.sha256(text.encode()).hexdigest()
    return Registry(
        host=host,
        plain_http=access.plain_http,
        config=dag.set_secret(f"regctl-{name}", text),
        tunnel=tunnel,
    )


def _address(host: str) -> tuple[str, int]:
    name, _, port = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "80")
    return name or host, int(port)


def misdirected(token: str, host: str) -> str:
    """Return why a token isn't sent to a registry; empty if it may be.

    A repository names its registry in a file that every pull request can change, and workflows fall back to
    the run's own token if no other is set.
    """
    if not token.startswith(_OF_A_RUN) or names.is_loopback(host) or _GITHUB_REGISTRIES.fullmatch(host):
        return ""
    problem = f"--token is GitHub's token for this run, but {host} is no registry of GitHub's"
    return f"{problem}: give that registry's own token (in the workflows: the secret REGISTRY_TOKEN)"
