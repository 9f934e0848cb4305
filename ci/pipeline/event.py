"""An event of GitHub Actions, read from the file at $GITHUB_EVENT_PATH.

GitHub's "Webhook events and payloads" and "Events that trigger workflows" describe the payloads. The kind of
an event follows from the fields of its payload, so no other input is needed.
"""

from enum import StrEnum

from pydantic import BaseModel, ValidationError

from ..config.values import Value
from ..errors import ConfigurationError
from ..text import plain

_NO_COMMIT = "0" * 40  # GitHub's "before" of a new branch
_SUPPORTED = "pull_request, merge_group, push, workflow_dispatch or schedule"


class EventKind(StrEnum):
    """A kind of event that the workflows react to."""

    PULL_REQUEST = "pull request"
    MERGE_GROUP = "merge group"
    PUSH = "push"
    DISPATCH = "manual run"
    SCHEDULE = "schedule"


class Event(Value):
    """An event.

    ``ref`` is its git ref, empty for a schedule; ``since`` the branch or commit to compare with, empty for
    all DAG types; ``dag`` the DAG type of a manual run, empty for all. ``repository`` is "owner/name".
    ``number`` and ``comments`` (an address of GitHub's API) belong to a pull request; ``fork`` says whether
    it comes from another repository, so that its run may write nothing.
    """

    kind: EventKind
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
        return self.kind is EventKind.PULL_REQUEST and not self.fork

    def describe(self) -> str:
        """Return the event in a few words."""
        if self.kind is EventKind.PULL_REQUEST:
            return f"{self.kind} #{self.number}{' from a fork' if self.fork else ''}"
        dag = f", DAG type {plain(self.dag)}" if self.dag else ""
        return f"{self.kind} of {plain(self.ref)}{dag}" if self.ref else f"{self.kind}{dag}"


class _Repository(BaseModel):
    full_name: str
    default_branch: str = "main"


class _Head(BaseModel):
    repo: _Repository | None  # null if the fork was deleted


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
    """The fields of GitHub's JSON that matter here; others are ignored."""

    repository: _Repository
    ref: str = ""
    pull_request: _PullRequest | None = None
    merge_group: _MergeGroup | None = None
    schedule: str | None = None
    before: str | None = None
    workflow: str | None = None
    inputs: _Inputs | None = None


def parse(text: str) -> Event:
    """Return the event of a payload; raise ConfigurationError for one that the workflows don't react to."""
    try:
        payload = _Payload.model_validate_json(text)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}".lstrip(": ") for fault in error.errors()
        )
        message = f"--event: invalid payload ({faults}): give the file at $GITHUB_EVENT_PATH"
        raise ConfigurationError([message]) from None
    event = _event(payload, payload.repository.full_name)
    if event is None:
        raise ConfigurationError([f"--event: unsupported event: expected {_SUPPORTED}"])
    return event


def _event(payload: _Payload, repository: str) -> Event | None:
    group = payload.merge_group
    if payload.pull_request:
        return _pull_request(payload.pull_request, repository)
    if group:
        return Event(
            kind=EventKind.MERGE_GROUP, ref=group.head_ref, since=group.base_sha, repository=repository
        )
    if payload.schedule is not None:
        return Event(kind=EventKind.SCHEDULE, repository=repository)
    if payload.before is not None:
        return _push(payload.ref, payload.before, payload.repository)
    if payload.workflow is not None:
        dag = (payload.inputs.dag or "" if payload.inputs else "").strip()
        return Event(kind=EventKind.DISPATCH, ref=payload.ref, dag=dag, repository=repository)
    return None


def _push(ref: str, before: str, repository: _Repository) -> Event:
    since = ""
    if ref == f"refs/heads/{repository.default_branch}":
        since = "" if before == _NO_COMMIT else before
    elif ref.startswith("refs/heads/"):
        # The whole branch counts: a later push must not hide what an earlier one broke.
        since = f"origin/{repository.default_branch}"
    return Event(kind=EventKind.PUSH, ref=ref, since=since, repository=repository.full_name)


def _pull_request(request: _PullRequest, repository: str) -> Event:
    return Event(
        kind=EventKind.PULL_REQUEST,
        ref=f"refs/pull/{request.number}/merge",
        # Not base.sha: it may be older than the commit that GitHub merges the pull request into.
        since=f"origin/{request.base.ref}",
        repository=repository,
        number=request.number,
        comments=request.comments_url,
        fork=request.head.repo is None or request.head.repo.full_name != repository,
    )
