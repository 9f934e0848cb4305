"""The vulnerability database: from the first mirror that has a fresh one, or from a file.

A mirror is a repository with the artifact that Trivy's own are: one layer of the media type below, an archive
of trivy.db and metadata.json (aquasecurity/trivy, pkg/db/db.go).
"""

import dataclasses
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import dagger
from dagger import dag

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
TEST_DATA = "airflow-images.test-data"  # an annotation: the artifact says of itself that it isn't real


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Which database to use.

    ``mirrors`` take the place of the policy's; ``archive`` (a db.tar.gz) that of every mirror. ``access`` is
    used for mirrors on ``host`` alone: a token isn't shown to others. ``test``: where no mirror answers, the
    policy's test database will do.
    """

    mirrors: tuple[str, ...] = ()
    archive: dagger.File | None = None
    access: Access = field(default_factory=Access)
    host: str = ""
    test: bool = False


@dataclass(frozen=True, kw_only=True)
class Vulnerabilities:
    """A database at hand: the folder with trivy.db and metadata.json, and what it is."""

    folder: dagger.Directory
    about: Database


def asked(mirrors: tuple[str, ...], archive: dagger.File | None, access: Access) -> Asked:
    """Which database a scan is to use; credentials are for the first mirror that is named.

    Raises:
        ConfigurationError: credentials are given, and no mirror.
    """
    given = access.username or access.token or access.authority or access.plain_http
    if given and not mirrors:
        told = "credentials and ways to a registry are for --database, which isn't given"
        raise ConfigurationError([told])
    first = names.reference(mirrors[0], digest=False, given="--database").registry if mirrors else ""
    return Asked(mirrors=mirrors, archive=archive, access=access, host=first)


async def fetch(asked: Asked, policy: Policy, now: datetime) -> Vulnerabilities:
    """The first database that is fresh enough; where none is, the newest of them.

    Raises:
        ConfigurationError: what was asked for is no reference.
        StepError: none can be had; with what each mirror said.
    """
    if asked.archive:
        return await _unpacked(asked.archive, "the file of --database-file", await _digest(asked.archive))
    given = "--database" if asked.mirrors else "[database] repositories"
    mirrors = asked.mirrors or policy.repositories
    parsed = [names.reference(mirror, digest=False, given=given) for mirror in mirrors]
    found: list[Vulnerabilities] = []
    problems: list[str] = []
    for group in (parsed[:1], parsed[1:]):  # where the first doesn't answer, the others are asked at once
        answers = await gather_all(_tried(where, asked, policy) for where in group)
        for answer in answers:
            if isinstance(answer, StepError):
                problems += answer.problems
                continue
            if isinstance(answer, Fault):
                raise answer
            found.append(answer)
            if not answer.about.unusable(now, policy.max_age_days):
                return answer
    if found:
        return max(found, key=lambda one: one.about.updated)
    if asked.test and policy.test_database:
        where = names.reference(policy.test_database, digest=False, given="[database] test-database")
        answer = await _tried(where, asked, policy)
        if not isinstance(answer, Fault):
            return dataclasses.replace(answer, about=answer.about.model_copy(update={"test": True}))
        problems += answer.problems
    raise StepError(problems or ["no mirror of the vulnerability database is named"])


async def java(asked: Asked, policy: Policy) -> dagger.Directory:
    """Trivy's database of Java archives, which tells what they are, not how sound: its age doesn't matter.

    Raises:
        StepError: no mirror gives it.
    """
    problems: list[str] = []
    for mirror in policy.java_repositories:
        where = names.reference(mirror, digest=False, given="[database] java-repositories")
        try:
            archive, _, _ = await _pull(where, asked, policy, JAVA_LAYER)
        except StepError as fault:
            problems += fault.problems
            continue
        return _folder(archive)
    raise StepError(
        ["the image holds Java archives, and no mirror of Trivy's Java database answers", *problems]
    )


async def _tried(where: names.Reference, asked: Asked, policy: Policy) -> Vulnerabilities | Fault:
    try:
        archive, digest, annotations = await _pull(where, asked, policy, LAYER)
        return await _unpacked(
            archive,
            str(where),
            digest,
            description=annotations.get(DESCRIPTION, ""),
            test=annotations.get(TEST_DATA) == "true",
        )
    except Fault as fault:
        return fault


async def _pull(
    where: names.Reference, asked: Asked, policy: Policy, kind: str
) -> tuple[dagger.File, str, dict[str, str]]:
    """The one layer of an artifact, its digest, and the artifact's annotations."""
    ours = where.registry == asked.host
    plain = where.registry in policy.plain_http
    access = asked.access if ours else Access(plain_http=plain)
    place = await registries.connect(where.registry, access, where.owner)
    text = (await place.image(where))["manifest"]
    manifest: dict[str, Any] = json.loads(text)
    fitting = [layer["digest"] for layer in manifest.get("layers", []) if layer.get("mediaType") == kind]
    if len(fitting) != 1:
        raise StepError([f"{where}: is no database of Trivy's: it has no layer of the type {kind}"])
    blobs = place.blobs(where.repository, oci.Blob(text=text).digest, fitting, kept=True)
    return blobs.file(fitting[0].partition(":")[2]), fitting[0], manifest.get("annotations") or {}


async def _unpacked(
    archive: dagger.File, reference: str, digest: str, *, description: str = "", test: bool = False
) -> Vulnerabilities:
    folder = _folder(archive)
    try:
        metadata = json.loads(await retrying(folder.file("metadata.json").contents))
        updated = datetime.fromisoformat(metadata["UpdatedAt"]).astimezone(UTC)
    except dagger.QueryError as error:
        raise failures.step_error(
            f"{reference} can't be unpacked as a vulnerability database", error
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise StepError([f"{reference}: its metadata.json has no date UpdatedAt: {error}"]) from None
    about = Database(reference=reference, digest=digest, updated=updated, description=description, test=test)
    return Vulnerabilities(folder=folder, about=about)


async def _digest(archive: dagger.File) -> str:
    try:
        summed = (
            containers.tool_container()
            .with_mounted_file("/mnt/db", archive)
            .with_exec(["sha256sum", "/mnt/db"])
        )
        said = await retrying(summed.stdout)
    except dagger.QueryError as error:
        raise failures.step_error("--database-file can't be read", error) from None
    return f"sha256:{said.split()[0]}"


def _folder(archive: dagger.File) -> dagger.Directory:
    unpack = [
        "tar",
        "--extract",
        "--gzip",
        "--no-same-owner",
        "--file",
        "/mnt/db.tar.gz",
        "--directory",
        "/db",
    ]
    return (
        containers.tool_container()
        .with_mounted_file("/mnt/db.tar.gz", archive)
        .with_directory("/db", dag.directory())
        .with_exec(unpack)
        .directory("/db")
    )
