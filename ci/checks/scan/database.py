"""The vulnerability database: from the first mirror that has a fresh one, or from a file.

A mirror is a repository with an artifact like Trivy's own: one layer of the media type LAYER, an archive of
trivy.db and metadata.json (aquasecurity/trivy, pkg/db/db.go).
"""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, NamedTuple

import dagger

from ...config import names
from ...config.policy import Policy
from ...errors import ConfigurationError, Fault, StepError, gather_all
from ...image import oci
from ...tools import containers, failures
from ...tools import registry as registries
from ...tools.engine import retrying
from ...tools.registry import Access
from .verdict import Database

LAYER = "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip"
JAVA_LAYER = "application/vnd.aquasec.trivy.javadb.layer.v1.tar+gzip"
DESCRIPTION = "org.opencontainers.image.description"
SOURCES = "--database, --database-file, or a mirror in [database] repositories of images/policy.toml"
TEST_DATA = "airflow-images.test-data"  # an annotation of artifacts that are not real databases


@dataclass(frozen=True, kw_only=True)
class DatabaseRequest:
    """Which database to use.

    ``mirrors`` replace the policy's; ``archive`` (a db.tar.gz) replaces every mirror. ``access`` is used
    for mirrors on ``host`` alone: a token is sent to no other registry. Mirrors are asked once in an
    ``hour``, with ``refresh`` now. ``test`` falls back to the policy's test database where none answers.
    """

    mirrors: tuple[str, ...] = ()
    archive: dagger.File | None = None
    access: Access = field(default_factory=Access)
    host: str = ""
    refresh: bool = False
    hour: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y-%m-%dT%H}")
    test: bool = False


@dataclass(frozen=True, kw_only=True)
class VulnerabilityDatabase:
    """A downloaded database: the folder with trivy.db and metadata.json, and where it came from."""

    folder: dagger.Directory
    info: Database


def database_request(
    mirrors: tuple[str, ...], archive: dagger.File | None, access: Access, *, refresh: bool = False
) -> DatabaseRequest:
    """Return the request of a scan; credentials, which need a mirror, are for the first one."""
    if (access.username or access.token or access.authority or access.plain_http) and not mirrors:
        flags = "--username, --token, --registry-ca and --plain-http"
        raise ConfigurationError([f"{flags} are for --database, which is not given"])
    if refresh and archive:
        raise ConfigurationError(["--refresh-database asks mirrors, --database-file none: give one of them"])
    host = names.reference(mirrors[0], digest=False, source="--database").registry if mirrors else ""
    return DatabaseRequest(mirrors=mirrors, archive=archive, access=access, host=host, refresh=refresh)


async def fetch(request: DatabaseRequest, policy: Policy, now: datetime) -> VulnerabilityDatabase:
    """Return the first fresh database, else the newest; raise StepError with the problem of each mirror."""
    if request.archive:
        artifact = _Artifact(request.archive, await _digest(request.archive))
        return await _unpacked(artifact, "the file of --database-file")
    given = "--database" if request.mirrors else "[database] repositories"
    mirrors = request.mirrors or policy.repositories
    references = [names.reference(mirror, digest=False, source=given) for mirror in mirrors]
    databases: list[VulnerabilityDatabase] = []
    problems: list[str] = []
    for group in (references[:1], references[1:]):  # all others at once, where the first has no fresh one
        results = await gather_all(_try_mirror(mirror, request, policy) for mirror in group)
        for result in results:
            if isinstance(result, StepError):
                problems += result.problems
                continue
            if isinstance(result, Fault):
                raise result
            databases.append(result)
            if not result.info.unusable(now, policy.max_age_days):
                return result
    if databases:
        return max(databases, key=lambda database: database.info.updated)
    if request.test and policy.test_database:
        mirror = names.reference(policy.test_database, digest=False, source="[database] test-database")
        result = await _try_mirror(mirror, request, policy)
        if not isinstance(result, Fault):
            return dataclasses.replace(result, info=result.info.model_copy(update={"test": True}))
        problems += result.problems
    details = [f"  {line}" for problem in problems for line in problem.splitlines()]
    raise StepError(["\n".join([f"no vulnerability database could be fetched: give {SOURCES}", *details])])


