"""What the stages of one publish share: plan, request, sources, and what is connected or loaded once."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import dagger

from ..attest import documents, signed
from ..attest.attach import Attached
from ..attest.documents import Run
from ..checks.dags import all_types
from ..checks.scan import scan
from ..checks.scan.database import DatabaseRequest
from ..config.names import Reference
from ..errors import Fault, gather_all
from ..image import base
from ..image.base import BaseImage
from ..tools import git
from ..tools import registry as registries
from ..tools.checkout import Checkout
from ..tools.cosign import Signer, Trust
from ..tools.git import Related
from ..tools.memo import Memo
from ..tools.registry import Access, Registry
from ..tools.repository_content import RepositoryContent
from .gate import Gate, Test
from .plan import PublishPlan
from .type_publish import Rows


@dataclass(frozen=True, kw_only=True)
class Request:
    """How to publish: what a user asked for beside the plan, and how images are tested.

    ``force`` is the reason to publish although the gate failed, ``unscanned`` the one to publish without a
    scan; with ``dry_run`` nothing is pushed.
    """

    platforms: tuple[str, ...]
    access: Access
    force: str = ""
    signer: Signer = field(default_factory=Signer)
    database: DatabaseRequest = field(default_factory=DatabaseRequest)
    unscanned: str = ""
    dry_run: bool = False
    test: Test = all_types.test_images


@dataclass(frozen=True, kw_only=True)
class Context:
    """What the stages of one publish share.

    Registry, run, bases, gate and history are made on first use, or begun before where a later stage needs
    them. ``repository`` has the git history.
    """

    plan: PublishPlan
    request: Request
    checkout: Checkout
    repository: dagger.Directory
    _memo: Memo = field(default_factory=Memo, init=False, repr=False)

    async def registry(self) -> Registry:
        """Return the registry, connected.

        Raises:
            ConfigurationError: the access contradicts itself.
            StepError: there is no way to a registry on the user's machine.
        """
        return await self._memo.get("registry", self._connect)

    async def run(self) -> Run:
        """Return the run that provenance names; it starts with the first call.

        Raises:
            StepError: the image of a tool can't be pulled.
        """
        return await self._memo.get("run", lambda: documents.begin(self.plan.ref))

    async def trust(self) -> Trust:
        """Return the trust in signatures of this publish's signer.

        Raises:
            StepError: its key can't be used, or nobody knows yet whose signature it makes.
        """
        return await self._memo.get("trust", lambda: signed.trust_in(self.request.signer))

    async def bases(self) -> Mapping[str, BaseImage]:
        """Return the base image of every platform.

        Raises:
            ConfigurationError: images/base.toml names none.
            StepError: one can't be pulled.
        """
        return await self._memo.get("bases", self._load_bases)

    async def gate(self) -> Gate:
        """Return the gate, with the vulnerability database and the scans of the bases.

        Raises:
            ConfigurationError: the shared policy or the request for the database is wrong.
        """
        return await self._memo.get("gate", self._prepare_gate)

    def begin_look(self, look: Callable[[], Coroutine[Any, Any, Rows]]) -> None:
        """Begin to ask the registry, while images are built."""
        self._memo.begin("look", look)

    async def looked(self) -> Rows:
        """Return the rows with what the registry has.

        Raises:
            Fault: as the stage does.
        """
        return await self._memo.begun("look")

    async def content(self, name: str) -> RepositoryContent:
        """Return what the registry has of a DAG type; nothing where it didn't answer."""
        try:
            rows = await self.looked()
        except Fault:  # raised to who runs the stage, too
            return RepositoryContent()
        return next(row.content for row in rows if row.name == name)

    def begin_gate(self) -> None:
        """Begin to prepare the gate, which takes as long as a build."""
        self._memo.begin("gate", self._prepare_gate)

    def begin_history(self, commits: Iterable[str]) -> None:
        """Begin to look for commits in the git history."""
        listed = sorted(set(commits))
        self._memo.begin("history", lambda: git.related(self.repository, listed))

    def begin_attached(self, references: Mapping[Reference, bool]) -> None:
        """Begin to look for what is attached to images, by whether they are pushed at the same time."""
        self._memo.begin("attached", lambda: self._look_for_attached(references))

    async def attached(self) -> Attached:
        """Return what was attached to the images that were begun with.

        Raises:
            StepError: the registry can't be used.
        """
        return await self._memo.begun("attached")

    async def history(self) -> Related:
        """Return the relation to HEAD of the commits that were begun with.

        Raises:
            ConfigurationError: the git history can't be read.
        """
        return await self._memo.get("history", lambda: git.related(self.repository, ()))

    async def close(self) -> None:
        """Stop what was begun and isn't needed any more."""
        await self._memo.close()

    async def _connect(self) -> Registry:
        return await registries.connect(self.plan.names.registry, self.request.access, self.plan.owner)

    async def _look_for_attached(self, references: Mapping[Reference, bool]) -> Attached:
        return await (await self.registry()).signed(references)

    async def _load_bases(self) -> dict[str, BaseImage]:
        platforms = self.request.platforms or ("",)  # none named: the engine's own
        reference = await self.checkout.base_reference()
        images = await gather_all(base.load(reference, name or None) for name in platforms)
        return dict(zip(platforms, images, strict=True))

    async def _prepare_gate(self) -> Gate:
        bases = await self.bases()
        policy = await scan.rules_of("", self.checkout)
        scanners = await gather_all(
            scan.prepare(self.request.database, policy, image) for image in bases.values()
        )
        return Gate(
            test=self.request.test,
            bases=bases,
            scanners=dict(zip(bases, scanners, strict=True)),
            checkout=self.checkout,
            unscanned=self.request.unscanned,
        )
