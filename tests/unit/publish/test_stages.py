"""The stages of a publish: which there are, and what becomes of a row in each of them."""

from dataclasses import replace

import pytest

from ci.config.catalog import Catalog
from ci.config.publish import parse
from ci.errors import StepError
from ci.publish import stages
from ci.publish.plan import PlanRequest, PublishPlan, plan
from ci.publish.stages import STAGES, UNPUSHED, UNSIGNED
from ci.publish.tag_updates import Action, TagUpdate
from ci.publish.type_publish import LabelledImages, Rows, TypePublish, advance, failed

from ..repository import Repository
from ..tag_cases import on

MAIN = on("main").revision.model_copy(update={"remote": "https://github.com/acme/dags"})


@pytest.fixture
def catalog(repository: Repository) -> Catalog:
    """Give two DAG types."""
    for name in ("api", "dbt"):
        repository.add(name)
    return repository.load()


def planned(catalog: Catalog, ref: str = "") -> PublishPlan:
    return plan(catalog, catalog.all(), MAIN, parse(None), PlanRequest(ref=ref))


def rows(catalog: Catalog, ref: str = "") -> Rows:
    whole = planned(catalog, ref)
    return tuple(stages.begin(type_plan, whole) for type_plan in whole.types)


def test_tags_are_written_last_and_only_after_the_signatures(catalog: Catalog) -> None:
    names = [stage.__name__ for stage in STAGES]
    assert names == ["look", "build", "gate", "decide", "push_digests", "attest", "push_tags"]
    assert stages.stages_of(planned(catalog), signed=True) == STAGES
    assert stages.stages_of(planned(catalog), signed=False) == UNSIGNED


@pytest.mark.parametrize("signed", [True, False])
def test_nothing_is_pushed_of_a_pull_request_and_in_a_dry_run(catalog: Catalog, *, signed: bool) -> None:
    assert stages.stages_of(planned(catalog, "refs/pull/7/merge"), signed=signed) == UNPUSHED
    assert stages.stages_of(planned(catalog).without_tags(), signed=signed) == UNPUSHED
    assert not {stages.push_digests, stages.push_tags, stages.attest} & set(UNPUSHED)


def test_a_type_that_a_tag_does_not_release_is_skipped_with_the_reason(catalog: Catalog) -> None:
    api, dbt = rows(catalog, "refs/tags/api/v1.2.3")
    assert (api.going_on, dbt.going_on) == (True, False)
    assert (dbt.row().note, dbt.row().problem) == ("api/v1.2.3 releases only api", "")
    assert all(row.going_on for row in rows(catalog, "refs/pull/7/merge"))


@pytest.mark.anyio
async def test_a_fault_stays_in_its_row(catalog: Catalog) -> None:
    async def work(row: TypePublish) -> TypePublish:
        if row.name == "api":
            raise StepError(["no disk"])
        return replace(row, note="done")

    api, dbt = await advance(rows(catalog), work)
    assert (api.problem, api.note, dbt.problem, dbt.note) == ("no disk", "", "", "done")
    again = await advance((api, dbt), work)
    assert again[0] is api  # it isn't worked on again


def test_a_fault_that_all_share_leaves_the_faults_of_single_rows(catalog: Catalog) -> None:
    api, dbt = rows(catalog)
    result = failed((replace(api, problem="no disk"), dbt), "no registry")
    assert [row.problem for row in result] == ["no disk", "no registry"]


def test_a_row_tells_what_was_pushed_and_which_tags_were_kept(catalog: Catalog) -> None:
    api = replace(
        rows(catalog)[0],
        built=LabelledImages(digest="sha256:aa"),
        updates=(
            TagUpdate("main", Action.SET, "is new"),
            TagUpdate("latest", Action.KEPT, "v2 is newer"),
            TagUpdate("sha-0123456", Action.SAME, "is this image already"),
        ),
        seconds=1.234,
    )
    row = api.row()
    assert (row.digest, row.written, row.same) == ("sha256:aa", ("main",), ("sha-0123456",))
    assert (row.left, row.seconds, row.repository) == ({"latest": "v2 is newer"}, 1.23, api.plan.repository)
    broken = replace(api, problem="denied").row()
    assert (broken.digest, broken.written, broken.same) == ("", (), ("sha-0123456",))
