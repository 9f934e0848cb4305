"""The client's answers to what an API can do, over httpx's own stand-in for a network."""

from collections.abc import Callable, Sequence
from decimal import Decimal

import httpx
import pytest

from scripts.api.client import ApiError, ApiRefusedError, Client
from scripts.api.retry import Backoff
from scripts.api.settings import ApiSettings
from scripts.environment import InvalidVariableError, MissingVariablesError

Answer = Callable[[httpx.Request], httpx.Response]


def answer(status: int, text: str = "{}", **headers: str) -> Answer:
    return lambda _: httpx.Response(
        status, text=text, headers={k.replace("_", "-"): v for k, v in headers.items()}
    )


def broken(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("connection reset", request=request)


class Api:
    """Gives one answer after the other and notes requests and waits."""

    def __init__(self, answers: Sequence[Answer], token: str | None = "t0ken") -> None:  # noqa: S107
        """Prepare a client that never waits."""
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []
        self.client = Client(
            ApiSettings(base_url="https://api.example.com/v1", token=token),
            backoff=Backoff(attempts=3, jitter=lambda _, last: last),
            sleep=self.waits.append,
            transport=httpx.MockTransport(self.handle),
        )

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.requests.append(request)
        return self.answers.pop(0)(request)

    def get(self) -> object:
        """Ask once."""
        with self.client as client:
            return client.get_json("orders", {"limit": 2})


def test_the_request_carries_token_and_parameters_below_the_base() -> None:
    api = Api([answer(200, '{"amount": 1234567890123456.25}')])
    assert api.get() == {"amount": Decimal("1234567890123456.25")}
    assert str(api.requests[0].url) == "https://api.example.com/v1/orders?limit=2"
    assert api.requests[0].headers["Authorization"] == "Bearer t0ken"


def test_no_token_no_header() -> None:
    api = Api([answer(200)], token=None)
    api.get()
    assert "Authorization" not in api.requests[0].headers


@pytest.mark.parametrize("failure", [broken, *(answer(status) for status in (429, 500, 502, 503, 504))])
def test_what_passes_is_tried_again(failure: Answer) -> None:
    api = Api([failure, failure, answer(200, "[]")])
    assert api.get() == []
    assert api.waits == [1.0, 2.0]


def test_retry_after_is_honoured() -> None:
    api = Api([answer(429, Retry_After="20"), answer(200)])
    api.get()
    assert api.waits == [21.0]


def test_a_wait_beyond_patience_fails_at_once() -> None:
    api = Api([answer(429, Retry_After="3600")])
    with pytest.raises(ApiError, match="HTTP status 429 and asked to wait 3600 s; expected at most 300 s"):
        api.get()
    assert api.waits == []


def test_the_last_failure_is_named_and_no_token() -> None:
    api = Api([broken, answer(503), broken])
    with pytest.raises(
        ApiError, match=r"orders failed 3 times, lastly with ReadError: connection reset"
    ) as error:
        api.get()
    assert len(api.waits) == 2
    assert "t0ken" not in str(error.value)


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        (answer(401), ApiRefusedError, "refused with HTTP status 401.*API_TOKEN"),
        (answer(403), ApiRefusedError, "refused with HTTP status 403"),
        (answer(404, "gone"), ApiError, "HTTP status 404, expected 200.*'gone'"),
        (answer(302, Location="https://elsewhere.example"), ApiError, "HTTP status 302"),
        (answer(200, "<html>"), ApiError, "no JSON.*'<html>'"),
    ],
)
def test_what_does_not_pass_fails_at_once(given: Answer, kind: type[Exception], message: str) -> None:
    api = Api([given])
    with pytest.raises(kind, match=message):
        api.get()
    assert api.waits == []


def test_settings() -> None:
    settings = ApiSettings.from_environment({"API_BASE_URL": "https://x/v1/", "API_TOKEN": "t0ken"})
    assert (settings.base_url, settings.token) == ("https://x/v1", "t0ken")
    assert "t0ken" not in repr(settings)
    with pytest.raises(MissingVariablesError, match="API_BASE_URL"):
        ApiSettings.from_environment({})


@pytest.mark.parametrize(
    "url", ["x:80", "ftp://x", "https://", "https://u:hidden@x", "https://x?token=hidden"]
)
def test_an_address_that_is_none_is_refused_unshown(url: str) -> None:
    with pytest.raises(InvalidVariableError) as error:
        ApiSettings.from_environment({"API_BASE_URL": url})
    assert "hidden" not in str(error.value)
