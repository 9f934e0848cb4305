"""The results of DAG types, read from the files that jobs left: a verdict, a report, a comment."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import dagger
from dagger import Doc, dag, function, object_type

from ..config import lockfile, names
from ..errors import CheckError
from ..pipeline import event, report_files, results
from ..pipeline.github import comments, outputs, summary
from ..publish import publication as publications
from ..tools import checkout as checkouts
from ..tools import loopback
from ..tools.engine import as_function_error, retrying
from .arguments import EventFile
from .caching import never_cached
from .output import shown


@object_type
class Results:
    """Results of DAG types: each published.json below a folder, and the plan.json if there is one."""

    publication: str
    plan: str
    source: dagger.Directory

    # A remembered call shows nothing.
    @never_cached
    async def sync(self) -> str:
        """Show the table; fails as `gate` does. The CLI calls it where a call ends here."""
        return await shown(self.gate())

    @function
    def gate(self) -> str:
        """Return the table; fails unless every DAG type of the plan has a result, and passed."""
        done = self._done()
        passed, table = report_files.gate(done, self._plan())
        with as_function_error():
            if not passed:
                raise CheckError([table])
        return table

    @function
    async def files(
        self,
        *,
        attested: Annotated[
            bool, Doc("Show the command that verifies GitHub's own attestation, too")
        ] = False,
    ) -> dagger.Directory:
        """Return summary.md, annotations.txt, outputs.env, tests.xml, scan.sarif, sarif/ and verdicts.

        It doesn't fail where a DAG type did: `verdict` holds "passed" or "failed", and verdict.txt what
        `gate` says.
        """
        done = self._done()
        verdicts = report_files.verdicts(done, datetime.now(UTC))
        locks = await self._locks({verdict.dag for verdict in verdicts})
        with as_function_error():
            texts = report_files.of_results(done, self._plan(), verdicts, locks, attested=attested)
        return checkouts.with_files(dag.directory(), texts)

    # Never remembered: it writes.
    @never_cached
    async def comment(
        self,
        event_file: EventFile,
        token: Annotated[dagger.Secret, Doc("Token that may write comments: env://GITHUB_TOKEN")],
    ) -> str:
        """Write the summary as a comment on the event's pull request, or update that comment."""
        with as_function_error():
            about = event.parse(await retrying(event_file.contents))
            if not about.commented:
                return f"no comment: {about.describe()}"
            address = await _reached(comments.checked_address(about.comments))
            done, plan = self._done(), self._plan()
            text = comments.body(summary.markdown(done, plan))
            secret = (await token.plaintext()).strip()
            return await comments.post(
                address, secret, text, only_update=not done.rows and not (plan and plan.found.affected)
            )

    def _done(self) -> "publications.Publication":
        return publications.Publication.model_validate_json(self.publication)

    def _plan(self) -> "outputs.JobPlan | None":
        return outputs.JobPlan.model_validate_json(self.plan) if self.plan else None

    async def _locks(self, types: set[str]) -> dict[str, str]:
        paths = await self.source.glob(f"images/*/{lockfile.NAME}") if types else []
        locks = {path: name for path in paths if (name := Path(path).parent.name) in types}
        return {name: await retrying(self.source.file(path).contents) for path, name in locks.items()}


async def read(files: dagger.Directory, source: dagger.Directory) -> Results:
    """Return the results in a folder, however deep: jobs bring each their own.

    ``source`` is the repository: what a scan found is shown on the lines of its locks. Raise
    ConfigurationError if a file is none of ours, two speak of one DAG type, or there are two plans.
    """
    paths = [path for path in await files.glob("**/*.json") if Path(path).name in results.NAMES]
    texts = {path: await retrying(files.file(path).contents) for path in paths}
    done, plan = results.parse(texts)
    return Results(publication=done.model_dump_json(), plan=plan, source=source)


async def _reached(address: str) -> str:
    """Return an address that this program reaches: by a tunnel for the user's own loopback."""
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    if scheme != "http" or not names.is_loopback(host):
        return address
    name, _, port = host.rpartition(":")
    service = await (await loopback.service(name, int(port))).start()
    return f"{await service.endpoint(scheme='http')}{slash}{path}"
