"""Being asked to stop: Ctrl-C, or SIGTERM from a service manager, which is treated like it.

While a push runs, the first one asks: nothing more is sent, what is in flight is finished and written down. The second
stops now, as the first does at any other time: then nothing is in flight.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType
from typing import Final, NoReturn

from regbulk.cli.console import say
from regbulk.errors import Interrupted

_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)
_SHORT: Final = 1.0
"""Seconds below which a wait is waited out."""
_SLACK: Final = 2.0
"""Seconds for what is neither waiting for an answer nor looking for a lost one: writing down what was found."""


class Stopping:
    """Whether a push was asked to stop; made in the main thread, before the event loop runs."""

    def __init__(self, seconds: float) -> None:
        """Take over both signals.

        Args:
            seconds: how long a request in flight may take until it is answered or settled.
        """
        self._seconds = seconds + _SLACK
        self._asked = asyncio.Event()
        for number in _SIGNALS:
            signal.signal(number, _now)

    def __call__(self) -> bool:
        """Whether it was asked to."""
        return self._asked.is_set()

    def permit(self) -> None:
        """Let a write leave.

        Raises:
            Interrupted: it was asked to stop; the write was not sent.
        """
        if self._asked.is_set():
            raise Interrupted("stopped as asked; what was in flight is written down")

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds before a request is sent; a long wait ends when asked to stop: it is not in flight.

        Raises:
            Interrupted: it was asked to stop.
        """
        if seconds < _SHORT:
            # Not worth giving up the reading that settles what was in flight.
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(self._asked.wait(), seconds)
        self.permit()

    @contextmanager
    def asked_first(self) -> Iterator[None]:
        """Within it the first signal asks, the second cancels the task that entered it, the third ends the loop.

        What is in flight longer than was said is given up as by a second signal.
        """
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None, "entered by a coroutine of a running loop"
        with ExitStack() as until:

            def now() -> None:
                _give_back(loop)
                task.cancel()

            def heard() -> None:
                if self._asked.is_set():
                    now()
                    return
                self._asked.set()
                until.callback(loop.call_later(self._seconds, now).cancel)
                say(f"finishing what is in flight (at most {self._seconds:.0f} s); Ctrl-C again stops now")

            _take(loop, heard)
            until.callback(_give_back, loop)
            yield


def _take(loop: asyncio.AbstractEventLoop, heard: Callable[[], None]) -> None:
    for number in _SIGNALS:
        loop.add_signal_handler(number, heard)


def _give_back(loop: asyncio.AbstractEventLoop) -> None:
    for number in _SIGNALS:
        loop.remove_signal_handler(number)
        signal.signal(number, _now)


def _now(_number: int, _frame: FrameType | None) -> NoReturn:
    # Not Python's own handler, which asyncio would replace by one that waits for the next `await`.
    raise KeyboardInterrupt
