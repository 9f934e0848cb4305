"""How an image was made: the predicate of SLSA v1.0 provenance.

The build type that it follows is described for those who verify in docs/build-type-v1.md.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict

from ..config.revision import Origin, Revision
from ..errors import ConfigurationError
from ..image.oci import Json
from .sbom import purl

PREDICATE = "https://slsa.dev/provenance/v1"
PAGE = "docs/build-type-v1.md"
NOWHERE = "urn:airflow-images:build-type:v1"  # the build type of sources that live nowhere
UNATTESTED = "builder-unattested"
SOURCE, BASE = "source", "base"  # names of dependencies

_PINNED = re.compile(r"(?P<name>[^@]+/[^@/]+)@sha256:(?P<sha256>[0-9a-f]{64})")


class _Given(BaseModel):
    """What a build was made from, frozen."""

    model_config = ConfigDict(frozen=True, extra="forbid")


ISSUER = "https://token.actions.githubusercontent.com"  # of GitHub Actions' identity tokens


class Workflow(_Given):
    """Claims of GitHub Actions' identity token, to be given only once a certificate authority accepted it.

    Args:
        job_workflow_ref: such as "acme/dags/.github/workflows/publish.yml@refs/heads/main".
        repository: such as "acme/dags".
        run_id: of the run.
        run_attempt: which attempt of it.
    """

    job_workflow_ref: str
    repository: str
    run_id: str
    run_attempt: str

    @property
    def identity(self) -> str:
        """The workflow's address, which is also the identity in the certificate that is made for it."""
        return f"https://github.com/{self.job_workflow_ref}"


class Build(_Given):
    """What went into an image.

    Args:
        dag: the DAG type.
        version: as the image's labels say it.
        platforms: such as "linux/amd64".
        ref: the full ref of a pipeline's event; empty where there was none.
        revision: what git said.
        origin: where the sources live.
        base: reference of the base, by digest.
        lock: the text of its pylock.toml.
        tools: images that took part, as name → reference by digest.
        dagger: version of the engine.
        forced: why it is published although its gate failed; empty: it passed.
        workflow: who ran it, as far as that is verified.
        invocation: names the run where no workflow does.
        started: when the run began.
        finished: when it ended.
    """

    dag: str
    version: str
    platforms: tuple[str, ...]
    ref: str = ""
    revision: Revision
    origin: Origin | None
    base: str
    lock: str
    tools: Mapping[str, str]
    dagger: str
    forced: str = ""
    workflow: Workflow | None = None
    invocation: UUID
    started: AwareDatetime
    finished: AwareDatetime


def predicate(build: Build) -> Json:
    """The provenance of a build.

    Raises:
        ConfigurationError: the base or a tool is given without its digest.
    """
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
            "internalParameters": {
                "dagger": build.dagger,
                **({"forced": build.forced} if build.forced else {}),
            },
            "resolvedDependencies": list(_dependencies(build)),
        },
        "runDetails": {
            "builder": {"id": _builder(build), "version": {"dagger": build.dagger}},
            "metadata": {
                "invocationId": _invocation(build),
                "startedOn": _time(build.started),
                "finishedOn": _time(build.finished),
            },
        },
    }


def build_type(origin: Origin | None) -> str:
    """The address of the page that says what the parameters mean; a name where the sources live nowhere."""
    return f"{origin.web}/blob/HEAD/{PAGE}" if origin else NOWHERE


def unattested(origin: Origin | None) -> str:
    """The builder of a run that nobody but the signer vouches for."""
    return f"{build_type(origin)}#{UNATTESTED}"


def _builder(build: Build) -> str:
    if build.workflow:
        return build.workflow.identity
    return unattested(build.origin)


def _invocation(build: Build) -> str:
    run = build.workflow
    if run:
        return f"https://github.com/{run.repository}/actions/runs/{run.run_id}/attempts/{run.run_attempt}"
    return build.invocation.urn


def _dependencies(build: Build) -> Iterator[Json]:
    yield _source(build)
    yield _image(BASE, build.base)
    file = f"images/{build.dag}/pylock.toml"
    sha256 = hashlib.sha256(build.lock.encode()).hexdigest()
    web = _web(build)
    # What differs from the commit isn't found there.
    there = web and not build.revision.dirty
    place = {"uri": f"git+{web}@{build.revision.commit}#{file}"} if there else {}
    yield {"name": file, **place, "digest": {"sha256": sha256}}
    for name, reference in sorted(build.tools.items()):
        yield _image(name, reference)


def _source(build: Build) -> Json:
    revision, web = build.revision, _web(build)
    found: dict[str, Any] = {"name": SOURCE, "digest": {"gitCommit": revision.commit}}
    if web:
        found["uri"] = f"git+{web}@{build.ref or revision.commit}"
    if revision.dirty:
        found["annotations"] = {"dirty": True, "tree": revision.dirty}
    return found


def _image(name: str, reference: str) -> Json:
    found = _PINNED.fullmatch(reference)
    if found is None:
        told = f"provenance: image {name!r} is {reference!r}, which names no digest"
        raise ConfigurationError([f"{told}: expected host/name:tag@sha256:…, as the engine resolved it"])
    image, sha256 = found["name"], found["sha256"]
    repository, colon, tag = image.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = image, f"sha256:{sha256}"
    return {"name": name, "uri": purl.docker(repository, tag), "digest": {"sha256": sha256}}


def _web(build: Build) -> str:
    return build.origin.web if build.origin else ""


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
