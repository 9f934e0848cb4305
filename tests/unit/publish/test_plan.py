"""What is to be published: names and tags of each DAG type, before anything is built."""

import json
from collections.abc import Sequence

import pytest

from ci.config.catalog import Catalog
from ci.config.publish import Organisation, parse
from ci.config.revision import Origin, Revision
from ci.errors import ConfigurationError
from ci.publish import plan as publish_plan
from ci.publish.plan import PlanRequest, PublishPlan, as_json, table

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


def plan(
    catalog: Catalog,
    revision: Revision = MAIN,
    names: Sequence[str] = ("api", "salesforce"),
    text: str | None = None,
    request: PlanRequest | None = None,
) -> PublishPlan:
    chosen = [catalog.get(name) for name in names]
    return publish_plan.plan(catalog, chosen, revision, parse(text), request or PlanRequest())


def released(*tags: str) -> Revision:
    return MAIN.model_copy(update={"tags": tags})


def test_each_type_gets_its_repository_and_the_tags_of_the_commit(catalog: Catalog) -> None:
    planned = plan(catalog)
    assert [each.dag_type.name for each in planned.types] == ["api", "salesforce"]
    assert [each.repository for each in planned.types] == [f"{PACKAGE}-api", f"{PACKAGE}-salesforce"]
    for each in planned.types:
        assert each.tags == {tag: tag for tag in ("main", "latest", "sha-0123456")}


def test_in_one_package_every_tag_of_the_registry_names_its_type(catalog: Catalog) -> None:
    api, salesforce = plan(catalog, text=ONE_PACKAGE).types
    assert api.repository == salesforce.repository == "ghcr.io/acme/airflow"
    assert api.tags == {tag: f"api-{tag}" for tag in ("main", "latest", "sha-0123456")}
    assert not set(api.tags.values()) & set(salesforce.tags.values())


SHARED = [
    ("a", "a-b", "{dag}-{version}"),
    ("data", "my_data", "{version}_{dag}"),
    ("a", "ab", "{dag}{version}"),
]


@pytest.mark.parametrize(("short", "long", "pattern"), SHARED)
def test_no_branch_gets_a_tag_that_another_type_reads_as_its_own(
    repository: Repository, short: str, long: str, pattern: str
) -> None:
    for name in (short, long):
        repository.add(name)
    catalog, text = repository.load(), f'[publish]\nreference = "r.example/x:{pattern}"\n'
    whole = plan(catalog, names=(short, long), text=text).names
    for version in ("main", "v1.2.3", "latest", "v1"):
        taken = whole.tag(long, version)
        assert (whole.version(long, taken), whole.version(short, taken)) == (version, None)
        head, tail = pattern.replace("{dag}", short).split("{version}")
        sources = MAIN.model_copy(update={"branch": taken.removeprefix(head).removesuffix(tail)})
        (planned,) = plan(catalog, sources, [short], text).types
        assert list(planned.tags) == ["sha-0123456"]
        assert "is reserved for " in planned.tag_plan.reason


def test_no_git_tag_gets_a_tag_that_another_type_reads_as_its_own(repository: Repository) -> None:
    for name in ("a", "a-b"):
        repository.add(name)
    catalog = repository.load()
    with pytest.raises(ConfigurationError) as caught:
        plan(catalog, released("b-v1.2.3"), ["a"], ONE_PACKAGE, PlanRequest(ref="refs/tags/b-v1.2.3"))
    (problem,) = caught.value.problems
    assert "tag 'b-v1.2.3': its name is reserved for DAG type 'a-b': rename it" in problem


def test_types_whose_commits_can_not_be_told_apart_are_reported(repository: Repository) -> None:
    for name in ("a", "a-sha"):
        repository.add(name)
    catalog = repository.load()
    with pytest.raises(ConfigurationError) as caught:
        plan(catalog, names=["a", "a-sha"], text=ONE_PACKAGE)
    (problem,) = caught.value.problems
    assert problem.startswith(
        "the tag a-sha-0123456 of DAG type 'a' would be read as one of DAG type 'a-sha'; "
    )
    assert "such as __: change images/publish.toml" in problem
    apart = ONE_PACKAGE.replace("-{version}", "__{version}")
    assert len(plan(catalog, names=["a", "a-sha"], text=apart).types) == 2
    assert len(plan(catalog, names=["a", "a-sha"]).types) == 2  # each in its own repository


def test_a_git_tag_at_head_that_names_no_type_is_told_where_head_decides(catalog: Catalog) -> None:
    revision = released("salesfroce/v1.2.3", "docs/1.0")
    planned = plan(catalog, revision)
    note = "tag 'salesfroce/v1.2.3': there is no DAG type 'salesfroce': did you mean 'salesforce'?"
    assert [told.startswith(note) for told in planned.notes] == [True]
    assert table(planned).splitlines()[-1] == planned.notes[0]
    assert json.loads(as_json(planned))["notes"] == list(planned.notes)
    assert plan(catalog, revision, request=PlanRequest(ref="refs/heads/main")).notes == ()


