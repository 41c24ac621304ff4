"""Why the speed changed: a bounded list that each client reads on from where it stopped."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

MOST: Final = 1_000
"""Changes kept for a client that does not ask; the oldest go first."""


class SpeedChange(NamedTuple):
    """One change of the speed towards an API.

    Attributes:
        at: epoch seconds, UTC.
        width: requests at once from then on.
        rate: requests per second from then on; None = not limited.
        reason: why, in plain words, and for how long nothing is sent.
    """

    at: float
    width: int
    rate: float | None
    reason: str


class Trace:
    """The changes of one gate, numbered from 1."""

    def __init__(self) -> None:
        """Start empty."""
        self._changes = deque[SpeedChange](maxlen=MOST)
        self.count = 0

    def add(self, change: SpeedChange) -> None:
        """Keep a change."""
        self._changes.append(change)
        self.count += 1

    def after(self, number: int) -> list[SpeedChange]:
        """The changes behind this number, as far as they are kept, oldest first."""
        new = min(self.count - number, len(self._changes))
        return list(self._changes)[len(self._changes) - new :]
