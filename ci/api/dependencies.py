"""The calls on dependencies: what could be newer, a trial of another Airflow, and a move of the base."""

from typing import Annotated

import dagger
from dagger import Doc, Name, field, object_type

from .. import text as ci_text
from ..checks.upgrade import upgrade
from ..config import lockfile
from ..errors import ConfigurationError
from ..image import base
from ..lock import bump, outdated, resolve
from ..tools import checkout as checkouts
from ..tools.engine import as_function_error
from . import tests
from .arguments import ExcludeNewer, Format, ReportFailures, ReportFormat, Source
from .caching import never_cached
from .output import Group, shown


@object_type
class Bump:
    """A move of the base image, with every lock made for it."""

    text: Annotated[str, Doc("What moves, as Markdown: the body of a pull request")] = field()
    changes: Annotated[dagger.Changeset, Doc("The changed files")] = field()

    # A remembered call shows nothing.
    @never_cached
    async def sync(self) -> str:
        """Show the text. The CLI calls it where a call ends here."""
        return await shown(self.text)


@object_type
class Dependencies(Group):
    """What DAG types depend on, and the base that they share."""

    netrc: dagger.Secret | None
    dag_type: str

    # Never remembered: an index has newer packages by the hour.
    @never_cached
    async def outdated(self, source: Source, exclude_newer: ExcludeNewer = "", form: Format = "table") -> str:
        """List newer versions of what is locked: allowed by the base, released, and what holds them back."""
        async with checkouts.opened(source, self.netrc) as checkout:
            types = (await checkout.catalog()).chosen(self.dag_type)
            reference = await checkout.base_reference()
            resolver = await resolve.resolver(
                base.container(reference), lockfile.base_name(reference), self.netrc
            )
            report = await resolve.outdated(types, checkout, resolver, exclude_newer)
            return ci_text.chosen(form, outdated.table(report), outdated.as_json(report))

    # Never remembered: an index has newer packages by the hour.
    @never_cached
    async def upgrade_test(
        self,
        source: Source,
        airflow: Annotated[
            str, Doc("Version to try, such as 3.2.1, or 3.2.x for its newest release; on the base's Python")
        ] = "",
        other_base: Annotated[
            str, Name("base"), Doc("Reference of a base image to try, instead of a version")
        ] = "",
        exclude_newer: ExcludeNewer = "",
        form: ReportFormat = "text",
        *,
        report_failures: ReportFailures = False,
    ) -> str:
        """Test DAG types on another Airflow, with locks made for it in memory; nothing is changed."""
        async with checkouts.opened(source, self.netrc) as checkout:
            tests.check_format(form)
            if bool(airflow) == bool(other_base):
                raise ConfigurationError(["choose what to try: --airflow 3.2.x, or --base <reference>"])
            types = (await checkout.catalog()).chosen(self.dag_type)
            request = upgrade.UpgradeRequest(
                airflow=airflow, base=other_base, exclude_newer=exclude_newer, netrc=self.netrc
            )
            reports = await upgrade.upgrade_test(types, checkout, request)
            return tests.result(reports, form, report_failures=report_failures)

    # Never remembered: an index has newer releases by the hour.
    @never_cached
    async def bump(
        self,
        source: Source,
        airflow: Annotated[
            str,
            Doc("Version to move to, such as 3.2.1, or 3.2.x for its newest release; default: its series"),
        ] = "",
        exclude_newer: ExcludeNewer = "",
    ) -> Bump:
        """Move the base in images/base.toml to the newest release, and lock every DAG type for it."""
        with as_function_error():
            if self.dag_type:
                name = self.dag_type
                raise ConfigurationError([f"--dag {name}: bump moves the base of all DAG types: drop --dag"])
        async with checkouts.opened(source, self.netrc) as checkout:
            request = bump.BumpRequest(airflow=airflow, exclude_newer=exclude_newer, netrc=self.netrc)
            bumped = await bump.bump(checkout, request)
            return Bump(text=bumped.text, changes=checkouts.changeset(source, bumped.files))
