"""What a provenance claims, as far as a verifier compares it; it may be anyone's, and of any shape."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from ..errors import StepError
from .provenance import BASE, NOWHERE, PAGE, PREDICATE, SOURCE, UNATTESTED
from .sbom import purl

_GIT = re.compile(r"git\+(?P<web>[a-z]+://[^/]+/[^@#]*)(?:@(?P<ref>[^#]+))?(?:#.*)?")
_LOCK = re.compile(r"images/[^/]+/pylock\.toml")
_EXPECTED = f"expected SLSA v1.0 ({PREDICATE}): ask whoever published the image"


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What a provenance says; a text is empty where it says nothing of it.

    ``source`` is an address as ``repository`` writes it; ``dirty``: the tree differed from the commit, by
    ``tree`` where that is told; ``forced``: why it was published although its gate failed; digests are
    "sha256:…".
    """

    build_type: str
    builder: str
    source: str
    ref: str
    commit: str
    dirty: bool
    tree: str
    base: str
    base_digest: str
    lock_digest: str
    started: datetime | None
    forced: str

    @property
    def unattested(self) -> bool:
        """Whether it says of itself that nobody but its signer vouches for the run."""
        return self.builder.endswith(f"#{UNATTESTED}")

    @property
    def ours(self) -> bool:
        """Whether it is of the build type that publish writes, wherever the sources live."""
        return self.build_type == NOWHERE or self.build_type.endswith(f"/{PAGE}")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class _Digest(_Part):
    sha256: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    commit: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$", alias="gitCommit")


class _Resource(_Part):
    name: str = ""
    uri: str = ""
    digest: _Digest = _Digest()
    annotations: dict[str, Any] = {}


class _Internal(_Part):
    forced: str = ""


class _Definition(_Part):
    internal: Annotated[_Internal, Field(alias="internalParameters")] = _Internal()
    build_type: Annotated[str, Field(alias="buildType", min_length=1)]
    dependencies: Annotated[tuple[_Resource, ...], Field(alias="resolvedDependencies")] = ()


class _Builder(_Part):
    id: Annotated[str, Field(min_length=1)]


class _Metadata(_Part):
    started: Annotated[AwareDatetime | None, Field(alias="startedOn")] = None


class _Run(_Part):
    builder: _Builder
    metadata: _Metadata = _Metadata()


class _Predicate(_Part):
    definition: Annotated[_Definition, Field(alias="buildDefinition")]
    run: Annotated[_Run, Field(alias="runDetails")]


def read(predicate: object) -> Claims:
    """The claims of a provenance predicate.

    Raises:
        StepError: it isn't of SLSA's shape, or names two sources, bases or locks.
    """
    found = _parsed(predicate)
    parts = found.definition.dependencies
    named = [each for each in parts if each.name == SOURCE]
    source = _only("source", named or [each for each in parts if each.digest.commit])
    base = _only("base", [each for each in parts if each.name == BASE])
    lock = _only("lock", [each for each in parts if _LOCK.fullmatch(each.name)])
    git = _GIT.fullmatch(source.uri)
    tree = source.annotations.get("tree", "")
    return Claims(
        build_type=found.definition.build_type,
        builder=found.run.builder.id,
        source=repository(git["web"] if git else source.uri),
        ref=git["ref"] or "" if git else "",
        commit=source.digest.commit or "",
        dirty=bool(source.annotations.get("dirty") or tree),
        tree=str(tree),
        base=purl.docker_name(base.uri),
        base_digest=_sha256(base),
        lock_digest=_sha256(lock),
        started=found.run.metadata.started,
        forced=found.definition.internal.forced,
    )


def repository(address: str) -> str:
    """The address of a repository as it is compared: https://host/a/b.git/ is https://host/a/b."""
    return address.rstrip("/").removesuffix(".git")


def _parsed(predicate: object) -> _Predicate:
    try:
        return _Predicate.model_validate_json(json.dumps(predicate))
    except ValidationError as error:
        detail = error.errors()[0]
        place = ".".join(map(str, detail["loc"])) or "the whole"
        told = f"{place}: {detail['msg']}, found {_shown(detail['input'])}"
    except (TypeError, ValueError, RecursionError) as error:
        told = f"it is no JSON: {error}"
    raise StepError([f"the provenance can't be read: {told}: {_EXPECTED}"])


def _only(what: str, found: list[_Resource]) -> _Resource:
    if len(found) > 1:
        shown = " and ".join(_shown(each.uri or each.name) for each in found)
        raise StepError([f"the provenance names more than one {what}, {shown}: {_EXPECTED}"])
    return found[0] if found else _Resource()


def _sha256(resource: _Resource) -> str:
    return f"sha256:{resource.digest.sha256}" if resource.digest.sha256 else ""


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