async def java(request: DatabaseRequest, policy: Policy) -> dagger.Directory:
    """Return Trivy's database of Java archives, which identifies them; its age doesn't matter."""
    problems: list[str] = []
    for mirror in policy.java_repositories:
        reference = names.reference(mirror, digest=False, source="[database] java-repositories")
        try:
            artifact = await _pull(reference, request, policy, JAVA_LAYER)
        except StepError as fault:
            problems += fault.problems
            continue
        return _folder(artifact.layer)
    problem = "the image contains Java archives, but no mirror of Trivy's Java database answered"
    raise StepError([problem, *problems])


async def _try_mirror(
    mirror: names.Reference, request: DatabaseRequest, policy: Policy
) -> VulnerabilityDatabase | Fault:
    try:
        return await _unpacked(await _pull(mirror, request, policy, LAYER), str(mirror))
    except Fault as fault:
        return fault


class _Artifact(NamedTuple):
    """The one layer of an artifact, its digest, the artifact's annotations, and when its mirror was asked."""

    layer: dagger.File
    digest: str
    annotations: Mapping[str, str] = MappingProxyType({})
    checked: datetime | None = None


async def _pull(
    mirror: names.Reference, request: DatabaseRequest, policy: Policy, media_type: str
) -> _Artifact:
    plain_http = mirror.registry in policy.plain_http
    access = request.access if mirror.registry == request.host else Access(plain_http=plain_http)
    registry = await registries.connect(mirror.registry, access, mirror.owner)
    answer = await registry.image(mirror, key="" if request.refresh else request.hour)
    text = answer["manifest"]
    manifest: dict[str, Any] = json.loads(text)
    layers = [layer["digest"] for layer in manifest.get("layers", []) if layer.get("mediaType") == media_type]
    if len(layers) != 1:
        raise StepError([f"{mirror} is not a Trivy database: expected one layer of type {media_type}"])
    blobs = registry.blobs(mirror.repository, oci.Blob(text=text).digest, layers, cached=True)
    return _Artifact(
        layer=blobs.file(names.hex_digits(layers[0])),
        digest=layers[0],
        annotations=manifest.get("annotations") or {},
        checked=datetime.fromtimestamp(answer["time"], UTC),
    )


async def _unpacked(artifact: _Artifact, reference: str) -> VulnerabilityDatabase:
    folder = _folder(artifact.layer)
    with failures.as_step_error(f"could not unpack {reference} as a vulnerability database"):
        text = await retrying(folder.file("metadata.json").contents)
    try:
        updated = datetime.fromisoformat(json.loads(text)["UpdatedAt"]).astimezone(UTC)
    except (ValueError, KeyError, TypeError) as error:
        raise StepError([f"{reference}: no valid UpdatedAt in its metadata.json: {error}"]) from None
    info = Database(
        reference=reference,
        digest=artifact.digest,
        updated=updated,
        description=artifact.annotations.get(DESCRIPTION, ""),
        checked=artifact.checked,
        test=artifact.annotations.get(TEST_DATA) == "true",
    )
    return VulnerabilityDatabase(folder=folder, info=info)


async def _digest(archive: dagger.File) -> str:
    container = containers.tool_container().with_mounted_file("/mnt/db", archive)
    with failures.as_step_error("could not read --database-file"):
        output = await retrying(container.with_exec(["sha256sum", "/mnt/db"]).stdout)
    return f"sha256:{output.split()[0]}"


def _folder(archive: dagger.File) -> dagger.Directory:
    extract = ["tar", "--extract", "--gzip", "--no-same-owner", "--file", "/mnt/db.tar.gz"]
    return (
        containers.with_out(containers.tool_container())
        .with_mounted_file("/mnt/db.tar.gz", archive)
        .with_exec([*extract, "--directory", containers.OUT])
        .directory(containers.OUT)
    )
