"""Payloads of GitHub's events, as far as they are looked at, for the tests of several files."""

import json
from typing import Any

ZERO = "0" * 40
OURS = {"full_name": "acme/data", "default_branch": "main"}


def payload(**told: Any) -> str:  # noqa: ANN401 - JSON
    """Return an event of acme/data, with much else in it that nobody looks at."""
    return json.dumps({"repository": {**OURS, "private": True}, "sender": {"login": "somebody"}, **told})


def push(ref: str, before: str = "b" * 40) -> str:
    """Return the event of a push."""
    return payload(ref=ref, before=before, after="a" * 40, forced=False)


def pull_request(head: dict[str, Any] | None = None, *, deleted: bool = False) -> str:
    """Return the event of a pull request from a branch of the repository itself, or of another."""
    request = {
        "number": 7,
        "comments_url": "https://api.github.com/repos/acme/data/issues/7/comments",
        "head": {"sha": "a" * 40, "repo": None if deleted else (head or OURS)},
        "base": {"ref": "main", "sha": "b" * 40, "repo": OURS},
    }
    return payload(action="synchronize", number=7, pull_request=request)


def manual(dag: str | None = None) -> str:
    """Return the event of a run that somebody started, with or without inputs."""
    inputs = {} if dag is None else {"inputs": {"dag": dag}}
    return payload(ref="refs/heads/main", workflow=".github/workflows/publish.yml", **inputs)
