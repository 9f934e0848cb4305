"""When a request is tried again."""

from datetime import UTC, datetime

import pytest

from scripts.api.retry import Backoff, retry_after_seconds

NOW = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


def low(first: float, _: float) -> float:
    return first


def high(_: float, last: float) -> float:
    return last


@pytest.mark.parametrize(
    ("attempt", "least", "most"), [(1, 0.5, 1), (2, 1, 2), (5, 8, 16), (7, 30, 60), (2000, 30, 60)]
)
def test_delays_double_up_to_a_limit(attempt: int, least: float, most: float) -> None:
    assert Backoff(jitter=low).delay(attempt) == least
    assert Backoff(jitter=high).delay(attempt) == most


def test_a_server_that_names_a_time_is_never_asked_earlier() -> None:
    assert Backoff(jitter=low).delay(1, retry_after=30) == 30
    assert Backoff(jitter=high).delay(1, retry_after=30) == 31


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("7", 7),
        (" 0 ", 0),
        ("Sun, 01 Mar 2026 08:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 07:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds
