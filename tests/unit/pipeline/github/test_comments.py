"""The comment on a pull request: created once, updated then, and never sent to a foreign server."""

import asyncio
import ssl
from collections.abc import Iterator
from unittest.mock import Mock

import pytest

from ci.errors import ConfigurationError, StepError
from ci.pipeline.github.comments import MARK, MAX_BYTES, body, checked_address, post
from tests.workflows.api import TOKEN, Api


@pytest.fixture(autouse=True)
def no_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load no certificates for each client: no address here is one of TLS."""
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(ssl, "create_default_context", Mock(return_value=bare))


@pytest.fixture
def api() -> Iterator[Api]:
    server = Api()
    yield server
    server.close()


def comment(address: str, text: str, token: str = TOKEN, *, only_update: bool = False) -> str:
    return asyncio.run(post(address, token, body(text), only_update=only_update))


def test_a_comment_is_created_once_and_updated_then(api: Api) -> None:
    theirs = {"user": {"type": "User"}, "body": f"{MARK}\nmine"}
    api.comments.append(theirs)
    assert comment(api.address, "nothing", only_update=True) == "no comment: nothing to report"
    answers = [comment(api.address, text) for text in ("one", "two", "two")]
    assert answers == ["comment created", "comment updated", "comment unchanged"]
    assert comment(api.address, "nothing", only_update=True) == "comment updated"
    assert [comment["body"] for comment in api.comments] == [f"{MARK}\nmine", f"{MARK}\nnothing"]


def test_a_failure_says_why_without_the_token(api: Api) -> None:
    with pytest.raises(StepError, match=r"answered 401 .* permissions: pull-requests: write") as caught:
        comment(api.address, "one", token="wrong-token")  # noqa: S106 - made up
    assert "wrong-token" not in str(caught.value)
    with pytest.raises(StepError, match=r"could not use GitHub's API .*: ConnectError"):
        comment("http://127.0.0.1:9/comments", "one")


def test_a_long_summary_is_cut_at_a_line() -> None:
    cut = body("".join(f"| row {number} |\n" for number in range(10_000)))
    assert len(cut) < MAX_BYTES + 100
    assert cut.startswith(MARK)
    assert cut.endswith(" |\n\n… the rest is in the summary of the run.")


def test_a_token_is_sent_to_https_and_the_own_machine_alone() -> None:
    for address in ("https://api.github.com/x", "http://127.0.0.1:80/x", "http://localhost/x"):
        assert checked_address(address) == address
    for address in ("http://api.github.com/x", "ftp://localhost/x", "", "http://127.0.0.1.evil/x"):
        with pytest.raises(ConfigurationError, match="expected https://"):
            checked_address(address)
