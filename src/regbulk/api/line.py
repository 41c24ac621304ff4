"""The line before a gate: who is next, first come, first served, over all event loops and threads of a process.

At most `room` requests are behind the line. One stands at its front: it alone waits for pauses and pace, so that time
is judged when a request leaves and not when it was lined up, and so that a single request tries whether an API is back.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from dataclasses import dataclass, field


@dataclass(eq=False)
class Place:
    """A request's place: in line, at the front, or behind it (then it is `taken`); made in a running event loop."""

    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)
    taken: bool = False
    turn: asyncio.Future[None] | None = None


class Line:
    """Places in the order of asking."""

    def __init__(self, room: int) -> None:
        """Open a line for `room` places at once."""
        self._room = room
        self._lock = threading.Lock()
        self._waiting = deque[Place]()
        self._inside = 0
        self._front: Place | None = None

    @property
    def crowded(self) -> bool:
        """Whether more places are taken than there is room now."""
        return self._inside > self._room

    def widen(self, room: int) -> None:
        """Set the room, which may also be less than before: nobody is turned out."""
        with self._lock:
            self._room = room
            self._let_in()

    async def front(self, place: Place) -> None:
        """Wait until this place is taken and at the front; one that was taken before stands before all who wait."""
        with self._lock:
            if again := place.taken:
                self._leave(place)
            place.turn = place.loop.create_future()
            (self._waiting.appendleft if again else self._waiting.append)(place)
            self._let_in()
        try:
            await place.turn
        except asyncio.CancelledError:
            self.leave(place)
            raise

    def passed(self, place: Place) -> None:
        """Let the next come to the front; this place stays taken."""
        with self._lock:
            self._clear(place)
            self._let_in()

    def leave(self, place: Place) -> None:
        """Give a place back, wherever it is in the line."""
        with self._lock:
            self._leave(place)
            self._let_in()

    def _leave(self, place: Place) -> None:
        self._clear(place)
        if place.taken:
            place.taken = False
            self._inside -= 1
        elif place in self._waiting:
            self._waiting.remove(place)

    def _clear(self, place: Place) -> None:
        if self._front is place:
            self._front = None

    def _let_in(self) -> None:
        while self._front is None and self._inside < self._room and self._waiting:
            place = self._waiting.popleft()
            try:
                place.loop.call_soon_threadsafe(_done, place.turn)
            except RuntimeError:  # its event loop is closed: nobody waits any more
                continue
            self._front, place.taken = place, True
            self._inside += 1


def _done(turn: asyncio.Future[None] | None) -> None:
    if turn and not turn.done():
        turn.set_result(None)
