"""The one comment on a pull request, which a mark in it identifies and every run updates."""

from typing import Any, cast
from urllib.parse import urlsplit

import httpx

from ...config import names
from ...errors import ConfigurationError, StepError
from .summary import shortened

MARK = "<!-- airflow-images: this comment is kept up to date -->"
MAX_BYTES = 65_000  # GitHub accepts 65,536 characters
_TIMEOUT = 30.0


def body(summary: str) -> str:
    """Return the text of the comment: the mark, and as much of a summary as GitHub accepts, cut at a line."""
    return shortened(f"{MARK}\n{summary}", MAX_BYTES, "… the rest is in the summary of the run.")


def checked_address(address: str) -> str:
    """Return the address of a pull request's comments if a token may be sent there.

    Raise ConfigurationError if it is neither https nor on the user's own machine.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and names.is_loopback(parts.netloc)):
        raise ConfigurationError([f"address of comments {address!r}: expected https://"])
    return address


async def post(comments: str, token: str, text: str, *, only_update: bool) -> str:
    """Create or update the comment, or only update it; return what was done.

    ``comments`` is the address of the pull request's comments in GitHub's API; the token, which may write
    them, is sent nowhere else. Raise StepError if GitHub refuses, or can't be reached.
    """
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    transport = httpx.AsyncHTTPTransport(retries=3)
    try:
        async with httpx.AsyncClient(headers=headers, timeout=_TIMEOUT, transport=transport) as client:
            return await _write(client, comments, text, only_update=only_update)
    except httpx.HTTPStatusError as error:
        remedy = "check that the job has permissions: pull-requests: write"
        status = error.response.status_code
        raise StepError(
            [f"GitHub answered {status} to the comment at {error.request.url}: {remedy}"]
        ) from None
    except (httpx.HTTPError, ValueError) as error:
        raise StepError([f"could not use GitHub's API at {comments}: {type(error).__name__}"]) from None


async def _write(client: httpx.AsyncClient, comments: str, text: str, *, only_update: bool) -> str:
    own = await _own(client, comments)
    if own is None and only_update:
        return "no comment: nothing to report"
    if own is not None and own["body"] == text:
        return "comment unchanged"
    payload = {"body": text}
    request = client.patch(own["url"], json=payload) if own else client.post(comments, json=payload)
    (await request).raise_for_status()
    return "comment updated" if own else "comment created"


async def _own(client: httpx.AsyncClient, comments: str) -> dict[str, Any] | None:
    """Return the comment of a bot that starts with the mark; None if there is none."""
    page = f"{comments}?per_page=100"
    while page:
        answer = await client.get(page)
        answer.raise_for_status()
        for comment in cast("list[dict[str, Any]]", answer.json()):
            if str(comment.get("body", "")).startswith(MARK) and comment.get("user", {}).get("type") == "Bot":
                return comment
        page = str(answer.links.get("next", {}).get("url", ""))
    return None
