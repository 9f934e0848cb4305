"""The SLSA v1.0 provenance of an image: how it was built.

docs/build-type-v1.md describes its build type.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime

from ..config.revision import Origin, Revision
from ..config.values import Value
from ..errors import ConfigurationError
from ..image.oci import Json
from .sbom import purl

PREDICATE = "https://slsa.dev/provenance/v1"
PAGE = "docs/build-type-v1.md"
NOWHERE = "urn:airflow-images:build-type:v1"  # the build type of sources without an address
UNATTESTED = "builder-unattested"
SOURCE, BASE, LAYERS = "source", "base", "layers"  # names of dependencies

_PINNED = re.compile(r"(?P<name>[^@]+/[^@/]+)@sha256:(?P<sha256>[0-9a-f]{64})")


ISSUER = "https://token.actions.githubusercontent.com"  # of GitHub Actions' identity tokens


class Workflow(Value):
    """Claims of GitHub Actions' identity token, which a certificate authority must have accepted."""

    job_workflow_ref: str
    repository: str
    run_id: str
    run_attempt: str

    @property
    def identity(self) -> str:
        """The workflow's address: also the identity in its certificate."""
        return f"https://github.com/{self.job_workflow_ref}"


class Build(Value):
    """The inputs of an image's build.

    ``ref`` is the full ref of a pipeline's event; empty where there was none. ``base``, ``taken`` (published
    images whose layers of packages these are) and ``tools`` are references by digest, ``lock`` is the text of
    pylock.toml, ``dagger`` the engine's version. ``forced`` says why it is published although the gate
    failed. ``invocation`` names the run where no workflow does.
    """

    dag: str
    version: str
    platforms: tuple[str, ...]
    ref: str = ""
    revision: Revision
    origin: Origin | None
    base: str
    lock: str
    taken: tuple[str, ...] = ()
    tools: Mapping[str, str]
    dagger: str
    forced: str = ""
    workflow: Workflow | None = None
    invocation: UUID
    started: AwareDatetime
    finished: AwareDatetime


def predicate(build: Build) -> Json:
    """Return the provenance of a build."""
    return {
        "buildDefinition": {
            "buildType": build_type(build.origin),
            "externalParameters": {
                "dag": build.dag,
                "version": build.version,
                "platforms": sorted(build.platforms),
                "source": _web(build),
                "ref": build.ref,
            },
            "internalParameters": {"dagger": build.dagger}
            | ({"forced": build.forced} if build.forced else {}),
            "resolvedDependencies": list(_dependencies(build)),
        },
        "runDetails": {
            "builder": {
                "id": build.workflow.identity if build.workflow else unattested(build.origin),
                "version": {"dagger": build.dagger},
            },
            "metadata": {
                "invocationId": _invocation(build),
                "startedOn": utc(build.started),
                "finishedOn": utc(build.finished),
            },
        },
    }


def build_type(origin: Origin | None) -> str:
    """Return the address of the page that describes the parameters; a name where the sources have none."""
    return f"{origin.web}/blob/HEAD/{PAGE}" if origin else NOWHERE


def unattested(origin: Origin | None) -> str:
    """Return the builder of a run that only the signer attests."""
    return f"{build_type(origin)}#{UNATTESTED}"


def _invocation(build: Build) -> str:
    run = build.workflow
    if run:
        return f"https://github.com/{run.repository}/actions/runs/{run.run_id}/attempts/{run.run_attempt}"
    return build.invocation.urn


def _dependencies(build: Build) -> Iterator[Json]:
    revision, web = build.revision, _web(build)
    source: dict[str, Any] = {"name": SOURCE, "digest": {"gitCommit": revision.commit}}
    if web:
        source["uri"] = f"git+{web}@{build.ref or revision.commit}"
    if revision.dirty:
        source["annotations"] = {"dirty": True, "tree": revision.dirty}
    yield source
    yield _image(BASE, build.base)
    yield from (_image(LAYERS, reference) for reference in build.taken)
    file = f"images/{build.dag}/pylock.toml"
    sha256 = hashlib.sha256(build.lock.encode()).hexdigest()
    # A file of a dirty tree may differ from the commit's.
    uri = {"uri": f"git+{web}@{revision.commit}#{file}"} if web and not revision.dirty else {}
    yield {"name": file, **uri, "digest": {"sha256": sha256}}
    for name, reference in sorted(build.tools.items()):
        yield _image(name, reference)


def _image(name: str, reference: str) -> Json:
    match = _PINNED.fullmatch(reference)
    if match is None:
        expected = "expected host/name:tag@sha256:…, as the engine resolved it"
        raise ConfigurationError([f"provenance: image {name!r} ({reference!r}) has no digest; {expected}"])
    image, sha256 = match["name"], match["sha256"]
    repository, colon, tag = image.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = image, f"sha256:{sha256}"
    return {"name": name, "uri": purl.docker(repository, tag), "digest": {"sha256": sha256}}


def _web(build: Build) -> str:
    return build.origin.web if build.origin else ""


def utc(moment: datetime) -> str:
    """Return a time as RFC 3339, in seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
