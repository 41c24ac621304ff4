"""One batch until every operation has an outcome; what may have been sent before is settled first.

This is not the retry of a request (that is the client's): an operation is sent again only after reading showed that it
had no effect.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime

from regbulk.push.creates import send_creates
from regbulk.push.delivery import Delivery
from regbulk.push.halving import send_batches
from regbulk.push.parts import Batch
from regbulk.push.push import Push
from regbulk.settle import under_way


async def push_batch(push: Push, batch: Batch, settled: AbstractSet[int], *, intended: datetime | None) -> None:
    """Send what is not settled of a batch.

    Args:
        push: what it is sent with.
        batch: its operations, all of one action.
        settled: numbers of records that need nothing more.
        intended: when an earlier process was about to send the batch (UTC), so each record without an outcome may have
            been sent, and be under way still; None where none was.

    Raises:
        ApiError: sending cannot go on, or the server fails whatever is sent; the load can be resumed.
    """
    delivery = Delivery(push, batch.number)
    pending = [operation for operation in batch.operations if operation.record_no not in settled]
    if intended is not None:
        delivery.times.update(operation.record_no for operation in pending)
        earlier = replace(push, under_way=under_way(push.settings, intended))
        pending = await replace(delivery, push=earlier).settle(pending)
    if pending and pending[0].action == "create" and not push.settings.create_in_batch:
        await send_creates(delivery, pending, alone=len(pending) == len(batch.operations))
    elif pending:
        await send_batches(delivery, pending)
    await delivery.last_look()
    delivery.write_off()
