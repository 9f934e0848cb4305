"""The claims of a provenance that verification compares; anyone may have written it, in any shape."""

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
_EXPECTED = f"expected SLSA v1.0 ({PREDICATE}); ask the publisher of the image"


@dataclass(frozen=True, kw_only=True)
class Claims:
    """The claims of a provenance; a text is empty where it makes no such claim.

    ``source`` is an address as ``repository`` writes it; ``dirty``: the tree differed from the commit, and
    has the digest ``tree`` if that is recorded; ``forced``: why it was published although the gate failed;
    digests are "sha256:…".
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
        """Whether it says itself that only its signer attests the run."""
        return self.builder.endswith(f"#{UNATTESTED}")

    @property
    def ours(self) -> bool:
        """Whether it has the build type that publish writes."""
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
    """Return the claims of a provenance predicate.

    Raises:
        StepError: it is not SLSA v1.0, or names two sources, bases or locks.
    """
    parsed = _parsed(predicate)
    resources = parsed.definition.dependencies
    named = [resource for resource in resources if resource.name == SOURCE]
    source = _only("source", named or [resource for resource in resources if resource.digest.commit])
    base = _only("base", [resource for resource in resources if resource.name == BASE])
    lock = _only("lock", [resource for resource in resources if _LOCK.fullmatch(resource.name)])
    git = _GIT.fullmatch(source.uri)
    tree = source.annotations.get("tree", "")
    return Claims(
        build_type=parsed.definition.build_type,
        builder=parsed.run.builder.id,
        source=repository(git["web"] if git else source.uri),
        ref=git["ref"] or "" if git else "",
        commit=source.digest.commit or "",
        dirty=bool(source.annotations.get("dirty") or tree),
        tree=str(tree),
        base=purl.docker_name(base.uri),
        base_digest=_sha256(base),
        lock_digest=_sha256(lock),
        started=parsed.run.metadata.started,
        forced=parsed.definition.internal.forced,
    )


def repository(address: str) -> str:
    """Return the address of a repository for comparison: https://host/a/b.git/ becomes https://host/a/b."""
    return address.rstrip("/").removesuffix(".git")


def _parsed(predicate: object) -> _Predicate:
    try:
        return _Predicate.model_validate_json(json.dumps(predicate))
    except ValidationError as error:
        detail = error.errors()[0]
        location = ".".join(map(str, detail["loc"])) or "predicate"
        problem = f"{location}: {detail['msg']}, got {_shortened(detail['input'])}"
    except (TypeError, ValueError, RecursionError) as error:
        problem = f"invalid JSON: {error}"
    raise StepError([f"cannot read the provenance: {problem}; {_EXPECTED}"])


def _only(kind: str, resources: list[_Resource]) -> _Resource:
    if len(resources) > 1:
        listed = " and ".join(_shortened(resource.uri or resource.name) for resource in resources)
        raise StepError([f"the provenance names more than one {kind}: {listed}; {_EXPECTED}"])
    return resources[0] if resources else _Resource()


def _sha256(resource: _Resource) -> str:
    return f"sha256:{resource.digest.sha256}" if resource.digest.sha256 else ""


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:80]}…"
