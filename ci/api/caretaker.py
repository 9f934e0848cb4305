"""The calls of a scheduled pipeline: what is published scanned anew, and the base moved."""

import dagger
from dagger import function

from ..checks.scan import rescan, rescan_targets
from ..checks.scan.database import DatabaseRequest
from ..config import names, publish, revision
from ..lock import bump
from ..lock.bump import Bump
from ..publish.tags import LATEST
from ..tools import git
from ..tools import registry as registries
from ..tools.checkout import Checkout, Netrc, Source, opened
from ..tools.git import Repository
from ..tools.registry import Access
from .arguments import (
    AnyDagType,
    Authority,
    Database,
    DatabaseFile,
    ExcludeNewer,
    Owner,
    PlainHttp,
    PublishedTag,
    RegistryHost,
    ToAirflow,
    Token,
    Username,
)
from .scan import Scan
from .scan import of as scan_of


class Caretaker:
    """A part of the main object."""

    source: Source
    netrc: Netrc

    # Never remembered: advisories come by the hour, and tags move.
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def rescan(
        self,
        repository: Repository,
        dag_type: AnyDagType = "",
        tag: PublishedTag = LATEST,
        registry: RegistryHost = "",
        owner: Owner = "",
        username: Username = None,
        token: Token = None,
        authority: Authority = None,
        database: Database = None,
        database_file: DatabaseFile = None,
        *,
        plain_http: PlainHttp = False,
    ) -> Scan:
        """Scan the images that are published, by today's database and policy; fails unless all passed."""
        async with opened(self.source) as sources:
            types = (await sources.catalog()).chosen(dag_type)
            settings = publish.parse(await sources.text(publish.FILE))
            found = revision.origin((await git.revision(repository)).remote)
            called = names.names(settings, registry, owner, found)
            access = Access(username=username, token=token, authority=authority, plain_http=plain_http)
            place = await registries.connect(called.registry, access, owner or (found.owner if found else ""))
            asked = DatabaseRequest(
                mirrors=tuple(database or ()), archive=database_file, access=access, host=called.registry
            )
            targets = rescan_targets.targets([dag_type.name for dag_type in types], called, tag)
            return scan_of(await rescan.rescan(targets, place, asked, sources))

    # Never remembered: an index has newer releases by the hour.
    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def bump(self, airflow: ToAirflow = "", exclude_newer: ExcludeNewer = "") -> dagger.Changeset:
        """Move the base in images/base.toml to its series' newest release, and lock every DAG type for it."""
        async with opened(self.source, self.netrc) as sources:
            done = await _bumped(sources, airflow, exclude_newer)
            print(done.text)  # noqa: T201 - the CLI shows nothing of a changeset but its files
            return bump.changeset(done, self.source)

    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def bump_text(self, airflow: ToAirflow = "", exclude_newer: ExcludeNewer = "") -> str:
        """What bump would change, as text: the body of a pull request; nothing is changed."""
        async with opened(self.source, self.netrc) as sources:
            return (await _bumped(sources, airflow, exclude_newer)).text


async def _bumped(sources: Checkout, airflow: str, exclude_newer: str) -> Bump:
    requested = bump.BumpRequest(airflow=airflow, exclude_newer=exclude_newer, netrc=sources.netrc)
    return await bump.bump(sources, requested)
