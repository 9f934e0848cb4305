"""The checks of a repository's DAG types: what `dagger check` runs."""

import dagger
from dagger import check, object_type

from ..checks.scan import database, formats, scan
from ..tools import checkout as checkouts
from . import tests
from .arguments import Source
from .caching import never_cached, session_cached
from .output import Group


@object_type
class Checks(Group):
    """Checks of every DAG type."""

    netrc: dagger.Secret | None

    @check
    @session_cached
    async def dags(self, source: Source) -> None:
        """Test every DAG type: image, DAGs, imports."""
        async with checkouts.opened(source, self.netrc) as checkout:
            print(tests.result(await tests.test(checkout, "")))  # noqa: T201 - a check shows what it printed

    @check
    @never_cached
    async def vulnerabilities(self, source: Source) -> None:
        """Scan every DAG type's image; fails for an invalid policy or an expired ignore, too."""
        async with checkouts.opened(source, self.netrc) as checkout:
            types, problems = (await checkout.catalog()).divided("")
            result = await scan.scan_all(types, database.DatabaseRequest(test=True), checkout, problems)
            print(formats.gate(result, test=True))  # noqa: T201 - a check shows what it printed
