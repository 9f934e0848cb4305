"""A try of another Airflow: nothing of the repository changes, all that would break is told."""

from collections.abc import Sequence
from dataclasses import dataclass

import dagger

from ...config import lockfile, pins
from ...config.dag_type import DagType
from ...errors import Fault, gather_all, gather_both
from ...image import base
from ...lock import newest, request, resolve
from ...lock.airflow_version import series, upgraded
from ...lock.request import Upgrade
from ...tools import checkout as repositories
from ...tools import containers, failures
from ...tools.checkout import Checkout
from ...tools.engine import retrying
from .. import report
from ..dags import all_types
from ..dags.all_types import Further
from ..report import CheckResult, Fact, Finding, Report
from . import ruff as upgrade_ruff

_CODE = "/code"
# An upgrade is to today's packages: a day in [tool.uv] is that of the base it was written for.
_NO_LIMIT = "2999-12-31"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What to try: a version such as 3.2.1 or 3.2.x, or a base image by reference in its place."""

    airflow: str = ""
    base: str = ""
    exclude_newer: str = ""
    netrc: dagger.Secret | None = None

    @property
    def upgrade(self) -> Upgrade:
        """Return the upgrade of every package, to the day that was asked for or to today."""
        return Upgrade(everything=True, exclude_newer=self.exclude_newer or _NO_LIMIT)


async def upgrade_test(
    types: Sequence[DagType], sources: Checkout, asked: Asked, further: Further
) -> list[Report]:
    """The reports on DAG types as they would be on the other base.

    Args:
        types: to be tried.
        sources: the repository, which stays as it is.
        asked: what to try.
        further: what else is to be found of each, as in every test.

    Raises:
        ConfigurationError: the version or the day is none, or there is no release of that series.
        StepError: the other base can't be had.
    """
    request.validated(Upgrade(exclude_newer=asked.exclude_newer), ())
    reference = await base_of(asked)
    below = await base.load(reference)
    ruff = containers.locked("airflow-rules")
    told, locks = await gather_both(
        gather_all(air_rules(ruff, each, sources) for each in types),
        gather_all(_locked(each, sources, below.container, reference, asked) for each in types),
    )
    texts = {each.name: lock for each, lock in zip(types, locks, strict=True) if isinstance(lock, str)}
    able = [each for each in types if each.name in texts]
    async with repositories.opened(sources.with_locks(texts), asked.netrc) as other:
        tested = {each.subject: each for each in await all_types.test_all(able, other, below, further)}
    reports: list[Report] = []
    for dag_type, rule, lock in zip(types, told, locks, strict=True):
        what_else = tested[dag_type.name] if isinstance(lock, str) else lock
        reports.append(report.merge(dag_type.name, [_fact(reference), rule, what_else]))
    return reports


async def base_of(asked: Asked) -> str:
    """Return the reference of the base to try; the package index is asked for the newest of a series alone.

    Raises:
        ConfigurationError: the version is none, or there is no release of that series.
        StepError: the package index can't be asked.
    """
    if asked.base:
        return asked.base
    of = series(asked.airflow)
    version = await newest.release(of, asked.exclude_newer, asked.netrc) if of else asked.airflow.strip()
    return upgraded(pins.image("airflow"), version)


async def _locked(
    dag_type: DagType, sources: Checkout, container: dagger.Container, reference: str, asked: Asked
) -> str | CheckResult:
    """The text of the type's lock for the other base, or what stands against it."""
    name = lockfile.base_name(reference)
    try:
        texts = await resolve.lock(
            [dag_type], sources, container, name, upgrade=asked.upgrade, netrc=asked.netrc
        )
    except Fault as fault:
        return CheckResult(findings=tuple(_refused(dag_type, each) for each in fault.problems))
    return texts[dag_type.name]


def _refused(dag_type: DagType, problem: str) -> Finding:
    remedy = "choose pins that agree with that base; until then nothing of it can be tested there"
    return Finding(check="lock", file=dag_type.file, line=0, cause=problem, remedy=remedy)


def _fact(reference: str) -> CheckResult:
    return CheckResult(facts=(Fact(check="base", detail=reference),))


async def air_rules(ruff: dagger.Container, dag_type: DagType, sources: Checkout) -> CheckResult:
    """Check a type's code with ruff's rules for Airflow, in a container that has ruff."""
    command = ["ruff", "check", "--isolated", "--no-cache", "--select", upgrade_ruff.SELECT]
    checked = (
        ruff.with_mounted_directory(f"{_CODE}/dags", await sources.dag_files(dag_type))
        .with_mounted_directory(f"{_CODE}/scripts", await sources.script_files(dag_type))
        .with_exec([*command, "--output-format", "json", "--exit-zero", _CODE])
    )
    try:
        return upgrade_ruff.outcome(await retrying(checked.stdout), _CODE)
    except dagger.QueryError as error:
        return upgrade_ruff.missing(str(failures.step_error("ruff couldn't be had", error)))
