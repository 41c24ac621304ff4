"""Sending `/batch`, and finding the member for which a batch is refused as a whole.

The API document lets one member spoil a batch (400 and 404 of `/batch`), and a server may fail on one. Halves are sent
level by level, so that large sound groups get through first.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, NamedTuple

from regbulk.api import backoff
from regbulk.batch import Operation, halves
from regbulk.push.delivery import Delivery
from regbulk.push.refused import refused
from regbulk.push.sending import Refused, send_batch

EXTRA_CALLS: Final = 64
"""Requests beyond the first that may fail for one batch; not counted are those that only make it smaller (413)."""
_WHOLE: Final = 2
"""Times that a batch is sent as it is before a server error is taken for the fault of a member."""


class Group(NamedTuple):
    """Operations that are sent together.

    Attributes:
        operations: proven to have had no effect so far.
        times: how often they were sent.
        together: how many were refused together when they were sent last.
    """

    operations: list[Operation]
    times: int = 0
    together: int = 0


async def send_batches(delivery: Delivery, operations: Sequence[Operation]) -> None:
    """Send operations until each has an outcome.

    Raises:
        ApiError: sending cannot go on; what was answered is recorded.
    """
    waiting = deque([Group(list(operations))])
    failed = 0
    while waiting:
        group = waiting.popleft()
        if failed > EXTRA_CALLS:
            _untold(delivery, group)
            continue
        behind, counted = await _send(delivery, group)
        failed += counted
        waiting.extend(behind)


async def _send(delivery: Delivery, group: Group) -> tuple[list[Group], bool]:
    """Send a group once; returns what is to be sent of it again, and whether the call counts as one that failed."""
    whole, times = group.operations, group.times + 1
    sent = await send_batch(delivery, whole)
    if isinstance(sent, Refused):
        if len(whole) == 1:
            outcome = await refused(delivery.push, whole[0], sent.status, sent.text)
            delivery.record([(whole[0], outcome)])
            return [], True
        too_large = sent.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        return _halved(whole, times), not too_large
    left = await delivery.settle(sent.doubtful)
    if left and times >= delivery.push.settings.attempts and (len(left) == 1 or not sent.as_a_whole):
        for operation in left:
            delivery.give_up([operation], delivery.spent(operation))
        return [], True
    if sent.as_a_whole and times >= _WHOLE and len(left) > 1:
        return _halved(left, times), True
    if left:
        await asyncio.sleep(backoff(times))
    return [Group(left, times, len(left))] if left else [], bool(left)


def _halved(operations: list[Operation], times: int) -> list[Group]:
    return [Group(half, times, len(operations)) for half in halves(operations)]


def _untold(delivery: Delivery, group: Group) -> None:
    if len(group.operations) == 1:
        delivery.give_up(group.operations, delivery.spent(group.operations[0]))
        return
    others = f"refused together with {group.together - 1} others"
    delivery.give_up(group.operations, f"{others}; not told apart within {EXTRA_CALLS} extra calls")
