"""The client's transport and what it says of a refused login."""

from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from scripts.salesforce import client
from scripts.salesforce.client import LoginRefusedError, SalesforceAdapter, login
from scripts.salesforce.settings import SalesforceSettings

SETTINGS = SalesforceSettings(username="loader@example.com", password="s3cret", security_token="t0ken")  # noqa: S106


@pytest.mark.parametrize(
    ("gateway", "sent_to"),
    [
        (None, "https://acme.my.salesforce.com/services/data/v62.0/query?q=SELECT+Id"),
        ("http://salesforce:8080", "http://salesforce:8080/services/data/v62.0/query?q=SELECT+Id"),
    ],
)
def test_requests_get_a_timeout_and_go_to_the_gateway(
    monkeypatch: pytest.MonkeyPatch, gateway: str | None, sent_to: str
) -> None:
    seen: dict[str, Any] = {}

    def send(_: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # noqa: ANN401
        seen.update(options, url=request.url)
        response = requests.Response()
        response.status_code, response.url = 200, str(request.url)
        return response

    monkeypatch.setattr(HTTPAdapter, "send", send)
    session = requests.Session()
    session.mount("https://", SalesforceAdapter(gateway))
    session.get("https://acme.my.salesforce.com/services/data/v62.0/query", params={"q": "SELECT Id"})
    assert seen["url"] == sent_to
    assert seen["timeout"] == (client.CONNECT_SECONDS, client.READ_SECONDS)


def refuse(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    def salesforce(**_: object) -> None:
        raise SalesforceAuthenticationFailed(code, "the reason")

    monkeypatch.setattr(client, "Salesforce", salesforce)


def test_a_refused_login_says_who_where_why_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "INVALID_LOGIN")
    with pytest.raises(LoginRefusedError) as error:
        login(SETTINGS)
    message = str(error.value)
    assert "'loader@example.com' at login.salesforce.com" in message
    assert "the reason" in message
    assert "s3cret" not in message
    assert "t0ken" not in message


def test_a_login_that_fails_for_now_can_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "SERVER_UNAVAILABLE")
    with pytest.raises(SalesforceAuthenticationFailed):
        login(SETTINGS)
