"""The reading of a target that is to be brought up to date, and the loads that wrote a moment before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from regbulk.api import Client
from regbulk.errors import LoadError
from regbulk.ledger import Ledger
from regbulk.load import Load, find_load
from regbulk.settings import Settings
from regbulk.target import Shape


@dataclass(frozen=True)
class Reading:
    """A snapshot of the target that was just read.

    Attributes:
        load: for which it was read.
        shape: what its records are compared by.
        at: when the reading began (UTC).
        referring: records of the load refer to others, so registrations without a record in the source matter too.
        client: reads again.
        ledger: knows what other loads did.
        settings: how long reads may trail, and how long a create is looked for.
        progress: is told how many registrations were looked at again, and of how many.
    """

    load: Load
    shape: Shape
    at: datetime
    referring: bool
    client: Client
    ledger: Ledger
    settings: Settings
    progress: Callable[[int, int], None]


class Writer(NamedTuple):
    """A load that wrote a moment ago; `load` is None where its folder is not in this workspace."""

    load_id: str
    load: Load | None
    finished: bool


def writers(reading: Reading) -> Iterator[Writer]:
    """The loads that may have written within REGBULK_LAG_SECONDS before the reading, the one that wrote last first.

    What an interrupted load sent last may have been under way for as long as its attempts took.
    """
    settings = reading.settings
    recent = reading.at - timedelta(seconds=settings.lag_seconds)
    sent = recent - timedelta(seconds=settings.attempts * settings.timeout)
    for load_id, latest in reading.ledger.writers(reading.load.id, since=sent).items():
        finished = "finished" in reading.ledger.steps(load_id)
        if latest >= recent or not finished:
            yield Writer(load_id, _folder(reading, load_id), finished)


def _folder(reading: Reading, load_id: str) -> Load | None:
    # A load of another version of regbulk cannot be asked for its plan; the ids in the ledger are known all the same.
    with suppress(LoadError):
        return find_load(reading.load.path.parents[1], load_id)
    return None
