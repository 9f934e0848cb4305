"""The main object: what a user calls."""

from typing import Annotated

import dagger
from dagger import Doc, function, generate, object_type

from .. import text
from ..checks.scan import database as databases
from ..checks.scan import scan
from ..config import catalog, lockfile
from ..errors import ConfigurationError
from ..image import base, build, platforms
from ..lock import request, resolve
from ..pipeline import compare
from ..publish import context, publish
from ..publish import plan as publish_plan
from ..tools import checkout as checkouts
from ..tools import cosign
from ..tools import registry as registries
from ..tools.engine import as_function_error
from . import affected, arguments, locks, results, tests
from . import scan as scans
from .affected import Affected
from .caching import briefly_cached, never_cached, session_cached
from .checks import Checks
from .dependencies import Dependencies
from .image import Image
from .registry import Registry
from .results import Results
from .scaffold import Scaffold


@object_type
class AirflowImages:
    """Container images for Airflow DAGs: one per DAG type, built, tested and published."""

    netrc: arguments.Netrc = None

    @function
    async def list(self, source: arguments.Source, form: arguments.Format = "table") -> str:
        """List the DAG types with their base, packages and DAG files."""
        async with checkouts.opened(source, self.netrc) as checkout:
            types = (await checkout.catalog()).declared()
            rows = catalog.rows(types, await checkout.base_reference(), await checkout.exported())
            return text.chosen(form, catalog.table(rows), catalog.as_json(rows))

    @briefly_cached
    async def build(self, source: arguments.Source, dag_type: arguments.OneDagType) -> Image:
        """Build a DAG type's image from its lock."""
        async with checkouts.opened(source, self.netrc) as checkout:
            chosen = (await checkout.catalog()).get(dag_type)  # first: a misspelt name costs no pull
            built = await build.build(chosen, checkout, await base.pinned(checkout))
        return Image.of(built, source, self.netrc)

    @briefly_cached
    async def test(
        self,
        source: arguments.Source,
        dag_type: arguments.AnyDagType = "",
        form: arguments.ReportFormat = "text",
        *,
        report_failures: arguments.ReportFailures = False,
    ) -> str:
        """Test DAG types as a pod and the scheduler would run them; fails with every finding."""
        async with checkouts.opened(source, self.netrc) as checkout:
            tests.check_format(form)
            return tests.result(await tests.test(checkout, dag_type), form, report_failures=report_failures)

    # Never remembered: advisories come by the hour.
    @never_cached
    async def scan(
        self,
        source: arguments.Source,
        dag_type: arguments.AnyDagType = "",
        database: arguments.Database = None,
        database_file: arguments.DatabaseFile = None,
        username: arguments.Username = None,
        token: arguments.Token = None,
        authority: arguments.Authority = None,
        form: arguments.ScanFormat = "table",
        *,
        refresh_database: arguments.RefreshDatabase = False,
        report_failures: arguments.ReportFailures = False,
        plain_http: arguments.PlainHttp = False,
    ) -> str:
        """Scan DAG types' images by images/policy.toml; fails unless all passed."""
        async with checkouts.opened(source, self.netrc) as checkout:
            scans.check_format(form)
            access = registries.Access(
                username=username, token=token, authority=authority, plain_http=plain_http
            )
            mirrors = tuple(database or ())
            request = databases.database_request(mirrors, database_file, access, refresh=refresh_database)
            types, problems = (await checkout.catalog()).divided(dag_type)
            result = await scan.scan_all(types, request, checkout, problems)
            return scans.result(result, form, report_failures=report_failures)

    @never_cached
    async def publish(
        self,
        source: arguments.Source,
        repository: arguments.Repository,
        dag_type: arguments.AnyDagType = "",
        registry: arguments.RegistryHost = "",
        owner: arguments.Owner = "",
        ref: arguments.Ref = "",
        username: arguments.Username = None,
        token: arguments.Token = None,
        authority: arguments.Authority = None,
        platform: arguments.Platforms = None,
        force: arguments.Force = "",
        signing_key: arguments.SigningKey = None,
        signing_password: arguments.SigningPassword = None,
        signing_environment: arguments.SigningEnvironment = None,
        identity_token: arguments.IdentityToken = None,
        oidc_request_url: arguments.OidcUrl = None,
        oidc_request_token: arguments.OidcToken = None,
        signing_config: arguments.SigningConfig = None,
        trusted_root: arguments.TrustedRoot = None,
        database: arguments.Database = None,
        database_file: arguments.DatabaseFile = None,
        allow_unscanned: arguments.AllowUnscanned = "",
        form: arguments.Format = "table",
        *,
        refresh_database: arguments.RefreshDatabase = False,
        dry_run: arguments.DryRun = False,
        report_failures: arguments.ReportFailures = False,
        plain_http: arguments.PlainHttp = False,
    ) -> str:
        """Build, test, scan, push and sign images, and tag them as git says; gives references by digest."""
        with as_function_error():
            text.chosen(form, "", "")  # first: a misspelt format costs no publish
        access = registries.Access(username=username, token=token, authority=authority, plain_http=plain_http)
        signer = cosign.Signer(
            key=signing_key,
            password=signing_password,
            environment=signing_environment,
            token=identity_token,
            url=oidc_request_url,
            request=oidc_request_token,
            config=signing_config,
            root=trusted_root,
        )
        async with checkouts.opened(source, self.netrc) as checkout:
            try:
                request = publish_plan.PlanRequest(dag_type=dag_type, registry=registry, owner=owner, ref=ref)
                plan = await publish.plan(checkout, repository, request)
            except ConfigurationError as fault:
                if not report_failures:
                    raise
                publication = await publish.unplanned(checkout, repository, dag_type, fault)
            else:
                options = context.Request(
                    platforms=platforms.parse(platform),
                    access=access,
                    force=force,
                    signer=signer,
                    database=databases.DatabaseRequest(
                        mirrors=tuple(database or ()),
                        archive=database_file,
                        access=access,
                        host=plan.names.registry,
                        refresh=refresh_database,
                    ),
                    unscanned=allow_unscanned,
                    dry_run=dry_run,
                )
                publication = await publish.publish(plan, options, checkout, repository)
            if not report_failures:
                publish.require_success(publication)
        return text.chosen(form, publication.table(), publication.as_json())

    @function
    def registry(
        self,
        host: Annotated[
            str, Doc("Registry, such as ghcr.io or 127.0.0.1:5000; default: images/publish.toml's")
        ] = "",
        owner: arguments.Owner = "",
        username: arguments.Username = None,
        token: arguments.Token = None,
        authority: arguments.Authority = None,
        *,
        plain_http: arguments.PlainHttp = False,
    ) -> Registry:
        """Plan and list what is to be published; scan, verify, rebuild, promote or roll back what is."""
        return Registry(
            netrc=self.netrc,
            host=host,
            owner=owner,
            username=username,
            token=token,
            authority=authority,
            plain_http=plain_http,
        )

    # Per session: an index may have newer versions than the engine remembers.
    @generate
    @session_cached
    async def lock(
        self,
        source: arguments.Source,
        dag_type: arguments.AnyDagType = "",
        upgrade_package: arguments.UpgradePackages = None,
        exclude_newer: arguments.ExcludeNewer = "",
        *,
        upgrade: arguments.Upgrade = False,
    ) -> dagger.Changeset:
        """Resolve pylock.toml, with hashes, against the base's Python, packages and constraints."""
        async with checkouts.opened(source, self.netrc) as checkout:
            types, problems = (await checkout.catalog()).divided(dag_type)
            reference = await checkout.base_reference()
            upgrades = request.Upgrade(
                everything=upgrade, packages=tuple(upgrade_package or ()), exclude_newer=exclude_newer
            )
            made = await resolve.lock_each(
                types,
                checkout,
                base.container(reference),
                lockfile.base_name(reference),
                upgrade=upgrades,
                netrc=self.netrc,
            )
            refused = {name: ConfigurationError(listed) for name, listed in problems.items()}
            return checkouts.changeset(source, await locks.kept({**made, **refused}, checkout))

    @function
    def dependencies(self, dag_type: arguments.AnyDagType = "") -> Dependencies:
        """List newer versions, test another Airflow, or move the base."""
        return Dependencies(netrc=self.netrc, dag_type=dag_type)

    @function
    async def affected(
        self,
        source: arguments.Source,
        repository: arguments.Repository,
        since: arguments.Since = "",
        event_file: arguments.OptionalEventFile = None,
    ) -> Affected:
        """List the DAG types that a change affects, and why; nothing is built."""
        with as_function_error():
            if bool(since) == (event_file is not None):
                flags = "--since REF, or in GitHub Actions --event $GITHUB_EVENT_PATH"
                raise ConfigurationError([f"choose what to compare with: {flags}"])
        if event_file is None:
            return affected.of(await compare.affected(repository, source, since))
        event = await affected.event_of(event_file)
        return affected.of(await compare.by_event(repository, source, event), event)

    @function
    async def report(
        self,
        source: arguments.Source,
        results_folder: arguments.ResultsFolder,
    ) -> Results:
        """Report on what jobs published: summary, annotations, reports, verdict."""
        with as_function_error():
            return await results.read(results_folder, source)

    @function
    def scaffold(self) -> Scaffold:
        """Begin a DAG type, or adopt a repository of Dockerfiles."""
        return Scaffold(netrc=self.netrc)

    @function
    def checks(self) -> Checks:
        """Check all DAG types: what `dagger check` runs."""
        return Checks(netrc=self.netrc)
