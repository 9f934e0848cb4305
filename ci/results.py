"""What is known of DAG types, read from the files that jobs left: a summary, annotations, a verdict."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import dagger
from dagger import Doc, dag, function, object_type

from . import loopback, names, publication, report_formats, scan_formats
from .arguments import EventFile
from .boundary import plain_faults, printed
from .changes import telling
from .errors import CheckError, ConfigurationError
from .github import commands, comments, event, outputs, summary
from .github.outputs import Plan
from .publication import Publication
from .verdict import not_scanned


@object_type
class Results:
    """Results of DAG types: each published.json below a folder, and the plan.json if there is one."""

    publication: str
    plan: str
    locks: list[str]

    # A remembered call prints nothing.
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def sync(self) -> str:
        """Print what `gate` says; fails as it does. The CLI calls it where a call ends in results."""
        return await printed("results.txt", self.gate())

    @function
    def gate(self) -> str:
        """The table; fails unless every DAG type of the plan has a result, and passed."""
        done, missing = self._done(), self._missing()
        told = [done.table()] if done.rows else [] if missing else ["nothing was to be made"]
        told += [f"{name}: FAILED: its job ended before there was a result" for name in missing]
        text = commands.harmless("\n".join(told))
        with plain_faults():
            if done.failed or missing:
                raise CheckError([text])
        return text

    @function
    def summary(self) -> str:
        """Markdown for $GITHUB_STEP_SUMMARY, or any other page."""
        return summary.markdown(self._done(), self._plan(), self._missing())

    @function
    def annotations(self) -> str:
        """What was found, as commands that GitHub shows on the lines of the files."""
        return commands.annotations(self._done(), self._missing())

    @function
    def jobs(self) -> str:
        """Lines for $GITHUB_OUTPUT, of a plan: matrix, any, comment, upload."""
        with plain_faults():
            return outputs.jobs(self._planned())

    @function
    def planned(self) -> str:
        """The plan as Markdown for $GITHUB_STEP_SUMMARY: which DAG types, and why."""
        with plain_faults():
            return telling.markdown(self._planned().found)

    @function
    def subject(self) -> str:
        """Lines for $GITHUB_OUTPUT, of a result of one DAG type: name and digest of what was pushed."""
        rows = self._done().rows
        with plain_faults():
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
        with plain_faults():
            return dag.file(report_formats.FILE_NAMES.get(form, form), report_formats.render(form, found))

    @function
    def scans(
        self,
        form: Annotated[
            str, dagger.Name("format"), Doc("table, json, markdown, sarif, junit or html")
        ] = "sarif",
    ) -> dagger.File:
        """The verdicts of all scans as a file."""
        now = datetime.now(UTC)
        found = [
            verdict
            for row in self._done().rows
            for verdict in row.scans or (not_scanned(row.dag, row.digest, "", now, row.problem),)
        ]
        locks = dict(zip(self.locks[::2], self.locks[1::2], strict=True))
        with plain_faults():
            text = scan_formats.render(form, found, locks)
            return dag.file(scan_formats.FILE_NAMES[form], text)

    # Never remembered: it writes.
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def comment(
        self,
        event_file: EventFile,
        token: Annotated[dagger.Secret, Doc("Token that may write comments: env://GITHUB_TOKEN")],
    ) -> str:
        """Write the summary as a comment on the event's pull request, or bring the one there up to date."""
        with plain_faults():
            about = event.parse(await event_file.contents())
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

    def _missing(self) -> Sequence[str]:
        known = {row.dag for row in self._done().rows}
        plan = self._plan()
        return [name for name in plan.names if name not in known] if plan else []


async def read(folder: dagger.Directory, locks: dict[str, str]) -> Results:
    """The results in a folder, however deep: jobs bring each their own.

    Args:
        folder: with published.json files and a plan.json.
        locks: the text of each type's pylock.toml, by the type's name.

    Raises:
        ConfigurationError: a file is none of ours, or two speak of one DAG type.
    """
    ours = (outputs.PLAN, publication.FILE)
    there = [path for path in await folder.glob("**/*.json") if Path(path).name in ours]
    texts = {path: await folder.file(path).contents() for path in there}
    problems: list[str] = []
    plans = [text for path, text in texts.items() if Path(path).name == outputs.PLAN]
    found: list[Publication] = []
    for path, text in sorted(texts.items()):
        if Path(path).name == publication.FILE:
            try:
                found.append(publication.parse(text))
            except ValueError as error:
                problems.append(f"--results: {path} can't be read: {str(error).splitlines()[0]}")
    try:
        joined = publication.joined(found)
        plan = Plan.model_validate_json(plans[0]).model_dump_json() if plans else ""
    except ValueError as error:
        raise ConfigurationError([*problems, f"--results: {str(error).splitlines()[0]}"]) from None
    if problems:
        raise ConfigurationError(problems)
    return Results(
        publication=joined.model_dump_json(),
        plan=plan,
        locks=[each for pair in sorted(locks.items()) for each in pair],
    )


async def _reached(address: str) -> str:
    """An address that this program reaches: the user's own loopback by a tunnel, any other as it is."""
    scheme, _, rest = address.partition("://")
    host, slash, path = rest.partition("/")
    if scheme != "http" or not names.is_loopback(host):
        return address
    name, _, port = host.rpartition(":")
    service = await (await loopback.service(name, int(port))).start()
    return f"{await service.endpoint(scheme='http')}{slash}{path}"
