"""Where the sources come from: the commit, the repository of the remote, and who makes the images."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from .publish import Organisation
from .values import Value


class Revision(Value):
    """The commit and the state of the working tree, as git reports them.

    ``commit`` has 40 hex digits, ``created`` is its committer's time in seconds since the epoch, ``tags`` are
    the git tags there; ``branch`` is that of HEAD, None if it is detached. ``pull``: HEAD is a pull request's
    ref (refs/remotes/pull/…), as a pipeline checks it out. ``remote`` is the URL of "origin". ``dirty`` is a
    hex hash over the differences from the commit, None if there are none; ``changed`` are some paths of them,
    for messages. ``shallow``: the history is cut off. ``merged``: the branch main, here or on "origin", has
    the commit; None if there is no main, or the history is too short to tell.
    """

    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    created: int
    branch: str | None
    tags: tuple[str, ...]
    pull: bool
    remote: str | None
    dirty: Annotated[str, Field(pattern=r"^[0-9a-f]{12,}$")] | None
    changed: tuple[str, ...]
    shallow: bool
    merged: bool | None = None


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The repository of the sources; ``web`` is its address, without credentials."""

    owner: str
    repo: str
    web: str


@dataclass(frozen=True, kw_only=True)
class SourceInfo:
    """The source of an image: its commit, its repository, and the organisation that its labels name."""

    revision: Revision
    origin: Origin | None
    organisation: Organisation


def origin(remote: str | None) -> Origin | None:
    """Return owner, repository and address from the URL of a git remote; None for a path, or no remote."""
    match = re.fullmatch(
        r"(?:(?:(?P<web>https?)|ssh|git)://(?:[^/]*@)?(?P<host>[^/:@]+)(?P<port>:[0-9]+)?/"
        r"|(?:[^/:]*@)?(?P<scp>[^/:@]{2,}):(?!/))"
        r"(?P<path>[^?#@]+?)(?:\.git)?/?",
        remote or "",
    )
    owner, _, repo = match["path"].strip("/").rpartition("/") if match else ("", "", "")
    if match is None or not owner:
        return None
    host = match["host"] or match["scp"]
    # The port of ssh isn't that of the web.
    site = f"{match['web']}://{host}{match['port'] or ''}" if match["web"] else f"https://{host}"
    return Origin(owner=owner, repo=repo, web=f"{site}/{owner}/{repo}")
