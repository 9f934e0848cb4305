"""What is known of DAG types, read from the files that jobs left: a summary, annotations, a verdict."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import dagger
from dagger import Doc, dag, function, object_type

from ..checks import report_formats
from ..checks.scan import formats
from ..checks.scan.sarif import documents
from ..checks.scan.verdict import Verdict, not_scanned
from ..config import lockfile, names
from ..errors import CheckError, ConfigurationError
from ..pipeline import event, results
from ..pipeline import text as pipeline_text
from ..pipeline.github import annotations, comments, outputs, summary
from ..pipeline.github.outputs import Plan
from ..publish.publication import Publication
from ..tools import loopback
from ..tools.engine import as_function_error, retrying
from .arguments import EventFile
from .output import shown


@object_type
class Results:
    """Results of DAG types: each published.json below a folder, and the plan.json if there is one."""

    publication: str
    plan: str
    source: dagger.Directory

    # A remembered call prints nothing.
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def sync(self) -> str:
        """Print what `gate` says; fails as it does. The CLI calls it where a call ends in results."""
        return await shown("results.txt", self.gate())

    @function
    def gate(self) -> str:
        """The table; fails unless every DAG type of the plan has a result, and passed."""
        done, missing = self._done(), self._missing()
        text = annotations.harmless(summary.gate(done, missing))
        with as_function_error():
            if done.failed or missing:
                raise CheckError([text])
        return text

    @function
    def summary(
        self,
        *,
        attested: Annotated[
            bool, Doc("GitHub attested what was pushed: tell the command of its own that verifies it")
        ] = False,
    ) -> str:
        """Markdown for $GITHUB_STEP_SUMMARY, or any other page."""
        return summary.markdown(self._done(), self._plan(), self._missing(), attested=attested)

    @function
    def annotations(self) -> str:
        """What was found, as commands that GitHub shows on the lines of the files."""
        return annotations.annotations(self._done(), self._missing())

    @function
    def jobs(self) -> str:
        """Lines for $GITHUB_OUTPUT, of a plan: matrix, any, comment, upload."""
        with as_function_error():
            return outputs.jobs(self._planned())

    @function
    def planned(self) -> str:
        """The plan as Markdown for $GITHUB_STEP_SUMMARY: which DAG types, and why."""
        with as_function_error():
            return pipeline_text.markdown(self._planned().found)

    @function
    def subject(self) -> str:
        """Lines for $GITHUB_OUTPUT, of a result of one DAG type: name and digest of what was pushed."""
        rows = self._done().rows
        with as_function_error():
            if len(rows) > 1:
                told = f"results of {', '.join(row.dag for row in rows)}: expected those of one DAG type"
                raise ConfigurationError([told])
        return outputs.subject(rows[0] if rows else None)

    @function
    def tests(
        self, form: Annotated[str, dagger.Name("format"), Doc("text, markdown, junit or json")] = "junit"
    ) -> dagger.File:
        """The reports of all tests as a file."""
        found = [report for row in self._done().rows for report in row.tests]
        with as_function_error():
            return dag.file(report_formats.FILE_NAMES.get(form, form), report_formats.render(form, found))

    @function
    async def scans(
        self,
        form: Annotated[
            str, dagger.Name("format"), Doc("table, json, markdown, sarif, junit or html")
        ] = "sarif",
    ) -> dagger.File:
        """The verdicts of all scans as a file."""
        with as_function_error():
            text = formats.render(form, self._verdicts(), await self._locks())
            return dag.file(formats.FILE_NAMES[form], text)

    @function
    async def sarif(self) -> dagger.Directory:
        """The same as SARIF in files that GitHub's code scanning takes: scan-1.sarif, scan-2.sarif, ….

        Each needs an upload of its own: upload-sarif makes one of all in a folder, and of more than 20 DAG
        types that is refused.
        """
        folder = dag.directory()
        for number, text in enumerate(documents(self._verdicts(), await self._locks()), start=1):
            folder = folder.with_new_file(f"scan-{number}.sarif", text)
        return folder

    @function
    async def uploads(self) -> str:
        """Lines for $GITHUB_OUTPUT: files, the names of what `sarif` gives, for a job each."""
        return outputs.files(await retrying((await self.sarif()).entries))

    # Never remembered: it writes.
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def comment(
        self,
        event_file: EventFile,
        token: Annotated[dagger.Secret, Doc("Token that may write comments: env://GITHUB_TOKEN")],
    ) -> str:
        """Write the summary as a comment on the event's pull request, or bring the one there up to date."""
        with as_function_error():
            about = event.parse(await retrying(event_file.contents))
            if not about.commented:
                return f"no comment: {about.told()}"
            address = await _reached(comments.checked(about.comments))
            text = comments.body(self.summary())
            nothing = not self._done().rows and not self._missing()
            secret = (await token.plaintext()).strip()
            return await comments.post(address, secret, text, only_update=nothing)

    def _done(self) -> Publication:
        return Publication.model_validate_json(self.publication)

    def _plan(self) -> Plan | None:
        return Plan.model_validate_json(self.plan) if self.plan else None

    def _planned(self) -> Plan:
        plan = self._plan()
        if plan is None:
            told = f"--results holds no {outputs.PLAN}: write one with affected or due: … plan export --path"
            raise ConfigurationError([f"{told} results/{outputs.PLAN}"])
        return plan

    def _verdicts(self) -> list[Verdict]:
        now = datetime.now(UTC)
        return [
            verdict
            for row in self._done().rows
            if row.made
            for verdict in row.scans or (not_scanned(row.dag, row.digest, "", now, row.problem),)
        ]

    async def _locks(self) -> dict[str, str]:
        paths = await self.source.glob(f"images/*/{lockfile.NAME}")
        return {Path(path).parent.name: await retrying(self.source.file(path).contents) for path in paths}

    def _missing(self) -> Mapping[str, Sequence[str]]:
        return summary.lost(self._done(), self._plan())


async def read(folder: dagger.Directory, source: dagger.Directory) -> Results:
    """The results in a folder, however deep: jobs bring each their own.

    Args:
        folder: with published.json files and a plan.json.
        source: the repository: what a scan found is shown on the lines of its locks.

    Raises:
        ConfigurationError: a file is none of ours, two speak of one DAG type, or there are two plans.
    """
    paths = [path for path in await folder.glob("**/*.json") if Path(path).name in results.NAMES]
    texts = {path: await retrying(folder.file(path).contents) for path in paths}
    done, plan = results.parse(texts)
    return Results(publication=done.model_dump_json(), plan=plan, source=source)


async def _reached(address: str) -> str:
    """An address that this program reaches: the user's own loopback by a tunnel, any other as it is."""
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    if scheme != "http" or not names.is_loopback(host):
        return address
    name, _, port = host.rpartition(":")
    service = await (await loopback.service(name, int(port))).start()
    return f"{await service.endpoint(scheme='http')}{slash}{path}"
