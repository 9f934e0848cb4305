"""What becomes of a RUN's mounts: a cache, a file that is there for one command, a login."""

import posixpath
import re
from dataclasses import dataclass

UV_IMAGE = re.compile(r"(?:ghcr\.io/)?astral-sh/uv(?:[:@].*)?")
UV = "the build has the uv of ci/pins.toml, and no image has it"
LOCK = "pylock.toml is in its place, resolved anew: compare versions that matter"
OTHER_IMAGE = "files of another image: take them into scripts/, or make a base of your own"
_LOGIN = "a login to an index is given with --netrc (docs/dependencies.md); else there is none"
_ALONE = "is there for its command alone"
_NAMES = {"src": "source", "dst": "target", "destination": "target"}


@dataclass(frozen=True, kw_only=True)
class Mounted:
    """What becomes of a mount, in words; ``source`` and ``target`` where it is a file of the repository."""

    outcome: str
    todo: bool = False
    source: str = ""
    target: str = ""


def mounted(value: str, command: str, dag_type: str) -> Mounted:
    """Judge one mount.

    Args:
        value: of the flag, such as ``type=bind,source=a,target=b``.
        command: the RUN's text behind its flags.
        dag_type: whose Dockerfile it is.
    """
    given = [each.partition("=") for each in value.split(",")]
    keys = {_NAMES.get(key, key): text for key, _, text in given}
    match keys.get("type", "bind"):
        case "cache":
            return Mounted(outcome="its cache: the build has its own")
        case "secret" | "ssh":
            return Mounted(outcome=_LOGIN, todo=True)
        case "tmpfs":
            return Mounted(outcome=_ALONE)
        case "bind":
            return _bound(keys, command, dag_type)
        case _:
            return Mounted(outcome="isn't known: see what it was for", todo=True)


def _bound(keys: dict[str, str], command: str, dag_type: str) -> Mounted:
    """Judge files of the repository, or of another image, that a command sees."""
    source, target = keys.get("source", "").removeprefix("./").strip("/"), keys.get("target", "")
    if UV_IMAGE.fullmatch(keys.get("from", "")) and source in {"uv", "uvx"}:
        return Mounted(outcome=UV)
    if keys.get("from"):
        return Mounted(outcome=OTHER_IMAGE, todo=True)
    names = {posixpath.basename(source), posixpath.basename(target)} - {"", "."}
    if source == f"pyproject.{dag_type}.toml":
        return Mounted(outcome=f"is images/{dag_type}/pyproject.toml", source=source, target=target)
    if source.endswith(".lock"):
        return Mounted(outcome=LOCK, todo=True)
    if "pyproject.toml" in names or any(name in command for name in names if "." in name):
        return Mounted(outcome=f"{_ALONE}: its command is told on its own", source=source, target=target)
    told = (
        "a command reads it while building, and nothing of it is in an image: take what is needed at run time"
    )
    return Mounted(outcome=f"{told} into scripts/", todo=True, source=source, target=target)
