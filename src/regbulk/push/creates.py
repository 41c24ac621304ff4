"""Sending creates: one POST each, all of a batch at once."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from http import HTTPStatus
from typing import TypeGuard

from regbulk.api import backoff
from regbulk.batch import Operation
from regbulk.errors import AccessDenied, Answered, ApiError, InDoubt, RateLimited
from regbulk.ledger import RecordOutcome
from regbulk.push.delivery import Delivery, Word
from regbulk.push.refused import refused
from regbulk.settle.lookup import wanted

End = RecordOutcome | BaseException


async def send_creates(delivery: Delivery, operations: Sequence[Operation], *, alone: bool) -> None:
    """Send creates until each has an outcome.

    Args:
        delivery: of the batch they belong to.
        operations: what to send.
        alone: nothing of the batch was sent before, so it does not show whether the API permits creates.

    Raises:
        ApiError: sending cannot go on; what was answered is recorded.
    """
    pending = list(operations)
    for attempt in range(delivery.push.settings.attempts):
        if attempt:
            await asyncio.sleep(backoff(attempt))
        pending = await delivery.settle(await _send(delivery, pending, alone=alone and not attempt))
        if not pending:
            return
    for operation in pending:
        delivery.give_up([operation], delivery.spent(operation))


async def _send(delivery: Delivery, operations: Sequence[Operation], *, alone: bool) -> list[Operation]:
    """Send creates once and record every answer; returns those in doubt."""
    delivery.begin(operations)
    ends = await asyncio.gather(*(_create(delivery, operation) for operation in operations), return_exceptions=True)
    pairs: list[tuple[Operation, End]] = list(zip(operations, ends, strict=True))
    delivery.record([(operation, end) for operation, end in pairs if isinstance(end, RecordOutcome)])
    if stop := next(filter(_stops, ends), None):
        raise stop
    await _denied(delivery, pairs, alone=alone)
    doubts = [(operation, end) for operation, end in pairs if isinstance(end, InDoubt)]
    delivery.words.update({operation.record_no: Word(end.status, end.reason) for operation, end in doubts})
    return [operation for operation, _ in doubts]


async def _create(delivery: Delivery, operation: Operation) -> RecordOutcome:
    try:
        created = await delivery.push.client.create(operation.document.encode())
    except (AccessDenied, RateLimited):
        raise
    except Answered as refusal:
        return await refused(delivery.push, operation, refusal.status, refusal.reason)
    return RecordOutcome(operation.record_no, "created", HTTPStatus.OK, str(created["id"]))


def _stops(end: End) -> TypeGuard[BaseException]:
    forbidden = isinstance(end, AccessDenied) and end.status == HTTPStatus.FORBIDDEN
    return isinstance(end, BaseException) and not isinstance(end, InDoubt) and not forbidden


async def _denied(delivery: Delivery, pairs: Sequence[tuple[Operation, End]], *, alone: bool) -> None:
    """Creates that are forbidden are failures of their own while the API permits anything else.

    Raises:
        AccessDenied: all creates of a batch were forbidden, or reading is too; none of these has an outcome.
    """
    denied = [(operation, end) for operation, end in pairs if isinstance(end, AccessDenied)]
    if not denied:
        return
    if alone and len(denied) == len(pairs) > 1:
        raise denied[0][1]
    await _probe(delivery, denied[0][0])
    outcomes = [await refused(delivery.push, operation, end.status, end.reason) for operation, end in denied]
    delivery.record([(operation, outcome) for (operation, _), outcome in zip(denied, outcomes, strict=True)])


async def _probe(delivery: Delivery, operation: Operation) -> None:
    """Raise AccessDenied where not even reading is permitted."""
    (create,) = wanted([operation])
    try:
        await delivery.push.client.event_contact(*create.place)
    except AccessDenied:
        raise
    except ApiError:
        return
