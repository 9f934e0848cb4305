"""SLSA provenance: what went in is in it, nothing unknown is claimed, and its shape is the published one."""

import json
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256
from importlib import import_module
from random import Random
from typing import Any
from uuid import UUID

import pytest
from google.protobuf import json_format
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ci.attest.provenance import NOWHERE, Build, Workflow, build_type, predicate, unattested
from ci.attest.statements import PROVENANCE, statement
from ci.config.names import Reference
from ci.config.revision import Origin
from ci.errors import ConfigurationError
from ci.image.oci import Json, canonical

from ..tag_cases import CLEAN, COMMIT, HASH

WEB = "https://github.com/acme/dags"
ORIGIN = Origin(owner="acme", repo="dags", web=WEB)
PAGE = f"{WEB}/blob/HEAD/docs/build-type-v1.md"
HEX = "0123456789abcdef" * 4
BASE = f"docker.io/apache/airflow:3.1.5-python3.13@sha256:{HEX}"
TRIVY = f"ghcr.io/aquasecurity/trivy:0.70.0@sha256:{'1' * 64}"
PYTHON = f"docker.io/library/python@sha256:{'2' * 64}"
LOCK = 'lock-version = "1.0"\n'
REF = "refs/heads/main"
JOB = f"acme/dags/.github/workflows/publish.yml@{REF}"
WORKFLOW = Workflow(job_workflow_ref=JOB, repository="acme/dags", run_id="42", run_attempt="2")
BUILD = Build(
    dag="salesforce",
    version="sha-0123456",
    platforms=("linux/arm64", "linux/amd64"),
    ref=REF,
    revision=CLEAN,
    origin=ORIGIN,
    base=BASE,
    lock=LOCK,
    tools={"trivy": TRIVY, "python": PYTHON},
    dagger="v0.21.8",
    invocation=UUID("11111111-2222-4333-8444-555555555555"),
    started=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
    finished=datetime(2026, 1, 2, 5, 4, 6, tzinfo=timezone(timedelta(hours=2))),
)
IMAGE = Reference(repository="ghcr.io/acme/dags-salesforce", tag="v1", digest=f"sha256:{'3' * 64}")

_STATEMENT: Any = import_module("in_toto_attestation.v1.statement").Statement
_STATEMENT_TYPE: Any = import_module("in_toto_attestation.v1.statement_pb2").Statement
_PROVENANCE: Any = import_module("in_toto_attestation.predicates.provenance.v1.provenance_pb2").Provenance


def of(**changes: object) -> Build:
    return BUILD.model_copy(update=changes)


def dependencies(build: Build) -> dict[str, Json]:
    listed = predicate(build)["buildDefinition"]["resolvedDependencies"]
    assert len({each["name"] for each in listed}) == len(listed)
    return {each["name"]: each for each in listed}


def run(build: Build) -> Json:
    return predicate(build)["runDetails"]


def test_what_was_asked_for_is_in_the_parameters() -> None:
    definition = predicate(BUILD)["buildDefinition"]
    assert definition["externalParameters"] == {
        "dag": "salesforce",
        "version": "sha-0123456",
        "platforms": ["linux/amd64", "linux/arm64"],
        "source": WEB,
        "ref": REF,
    }
    assert definition["internalParameters"] == {"dagger": "v0.21.8"}
    forced = predicate(of(forced="hotfix 7"))["buildDefinition"]["internalParameters"]
    assert forced == {"dagger": "v0.21.8", "forced": "hotfix 7"}


def test_all_that_went_in_is_a_dependency_with_its_digest() -> None:
    lock = "images/salesforce/pylock.toml"
    expected = [
        ("source", f"git+{WEB}@{REF}", {"gitCommit": COMMIT}),
        ("base", "pkg:docker/apache/airflow@3.1.5-python3.13", {"sha256": HEX}),
        (lock, f"git+{WEB}@{COMMIT}#{lock}", {"sha256": sha256(LOCK.encode()).hexdigest()}),
        ("python", f"pkg:docker/python@sha256:{'2' * 64}", {"sha256": "2" * 64}),
        ("trivy", "pkg:docker/aquasecurity/trivy@0.70.0?repository_url=ghcr.io", {"sha256": "1" * 64}),
    ]
    assert list(dependencies(BUILD).values()) == [
        {"name": name, "uri": uri, "digest": digest} for name, uri, digest in expected
    ]
    taken = dependencies(of(taken=(f"ghcr.io/acme/one@sha256:{HEX}",)))["layers"]
    assert taken["digest"] == {"sha256": HEX}
    # The port of a registry is no tag; without a pipeline the source is the commit.
    by_port = dependencies(of(base=f"localhost:5000/airflow@sha256:{HEX}"))["base"]
    assert by_port["uri"] == f"pkg:docker/airflow@sha256:{HEX}?repository_url=localhost:5000"
    assert dependencies(of(ref=""))["source"]["uri"] == f"git+{WEB}@{COMMIT}"


