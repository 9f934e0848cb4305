"""The calls on images that are published: verify, rebuild, promote, roll back; and keys to sign them with."""

from functools import partial

import dagger
from dagger import function

from ..attest.verify import verify
from ..attest.verify.checks import Expected
from ..checks.scan import scan
from ..config import names
from ..errors import ConfigurationError
from ..publish import promote, publish, reproduce
from ..publish.plan import PlanRequest
from ..tools import cosign
from ..tools import registry as registries
from ..tools.checkout import Netrc, Source, opened
from ..tools.cosign import Trust
from ..tools.engine import as_function_error
from ..tools.git import Repository
from ..tools.registry import Access
from .arguments import (
    Authority,
    FromCommit,
    FromSource,
    Identity,
    IdentityRegexp,
    Issuer,
    NewPassword,
    OnBase,
    OneDagType,
    Owner,
    PlainHttp,
    RegistryHost,
    ScanDays,
    Tag,
    Token,
    TrustedRoot,
    Username,
    VerifyKey,
    Where,
)


class Afterwards:
    """A part of the main object."""

    source: Source
    netrc: Netrc

    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def verify(
        self,
        reference: Where,
        key: VerifyKey = None,
        certificate_identity: Identity = "",
        certificate_identity_regexp: IdentityRegexp = "",
        certificate_oidc_issuer: Issuer = "",
        trusted_root: TrustedRoot = None,
        source: FromSource = "",
        commit: FromCommit = "",
        base_digest: OnBase = "",
        max_scan_age: ScanDays = 30,
        username: Username = None,
        token: Token = None,
        authority: Authority = None,
        *,
        plain_http: PlainHttp = False,
    ) -> str:
        """Check signature, provenance, SBOMs, scan and layers of a published image; all must hold."""
        async with opened(self.source) as sources:
            where = names.reference(reference, digest=True)
            trust = Trust(
                key=key,
                identity=certificate_identity,
                identity_regexp=certificate_identity_regexp,
                issuer=certificate_oidc_issuer,
                root=trusted_root,
            )
            expected = Expected(
                digest=where.digest,
                signer=trust.words(),
                identity=certificate_identity,
                identity_regexp=certificate_identity_regexp,
                source=source,
                commit=commit,
                base_digest=base_digest,
                scan_days=max_scan_age,
            )
            await scan.rules_of("", sources)  # a slip in it is told before anything is fetched
            access = Access(username=username, token=token, authority=authority, plain_http=plain_http)
            place = await registries.connect(where.registry, access, where.owner)
            return await verify.verify(
                where, place, trust, expected, partial(scan.rules_of, checkout=sources)
            )

    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def keygen(self, password: NewPassword) -> dagger.Directory:
        """Make a key pair to sign with: a private key, encrypted with a password, and its public key."""
        with as_function_error():
            if not await password.plaintext():
                raise ConfigurationError(["--password is empty: the private key would lie open"])
            return cosign.key_pair(password)

    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def reproduce(
        self,
        repository: Repository,
        reference: Where,
        username: Username = None,
        token: Token = None,
        authority: Authority = None,
        *,
        plain_http: PlainHttp = False,
    ) -> str:
        """Rebuild a published image from the commit in its labels; tells each layer and file that differs."""
        with as_function_error():
            where = names.reference(reference, digest=False)
            access = Access(username=username, token=token, authority=authority, plain_http=plain_http)
            place = await registries.connect(where.registry, access, where.owner)
            return await reproduce.reproduce(where, place, repository, self.netrc)

    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def promote(
        self,
        reference: Where,
        tag: Tag,
        username: Username = None,
        token: Token = None,
        authority: Authority = None,
        *,
        plain_http: PlainHttp = False,
    ) -> str:
        """Give a published image, named by digest, one more tag; nothing is built."""
        with as_function_error():
            where = names.reference(reference, digest=True)
            access = Access(username=username, token=token, authority=authority, plain_http=plain_http)
            place = await registries.connect(where.registry, access, where.owner)
            return await promote.promote(where, tag, place)

    @function(cache="never")  # pyright: ignore[reportCallIssue, reportUntypedFunctionDecorator] - SDK overloads
    async def rollback(
        self,
        repository: Repository,
        dag_type: OneDagType,
        registry: RegistryHost = "",
        owner: Owner = "",
        username: Username = None,
        token: Token = None,
        authority: Authority = None,
        *,
        plain_http: PlainHttp = False,
    ) -> str:
        """Move latest of a DAG type to the release before the one it points to; nothing is built."""
        async with opened(self.source) as sources:
            request = PlanRequest(dag_type=dag_type, registry=registry, owner=owner)
            planned = await publish.plan(sources, repository, request)
            access = Access(username=username, token=token, authority=authority, plain_http=plain_http)
            place = await registries.connect(planned.names.registry, access, planned.owner)
            return await promote.rollback(dag_type, planned.names, place)
