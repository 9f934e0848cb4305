"""An image in a registry, and the calls on it: verify, rebuild, promote."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated

import dagger
from dagger import Doc, Name, object_type

from ..attest.verify import checks, verify
from ..checks.scan import scan
from ..config import names, revision
from ..config import publish as config_publish
from ..publish import promote, reproduce
from ..tools import checkout as checkouts
from ..tools import cosign, git
from ..tools import registry as registries
from ..tools.engine import as_function_error
from .arguments import Repository, Source, TrustedRoot
from .caching import never_cached
from .output import Group


@dataclass(kw_only=True)
class RegistryGroup(Group):
    """Calls on a registry, and how to reach it."""

    netrc: dagger.Secret | None
    host: str
    owner: str
    username: dagger.Secret | None
    token: dagger.Secret | None
    authority: dagger.File | None
    plain_http: bool

    def access(self) -> "registries.Access":
        """Return how to reach the registry."""
        return registries.Access(
            username=self.username, token=self.token, authority=self.authority, plain_http=self.plain_http
        )


@object_type
class PublishedImage(RegistryGroup):
    """A published image of a DAG type."""

    reference: str

    @never_cached
    async def verify(
        self,
        # Not --source: a URL after it would be fetched as the folder, and not be demanded of the image.
        source: Annotated[Source, Name("project")],
        key: Annotated[dagger.File | None, Doc("Public key of accepted signatures: cosign.pub")] = None,
        certificate_identity: Annotated[
            str, Doc("Identity of accepted signatures, such as a workflow's address")
        ] = "",
        certificate_identity_regexp: Annotated[
            str, Doc("The same as a regular expression that all of the identity must match")
        ] = "",
        certificate_oidc_issuer: Annotated[str, Doc("Issuer of the identity, as in the certificate")] = "",
        trusted_root: TrustedRoot = None,
        source_uri: Annotated[
            str, Doc("Repository it must be built from: https://github.com/owner/repo")
        ] = "",
        commit: Annotated[str, Doc("Commit it must be built from, all 40 digits")] = "",
        base_digest: Annotated[str, Doc("Digest of the base image it must have: sha256:…")] = "",
        max_scan_age: Annotated[float, Doc("Greatest accepted age of its scan, in days")] = 30,
    ) -> str:
        """Check signature, provenance, SBOM, scan and layers; fails unless all of them hold."""
        async with checkouts.opened(source) as checkout:
            reference = names.reference(self.reference, digest=True)
            trust = cosign.Trust(
                key=key,
                identity=certificate_identity,
                identity_regexp=certificate_identity_regexp,
                issuer=certificate_oidc_issuer,
                root=trusted_root,
            )
            expected = checks.Expected(
                digest=reference.digest,
                signer=trust.words(),
                identity=certificate_identity,
                identity_regexp=certificate_identity_regexp,
                source=source_uri,
                commit=commit,
                base_digest=base_digest,
                scan_days=max_scan_age,
            )
            await scan.rules_of("", checkout)  # first: an invalid policy costs no download
            registry = await self._connect(reference)
            rules = partial(scan.rules_of, checkout=checkout)
            return await verify.verify(reference, registry, trust, expected, rules)

    @never_cached
    async def reproduce(self, source: Source, repository: Repository) -> str:
        """Rebuild it from the commit in its labels; reports each layer and file that differs."""
        with as_function_error():
            reference = names.reference(self.reference, digest=False)
            registry = await self._connect(reference)
            return await reproduce.reproduce(reference, registry, repository, source, self.netrc)

    @never_cached
    async def promote(
        self, source: Source, repository: Repository, tag: Annotated[str, Doc("The tag to add")]
    ) -> str:
        """Add a tag to it, and to a release its lines; nothing is built."""
        async with checkouts.opened(source) as checkout:
            reference = names.reference(self.reference, digest=True)
            settings = config_publish.parse(await checkout.text(config_publish.FILE))
            origin = revision.origin((await git.revision(repository, checkout.tree)).remote)
            owner = self.owner or (origin.owner if origin else reference.owner)
            dag_types = (await checkout.catalog()).names
            called = names.names(settings, self.host or reference.registry, owner, origin, dag_types)
            return await promote.promote(reference, tag, called, await self._connect(reference))

    async def _connect(self, reference: "names.Reference") -> "registries.Registry":
        return await registries.connect(reference.registry, self.access(), reference.owner)
