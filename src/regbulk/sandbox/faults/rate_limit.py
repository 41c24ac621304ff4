"""A limit on requests per second: a token bucket for each tenant."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from regbulk.sandbox.faults.answer import Answer, message
from regbulk.sandbox.faults.arrival import Arrival
from regbulk.sandbox.faults.kinds import Hit, Kind, Proceed, Respond
from regbulk.sandbox.faults.marks import marks_of
from regbulk.sandbox.faults.refusals import LIMIT_EXCEEDED
from regbulk.sandbox.faults.retry_after import FORMS, retry_after
from regbulk.sandbox.faults.values import choice, number


class TokenBucket:
    """So many requests at once, and so many a second afterwards."""

    def __init__(self, rate: float, burst: float, *, now: float) -> None:
        """Start full, at `now` seconds of a clock that never goes back; `rate` is requests per second."""
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, now

    def wait(self, now: float) -> float:
        """0 for a request that may pass, which it takes account of; else the seconds until one may."""
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._rate


def _rate_limit(value: str | None) -> Respond:
    parts = (value or "").split("/")
    if len(parts) not in (2, 3):
        raise ValueError("RATE/BURST or RATE/BURST/FORM is expected, as 50/10 or 50/10/date")
    rate = number(parts[0], "requests per second", least=0.01)
    burst = number(parts[1], "requests at once", least=1)
    form = choice(parts[2] if parts[2:] else None, FORMS, default="seconds")
    bucket = TokenBucket(rate, burst, now=time.monotonic())

    async def strike(arrival: Arrival, hit: Hit, proceed: Proceed) -> Answer:
        if not (wait := bucket.wait(time.monotonic())):
            hit.missed()
            return await proceed(arrival)
        await arrival.body()
        return message(
            HTTPStatus.TOO_MANY_REQUESTS, LIMIT_EXCEEDED, retry_after(form, wait, ahead=marks_of(arrival.scope).clock)
        )

    return strike


LIMITS: Final[Mapping[str, Kind]] = {
    "rate-limit": Kind(
        "429 for every request above so many a second, with a burst; FORM is how Retry-After is written.",
        "any",
        _rate_limit,
        "always",
        "RATE/BURST[/FORM]",
    ),
}
