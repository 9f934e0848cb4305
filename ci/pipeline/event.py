"""An event of GitHub Actions, from the file that $GITHUB_EVENT_PATH names.

Shapes are those of GitHub's "Webhook events and payloads"; for a manual run and a schedule those of "Events
that trigger workflows". The kind is known by what is in the file, so that nothing else needs be handed over.
"""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, ValidationError

from ..errors import ConfigurationError
from ..text import plain

_NO_COMMIT = "0" * 40  # GitHub's "before" of a branch that is new
_KNOWN = "pull_request, merge_group, push, workflow_dispatch or schedule"


class Kind(StrEnum):
    """What happened."""

    PULL_REQUEST = "pull request"
    MERGE_GROUP = "merge group"
    PUSH = "push"
    DISPATCH = "manual run"
    SCHEDULE = "schedule"


class Event(BaseModel):
    """One event.

    ``ref`` is what it is about, empty for a schedule; ``since`` the branch or commit that the change started
    from, empty where the event names none; ``dag`` a DAG type that was asked for by name. ``repository`` is
    "owner/name", ``number`` and ``comments`` (an address of GitHub's API) are a pull request's; ``fork`` says
    whether its branch is another repository's, so that its run may write nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    ref: str = ""
    since: str = ""
    dag: str = ""
    repository: str = ""
    number: int = 0
    comments: str = ""
    fork: bool = False

    @property
    def commented(self) -> bool:
        """Whether its run may comment on a pull request."""
        return self.kind is Kind.PULL_REQUEST and not self.fork

    def told(self) -> str:
        """The event in a few words."""
        if self.kind is Kind.PULL_REQUEST:
            return f"{self.kind} #{self.number}{' from a fork' if self.fork else ''}"
        asked = f", DAG type {plain(self.dag)}" if self.dag else ""
        return f"{self.kind} of {plain(self.ref)}{asked}" if self.ref else f"{self.kind}{asked}"


class _Repository(BaseModel):
    full_name: str
    default_branch: str = "main"


class _Head(BaseModel):
    repo: _Repository | None  # null where a fork was deleted meanwhile


class _Base(BaseModel):
    ref: str


class _PullRequest(BaseModel):
    number: int
    comments_url: str
    head: _Head
    base: _Base


class _MergeGroup(BaseModel):
    head_ref: str
    base_sha: str


class _Inputs(BaseModel):
    dag: str | None = None


class _Payload(BaseModel):
    """What is looked at of GitHub's JSON; all else in it is left alone."""

    repository: _Repository
    ref: str = ""
    pull_request: _PullRequest | None = None
    merge_group: _MergeGroup | None = None
    schedule: str | None = None
    before: str | None = None
    workflow: str | None = None
    inputs: _Inputs | None = None


def parse(text: str) -> Event:
    """The event that a file of GitHub Actions tells of.

    Raises:
        ConfigurationError: it is none of those that the workflows react to.
    """
    try:
        payload = _Payload.model_validate_json(text)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, x['loc']))}: {x['msg']}".lstrip(": ") for x in error.errors())
        told = "give the file that $GITHUB_EVENT_PATH names"
        raise ConfigurationError(
            [f"--event can't be read as an event of GitHub's ({said}): {told}"]
        ) from None
    found = _event(payload, payload.repository.full_name)
    if found is None:
        raise ConfigurationError([f"--event is none that is known: expected one of {_KNOWN}"])
    return found


def _event(payload: _Payload, repository: str) -> Event | None:
    group = payload.merge_group
    if payload.pull_request:
        return _pull_request(payload.pull_request, repository)
    if group:
        return Event(kind=Kind.MERGE_GROUP, ref=group.head_ref, since=group.base_sha, repository=repository)
    if payload.schedule is not None:
        return Event(kind=Kind.SCHEDULE, repository=repository)
    if payload.before is not None:
        return _push(payload.ref, payload.before, payload.repository)
    if payload.workflow is not None:
        asked = (payload.inputs.dag or "" if payload.inputs else "").strip()
        return Event(kind=Kind.DISPATCH, ref=payload.ref, dag=asked, repository=repository)
    return None


def _push(ref: str, before: str, repository: _Repository) -> Event:
    since = ""
    if ref == f"refs/heads/{repository.default_branch}":
        since = "" if before == _NO_COMMIT else before
    elif ref.startswith("refs/heads/"):
        # A branch is looked at whole: what an earlier push of it broke isn't forgotten by the next.
        since = f"origin/{repository.default_branch}"
    return Event(kind=Kind.PUSH, ref=ref, since=since, repository=repository.full_name)


def _pull_request(request: _PullRequest, repository: str) -> Event:
    return Event(
        kind=Kind.PULL_REQUEST,
        ref=f"refs/pull/{request.number}/merge",
        # Not its base.sha, which stays behind the base that GitHub merges the request into for its run.
        since=f"origin/{request.base.ref}",
        repository=repository,
        number=request.number,
        comments=request.comments_url,
        fork=request.head.repo is None or request.head.repo.full_name != repository,
    )
