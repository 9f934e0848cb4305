"""A registry and how to reach it, and the calls on what is published there."""

from typing import Annotated

import dagger
from dagger import Doc, function, object_type

from .. import text
from ..checks.scan import database as databases
from ..checks.scan import rescan, rescan_targets
from ..config import names, revision
from ..config import publish as config_publish
from ..errors import ConfigurationError
from ..image import base, shared_layers
from ..pipeline import choice, due, event
from ..publish import plan, promote, publish, tags
from ..tools import checkout as checkouts
from ..tools import cosign, git
from ..tools import registry as registries
from ..tools.engine import as_function_error
from . import affected, arguments
from . import scan as scans
from .affected import Affected
from .caching import briefly_cached, never_cached
from .published_image import PublishedImage, RegistryGroup


@object_type
class Registry(RegistryGroup):
    """A registry and how to reach it."""

    host: str
    owner: str

    @briefly_cached
    async def plan(
        self,
        source: arguments.Source,
        repository: arguments.Repository,
        dag_type: arguments.AnyDagType = "",
        ref: arguments.Ref = "",
        form: arguments.Format = "table",
        *,
        sharing: Annotated[
            bool, Doc("Build the images, and show which layers they share or could share")
        ] = False,
    ) -> str:
        """Show what publish would push, under which tags and why; the registry is not asked."""
        async with checkouts.opened(source, self.netrc) as checkout:
            planned = await self._plan(checkout, repository, dag_type, ref)
            shown = text.chosen(form, plan.table(planned), plan.as_json(planned))
            if not sharing:
                return shown
            types = [type_plan.dag_type for type_plan in planned.types]
            return f"{shown}\n{await shared_layers.savings(types, checkout, await base.pinned(checkout))}"

    # Never remembered: a registry has other images by the minute.
    @never_cached
    async def due(
        self,
        source: arguments.Source,
        repository: arguments.Repository,
        dag_type: arguments.AnyDagType = "",
        event_file: arguments.OptionalEventFile = None,
        ref: arguments.Ref = "",
    ) -> Affected:
        """List the DAG types without a published image of what is checked out, and why; nothing is built."""
        trigger = await affected.event_of(event_file) if event_file else None
        with as_function_error():
            if trigger and trigger.kind in (event.EventKind.PULL_REQUEST, event.EventKind.MERGE_GROUP):
                raise ConfigurationError([f"nothing is published for a {trigger.kind}: use affected"])
        name = dag_type or (trigger.dag if trigger else "")
        ref = ref or (trigger.ref if trigger else "")
        async with checkouts.opened(source, self.netrc) as checkout:
            reason = trigger.describe() if trigger else (ref or "what is checked out")
            catalog = await checkout.catalog()
            if name:
                findings = choice.named(catalog, [name], reason)
            elif trigger and trigger.kind is event.EventKind.DISPATCH:
                findings = choice.everything(catalog, reason)
            else:
                planned = await self._plan(checkout, repository, "", ref, skip_invalid=True)
                base_reference = await checkout.base_reference()
                request = due.DueRequest(source=checkout.tree, ref=ref, base=base_reference, trigger=reason)
                findings = await due.due(catalog, repository, planned, self.access(), request)
        return affected.of(findings, trigger)

    # Never remembered: advisories come by the hour, and tags move.
    @never_cached
    async def scan(
        self,
        source: arguments.Source,
        repository: arguments.Repository,
        dag_type: arguments.AnyDagType = "",
        tag: Annotated[
            str, Doc("Version of the images, as publish tags it: main, v1.2.0; default: latest")
        ] = "",
        database: arguments.Database = None,
        database_file: arguments.DatabaseFile = None,
        form: arguments.ScanFormat = "table",
        *,
        refresh_database: arguments.RefreshDatabase = False,
        report_failures: arguments.ReportFailures = False,
    ) -> str:
        """Scan published images by today's database and policy; fails unless all passed."""
        async with checkouts.opened(source) as checkout:
            scans.check_format(form)
            catalog = await checkout.catalog()
            types = catalog.chosen(dag_type)
            settings = config_publish.parse(await checkout.text(config_publish.FILE))
            origin = revision.origin((await git.revision(repository, checkout.tree)).remote)
            called = names.names(settings, self.host, self.owner, origin, catalog.names)
            owner = self.owner or (origin.owner if origin else "")
            registry = await registries.connect(called.registry, self.access(), owner)
            request = databases.DatabaseRequest(
                mirrors=tuple(database or ()),
                archive=database_file,
                access=self.access(),
                host=called.registry,
                refresh=refresh_database,
            )
            targets = rescan_targets.targets(
                [dag_type.name for dag_type in types], called, tag or tags.LATEST
            )
            result = await rescan.rescan(targets, registry, request, checkout)
            return scans.result(result, form, report_failures=report_failures)

    @never_cached
    async def rollback(
        self, source: arguments.Source, repository: arguments.Repository, dag_type: arguments.OneDagType
    ) -> str:
        """Move latest of a DAG type to the release before the one it points to; nothing is built."""
        async with checkouts.opened(source) as checkout:
            planned = await self._plan(checkout, repository, dag_type, "")
            registry = await registries.connect(planned.names.registry, self.access(), planned.owner)
            return await promote.rollback(dag_type, planned.names, registry)

    @never_cached
    async def keygen(
        self, password: Annotated[dagger.Secret, Doc("Password to encrypt the private key with")]
    ) -> dagger.Directory:
        """Make a key pair for signing: a private key, encrypted with the password, and its public key."""
        with as_function_error():
            if not await password.plaintext():
                raise ConfigurationError(["--password is empty: the private key would not be encrypted"])
            return cosign.key_pair(password)

    @function
    def image(
        self,
        reference: Annotated[
            str, Doc("Its name with a digest, ghcr.io/owner/name@sha256:…; reproduce accepts :tag, too")
        ],
    ) -> PublishedImage:
        """Select a published image, to verify, reproduce or promote."""
        return PublishedImage(
            reference=reference,
            netrc=self.netrc,
            host=self.host,
            owner=self.owner,
            username=self.username,
            token=self.token,
            authority=self.authority,
            plain_http=self.plain_http,
        )

    async def _plan(
        self,
        checkout: "checkouts.Checkout",
        repository: dagger.Directory,
        dag_type: str,
        ref: str,
        *,
        skip_invalid: bool = False,
    ) -> "plan.PublishPlan":
        request = plan.PlanRequest(dag_type=dag_type, registry=self.host, owner=self.owner, ref=ref)
        return await publish.plan(checkout, repository, request, skip_invalid=skip_invalid)