def test_a_dirty_tree_is_never_shown_as_its_commit_alone() -> None:
    found = dependencies(of(revision=CLEAN.model_copy(update={"dirty": HASH})))
    assert found["source"]["annotations"] == {"dirty": True, "tree": HASH}
    assert found["source"]["digest"] == {"gitCommit": COMMIT}
    assert "uri" not in found["images/salesforce/pylock.toml"]
    assert "annotations" not in dependencies(BUILD)["source"]


def test_without_a_remote_nothing_points_anywhere() -> None:
    build = of(origin=None)
    found = dependencies(build)
    assert build_type(None) == NOWHERE == predicate(build)["buildDefinition"]["buildType"]
    assert predicate(build)["buildDefinition"]["externalParameters"]["source"] == ""
    assert "uri" not in found["source"]
    assert "uri" not in found["images/salesforce/pylock.toml"]
    assert "github.com" not in json.dumps(predicate(build))


@pytest.mark.parametrize(
    "reference", ["", "a", "ghcr.io/a/b:1", "ghcr.io/a/b:1@sha256:12", f"b@sha512:{HEX}", f"@sha256:{HEX}"]
)
def test_an_image_without_a_digest_is_refused(reference: str) -> None:
    for build, name in ((of(tools={"trivy": reference}), "trivy"), (of(base=reference), "base")):
        with pytest.raises(ConfigurationError, match=f"image '{name}' .*has no digest; expected"):
            predicate(build)


def test_nobody_vouches_for_a_run_without_verified_claims() -> None:
    assert run(BUILD)["builder"] == {"id": f"{PAGE}#builder-unattested", "version": {"dagger": "v0.21.8"}}
    assert run(BUILD)["metadata"]["invocationId"] == "urn:uuid:11111111-2222-4333-8444-555555555555"
    assert unattested(ORIGIN) == run(BUILD)["builder"]["id"]
    assert "actions" not in json.dumps(predicate(BUILD))


def test_a_verified_workflow_is_the_builder() -> None:
    found = run(of(workflow=WORKFLOW))
    assert found["builder"]["id"] == f"https://github.com/{JOB}"
    assert found["metadata"] == {
        "invocationId": f"{WEB}/actions/runs/42/attempts/2",
        "startedOn": "2026-01-02T03:04:05Z",
        "finishedOn": "2026-01-02T03:04:06Z",
    }


def test_a_time_of_no_zone_is_refused() -> None:
    fields = {**BUILD.model_dump(), "started": datetime(2026, 1, 1)}  # noqa: DTZ001 - the point
    with pytest.raises(ValidationError, match="timezone"):
        Build.model_validate(fields)


BUILDS = st.builds(
    of,
    origin=st.sampled_from([ORIGIN, None]),
    revision=st.sampled_from([CLEAN, CLEAN.model_copy(update={"dirty": HASH})]),
    workflow=st.sampled_from([WORKFLOW, None]),
    forced=st.sampled_from(["", "why"]),
    ref=st.sampled_from(["", REF, "refs/tags/v1@2"]),
    lock=st.text(st.characters(codec="utf-8")),
    tools=st.dictionaries(st.text("abc", min_size=1), st.sampled_from([TRIVY, PYTHON])),
)


@given(BUILDS)
def test_it_has_the_published_shape(build: Build) -> None:
    made = json.loads(statement(PROVENANCE, IMAGE.repository, IMAGE.digest, predicate(build)))
    published = _PROVENANCE()
    json_format.ParseDict(made["predicate"], published)  # an unknown or ill-typed field raises
    assert json_format.MessageToDict(published) == made["predicate"]
    _STATEMENT.copy_from_pb(json_format.ParseDict(made, _STATEMENT_TYPE())).validate()


@given(BUILDS, st.randoms(use_true_random=False))
def test_equal_builds_give_equal_bytes(build: Build, chance: Random) -> None:
    tools = dict(chance.sample(list(build.tools.items()), len(build.tools)))
    other = build.model_copy(update={"tools": tools, "platforms": build.platforms[::-1]})
    assert canonical(predicate(other)) == canonical(predicate(build))
