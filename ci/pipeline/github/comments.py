"""The one comment on a pull request: found again by a mark in it, and brought up to date."""

from typing import Any, cast
from urllib.parse import urlsplit

import httpx

from ...config import names
from ...errors import ConfigurationError, StepError
from .summary import shortened

MARK = "<!-- airflow-images: this comment is kept up to date -->"
MOST = 65_000  # bytes; GitHub takes 65,536 characters
_TIMEOUT = 30.0


def body(summary: str) -> str:
    """The comment's text: the mark, and as much of a summary as GitHub takes, cut at a line."""
    return shortened(f"{MARK}\n{summary}", MOST, "… the rest is in the summary of the run.")


def checked(address: str) -> str:
    """The address of a pull request's comments, if a token may be sent there.

    Raises:
        ConfigurationError: it is neither https nor the user's own machine.
    """
    parts = urlsplit(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and names.is_loopback(parts.netloc)):
        raise ConfigurationError([f"comments are at {address!r}: expected an https:// address of GitHub's"])
    return address


async def post(comments: str, token: str, text: str, *, only_update: bool) -> str:
    """Write the comment, or bring the one that is there up to date; tells what was done.

    Args:
        comments: address of the pull request's comments in GitHub's API.
        token: that may write them; it is sent nowhere else.
        text: the whole comment, with the mark.
        only_update: whether a new one isn't worth it.

    Raises:
        StepError: GitHub refuses, or isn't there.
    """
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"}
    transport = httpx.AsyncHTTPTransport(retries=3)
    try:
        async with httpx.AsyncClient(headers=headers, timeout=_TIMEOUT, transport=transport) as client:
            return await _written(client, comments, text, only_update=only_update)
    except httpx.HTTPStatusError as error:
        cure = "check that the job has permissions: pull-requests: write"
        status = error.response.status_code
        raise StepError([f"GitHub answered {status} to the comment at {error.request.url}: {cure}"]) from None
    except (httpx.HTTPError, ValueError) as error:
        raise StepError([f"GitHub's API at {comments} can't be used: {type(error).__name__}"]) from None


async def _written(client: httpx.AsyncClient, comments: str, text: str, *, only_update: bool) -> str:
    there = await _ours(client, comments)
    if there is None and only_update:
        return "no comment: there is nothing to tell"
    if there is not None and there["body"] == text:
        return "the comment says it already"
    payload = {"body": text}
    written = client.patch(there["url"], json=payload) if there else client.post(comments, json=payload)
    answer = await written
    answer.raise_for_status()
    return "the comment is brought up to date" if there else "a comment is written"


async def _ours(client: httpx.AsyncClient, comments: str) -> dict[str, Any] | None:
    """The comment with the mark at its start, which a bot has written; None where there is none."""
    page = f"{comments}?per_page=100"
    while page:
        answer = await client.get(page)
        answer.raise_for_status()
        for each in cast("list[dict[str, Any]]", answer.json()):
            if str(each.get("body", "")).startswith(MARK) and each.get("user", {}).get("type") == "Bot":
                return each
        page = str(answer.links.get("next", {}).get("url", ""))
    return None
