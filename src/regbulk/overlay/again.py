"""Looking again at what a snapshot may not show yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from regbulk import partitions, target
from regbulk.batch import in_groups
from regbulk.overlay.reading import Reading, writers
from regbulk.overlay.scope import Scope, scope_of
from regbulk.overlay.trailing import trailing
from regbulk.overlay.unsettled import landed, unsettled

_AT_ONCE: Final = 100


async def look_again(reading: Reading) -> int:
    """Bring a snapshot up to what other loads wrote a moment before it was read.

    Returns:
        How many registrations were looked at again.

    Raises:
        ApiError: the target cannot be read; the snapshot stays as it is.
    """
    others = list(writers(reading))
    if not others:
        return 0
    scope = scope_of(reading)
    doubts = {other.load_id: unsettled(reading.ledger, other) for other in others}
    made = await landed(reading, others, scope, doubts)
    ids = list(dict.fromkeys([*made, *trailing(reading, others, scope, doubts)]))
    if ids:
        await _renew(reading, scope, ids)
    return len(ids)


async def _renew(reading: Reading, scope: Scope, ids: Sequence[str]) -> None:
    """Write the snapshot anew: these registrations as they are now, without those that are gone, the others as read."""
    fields = target.asked_fields(reading.shape)
    again = pl.Series(ids, dtype=pl.String).implode()
    reading.progress(0, len(ids))
    with partitions.PartitionWriter(reading.load.target, rows=target.ROWS) as writer:
        for frame in partitions.frames(reading.load.target):
            writer.write(frame.filter(~pl.col(target.ID).is_in(again)))
        done = 0
        for group in in_groups(ids, _AT_ONCE):
            found = await target.get_each(reading.client, group, fields, consistent=True)
            mine = [registration for registration in found if scope.holds(registration.get("event_id"))]
            if mine:
                writer.write(target.snapshot(mine, reading.shape))
            done += len(group)
            reading.progress(done, len(ids))
