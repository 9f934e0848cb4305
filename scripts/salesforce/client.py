"""A logged-in Salesforce client that neither hangs nor gives up at the first hiccup."""

import logging
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed
from urllib3.util import Retry

from scripts.environment import SetupError
from scripts.salesforce.settings import SalesforceSettings

logger = logging.getLogger(__name__)

API_VERSION = "62.0"
CONNECT_SECONDS, READ_SECONDS = 10.0, 120.0

REFUSALS = frozenset(
    {
        "API_DISABLED_FOR_ORG",
        "INACTIVE_OWNER_OR_USER",
        "INVALID_LOGIN",
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD",
        "LOGIN_MUST_USE_SECURITY_TOKEN",
        "ORG_LOCKED",
        "PASSWORD_LOCKOUT",
        "TRIAL_EXPIRED",
        "USER_LOCKED",
    }
)
"""Answers to a login that stay the same when asked again; repeating some of them locks the user."""


class LoginRefusedError(SetupError):
    """Salesforce does not let this user in."""


class SalesforceAdapter(HTTPAdapter):
    """Gives every request a timeout and reads a few tries; sends all to a gateway where one is set."""

    def __init__(self, gateway: str | None = None) -> None:
        """Retry what is safe to repeat: GET requests, and connections that were never made."""
        retry = Retry(
            total=4,
            backoff_factor=1,
            status_forcelist=(500, 502, 503, 504),
            allowed_methods={"GET"},
            raise_on_status=False,  # the client reads Salesforce's own error from the last answer
        )
        super().__init__(max_retries=retry)
        self._gateway = gateway

    def send(
        self,
        request: requests.PreparedRequest,
        *args: Any,  # noqa: ANN401 - passed on as they come
        **options: Any,  # noqa: ANN401 - passed on as they come
    ) -> requests.Response:
        """Send one request."""
        if self._gateway and request.url:
            parts = urlsplit(request.url)
            query = f"?{parts.query}" if parts.query else ""
            request.url = f"{self._gateway}{parts.path}{query}"
        options["timeout"] = options.get("timeout") or (CONNECT_SECONDS, READ_SECONDS)
        return super().send(request, *args, **options)


def login(settings: SalesforceSettings) -> Salesforce:
    """Log in and return a client whose numbers are exact decimals."""
    if settings.gateway and settings.gateway.startswith("http://"):
        logger.warning("Salesforce is reached unencrypted through %s: for tests only", settings.gateway)
    session = requests.Session()
    session.mount("https://", SalesforceAdapter(settings.gateway))
    try:
        return Salesforce(
            username=settings.username,
            password=settings.password,
            security_token=settings.security_token,
            domain=settings.domain,
            version=API_VERSION,
            session=session,
            parse_float=Decimal,
        )
    except SalesforceAuthenticationFailed as error:
        if error.code not in REFUSALS:
            raise
        raise LoginRefusedError(
            f"Salesforce refused the login of {settings.username!r} at {settings.domain}.salesforce.com: "
            f"{error.auth_message} ({error.code}). Check SALESFORCE_PASSWORD, SALESFORCE_SECURITY_TOKEN "
            "(it changes with the password) and SALESFORCE_DOMAIN ('test' for a sandbox)."
        ) from error
