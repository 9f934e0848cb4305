"""Where the sources come from: the commit, the repository of the remote, and who makes the images."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from .publish import Organisation


class Revision(BaseModel):
    """What git says of the working tree.

    Args:
        commit: 40 hex digits.
        created: committer time in seconds since the epoch.
        branch: the branch that HEAD is on; none where it is detached.
        tags: the git tags at the commit.
        pull: HEAD is a pull request's ref (refs/remotes/pull/…), as a pipeline checks it out.
        remote: the URL of the remote "origin".
        dirty: hex hash over what differs from the commit; none where nothing does.
        changed: some of the paths that differ, for messages.
        shallow: history is cut off.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    created: int
    branch: str | None
    tags: tuple[str, ...]
    pull: bool
    remote: str | None
    dirty: Annotated[str, Field(pattern=r"^[0-9a-f]{12,}$")] | None
    changed: tuple[str, ...]
    shallow: bool


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where the sources live; ``web`` is the address of the repository, without credentials."""

    owner: str
    repo: str
    web: str


@dataclass(frozen=True, kw_only=True)
class SourceInfo:
    """Where an image comes from: its commit, its repository, and the organisation that its labels name."""

    revision: Revision
    origin: Origin | None
    organisation: Organisation


def origin(remote: str | None) -> Origin | None:
    """Owner, repository and address from the URL of a git remote; None for a path, or none at all."""
    found = re.fullmatch(
        r"(?:(?:(?P<web>https?)|ssh|git)://(?:[^/]*@)?(?P<host>[^/:@]+)(?P<port>:[0-9]+)?/"
        r"|(?:[^/:]*@)?(?P<scp>[^/:@]{2,}):(?!/))"
        r"(?P<path>[^?#@]+?)(?:\.git)?/?",
        remote or "",
    )
    owner, _, repo = found["path"].strip("/").rpartition("/") if found else ("", "", "")
    if found is None or not owner:
        return None
    host = found["host"] or found["scp"]
    # The port of ssh isn't that of the web.
    site = f"{found['web']}://{host}{found['port'] or ''}" if found["web"] else f"https://{host}"
    return Origin(owner=owner, repo=repo, web=f"{site}/{owner}/{repo}")
