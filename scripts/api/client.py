"""Requests to the API: a timeout on each, another try where that helps, and errors that say what happened."""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Self

import httpx

from scripts.api.retry import RETRIED_STATUSES, Backoff, retry_after_seconds
from scripts.api.settings import ApiSettings
from scripts.environment import SetupError

logger = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(30.0, connect=10.0)
SHOWN_CHARACTERS = 200


class ApiError(RuntimeError):
    """The API did not give a usable answer."""


class ApiRefusedError(SetupError):
    """The API refuses this request, and will refuse it again."""


class Client:
    """A client for one API; use it in a `with` statement."""

    def __init__(
        self,
        settings: ApiSettings,
        backoff: Backoff | None = None,
        sleep: Callable[[float], object] = time.sleep,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Prepare the client; `sleep` and `transport` are httpx's and Python's own outside tests."""
        headers = {"Accept": "application/json"}
        if settings.token:
            headers["Authorization"] = f"Bearer {settings.token}"
        # Redirects are not followed: they would carry the request, not the token, somewhere unexpected.
        self._http = httpx.Client(
            base_url=settings.base_url, headers=headers, timeout=TIMEOUT, transport=transport
        )
        self._backoff = backoff or Backoff()
        self._sleep = sleep

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close its connections."""
        self._http.close()

    def get_json(self, path: str, parameters: Mapping[str, str | int]) -> object:
        """GET a path and return its JSON, trying again after what passes: busy server, broken connection."""
        attempt = 0
        while True:
            attempt += 1
            failure, retry_after = "", None
            try:
                response = self._http.get(path, params=dict(parameters))
            except httpx.RequestError as error:
                failure = f"{type(error).__name__}: {error}"
            else:
                if response.status_code not in RETRIED_STATUSES:
                    return _json(response)
                failure = f"HTTP status {response.status_code}"
                retry_after = retry_after_seconds(response.headers.get("Retry-After"), datetime.now(UTC))
            self._wait(path, attempt, failure, retry_after)

    def _wait(self, path: str, attempt: int, failure: str, retry_after: float | None) -> None:
        where = f"GET {self._http.base_url.join(path)}"
        if attempt >= self._backoff.attempts:
            raise ApiError(
                f"{where} failed {attempt} times, lastly with {failure}; expected an answer by then. "
                "Check API_BASE_URL and whether the API is up; the next try of this task starts over."
            )
        if retry_after is not None and retry_after > self._backoff.patience:
            raise ApiError(
                f"{where} gave {failure} and asked to wait {retry_after:.0f} s; expected at most "
                f"{self._backoff.patience:.0f} s. The next try of this task starts over."
            )
        delay = self._backoff.delay(attempt, retry_after)
        logger.warning(
            "%s: %s, attempt %d of %d; waiting %.1f s", where, failure, attempt, self._backoff.attempts, delay
        )
        self._sleep(delay)


def _json(response: httpx.Response) -> object:
    where = f"GET {response.url.copy_with(query=None)}"
    if response.status_code in (401, 403):
        raise ApiRefusedError(
            f"{where} was refused with HTTP status {response.status_code}; expected 200. "
            "Check that API_TOKEN is set, valid and allowed to read this."
        )
    if response.status_code != 200:
        raise ApiError(
            f"{where} gave HTTP status {response.status_code}, expected 200. Check API_BASE_URL. "
            f"The answer begins: {response.text[:SHOWN_CHARACTERS]!r}"
        )
    try:
        # A float would lose digits of an amount.
        return response.json(parse_float=Decimal)
    except ValueError as error:
        raise ApiError(
            f"{where} gave no JSON ({error}). Check API_BASE_URL. "
            f"The answer begins: {response.text[:SHOWN_CHARACTERS]!r}"
        ) from error
