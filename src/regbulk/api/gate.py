"""The gate every request to one API and tenant goes through: how many at once, how many a second, and when none at all.

The limit is the tenant's, so there is one gate for all clients of an address and tenant in a process, also when they
live in different threads or event loops (`gates`). It lives as long as one of them; several processes find their
shares by the same rules without seeing each other. The width is the largest `concurrency` among the clients (each keeps
to its own besides), the cap per second the smallest `rate`.

* 429: the width is halved, the pace cut (`width`, `pace`), and everybody pauses as Retry-After asks, or for half a
  second and longer each time where it asks for nothing. Requests that were in flight together are refused together:
  that is one step, as a sender learns once a round trip and not once a packet.
* 503 with Retry-After: a pause.
* not sent: pauses that grow to a few seconds; until there is an answer a single request at a time tries.
* any other answer: wider and faster, a little.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

from regbulk.api.answers import Answer
from regbulk.api.clock import Clock, Sleep
from regbulk.api.line import Line, Place
from regbulk.api.pace import Pace
from regbulk.api.retry import backoff
from regbulk.api.retry_after import retry_after
from regbulk.api.trace import SpeedChange, Trace
from regbulk.api.trouble import Trouble
from regbulk.api.width import Width
from regbulk.errors import NotSent

log = logging.getLogger(__name__)

LONGEST_PAUSE: Final = 120.0
"""Seconds; a longer Retry-After is cut to this, so that a wrong one cannot stop a load for a day."""
LONGEST_OWN_PAUSE: Final = 5.0
"""Seconds between two tries where nobody says how long to wait."""
_GLANCE: Final = 10.0
"""Seconds after which a request at the front looks again whether waiting still makes sense."""
_INSTANT: Final = 1e-6
_TOLD_GROWTH: Final = 1.1
_TOLD_LONGER: Final = 0.1


class Gate:
    """The limit of one API and tenant."""

    def __init__(self, address: str, clock: Clock, *, most: int, rate: float | None = None) -> None:
        """Open the gate at full width.

        Args:
            address: what messages name.
            clock: what tells the time; each turn brings its own way of waiting.
            most: requests at once.
            rate: requests per second at most; None = no cap.
        """
        self.trouble = Trouble(address)
        self.trace = Trace()
        self._width = Width(most)
        self._pace = Pace(rate)
        self._line = Line(most)
        self._clock = clock
        self._lock = threading.Lock()
        self._until = 0.0
        self._step = -1.0
        self.failures = 0
        """How often in a row trying was in vain; what was tried at once counts once."""
        self._told_huge = False
        self._told_rate = rate

    @property
    def width(self) -> int:
        """Requests at once, as refusals and answers have left it."""
        return self._width.now

    @property
    def rate(self) -> float | None:
        """Requests per second at most; None = not limited."""
        return self._pace.rate

    def join(self, *, most: int, rate: float | None) -> None:
        """Let another client share this gate: the wider width and the smaller cap hold."""
        with self._lock:
            self._width.allow(most)
            self._pace.most = min((cap for cap in (self._pace.most, rate) if cap is not None), default=None)
            self._set_room()

    @asynccontextmanager
    async def turn(self, sleep: Sleep, check: Callable[[], None] = lambda: None) -> AsyncIterator[float]:
        """Hold one place in flight; gives the time at which it began, for what is heard of the request.

        Args:
            sleep: how to wait.
            check: raises where waiting on makes no sense; asked before each wait and before the request leaves.
        """
        place = Place()
        try:
            yield await self._passed(place, sleep, check)
        finally:
            self._line.leave(place)

    async def _passed(self, place: Place, sleep: Sleep, check: Callable[[], None]) -> float:
        await self._line.front(place)
        while True:
            check()
            if seconds := self._wait():
                await sleep(min(seconds, _GLANCE))
            elif self._line.crowded:
                await self._line.front(place)
            else:
                break
        with self._lock:
            now = self._clock.elapsed()
            self._pace.sent(now)
        self._line.passed(place)
        return now

    def pause(self) -> float:
        """Seconds for which nothing may be sent; 0 = no pause."""
        return max(0.0, self._until - self._clock.elapsed())

    def _wait(self) -> float:
        seconds = max(self.pause(), self._pace.wait(self._clock.elapsed()))
        return seconds if seconds > _INSTANT else 0.0

    def heard(self, answer: Answer, *, sent: float, patience: float) -> None:
        """Learn from an answer to a request that left at `sent`; `patience` is how long trouble is waited out."""
        asked = retry_after(answer.headers, now=self._clock.epoch())
        with self._lock:
            now = self._clock.elapsed()
            if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                self.trouble.refused(now=now, patience=patience)
                self._refused("429", sent=sent, asked=asked)
            else:
                away = self.trouble.unreachable
                self.trouble.answered(now)
                self._accepted(now)
                if away:
                    self._note("reached again")
                if answer.status == HTTPStatus.SERVICE_UNAVAILABLE and asked:
                    self._pause_as_asked(asked, "503")
            self._set_room()

    def limited(self, count: int, *, sent: float) -> None:
        """Learn from `count` operations of a batch that were refused with 429 though the batch itself was answered."""
        with self._lock:
            self._refused(f"429 for {count} operations of a batch", sent=sent, asked=None)
            self._set_room()

    def unsent(self, failure: NotSent, *, sent: float, patience: float) -> None:
        """Learn that a request which was let through at `sent` could not be sent."""
        with self._lock:
            self.trouble.unsent(failure, now=self._clock.elapsed(), patience=patience)
            if self._steps(sent):
                self._pause_by_own(f"not sent: {failure.reason}")
            self._set_room()

    def _refused(self, reason: str, *, sent: float, asked: float | None) -> None:
        steps = self._steps(sent)
        if steps:
            self._width.refused()
            self._pace.refused(self._clock.elapsed())
        if asked:
            self._pause_as_asked(asked, reason)
        elif steps:
            self._pause_by_own(f"{reason}, which does not say how long to wait")

    def _steps(self, sent: float) -> bool:
        """Whether a failure says something new: it left after the last step."""
        if sent <= self._step:
            return False
        self._step = self._clock.elapsed()
        self.failures += 1
        return True

    def _accepted(self, now: float) -> None:
        self.failures, self._told_huge = 0, False
        width, learned = self._width.now, self._pace.learned
        self._width.accepted()
        self._pace.accepted(now)
        if learned is not None and self._pace.learned is None:
            self._note("no refusal for a long time")
        elif self._width.now != width or (self.rate or 0) > _TOLD_GROWTH * (self._told_rate or 0):
            self._note("a run of answers")

    def _pause_as_asked(self, seconds: float, reason: str) -> None:
        if seconds > LONGEST_PAUSE and not self._told_huge:
            self._told_huge = True
            log.warning("the API asks to wait %.0f s; waiting %.0f s, then asking again", seconds, LONGEST_PAUSE)
        self._pause(min(seconds, LONGEST_PAUSE), f"{reason}, as the API asks")

    def _pause_by_own(self, reason: str) -> None:
        self._pause(min(LONGEST_OWN_PAUSE, backoff(self.failures)), reason)

    def _pause(self, seconds: float, reason: str) -> None:
        until = self._clock.elapsed() + seconds
        longer, self._until = until - self._until, max(self._until, until)
        if longer > _TOLD_LONGER:
            self._note(f"nothing for {seconds:.1f} s after {reason}")

    def _note(self, reason: str) -> None:
        self._told_rate = rate = self.rate
        shown = "" if rate is None else f", {rate:.3g} a second"
        log.info("%d requests at once%s: %s", self._room, shown, reason)
        self.trace.add(SpeedChange(self._clock.epoch(), self._room, rate, reason))

    @property
    def _room(self) -> int:
        return 1 if self.trouble.unreachable else self._width.now

    def _set_room(self) -> None:
        self._line.widen(self._room)
