"""The labels of an image: every key of the specification, none that describes the base."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ci.config.dag_type import DagType, parse
from ci.config.publish import Organisation
from ci.config.revision import Origin, Revision
from ci.image.labels import (
    DAG,
    DEPENDENCIES,
    FORCED,
    OCI,
    SourceInfo,
    created,
    inherited,
    labels,
    read,
    version,
)
from ci.image.oci import Base, Json, assemble, described

from ..repository import FILE
from ..tag_cases import CLEAN, COMMIT, HASH

DIGEST = "sha256:" + "0" * 64
BASE = f"docker.io/apache/airflow:3.1.5@{DIGEST}"
WEB = "https://github.com/acme/dags"
SOURCES = SourceInfo(
    revision=CLEAN, origin=Origin(owner="acme", repo="dags", web=WEB), organisation=Organisation()
)
DIRTY = CLEAN.model_copy(update={"dirty": HASH})
AIRFLOWS = {
    "org.apache.airflow.distro": "debian",
    "org.apache.airflow.uid": "50000",
    "org.opencontainers.image.source": "https://github.com/apache/airflow",
    "org.opencontainers.image.base.name": "debian",
    "org.opencontainers.image.revision": "theirs",
    "org.label-schema.url": "https://example.com",
    "maintainer": "them",
}


def dag_type(description: str = "") -> DagType:
    line = f'description = "{description}"\n' if description else ""
    return parse("salesforce", FILE, f'[project]\nname = "salesforce"\ndependencies = []\n{line}')


def sources(revision: Revision = CLEAN, origin: Origin | None = SOURCES.origin, **house: str) -> SourceInfo:
    return SourceInfo(revision=revision, origin=origin, organisation=Organisation.model_validate(house))


def of(result: SourceInfo = SOURCES, forced: str = "", description: str = "") -> dict[str, str]:
    return labels(dag_type(description), result, BASE, forced=forced)


def test_the_inputs_of_the_packages_are_a_label_where_there_are_some() -> None:
    assert labels(dag_type(), SOURCES, BASE, DIGEST) == of() | {DEPENDENCIES: DIGEST}


def test_they_say_where_the_image_comes_from_by_all_keys_of_the_specification_and_our_own() -> None:
    assert of() == {
        f"{OCI}title": "Airflow DAGs: salesforce",
        f"{OCI}description": "Airflow with the DAGs and packages of salesforce",
        f"{OCI}url": WEB,
        f"{OCI}source": WEB,
        f"{OCI}documentation": WEB,
        f"{OCI}authors": "acme",
        f"{OCI}vendor": "acme",
        f"{OCI}licenses": "NOASSERTION",
        f"{OCI}version": "sha-0123456",
        f"{OCI}revision": COMMIT,
        f"{OCI}ref.name": "sha-0123456",
        f"{OCI}created": "2023-11-14T22:13:20Z",
        f"{OCI}base.name": "docker.io/apache/airflow:3.1.5",
        f"{OCI}base.digest": DIGEST,
        DAG: "salesforce",
    }


@pytest.mark.parametrize("key", ["authors", "vendor", "licenses", "documentation", "url"])
def test_what_the_house_says_goes_before_what_git_says(key: str) -> None:
    house = Organisation.model_validate({key: "ours"})
    assert of(replace(SOURCES, organisation=house)) == {**of(), f"{OCI}{key}": "ours"}


def test_a_type_describes_itself() -> None:
    assert of(description="Sales, hourly")[f"{OCI}description"] == "Sales, hourly"


def test_without_a_remote_no_label_is_empty() -> None:
    missing = {f"{OCI}{key}" for key in ("url", "source", "documentation", "authors", "vendor")}
    result = of(sources(origin=None))
    assert set(of()) - set(result) == missing
    assert all(result.values())


def test_a_tree_that_differs_says_so() -> None:
    result = of(sources(DIRTY))
    assert result[f"{OCI}revision"] == f"{COMMIT}-dirty"
    assert result[f"{OCI}version"] == result[f"{OCI}ref.name"] == version(DIRTY) == "dirty-fedcba987654"


def test_branch_and_release_of_one_commit_are_one_image() -> None:
    release = CLEAN.model_copy(update={"branch": "main", "tags": ("v1.2.3",)})
    assert of(sources(release)) == of()


def test_an_image_that_was_forced_tells_why() -> None:
    assert of(forced="hotfix 7") == {**of(), FORCED: "hotfix 7"}


@given(st.integers(0, 253402300799))
def test_a_commits_time_is_reported_in_utc(seconds: int) -> None:
    message = created(CLEAN.model_copy(update={"created": seconds}))
    assert message.endswith("Z")
    assert datetime.fromisoformat(message) == datetime.fromtimestamp(seconds, UTC)


NO_LABELS = (
    *("[]", "null", "7", '""', "", "no JSON", '{"config":[1]}', '{"config":7}', "[" * 100_000),
    *('{"config":{"Labels":{}}}', '{"config":{"Labels":null}}', '{"config":{}}', '{"config":null}', "{}"),
    *(f'{{"config":{{"Labels":{labels}}}}}' for labels in ('["a"]', '"a"', "7", "true")),
)


def test_labels_are_read_from_a_configuration_that_may_have_none() -> None:
    assert read('{"config":{"Labels":{"a":"1","ä":"ü"}}}') == {"a": "1", "ä": "ü"}
    assert read('{"config":{"Labels":{"a":5,"b":null,"c":["d"],"e":"f"}}}') == {"e": "f"}
    assert [text[:40] for text in NO_LABELS if read(text)] == []


def test_of_the_bases_labels_facts_about_airflow_alone_stay() -> None:
    assert inherited(AIRFLOWS) == {"org.apache.airflow.distro": "debian", "org.apache.airflow.uid": "50000"}


@pytest.mark.parametrize("origin", [SOURCES.origin, None], ids=["remote", "no-remote"])
def test_an_image_has_no_label_that_points_to_the_bases_makers(origin: Origin | None) -> None:
    config: Json = {"config": {"Labels": AIRFLOWS}, "rootfs": {"type": "layers", "diff_ids": []}}
    below = Base(reference=BASE, manifest={"layers": []}, config=config)
    ours = of(sources(origin=origin))
    made = described(assemble(below, [], {}, "50000"), ours, created(CLEAN), inherited)
    assert json.loads(made.config.text)["config"]["Labels"] == {**inherited(AIRFLOWS), **ours}
    assert json.loads(made.manifest.text)["annotations"] == ours
    assert "github.com/apache" not in made.config.text
