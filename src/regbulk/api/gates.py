"""The gates of this process: one for each address and tenant, for as long as a client of it lives."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from typing import Final

from regbulk.api.clock import Clock
from regbulk.api.gate import Gate

_GATES: Final = weakref.WeakValueDictionary[tuple[str, str, Callable[[], float]], Gate]()
_OPENING: Final = threading.Lock()


def gate_for(address: str, tenant: str, clock: Clock, *, most: int, rate: float | None) -> Gate:
    """The gate of an address and tenant, shared by all who ask by the same `clock.elapsed` and keep it."""
    with _OPENING:
        key = (address, tenant, clock.elapsed)
        gate = _GATES.get(key)
        if gate is None:
            gate = _GATES[key] = Gate(address, clock, most=most, rate=rate)
        gate.join(most=most, rate=rate)
        return gate
