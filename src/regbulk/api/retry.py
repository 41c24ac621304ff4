"""The one place where a request is tried again."""

from __future__ import annotations

import logging
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from regbulk.api.clock import Sleep
from regbulk.errors import ApiError, InDoubt, NotSent, RateLimited

log = logging.getLogger(__name__)

T = TypeVar("T")
FIRST_WAIT: Final = 0.5
LONGEST_WAIT: Final = 30.0


@dataclass(frozen=True)
class Retry:
    """An attempt that failed and is repeated.

    Attributes:
        attempt: which one failed, counted from 1.
        wait: seconds until the next.
        cause: why it failed.
    """

    attempt: int
    wait: float
    cause: ApiError


@dataclass(frozen=True)
class Patience:
    """How attempts are repeated.

    Attributes:
        attempts: how often a request is tried at most.
        pause: seconds for which nothing may be sent after what the API answered; 0 = no pause.
        sleep: waits so many seconds.
        on_retry: is told of every attempt that is repeated.
    """

    attempts: int
    pause: Callable[[], float]
    sleep: Sleep
    on_retry: Callable[[Retry], None]


async def patiently(once: Callable[[], Awaitable[T]], patience: Patience, *, writes: bool) -> T:
    """Try until it succeeds, fails for good, or the attempts are used up (then the last failure is raised).

    Anything is repeated when nothing was sent or the API refused to look (429); a read also when no usable answer came.
    A write in doubt is never repeated here: whether it took effect must be read back first.
    """
    attempt = 1
    while True:
        try:
            return await once()
        except ApiError as failure:
            if attempt >= patience.attempts or not _repeatable(failure, writes=writes):
                raise
            retry = Retry(attempt, patience.pause() or backoff(attempt), failure)
        patience.on_retry(retry)
        await patience.sleep(retry.wait)
        attempt += 1


def backoff(attempt: int) -> float:
    """Seconds to wait after failed attempt `attempt` (from 1): doubling up to 30, then by chance half to all of it."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** (attempt - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads senders, keeps no secret


def log_retry(retry: Retry) -> None:
    """One line per repeated attempt, without what the API said: that may be about people."""
    cause = retry.cause
    why = type(cause).__name__ if cause.status is None else str(cause.status)
    log.info("attempt %d of %s %s: %s; again in %.1f s", retry.attempt, cause.method, cause.url, why, retry.wait)


def _repeatable(failure: ApiError, *, writes: bool) -> bool:
    return isinstance(failure, NotSent | RateLimited) or (isinstance(failure, InDoubt) and not writes)
