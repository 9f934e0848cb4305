"""Vulnerability databases for tests: real ones, made with Trivy's own library from lists of advisories."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import dagger
from dagger import dag

from ci.tools import containers
from tests.engine import registries
from tests.engine.conftest import PROJECT

# Each day's own: a database that is too old isn't used.
TODAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
_GO = "/opt/wheels/go/bin/go"


def advisory(package: str, **said: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return an advisory on every version of a package, with a fix, that the policy's defaults fail for."""
    usual = {"id": "CVE-2026-99001", "ecosystem": "pip", "vulnerable": ["<1000"], "patched": ["1000"]}
    return {**usual, "package": package, "severity": "HIGH", "title": "made up for a test", **said}


def archive(advisories: Sequence[dict[str, Any]], updated: datetime = TODAY) -> dagger.File:
    """Return a database as a file, as --database-file takes it."""
    text = json.dumps(list(advisories) or [advisory("a-package-that-nobody-has")])
    return (
        containers.tool_container()
        .with_mounted_file("/usr/local/bin/advisories", _program())
        .with_mounted_file("/advisories.json", dag.file("advisories.json", text))
        .with_directory("/db", dag.directory())
        .with_exec(["advisories", "/advisories.json", "/db", updated.strftime("%Y-%m-%dT%H:%M:%SZ")])
        .with_exec(["tar", "--create", "--gzip", "--file", "/db.tar.gz", "--directory", "/db", "."])
        .file("/db.tar.gz")
    )


def _program() -> dagger.File:
    source = dag.host().directory(str(PROJECT / "tests/advisories"), include=["*.go", "go.*"])
    wheels = dag.host().file(str(PROJECT / "airgap/tools/go-requirements.txt"))
    install = ["uv", "pip", "install", "--target", "/opt/wheels", "--require-hashes"]
    return (
        containers.with_uv(containers.tool_container())
        .with_mounted_file("/requirements.txt", wheels)
        .with_exec([*install, "--requirements", "/requirements.txt"])
        .with_exec(["chmod", "-R", "+x", "/opt/wheels/go/bin", "/opt/wheels/go/pkg/tool"])
        .with_mounted_cache("/go", dag.cache_volume("airflow-images-test-go"))
        .with_env_variable("GOPATH", "/go")
        .with_env_variable("GOCACHE", "/go/build")
        .with_env_variable("GOTOOLCHAIN", "local")
        .with_env_variable("CGO_ENABLED", "0")
        .with_mounted_directory("/source", source)
        .with_workdir("/source")
        .with_exec([_GO, "build", "-mod=readonly", "-trimpath", "-o", "/advisories", "."])
        .file("/advisories")
    )


async def push(where: str, database: dagger.File) -> None:
    """Push a database as the artifact that Trivy's own are."""
    put = (
        f"regctl registry set --tls disabled {where.partition('/')[0]}; regctl artifact put "
        "--config-type application/vnd.aquasec.trivy.config.v1+json --config-file /config.json "
        "--file /db.tar.gz --file-media-type application/vnd.aquasec.trivy.db.layer.v1.tar+gzip "
        f"{where}"
    )
    await (
        registries.clients()
        .with_mounted_file("/config.json", dag.file("config.json", "{}"))
        .with_mounted_file("/db.tar.gz", database)
        .with_exec(["sh", "-ec", put])
        .sync()
    )
