"""Reads that trail writes: for some seconds a search, a list or a plain read shows what was there before."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from regbulk.sandbox.rules import Record
from regbulk.sandbox.store import Selection

DIALECT_SECONDS: Final = 2.0
"""How far reads trail in the dialect `lagging-reads`."""


class Read(NamedTuple):
    """Records that were read in the order of their ids, and the id to read on from (None at the end)."""

    records: list[Record]
    end: str | None


class _Write(NamedTuple):
    at: float
    forgotten_at: float
    registration_id: str
    before: Record | None


class Lag:
    """What tenants looked like before their latest writes; a write that reads do not trail is not remembered."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Remember nothing yet; `clock` gives seconds from anywhere."""
        self._clock = clock
        self._writes = defaultdict[str, deque[_Write]](deque)
        self._by_id = defaultdict[str, dict[str, deque[_Write]]](dict)

    def wrote(self, tenant: str, registration_id: str, before: Record | None, *, seconds: float) -> None:
        """Remember what a write replaced (None: nothing was there) for so many seconds."""
        self._forget(tenant)
        if seconds > 0:
            now = self._clock()
            write = _Write(now, now + seconds, registration_id, before)
            self._writes[tenant].append(write)
            self._by_id[tenant].setdefault(registration_id, deque()).append(write)

    def past(self, tenant: str, *, seconds: float) -> Mapping[str, Record | None]:
        """By id, each record written in the last `seconds` as it was before; None: it was not there yet."""
        self._forget(tenant)
        since = self._clock() - seconds
        found = ((name, _first(writes, since)) for name, writes in self._by_id[tenant].items())
        return {name: write.before for name, write in found if write}

    def find(self, tenant: str, registration_id: str, now: Record | None, *, seconds: float) -> Record | None:
        """A record as it was `seconds` ago, if it was written since; otherwise as it is `now`."""
        write = _first(self._by_id[tenant].get(registration_id, ()), self._clock() - seconds)
        return write.before if write else now

    def _forget(self, tenant: str) -> None:
        writes, by_id, now = self._writes[tenant], self._by_id[tenant], self._clock()
        while writes and writes[0].forgotten_at <= now:
            name = writes.popleft().registration_id
            by_id[name].popleft()
            if not by_id[name]:
                del by_id[name]


def _first(writes: Iterable[_Write], since: float) -> _Write | None:
    return next((write for write in writes if write.at > since), None)


def trailing(
    read: Sequence[Record], past: Mapping[str, Record | None], selection: Selection, *, after: str, limit: int
) -> Read:
    """Up to `limit` records behind `after` as they were.

    Args:
        read: the records as they are, up to `limit` of them.
        past: what reads show of those written lately, by id.
        selection: what is read; a record that left it lately is still in it.
        after: the id that comes before all of them.
        limit: the size of a page; -1 for all.
    """
    end = read[-1]["id"] if len(read) == limit else None
    older = [
        record
        for name, record in past.items()
        if record is not None and name > after and (end is None or name <= end) and selection.takes(record)
    ]
    shown = sorted([*older, *(record for record in read if record["id"] not in past)], key=lambda record: record["id"])
    if len(shown) < limit or limit < 0:
        return Read(shown, end)
    return Read(shown[:limit], shown[limit - 1]["id"])
