"""The one comment on a pull request: written, found again, brought up to date, and what goes wrong."""

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
    served = Api()
    yield served
    served.close()


def told(api: Api, text: str, token: str = TOKEN, *, only_update: bool = False) -> str:
    return asyncio.run(post(api.address, token, body(text), only_update=only_update))


def test_it_is_written_once_and_changed_then(api: Api) -> None:
    assert told(api, "one") == "comment created"
    assert told(api, "two") == "comment updated"
    assert told(api, "two") == "comment unchanged"
    (comment,) = api.comments
    assert comment["body"] == f"{MARK}\ntwo"


def test_where_there_is_nothing_to_tell_only_an_old_comment_is_changed(api: Api) -> None:
    assert told(api, "nothing", only_update=True) == "no comment: nothing to report"
    assert api.comments == []
    told(api, "failed")
    assert told(api, "nothing", only_update=True) == "comment updated"


def test_what_a_person_wrote_with_the_mark_in_it_is_left_alone(api: Api) -> None:
    theirs = {"user": {"type": "User"}, "body": f"{MARK}\nmine"}
    api.comments.append(theirs)
    assert told(api, "ours") == "comment created"
    assert theirs["body"] == f"{MARK}\nmine"


def test_a_token_that_may_not_is_told_with_the_permission(api: Api) -> None:
    with pytest.raises(StepError, match=r"answered 401 .* permissions: pull-requests: write") as caught:
        told(api, "one", token="wrong-token")  # noqa: S106 - made up
    assert "wrong-token" not in str(caught.value)


def test_a_server_that_is_away_is_told() -> None:
    with pytest.raises(StepError, match=r"ConnectError"):
        asyncio.run(post("http://127.0.0.1:9/comments", TOKEN, "one", only_update=False))


def test_a_long_summary_is_cut_at_a_line() -> None:
    lines = "".join(f"| row {number} |\n" for number in range(10_000))
    cut = body(lines)
    assert len(cut) < MAX_BYTES + 100
    assert cut.startswith(MARK)
    assert cut.endswith(" |\n\n… the rest is in the summary of the run.")
    fenced = body("```\n" + "x\n" * MAX_BYTES)
    assert fenced.count("```") == 2
    assert len(body("é\n" * MAX_BYTES).encode()) < MAX_BYTES + 100


@pytest.mark.parametrize(
    "address", ["https://api.github.com/x", "http://127.0.0.1:80/x", "http://localhost/x"]
)
def test_a_token_may_be_sent_there(address: str) -> None:
    assert checked_address(address) == address


@pytest.mark.parametrize(
    "address", ["http://api.github.com/x", "ftp://localhost/x", "", "http://127.0.0.1.evil/x"]
)
def test_a_token_may_not_be_sent_there(address: str) -> None:
    with pytest.raises(ConfigurationError, match="expected https://"):
        checked_address(address)
