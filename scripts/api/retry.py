"""Which failures of a request are worth another try, and when."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})


def draw(low: float, high: float) -> float:
    """Draw the jitter of a delay."""
    return random.uniform(low, high)  # noqa: S311 - spreads retries, guards nothing


@dataclass(frozen=True)
class Backoff:
    """Delays that double from `first` to `longest` seconds, each drawn from its upper half."""

    attempts: int = 6
    first: float = 1.0
    longest: float = 60.0
    patience: float = 300.0
    """The longest Retry-After that is waited for; beyond it the task fails and Airflow tries again later."""
    jitter: Callable[[float, float], float] = draw

    def delay(self, attempt: int, retry_after: float | None = None) -> float:
        """Return the seconds to wait after the given failed attempt, counted from 1."""
        ceiling = min(self.longest, self.first * 2.0 ** min(attempt - 1, 64))
        drawn = self.jitter(ceiling / 2, ceiling)
        # Never earlier than the server asked, and not all clients at that same moment.
        return drawn if retry_after is None else retry_after + self.jitter(0, self.first)


def retry_after_seconds(header: str | None, now: datetime) -> float | None:
    """Read a Retry-After header, which holds seconds or a date; None where it holds neither."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())
