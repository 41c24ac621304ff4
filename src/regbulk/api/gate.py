"""The gate every request goes through: how many at once, and when none at all.

Additive increase, multiplicative decrease: a 429 halves the width and pauses everybody, a whole width of successes adds
one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from regbulk.api.answers import Answer
from regbulk.api.clock import Clock
from regbulk.api.retry import backoff

log = logging.getLogger(__name__)

LONGEST_PAUSE: Final = 120.0
"""Seconds; a longer Retry-After is cut to this, so that a wrong one cannot stop a load for a day."""


class Gate:
    """At most `most` requests in flight, fewer after a 429, none during a pause."""

    def __init__(self, most: int, clock: Clock) -> None:
        """Open the gate at full width."""
        self.width = most
        self._most = most
        self._room = asyncio.Semaphore(most)
        self._owed = 0  # places that are still in flight but given up: they are not refilled
        self._successes = 0
        self._refusals = 0
        self._until = 0.0
        self._clock = clock

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Hold one place in flight; waits for room first, then for the end of a pause."""
        async with self._place():
            while seconds := self.pause():
                await self._clock.sleep(seconds)
            yield

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        await self._room.acquire()
        try:
            yield
        finally:
            self._give_place()

    def pause(self) -> float:
        """Seconds for which nothing may be sent; 0 = no pause."""
        return max(0.0, self._until - self._clock.elapsed())

    def heard(self, answer: Answer) -> None:
        """Learn from an answer: 429 narrows and pauses, 503 with Retry-After pauses, success widens."""
        asked = retry_after(answer.headers, now=self._clock.epoch())
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._narrow()
            if asked:
                self._pause_as_asked(asked)
            else:
                self._pause(backoff(self._refusals), reason="after a 429 that does not say how long to wait")
        elif answer.status == HTTPStatus.SERVICE_UNAVAILABLE and asked:
            self._pause_as_asked(asked)
        elif answer.succeeded:
            self._widen()

    def _narrow(self) -> None:
        self._successes = 0
        # Those that were in flight together are refused together: one pause, one step.
        if self.pause():
            return
        self._refusals += 1
        narrower = max(1, self.width // 2)
        self._owed += self.width - narrower
        self._changed(narrower, "429")

    def _widen(self) -> None:
        self._refusals = 0
        self._successes += 1
        if self._successes >= self.width and self.width < self._most:
            self._successes = 0
            self._changed(self.width + 1, "a run of successes")
            self._give_place()

    def _give_place(self) -> None:
        if self._owed:
            self._owed -= 1
        else:
            self._room.release()

    def _changed(self, width: int, reason: str) -> None:
        if width != self.width:
            log.info("%d requests at once instead of %d after %s", width, self.width, reason)
        self.width = width

    def _pause_as_asked(self, seconds: float) -> None:
        if seconds > LONGEST_PAUSE:
            log.warning("the API asks to wait %.0f s; waiting %.0f s, then asking again", seconds, LONGEST_PAUSE)
        self._pause(min(seconds, LONGEST_PAUSE), reason="as the API asks")

    def _pause(self, seconds: float, *, reason: str) -> None:
        log.info("nothing is sent for %.1f s, %s", seconds, reason)
        self._until = max(self._until, self._clock.elapsed() + seconds)


def retry_after(headers: Mapping[str, str], *, now: float) -> float | None:
    """Seconds that Retry-After asks for (RFC 9110, 10.2.3), None when absent, unreadable, zero or past.

    Args:
        headers: of the answer, by lower-case name.
        now: epoch seconds here, used where the answer has no Date: the server's own clock counts for its dates.
    """
    text = headers.get("retry-after", "").strip()
    if text.replace(".", "", 1).isdecimal():
        return float(text) or None
    then = _epoch(text)
    seconds = 0.0 if then is None else then - (_epoch(headers.get("date", "")) or now)
    return seconds if seconds > 0 else None


def _epoch(text: str) -> float | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    # RFC 5322 gives no zone for "-0000"; an HTTP date is always UTC.
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
