"""The calls that test DAG types: on the pinned base, on another one, and by running a DAG for real."""

from dagger import check, function

from ..checks.dags import all_types
from ..checks.run import run
from ..checks.run.request import SECONDS, Request
from ..checks.upgrade import upgrade
from ..errors import ConfigurationError
from ..image import base
from ..tools.checkout import Netrc, Source, opened
from . import tests
from .arguments import (
    Airflow,
    AnyDagType,
    DagId,
    EnvFile,
    ExcludeNewer,
    LogicalDate,
    OneDagType,
    OtherBase,
    TaskId,
    Timeout,
)
from .tests import Reports


class Tester:
    """A part of the main object."""

    source: Source
    netrc: Netrc

    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def test(self, dag_type: AnyDagType = "") -> Reports:  # noqa: PT028 - no test of pytest's
        """Test DAG types as a pod and the scheduler would run them; fails with every finding."""
        async with opened(self.source, self.netrc) as sources:
            types = (await sources.catalog()).chosen(dag_type)
            below = await base.pinned(sources)
            return tests.of(await all_types.test_all(types, sources, below))

    @check
    @function(cache="session")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def dags(self) -> None:
        """Tests of every DAG type: image, DAGs, imports."""
        await (await self.test()).sync()

    # Never remembered: a run is an effect.
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def run(
        self,
        dag_type: OneDagType,
        dag_id: DagId,
        task_id: TaskId = "",
        logical_date: LogicalDate = "",
        env_file: EnvFile = None,
        timeout: Timeout = SECONDS,  # noqa: ASYNC109 - Airflow is ended by it, not this function
    ) -> str:
        """Run a DAG, or one task of it, against a PostgreSQL; fails with the run's own exit code."""
        async with opened(self.source, self.netrc) as sources:
            request = Request(dag=dag_id, task=task_id, date=logical_date, seconds=timeout)
            found = (await sources.catalog()).get(dag_type)
            below = await base.pinned(sources)
            return await run.run(found, request, sources, below, env_file)

    # Never remembered: an index has newer packages by the hour.
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def upgrade_test(
        self,
        airflow: Airflow = "",
        other_base: OtherBase = "",
        dag_type: AnyDagType = "",
        exclude_newer: ExcludeNewer = "",
    ) -> Reports:
        """Test DAG types on another Airflow, with locks made for it in memory; nothing is changed."""
        async with opened(self.source, self.netrc) as sources:
            if bool(airflow) == bool(other_base):
                raise ConfigurationError(["name what to try: --airflow 3.2.x, or --base <reference>"])
            types = (await sources.catalog()).chosen(dag_type)
            asked = upgrade.UpgradeRequest(
                airflow=airflow, base=other_base, exclude_newer=exclude_newer, netrc=self.netrc
            )
            return tests.of(await upgrade.upgrade_test(types, sources, asked))
