"""Tokens of GitHub Actions: what they claim, and how one is asked for, with a server in its place."""

import base64
import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from urllib.error import HTTPError

import pytest

from ci.attest import identity
from ci.attest.identity import workflow
from ci.attest.provenance import ISSUER, Workflow
from ci.errors import StepError

from ..refusals import refusal
from .test_provenance import JOB

REQUEST = "request-token-of-the-run"
CLAIMS: dict[str, object] = {
    "iss": ISSUER,
    "aud": "sigstore",
    "sub": "repo:acme/dags:ref:refs/heads/main",
    "job_workflow_ref": JOB,
    "repository": "acme/dags",
    "run_id": "42",
    "run_attempt": "2",
}


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def jwt(**changes: object) -> str:
    return ".".join(["e30", encoded(json.dumps(CLAIMS | changes).encode()), "c2ln"])


def test_a_token_of_github_tells_of_its_run() -> None:
    run = Workflow(job_workflow_ref=JOB, repository="acme/dags", run_id="42", run_attempt="2")
    assert workflow(jwt()) == run
    assert workflow(jwt(run_id=42, run_attempt=2)) == run


def test_a_payload_may_have_any_length_and_letters_of_the_url_alphabet() -> None:
    for padding in range(4):
        assert workflow(jwt(more="x" * padding)) == workflow(jwt())
    text = json.dumps(CLAIMS | {"more": "ÿþ?>~" * 9}, ensure_ascii=False)
    payload = encoded(text.encode())
    assert set("-_") & set(payload)
    assert workflow(f"e30.{payload}.c2ln") == workflow(jwt())


def test_a_token_of_another_issuer_tells_of_no_run() -> None:
    near = [f"{ISSUER}/", f"{ISSUER}.evil.example", f"{ISSUER}/acme", ISSUER.replace("https", "http")]
    for issuer in ("https://accounts.google.com", "", None, [ISSUER], *near):
        assert workflow(jwt(iss=issuer)) is None


NO_CLAIMS = [f"e30.{encoded(text)}.c2ln" for text in (b"no JSON", b"\xff\xfe", b"[]", b"7", b"null")]
NO_TOKENS = ["", "token", "..", "a.b.c", "a.%%%.c", "e30.ü.c2ln", REQUEST]


@pytest.mark.parametrize("token", [*NO_TOKENS, *NO_CLAIMS])
def test_what_is_no_token_is_refused_and_not_told(token: str) -> None:
    told = "invalid identity token: expected an OIDC token (a JWT of three parts)"
    assert refusal(workflow, token) == (told,)


@contextmanager
def served(status: int, body: bytes) -> Generator[tuple[str, list[tuple[str, str | None]]]]:
    """Serve one answer at an address, and keep what was asked: path and authorization."""
    asked: list[tuple[str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Authorization"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as its base calls it
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/token?api-version=2", asked
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask no proxy."""
    monkeypatch.setenv("no_proxy", "*")


def ask(address: str, request: str = REQUEST) -> str:
    return identity._request(address, request)  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001 - the pure part


def test_the_token_is_returned() -> None:
    with served(200, json.dumps({"value": jwt(), "count": 9}).encode()) as (address, asked):
        assert ask(f"{address}&audience=sigstore") == jwt()
    assert asked == [("/token?api-version=2&audience=sigstore", f"bearer {REQUEST}")]


def refused(address: str, request: str = REQUEST) -> str:
    """Return why there is no token."""
    with pytest.raises(StepError) as caught:
        ask(address, request)
    answer = caught.value.__context__
    if isinstance(answer, HTTPError):
        answer.close()
    return str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        *((401, b"", "HTTPError"), (403, f"not {REQUEST}".encode(), "HTTPError"), (500, b"{}", "HTTPError")),
        *((200, body, "ValidationError") for body in (b"", b"{}", b"[]", b"null", b"\xff\xfe\xff")),
        (200, f"<html>{REQUEST}".encode(), "ValidationError"),
    ],
)
def test_where_there_is_no_token_the_permission_is_told_and_not_what_was_sent(
    status: int, body: bytes, told: str
) -> None:
    with served(status, body) as (address, _):
        assert refused(address) == (
            f"no identity token from GitHub Actions: {told}: "
            "check that the job has permissions: id-token: write"
        )


def test_an_address_where_nobody_is_and_a_request_that_is_no_header_give_no_token() -> None:
    for address in ("http://127.0.0.1:1/token", "no address", "http://", "unknown://x/"):
        told = refused(address)
        assert told.startswith("no identity token from GitHub Actions: ")
        assert REQUEST not in told
    with served(200, b"{}") as (address, asked):
        assert REQUEST not in refused(address, f"{REQUEST}\nX: 1")
    assert asked == []
