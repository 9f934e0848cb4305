"""Publishing DAG types: a plan, then stage after stage; a type that fails doesn't stop the others."""

import asyncio

import dagger

from ..config import publish as config_publish
from ..errors import CheckError, ConfigurationError, Fault
from ..tools import git
from ..tools.checkout import Checkout
from ..tools.engine import step
from . import plan as publish_plan
from . import stages
from .context import Context, Request
from .plan import PlanRequest, PublishPlan
from .publication import Publication, Row
from .stages import Stage
from .type_publish import Rows, failed


async def plan(
    checkout: Checkout, repository: dagger.Directory, request: PlanRequest, *, skip_invalid: bool = False
) -> PublishPlan:
    """Return the plan of a publish, from the sources and the git history.

    Args:
        checkout: the DAG types.
        repository: with its history.
        request: what a user asked for.
        skip_invalid: whether to leave out types whose configuration is invalid, instead of raising.

    Raises:
        ConfigurationError: with every invalid name, tag and setting.
    """
    catalog = await checkout.catalog()
    chosen = (
        [catalog.types[name] for name in sorted(catalog.types)]
        if skip_invalid
        else catalog.chosen(request.dag_type)
    )
    revision = await git.revision(repository, checkout.tree)
    settings = config_publish.parse(await checkout.text(config_publish.FILE))
    return publish_plan.plan(catalog, chosen, revision, settings, request)


async def unplanned(
    checkout: Checkout, repository: dagger.Directory, dag_type: str, fault: ConfigurationError
) -> Publication:
    """Return a publication in which every DAG type that was asked for failed, for want of a plan.

    Raises:
        ConfigurationError: the catalog or the history can't be read at all.
    """
    catalog = await checkout.catalog()
    names = [dag_type] if dag_type else sorted({*catalog.types, *catalog.problems})
    revision = await git.revision(repository, checkout.tree)
    rows = tuple(
        Row(dag=name, repository="", problem="\n".join(catalog.problems.get(name) or fault.problems))
        for name in names
    )
    return Publication(commit=revision.commit, rows=rows)


async def publish(
    plan: PublishPlan, request: Request, checkout: Checkout, repository: dagger.Directory
) -> Publication:
    """Publish what is planned; a problem is in the row of its DAG type, a shared one in every row.

    Raises:
        ConfigurationError: the settings for signing contradict each other.
    """
    request.signer.check()
    if request.dry_run:
        plan = plan.without_tags()
    context = Context(plan=plan, request=request, checkout=checkout, repository=repository)
    rows = tuple(stages.begin(type_plan, plan) for type_plan in plan.types)
    look, build, *others = stages.stages_of(plan, signed=request.signer.is_requested)
    try:
        rows = await _look_and_build(rows, context, look, build)
        for stage in others:
            rows = await _run(stage, rows, context)
    except Fault as fault:
        rows = failed(rows, str(fault))
    finally:
        await context.close()
    return Publication(
        commit=plan.source.revision.commit, rows=tuple(row.row() for row in rows), notes=plan.notes
    )


async def _look_and_build(rows: Rows, context: Context, look: Stage, build: Stage) -> Rows:
    """Look and build at the same time; where nothing may be written, builds are given up."""
    context.begin_look(lambda: _run(look, rows, context))
    building = asyncio.create_task(_run(build, rows, context))
    try:
        looked = await context.looked()
        if not any(row.going_on for row in looked):
            return looked
        return tuple(one.with_build(other) for one, other in zip(looked, await building, strict=True))
    finally:
        building.cancel()
        await asyncio.gather(building, return_exceptions=True)


async def _run(stage: Stage, rows: Rows, context: Context) -> Rows:
    if not any(row.going_on for row in rows):
        return rows
    with step(stage.__name__.replace("_", " ")):
        return await stage(rows, context)


def require_success(publication: Publication) -> Publication:
    """Return the publication, if no DAG type failed.

    Raises:
        CheckError: with the table of all DAG types.
    """
    if publication.failed:
        raise CheckError([publication.table()])
    return publication
