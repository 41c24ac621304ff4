"""How many requests leave per second: a hard cap, and a pace that is learned from refusals.

Width alone cannot keep to a limit per second: one request at a time to an API that answers within 2 ms is 500 a second.
So a refusal (429) turns the rate of the answers that were accepted shortly before into the pace, less a share; further
refusals take the same share again. Accepted answers add a constant rate up to the pace that was refused last and a
growing one beyond it, where the limit is unknown (as CUBIC does, RFC 9438). A long time without a refusal drops the
pace. It swings between 0.7 and a little over 1 of the limit. Against token buckets of 5 to 150 requests a second it
uses 80 to 100 % of the rate and is refused less than 1 call in 30; with a bucket of a single token it uses two thirds.

Requests are spaced evenly. A burst would use up a token bucket and teach nothing about its rate.
"""

from __future__ import annotations

from collections import deque
from typing import Final

DECREASE: Final = 0.7
"""What is left of the pace after a refusal."""
INCREASE: Final = 0.05
"""Share of the refused pace that is added in a second of accepted answers: back at it after six seconds."""
SLOWEST: Final = 1.0
"""Requests per second; slower than that only pauses make it."""
PROBE: Final = 0.25
"""Share of itself that the pace grows by in a second beyond what was refused, or after a first guess."""
QUIET: Final = 60.0
"""Seconds without a refusal after which the pace is dropped."""
_WINDOW: Final = 2.0
_LATE: Final = 0.02
"""Seconds that a sleeper may oversleep without slowing those behind it."""
_ENOUGH: Final = 4_096


class Pace:
    """Requests per second; all times are seconds of one clock that never goes back."""

    def __init__(self, most: float | None) -> None:
        """Start without a learned pace; `most` is the cap, None = none."""
        self.most = most
        self.learned: float | None = None
        self._next = 0.0
        self._accepted = deque[float](maxlen=_ENOUGH)
        self._ceiling = 0.0
        self._grown = self._refused = 0.0

    @property
    def rate(self) -> float | None:
        """Requests per second now; None = not limited."""
        return min((rate for rate in (self.most, self.learned) if rate is not None), default=None)

    def wait(self, now: float) -> float:
        """Seconds until the next request may leave."""
        return 0.0 if self.rate is None else max(0.0, self._next - now)

    def sent(self, now: float) -> None:
        """A request leaves."""
        if self.rate is not None:
            self._next = max(self._next, now - _LATE) + 1 / self.rate

    def accepted(self, now: float) -> None:
        """An answer came that is no refusal."""
        self._accepted.append(now)
        if self.learned is None:
            return
        if now - self._refused >= QUIET:
            self.learned = None
            return
        passed = min(1.0, now - self._grown)
        faster = INCREASE * self._ceiling if self.learned < self._ceiling else PROBE * self.learned
        self.learned += faster * passed
        self._grown = now

    def refused(self, now: float) -> None:
        """The API refused for its limit; before any accepted answer there is no pace to learn."""
        first, measured = self.learned is None, self._measured(now)
        before = min((rate for rate in (self.learned, measured) if rate is not None), default=None)
        self._refused = self._grown = now
        if before is not None:
            self.learned = max(SLOWEST, before * DECREASE)
            self._ceiling = 0.0 if first else before

    def _measured(self, now: float) -> float | None:
        """Accepted answers per second within the last seconds; a start shorter than a second counts as one."""
        while self._accepted and self._accepted[0] < now - _WINDOW:
            self._accepted.popleft()
        return len(self._accepted) / max(1.0, now - self._accepted[0]) if self._accepted else None
