"""Tests of DAG types on another Airflow, with locks made for it; the repository stays as it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import dagger

from ...config import lockfile
from ...config.dag_type import DagType
from ...errors import Fault, gather_all, gather_both
from ...image import base
from ...lock import newest, request, resolve
from ...lock.airflow_version import series, upgraded
from ...lock.request import Upgrade
from ...tools import checkout as checkouts
from ...tools import containers, failures
from ...tools.checkout import Checkout
from ...tools.engine import retrying
from .. import report
from ..dags import all_types
from ..report import CheckResult, Fact, Report
from . import ruff

_CODE = "/code"
# Newer packages than today's don't exist; a date in [tool.uv] belongs to the base that it was written for.
_NO_LIMIT = "2999-12-31"


@dataclass(frozen=True, kw_only=True)
class UpgradeRequest:
    """A version such as 3.2.1 or 3.2.x, or the reference of a base image instead."""

    airflow: str = ""
    base: str = ""
    exclude_newer: str = ""
    netrc: dagger.Secret | None = None

    @property
    def upgrade(self) -> Upgrade:
        """Return the upgrade of every package, up to the requested day or today."""
        return Upgrade(everything=True, exclude_newer=self.exclude_newer or _NO_LIMIT)


async def upgrade_test(types: Sequence[DagType], checkout: Checkout, upgrade: UpgradeRequest) -> list[Report]:
    """Return the reports on DAG types on another base."""
    request.validated(Upgrade(exclude_newer=upgrade.exclude_newer), ())
    reference = await base_of(upgrade, checkout)
    other_base = await base.load(reference)
    container = containers.locked("airflow-rules")
    rules, locks = await gather_both(
        gather_all(air_rules(container, dag_type, checkout) for dag_type in types),
        gather_all(_lock(dag_type, checkout, other_base.container, reference, upgrade) for dag_type in types),
    )
    texts = {one.name: lock for one, lock in zip(types, locks, strict=True) if isinstance(lock, str)}
    async with checkouts.opened(checkout.with_locks(texts), upgrade.netrc) as other:
        lockable = [dag_type for dag_type in types if dag_type.name in texts]
        tested = {one.subject: one for one in await all_types.test_all(lockable, other, other_base)}
    fact = CheckResult(facts=(Fact(check="base", detail=reference),))
    return [
        report.merge(one.name, [fact, rule, tested[one.name] if isinstance(lock, str) else lock])
        for one, rule, lock in zip(types, rules, locks, strict=True)
    ]


async def base_of(upgrade: UpgradeRequest, checkout: Checkout) -> str:
    """Return the reference of the other base; for a series, the package index names the newest release."""
    if upgrade.base:
        return upgrade.base
    version = upgrade.airflow.strip()
    if of := series(upgrade.airflow):
        version = await newest.release(of, upgrade.exclude_newer, upgrade.netrc)
    return upgraded(await checkout.base_reference(), version)


async def _lock(
    dag_type: DagType,
    checkout: Checkout,
    container: dagger.Container,
    reference: str,
    upgrade: UpgradeRequest,
) -> str | CheckResult:
    """Return the text of the type's lock for the other base, or findings where there is none."""
    name = lockfile.base_name(reference)
    try:
        texts = await resolve.lock(
            [dag_type], checkout, container, name, upgrade=upgrade.upgrade, netrc=upgrade.netrc
        )
    except Fault as fault:
        remedy = "choose pins that fit that base; nothing else of the type was tested on it"
        return CheckResult.of_problems("lock", dag_type.file, fault.problems, remedy)
    return texts[dag_type.name]


async def air_rules(container: dagger.Container, dag_type: DagType, checkout: Checkout) -> CheckResult:
    """Check a type's code with ruff's rules for Airflow, in a container that has ruff."""
    command = ["ruff", "check", "--isolated", "--no-cache", "--select", ruff.SELECT]
    checked = (
        container.with_mounted_directory(f"{_CODE}/dags", await checkout.dag_files(dag_type))
        .with_mounted_directory(f"{_CODE}/scripts", await checkout.script_files(dag_type))
        .with_exec([*command, "--output-format", "json", "--exit-zero", _CODE])
    )
    try:
        return ruff.result(await retrying(checked.stdout), _CODE)
    except dagger.QueryError as error:
        return ruff.unavailable(str(failures.step_error("could not run ruff", error)))
