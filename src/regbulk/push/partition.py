"""Walking a part of a plan: which batch is sent when."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace

from regbulk.errors import Interrupted
from regbulk.push.attempts import push_batch
from regbulk.push.flight import Flight
from regbulk.push.parts import Batch, Part, batches
from regbulk.push.proof import prove, unproven
from regbulk.push.push import Push
from regbulk.references.waiting import Waiting, links_of


async def push_partition(push: Push, part: Part) -> None:
    """Send what a part of a plan holds and what is not settled yet; canaries first, or the first that can be sent.

    Raises:
        StopRule: a canary showed that the tenant does not keep what the load relies on.
        ApiError: sending cannot go on; what was in flight is finished first, the load can be resumed.
        Interrupted: `push.stopping` asked for it; what was in flight is finished first.
    """
    settled = push.settled(part.numbers)
    intents = push.ledger.intents(push.manifest.load_id, part.numbers)
    waiting = Waiting(push.ledger, push.manifest.load_id, links_of(part.waiting, part.plan, part.batches))

    async def send(push: Push, batch: Batch, *, canary: bool) -> None:
        await push_batch(push, batch, settled.keys(), in_doubt=batch.number in intents)
        if canary:
            await prove(push, part, batch)

    def completed(*, canary: bool) -> Iterator[Batch]:
        """Batches with the ids that their documents waited for; what will never have them is settled here."""
        for batch in batches(part, canary=canary):
            ready = waiting.complete(batch.operations)
            push.record(batch.number, [outcome for outcome in ready.barred if outcome.record_no not in settled])
            if ready.operations:
                yield Batch(batch.number, ready.operations)

    for batch in completed(canary=True):
        _refuse_to_go_on(push)
        await send(push, batch, canary=True)
    left = unproven(push)
    async with Flight(push.settings.concurrency) as flight:
        flying = replace(push, aside=flight.aside)
        for batch in completed(canary=False):
            await flight.room()
            _refuse_to_go_on(push)
            action = batch.operations[0].action
            task = flight.begin(send(flying, batch, canary=action in left))
            if action in left:
                await asyncio.wait([task])
                left.discard(action)


def _refuse_to_go_on(push: Push) -> None:
    if push.stopping():
        load_id = push.manifest.load_id
        raise Interrupted(f"stopped as asked, with nothing under way; to go on: regbulk push {load_id}")
