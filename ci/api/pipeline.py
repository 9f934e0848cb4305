"""The calls that a pipeline is made of: what is to be made, and what became of it."""

from dagger import function

from ..errors import ConfigurationError
from ..pipeline import choice, compare, due, event
from ..pipeline.due import DueRequest
from ..pipeline.event import Event
from ..publish import publish
from ..publish.plan import PlanRequest
from ..tools.checkout import Netrc, Source, opened
from ..tools.engine import as_function_error, retrying
from ..tools.git import Repository
from ..tools.registry import Access
from . import affected, results
from .affected import Affected
from .arguments import (
    AnyDagType,
    Authority,
    EventFile,
    MaybeEventFile,
    Owner,
    PlainHttp,
    Ref,
    RegistryHost,
    ResultsFolder,
    Since,
    Token,
    Username,
)
from .results import Results


class Pipeline:
    """A part of the main object."""

    source: Source
    netrc: Netrc

    @function
    async def affected(
        self, repository: Repository, since: Since = "", event_file: MaybeEventFile = None
    ) -> Affected:
        """Which DAG types a change touches, and why; nothing is built."""
        with as_function_error():
            if bool(since) == (event_file is not None):
                told = "--since REF, or in GitHub Actions --event $GITHUB_EVENT_PATH"
                raise ConfigurationError([f"name what to compare with: {told}"])
        if event_file is None:
            return affected.of(await compare.affected(repository, since))
        about = await _event(event_file)
        return affected.of(await compare.by_event(repository, about), about)

    # Never remembered: a registry has other images by the minute.
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def due(
        self,
        repository: Repository,
        dag_type: AnyDagType = "",
        event_file: MaybeEventFile = None,
        ref: Ref = "",
        registry: RegistryHost = "",
        owner: Owner = "",
        username: Username = None,
        token: Token = None,
        authority: Authority = None,
        *,
        plain_http: PlainHttp = False,
    ) -> Affected:
        """Which DAG types have no published image of what is checked out, and why; nothing is built."""
        about = await _event(event_file) if event_file else None
        with as_function_error():
            if about and about.kind in (event.EventKind.PULL_REQUEST, event.EventKind.MERGE_GROUP):
                told = f"nothing is published for a {about.kind}: ask with affected"
                raise ConfigurationError([told])
        asked = dag_type or (about.dag if about else "")
        named = ref or (about.ref if about else "")
        async with opened(self.source, self.netrc) as sources:
            told = about.describe() if about else (named or "what is checked out")
            catalog = await sources.catalog()
            if asked:
                found = choice.named(catalog, [asked], told)
            elif about and about.kind is event.EventKind.DISPATCH:
                found = choice.everything(catalog, told)
            else:
                request = PlanRequest(registry=registry, owner=owner, ref=named)
                planned = await publish.plan(sources, repository, request, skip_invalid=True)
                access = Access(username=username, token=token, authority=authority, plain_http=plain_http)
                wanted = DueRequest(ref=named, base=await sources.base_reference(), trigger=told)
                found = await due.due(catalog, repository, planned, access, wanted)
        return affected.of(found, about)

    @function
    async def report(self, results_folder: ResultsFolder) -> Results:
        """What jobs left of their publishes, as a summary, annotations, reports, and a verdict."""
        with as_function_error():
            return await results.read(results_folder, self.source)


async def _event(file: EventFile) -> Event:
    with as_function_error():
        return event.parse(await retrying(file.contents))
