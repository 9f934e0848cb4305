"""Publishing DAG types: a plan, then stage after stage; a type that fails doesn't stop the others."""

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
from .type_publish import failed


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
    try:
        for stage in stages.stages_of(plan, signed=request.signer.is_requested):
            if any(row.going_on for row in rows):
                with step(stage.__name__.replace("_", " ")):
                    rows = await stage(rows, context)
    except Fault as fault:
        rows = failed(rows, str(fault))
    return Publication(
        commit=plan.source.revision.commit, rows=tuple(row.row() for row in rows), notes=plan.notes
    )


def require_success(publication: Publication) -> Publication:
    """Return the publication, if no DAG type failed.

    Raises:
        CheckError: with the table of all DAG types.
    """
    if publication.failed:
        raise CheckError([publication.table()])
    return publication
