"""An attempt that is repeated, as a value, and how long to wait before it where nobody says."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass
from typing import Final

from regbulk.errors import ApiError

log = logging.getLogger(__name__)

FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0


@dataclass(frozen=True)
class Retry:
    """An attempt that failed and is repeated.

    Attributes:
        attempt: which one failed, counted from 1.
        wait: seconds until the next at least; others may stand before it.
        cause: why it failed.
    """

    attempt: int
    wait: float
    cause: ApiError


def backoff(attempt: int) -> float:
    """Seconds to wait after failed attempt `attempt` (from 1): doubling up to 30, then by chance half to all of it."""
    # Bounded before the power is taken: an outage may count more attempts than a float can double.
    whole = min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(attempt - 1, 10))
    return whole * random.uniform(0.5, 1.0)  # noqa: S311 - spreads senders, keeps no secret


def log_retry(retry: Retry) -> None:
    """One line per repeated attempt, without what the API said: that may be about people."""
    cause = retry.cause
    why = type(cause).__name__ if cause.status is None else str(cause.status)
    log.info("attempt %d of %s %s: %s; again in %.1f s", retry.attempt, cause.method, cause.url, why, retry.wait)
