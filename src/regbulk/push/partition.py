"""Walking a part of a plan: which batch is sent when."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from regbulk.errors import Interrupted
from regbulk.push.attempts import push_batch
from regbulk.push.flight import Flight
from regbulk.push.parts import Batch, Part, batches
from regbulk.push.proof import prove, unproven
from regbulk.push.push import Push
from regbulk.references.waiting import Waiting, links_of
from regbulk.settle import under_way

log = logging.getLogger(__name__)
_A_WHILE: Final = 10.0
"""Seconds of waiting for an ended process about which the user is told."""


async def push_partition(push: Push, part: Part) -> None:
    """Send what a part of a plan holds and what is not settled yet; canaries first, or the first that can be sent.

    Raises:
        StopRule: a canary showed that the tenant does not keep what the load relies on.
        ApiError: sending cannot go on; what was in flight is finished first, the load can be resumed.
        Interrupted: `push.stopping` asked for it; what was in flight is finished first.
    """
    settled = push.settled(part.numbers)
    intended = push.ledger.intended(push.manifest.load_id, part.numbers)
    notice = _Notice()
    waiting = Waiting(push.ledger, push.manifest.load_id, links_of(part.waiting, part.plan, part.batches))

    async def send(push: Push, batch: Batch, *, canary: bool) -> None:
        before = intended.get(batch.number)
        if before and any(operation.record_no not in settled for operation in batch.operations):
            notice.give(under_way(push.settings, before))
        await push_batch(push, batch, settled.keys(), intended=before)
        if canary:
            numbers = {operation.record_no for operation in batch.operations}
            await prove(push, part, batch, sent_before=numbers <= settled.keys())

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


class _Notice:
    """Says once that requests of the process that ended are waited for, where that may take a while."""

    def __init__(self) -> None:
        self._given = False

    def give(self, seconds: float) -> None:
        """Say for how long, at most."""
        if seconds >= _A_WHILE and not self._given:
            log.warning("waiting up to %d s for requests of the process that ended", math.ceil(seconds))
            self._given = True


def _refuse_to_go_on(push: Push) -> None:
    if push.stopping():
        load_id = push.manifest.load_id
        raise Interrupted(f"stopped as asked, with nothing under way; to go on: regbulk push {load_id}")
