"""The calls that publish: what a user asks for, put in order, and the result as text or as a file."""

from dataclasses import dataclass

import dagger
from dagger import dag, function

from .. import text
from ..checks.scan.database import DatabaseRequest
from ..errors import ConfigurationError
from ..image import platforms
from ..publish import publication, publish
from ..publish.context import Request
from ..publish.plan import PlanRequest
from ..publish.publication import Publication
from ..tools.checkout import Netrc, Source, opened
from ..tools.cosign import Signer
from ..tools.engine import as_function_error
from ..tools.git import Repository
from ..tools.registry import Access
from .arguments import (
    AllowUnscanned,
    AnyDagType,
    Authority,
    Database,
    DatabaseFile,
    DryRun,
    Force,
    Format,
    IdentityToken,
    OidcToken,
    OidcUrl,
    Owner,
    PlainHttp,
    Platforms,
    Ref,
    RegistryHost,
    ReportFailures,
    SigningConfig,
    SigningEnvironment,
    SigningKey,
    SigningPassword,
    Token,
    TrustedRoot,
    Username,
)


@dataclass(frozen=True, kw_only=True)
class _Order:
    """The flags of one call."""

    repository: Repository
    dag_type: AnyDagType
    registry: RegistryHost
    owner: Owner
    ref: Ref
    username: Username
    token: Token
    authority: Authority
    platform: Platforms
    force: Force
    signing_key: SigningKey
    signing_password: SigningPassword
    signing_environment: SigningEnvironment
    identity_token: IdentityToken
    oidc_request_url: OidcUrl
    oidc_request_token: OidcToken
    signing_config: SigningConfig
    trusted_root: TrustedRoot
    database: Database
    database_file: DatabaseFile
    allow_unscanned: AllowUnscanned
    plain_http: PlainHttp
    dry_run: DryRun

    async def done(
        self, source: dagger.Directory, netrc: dagger.Secret | None, *, told: bool = False
    ) -> Publication:
        """Publish; what failed is in its row, with ``told`` also what keeps anything from being begun."""
        async with opened(source, netrc) as sources:
            try:
                plan = await publish.plan(sources, self.repository, self._plan_request)
            except ConfigurationError as fault:
                if not told:
                    raise
                return await publish.unplanned(sources, self.repository, self.dag_type, fault)
            request = self._request(plan.names.registry)
            return await publish.publish(plan, request, sources, self.repository)

    @property
    def _plan_request(self) -> PlanRequest:
        return PlanRequest(dag_type=self.dag_type, registry=self.registry, owner=self.owner, ref=self.ref)

    def _request(self, host: str) -> Request:
        access = Access(
            username=self.username, token=self.token, authority=self.authority, plain_http=self.plain_http
        )
        mirrors = tuple(self.database or ())
        return Request(
            platforms=platforms.parse(self.platform),
            access=access,
            force=self.force,
            signer=Signer(
                key=self.signing_key,
                password=self.signing_password,
                environment=self.signing_environment,
                token=self.identity_token,
                url=self.oidc_request_url,
                request=self.oidc_request_token,
                config=self.signing_config,
                root=self.trusted_root,
            ),
            database=DatabaseRequest(mirrors=mirrors, archive=self.database_file, access=access, host=host),
            unscanned=self.allow_unscanned,
            dry_run=self.dry_run,
        )


class Publisher:
    """A part of the main object."""

    source: Source
    netrc: Netrc

    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def publish(
        self,
        repository: Repository,
        dag_type: AnyDagType = "",
        registry: RegistryHost = "",
        owner: Owner = "",
        ref: Ref = "",
        username: Username = None,
        token: Token = None,
        authority: Authority = None,
        platform: Platforms = None,
        force: Force = "",
        signing_key: SigningKey = None,
        signing_password: SigningPassword = None,
        signing_environment: SigningEnvironment = None,
        identity_token: IdentityToken = None,
        oidc_request_url: OidcUrl = None,
        oidc_request_token: OidcToken = None,
        signing_config: SigningConfig = None,
        trusted_root: TrustedRoot = None,
        database: Database = None,
        database_file: DatabaseFile = None,
        allow_unscanned: AllowUnscanned = "",
        form: Format = "table",
        *,
        dry_run: DryRun = False,
        plain_http: PlainHttp = False,
    ) -> str:
        """Build, test, scan, push and sign images, and tag them as git says; gives references by digest."""
        text.chosen(form, "", "")  # a slip is told before anything is done
        order = _Order(
            repository=repository,
            dag_type=dag_type,
            registry=registry,
            owner=owner,
            ref=ref,
            username=username,
            token=token,
            authority=authority,
            platform=platform,
            force=force,
            signing_key=signing_key,
            signing_password=signing_password,
            signing_environment=signing_environment,
            identity_token=identity_token,
            oidc_request_url=oidc_request_url,
            oidc_request_token=oidc_request_token,
            signing_config=signing_config,
            trusted_root=trusted_root,
            database=database,
            database_file=database_file,
            allow_unscanned=allow_unscanned,
            plain_http=plain_http,
            dry_run=dry_run,
        )
        done = await order.done(self.source, self.netrc)
        with as_function_error():
            publish.require_success(done)
        return text.chosen(form, done.table(), done.as_json())

    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def published(
        self,
        repository: Repository,
        dag_type: AnyDagType = "",
        registry: RegistryHost = "",
        owner: Owner = "",
        ref: Ref = "",
        username: Username = None,
        token: Token = None,
        authority: Authority = None,
        platform: Platforms = None,
        force: Force = "",
        signing_key: SigningKey = None,
        signing_password: SigningPassword = None,
        signing_environment: SigningEnvironment = None,
        identity_token: IdentityToken = None,
        oidc_request_url: OidcUrl = None,
        oidc_request_token: OidcToken = None,
        signing_config: SigningConfig = None,
        trusted_root: TrustedRoot = None,
        database: Database = None,
        database_file: DatabaseFile = None,
        allow_unscanned: AllowUnscanned = "",
        *,
        dry_run: DryRun = False,
        report_failures: ReportFailures = False,
        plain_http: PlainHttp = False,
    ) -> dagger.File:
        """Publish, and give published.json for the steps that follow."""
        order = _Order(
            repository=repository,
            dag_type=dag_type,
            registry=registry,
            owner=owner,
            ref=ref,
            username=username,
            token=token,
            authority=authority,
            platform=platform,
            force=force,
            signing_key=signing_key,
            signing_password=signing_password,
            signing_environment=signing_environment,
            identity_token=identity_token,
            oidc_request_url=oidc_request_url,
            oidc_request_token=oidc_request_token,
            signing_config=signing_config,
            trusted_root=trusted_root,
            database=database,
            database_file=database_file,
            allow_unscanned=allow_unscanned,
            plain_http=plain_http,
            dry_run=dry_run,
        )
        done = await order.done(self.source, self.netrc, told=report_failures)
        with as_function_error():
            return dag.file(
                publication.FILE, (done if report_failures else publish.require_success(done)).as_json()
            )
