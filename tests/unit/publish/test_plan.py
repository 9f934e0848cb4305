"""What is to be published: names and tags of each DAG type, before anything is built."""

import json
from collections.abc import Sequence

import pytest

from ci.config.catalog import Catalog
from ci.config.publish import Organisation, parse
from ci.config.revision import Origin, Revision
from ci.errors import ConfigurationError
from ci.publish.plan import Intent, as_json, intend, table

from ..repository import Repository
from ..tag_cases import CLEAN, COMMIT, DIRTY, on

REMOTE = "git@github.com:Acme/dags.git"
MAIN = on("main").revision.model_copy(update={"remote": REMOTE})
ONE_PACKAGE = '[publish]\nreference = "ghcr.io/{owner}/airflow:{dag}-{version}"\n'
PACKAGE = "ghcr.io/acme/de-airflow-pipeline"


@pytest.fixture
def catalog(repository: Repository) -> Catalog:
    """Give the DAG types api and salesforce, and a broken one called dbt."""
    for name in ("salesforce", "api"):
        repository.add(name)
    repository.write("images/dbt/pyproject.toml", "[project")
    return repository.load()


def intent(  # noqa: PLR0913 - each is what one test gives
    catalog: Catalog,
    revision: Revision = MAIN,
    names: Sequence[str] = ("api", "salesforce"),
    text: str | None = None,
    *,
    ref: str = "",
    registry: str = "",
    owner: str = "",
) -> Intent:
    chosen = [catalog.get(name) for name in names]
    return intend(catalog, chosen, revision, parse(text), ref=ref, registry=registry, owner=owner)


def released(*tags: str) -> Revision:
    return MAIN.model_copy(update={"tags": tags})


def test_each_type_gets_its_repository_and_the_tags_of_the_commit(catalog: Catalog) -> None:
    found = intent(catalog)
    assert [each.dag_type.name for each in found.planned] == ["api", "salesforce"]
    assert [each.repository for each in found.planned] == [f"{PACKAGE}-api", f"{PACKAGE}-salesforce"]
    for each in found.planned:
        assert each.tags == {tag: tag for tag in ("main", "latest", "sha-0123456")}


def test_in_one_package_every_tag_of_the_registry_names_its_type(catalog: Catalog) -> None:
    api, salesforce = intent(catalog, text=ONE_PACKAGE).planned
    assert api.repository == salesforce.repository == "ghcr.io/acme/airflow"
    assert api.tags == {tag: f"api-{tag}" for tag in ("main", "latest", "sha-0123456")}
    assert not set(api.tags.values()) & set(salesforce.tags.values())


def test_labels_get_what_git_and_the_house_say(catalog: Catalog) -> None:
    found = intent(catalog, text='[labels]\nvendor = "ACME Ltd"\n')
    assert found.owner == "Acme"
    assert found.sources.revision == MAIN
    assert found.sources.origin == Origin(owner="Acme", repo="dags", web="https://github.com/Acme/dags")
    assert found.sources.organisation == Organisation(vendor="ACME Ltd")


def test_owner_and_registry_may_be_given(catalog: Catalog) -> None:
    found = intent(catalog, registry="127.0.0.1:5000", owner="Other")
    assert found.owner == "Other"
    assert found.names.registry == "127.0.0.1:5000"
    assert found.planned[0].repository == "127.0.0.1:5000/other/de-airflow-pipeline-api"


def test_without_a_remote_a_pattern_without_an_owner_is_enough(catalog: Catalog) -> None:
    text = '[publish]\nreference = "localhost:5000/{dag}:{version}"\n'
    found = intent(catalog, MAIN.model_copy(update={"remote": None}), text=text)
    assert (found.owner, found.sources.origin) == ("", None)


def test_a_release_of_one_type_pushes_that_one_alone(catalog: Catalog) -> None:
    revision = released("api/v1.2.3").model_copy(update={"branch": None})
    api, salesforce = intent(catalog, revision).planned
    assert list(api.tags) == ["v1.2.3", "v1.2", "v1", "latest"]
    assert salesforce.tags == {}
    assert salesforce.plan.reason == "api/v1.2.3 releases api alone"


def test_a_tag_may_release_a_type_that_is_broken(catalog: Catalog) -> None:
    (api,) = intent(catalog, released("dbt/v1.0.0"), ["api"], ref="refs/tags/dbt/v1.0.0").planned
    assert api.plan.reason == "dbt/v1.0.0 releases dbt alone"


def test_what_concerns_all_types_is_told_once(catalog: Catalog) -> None:
    with pytest.raises(ConfigurationError) as caught:
        intent(catalog, released("sales/v1.0.0"), ref="refs/tags/sales/v1.0.0")
    (problem,) = caught.value.problems
    assert "no DAG type 'sales'" in problem


def test_every_tag_that_is_too_long_is_told(catalog: Catalog) -> None:
    revision = MAIN.model_copy(update={"branch": "b" * 125})
    with pytest.raises(ConfigurationError) as caught:
        intent(catalog, revision, text=ONE_PACKAGE)
    assert [problem.partition("b")[0] for problem in caught.value.problems] == [
        "the tag 'api-",
        "the tag 'salesforce-",
    ]


def test_a_table_tells_commit_reason_and_references(catalog: Catalog) -> None:
    assert table(intent(catalog, text=ONE_PACKAGE, names=["api"])).splitlines() == [
        f"commit {COMMIT}, 2023-11-14T22:13:20Z",
        "api  branch main",
        "  ghcr.io/acme/airflow:api-main",
        "  ghcr.io/acme/airflow:api-latest",
        "  ghcr.io/acme/airflow:api-sha-0123456",
    ]


def test_a_table_tells_why_nothing_is_pushed(catalog: Catalog) -> None:
    found = intent(catalog, names=["api"], ref="refs/pull/7/merge")
    assert table(found).splitlines()[1:] == [
        "api  pull request: built and tested, never pushed",
        "  nothing is pushed",
    ]


def test_json_tells_every_tag_with_its_rule(catalog: Catalog) -> None:
    found = intent(catalog, released("v1.2.3"), ["api"], ONE_PACKAGE)
    assert json.loads(as_json(found)) == {
        "commit": COMMIT,
        "images": [
            {
                "dag": "api",
                "repository": "ghcr.io/acme/airflow",
                "reason": "release v1.2.3",
                "tags": [
                    {"name": "api-v1.2.3", "rule": "release"},
                    {"name": "api-v1.2", "rule": "line"},
                    {"name": "api-v1", "rule": "line"},
                    {"name": "api-latest", "rule": "latest"},
                ],
            }
        ],
    }


def test_a_remotes_credentials_are_in_no_plan(catalog: Catalog) -> None:
    revision = CLEAN.model_copy(update={"remote": "https://me:secret@github.com/acme/dags.git"})
    found = intent(catalog, revision)
    assert "secret" not in table(found) + as_json(found) + repr(found.names) + repr(found.sources.origin)


def test_a_tree_that_differs_gets_one_tag(catalog: Catalog) -> None:
    dirty = on("main").dirty("dags/a.py").revision.model_copy(update={"remote": REMOTE})
    (api,) = intent(catalog, dirty, ["api"]).planned
    assert list(api.tags) == [tag.name for tag in DIRTY]
    assert "'dags/a.py'" in api.plan.reason
