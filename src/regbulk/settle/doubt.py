"""Doubt: what is needed to read an operation back, and what proves that it took effect."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from regbulk.api import Client
from regbulk.api.transport import CONNECT_SECONDS
from regbulk.errors import AccessDenied, NotSent, Outage, RateLimited
from regbulk.patch import same_value
from regbulk.settings import Settings

FIRST_PAUSE: Final = 0.25
"""Seconds between the first two looks; each further pause is twice as long."""
STOPS: Final = (NotSent, Outage, AccessDenied, RateLimited)
"""What keeps the whole target from being read: it stops the load and decides nothing about one record."""


@dataclass(frozen=True)
class Doubt:
    """What is needed to settle operations of one load.

    Attributes:
        client: reads.
        settings: how long to look.
        load_id: whose operations they are.
        under_way: seconds for which a request of theirs may still be under way (see `under_way`); 0 where each has
            ended, as in the process that sent it.
        sleep: waits.
    """

    client: Client
    settings: Settings
    load_id: str
    under_way: float = 0.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    @property
    def patience(self) -> float:
        """Seconds before an operation that no look shows is concluded to have had no effect."""
        last_look = self.under_way + FIRST_PAUSE if self.under_way else 0.0
        return max(self.settings.settle_seconds, last_look)


def under_way(settings: Settings, intended: datetime) -> float:
    """Seconds for which a request of a process that ended may still be under way; its deadline is counted as ours is.

    Args:
        settings: with the seconds that a request may take.
        intended: when the request was about to be sent (UTC); a time ahead of this clock counts as now.
    """
    age = max(0.0, (datetime.now(UTC) - intended).total_seconds())
    return max(0.0, settings.timeout + min(settings.timeout, CONNECT_SECONDS) - age)


def pauses(seconds: float) -> Iterator[float]:
    """Growing pauses, `seconds` in all."""
    waited, pause = 0.0, FIRST_PAUSE
    while waited < seconds:
        pause = min(pause, seconds - waited)
        yield pause
        waited, pause = waited + pause, 2 * pause


def carries_mark(doubt: Doubt, record_no: int, found: Mapping[str, Any]) -> bool:
    """Whether a registration carries the stamps of this record of this load."""
    number = str(found.get("sys_bulk_load_record_no")).removesuffix(".0")
    return found.get("sys_bulk_load_id") == doubt.load_id and number == str(record_no)


def differing(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """The fields whose values are not those that were sent."""
    return [name for name, value in wanted.items() if not same_value(found.get(name), value)]


def set_values(document: str) -> dict[str, Any]:
    """The whole fields that a patch sets, by name; operations inside objects and arrays are not among them."""
    operations: list[dict[str, Any]] = orjson.loads(document)
    return {
        operation["path"].removeprefix("/"): operation["value"]
        for operation in operations
        if operation["op"] in {"add", "replace"} and operation["path"].count("/") == 1
    }
