"""Time as a client sees it, in one value, so that a test can let it pass by hand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple, TypeAlias

Sleep: TypeAlias = Callable[[float], Awaitable[None]]
"""Waits so many seconds."""


class Clock(NamedTuple):
    """Three views of one time; `sleep` moves the other two.

    Attributes:
        elapsed: seconds from anywhere, never going back.
        epoch: seconds since 1970 in UTC.
        sleep: waits so many seconds.
    """

    elapsed: Callable[[], float]
    epoch: Callable[[], float]
    sleep: Sleep


SYSTEM_CLOCK: Final = Clock(time.monotonic, time.time, asyncio.sleep)