def test_labels_get_what_git_and_the_house_say(catalog: Catalog) -> None:
    planned = plan(catalog, text='[labels]\nvendor = "ACME Ltd"\n')
    assert planned.owner == "Acme"
    assert planned.source.revision == MAIN
    assert planned.source.origin == Origin(owner="Acme", repo="dags", web="https://github.com/Acme/dags")
    assert planned.source.organisation == Organisation(vendor="ACME Ltd")


def test_owner_and_registry_may_be_given(catalog: Catalog) -> None:
    planned = plan(catalog, request=PlanRequest(registry="127.0.0.1:5000", owner="Other"))
    assert planned.owner == "Other"
    assert planned.names.registry == "127.0.0.1:5000"
    assert planned.types[0].repository == "127.0.0.1:5000/other/de-airflow-pipeline-api"


def test_without_a_remote_a_pattern_without_an_owner_is_enough(catalog: Catalog) -> None:
    text = '[publish]\nreference = "localhost:5000/{dag}:{version}"\n'
    planned = plan(catalog, MAIN.model_copy(update={"remote": None}), text=text)
    assert (planned.owner, planned.source.origin) == ("", None)


def test_a_release_of_one_type_pushes_that_one_alone(catalog: Catalog) -> None:
    revision = released("api/v1.2.3").model_copy(update={"branch": None})
    api, salesforce = plan(catalog, revision).types
    assert list(api.tags) == ["v1.2.3", "v1.2", "v1", "latest"]
    assert salesforce.tags == {}
    assert salesforce.tag_plan.reason == "api/v1.2.3 releases only api"


def test_a_tag_may_release_a_type_that_is_broken(catalog: Catalog) -> None:
    (api,) = plan(
        catalog, released("dbt/v1.0.0"), ["api"], request=PlanRequest(ref="refs/tags/dbt/v1.0.0")
    ).types
    assert api.tag_plan.reason == "dbt/v1.0.0 releases only dbt"


def test_what_concerns_all_types_is_told_once(catalog: Catalog) -> None:
    with pytest.raises(ConfigurationError) as caught:
        plan(catalog, released("sales/v1.0.0"), request=PlanRequest(ref="refs/tags/sales/v1.0.0"))
    (problem,) = caught.value.problems
    assert "no DAG type 'sales'" in problem


def test_a_branch_is_cut_to_what_the_pattern_leaves_of_a_tag(catalog: Catalog) -> None:
    revision = MAIN.model_copy(update={"branch": "b" * 125})
    planned = plan(catalog, revision, text=ONE_PACKAGE)
    branch_tags = [next(iter(each.tags.values())) for each in planned.types]
    assert branch_tags == [f"api-{'b' * 124}", f"salesforce-{'b' * 117}"]
    assert next(iter(plan(catalog, revision).types[0].tags)) == "b" * 125


def test_every_release_that_is_too_long_is_told(catalog: Catalog) -> None:
    with pytest.raises(ConfigurationError) as caught:
        plan(catalog, released(f"v1.2.3-{'b' * 118}"), text=ONE_PACKAGE)
    assert [problem.partition("-b")[0] for problem in caught.value.problems] == [
        "invalid tag 'api-v1.2.3",
        "invalid tag 'salesforce-v1.2.3",
    ]


def test_a_table_tells_commit_reason_and_references(catalog: Catalog) -> None:
    assert table(plan(catalog, text=ONE_PACKAGE, names=["api"])).splitlines() == [
        f"commit {COMMIT}, 2023-11-14T22:13:20Z",
        "api  branch main",
        "  ghcr.io/acme/airflow:api-main",
        "  ghcr.io/acme/airflow:api-latest",
        "  ghcr.io/acme/airflow:api-sha-0123456",
    ]


def test_a_table_tells_why_nothing_is_pushed(catalog: Catalog) -> None:
    planned = plan(catalog, names=["api"], request=PlanRequest(ref="refs/pull/7/merge"))
    assert table(planned).splitlines()[1:] == [
        "api  pull request: built and tested, never pushed",
        "  nothing is pushed",
    ]


def test_json_tells_every_tag_with_its_rule(catalog: Catalog) -> None:
    planned = plan(catalog, released("v1.2.3"), ["api"], ONE_PACKAGE)
    assert json.loads(as_json(planned)) == {
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
    planned = plan(catalog, revision)
    assert "secret" not in table(planned) + as_json(planned) + repr(planned.names) + repr(
        planned.source.origin
    )


def test_a_dry_run_pushes_nothing_and_says_what_it_is(catalog: Catalog) -> None:
    planned = plan(catalog)
    dry = planned.without_tags()
    assert (planned.pushes, dry.pushes) == (True, False)
    assert {each.tag_plan.reason for each in dry.types} == {"a dry run of: branch main"}
    assert [each.repository for each in dry.types] == [each.repository for each in planned.types]


def test_a_tree_that_differs_gets_one_tag(catalog: Catalog) -> None:
    dirty = on("main").dirty("dags/a.py").revision.model_copy(update={"remote": REMOTE})
    (api,) = plan(catalog, dirty, ["api"]).types
    assert list(api.tags) == [tag.name for tag in DIRTY]
    assert "'dags/a.py'" in api.tag_plan.reason
