"""Sending `/batch`, and finding the member for which a batch is refused as a whole.

The API document lets one member spoil a batch (400 and 404 of `/batch`), and a server may fail on one. Halves are sent
level by level, so that large sound groups get through first. Creates that the results of a batch leave open are sent
alone: only then a result can be about no other one. Operations refused with 429 are sent again at the pace of the
client, for REGBULK_OUTAGE_SECONDS without one of them getting through, as a refusal of the whole would be.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, NamedTuple

from regbulk.api import backoff
from regbulk.batch import Operation, halves
from regbulk.errors import Outage
from regbulk.ledger import RecordOutcome
from regbulk.push.delivery import Delivery
from regbulk.push.refused import refused
from regbulk.push.sending import Refused, Sent, send_batch

EXTRA_CALLS: Final = 64
"""Requests beyond the first that may fail for one batch; not counted are those that only make it smaller (413)."""
_WHOLE: Final = 2
"""Times that a batch is sent as it is before a server error is taken for the fault of a member."""
_UNSEEN: Final = "the API says that it was created, and no list shows it yet"


class Group(NamedTuple):
    """Operations that are sent together.

    Attributes:
        operations: proven to have had no effect so far.
        times: how often they were sent and not refused for the limit (429).
        together: how many were refused together when they were sent last.
        since: the time of the event loop, in seconds, since which all of them are refused for the limit; None = not so.
    """

    operations: list[Operation]
    times: int = 0
    together: int = 0
    since: float | None = None


async def send_batches(delivery: Delivery, operations: Sequence[Operation]) -> None:
    """Send operations until each has an outcome.

    Raises:
        Outage: operations were refused for the limit for too long; they are proven undone and have no outcome.
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
    left = _seen(delivery, sent, await delivery.settle(sent.doubtful))
    limited = [one for one in left if delivery.words[one.record_no].status == HTTPStatus.TOO_MANY_REQUESTS]
    behind = [_limited(delivery, group, limited)] if limited else []
    if others := [one for one in left if one not in limited]:
        behind += await _again(delivery, others, times, as_a_whole=sent.as_a_whole)
    return behind, bool(others)


def _seen(delivery: Delivery, sent: Sent, undone: list[Operation]) -> list[Operation]:
    """What may be sent again: not what the API says it created, as lists may only trail."""
    unseen = [one for one in undone if one in sent.stated]
    delivery.record([(one, RecordOutcome(one.record_no, "unknown", message=_UNSEEN)) for one in unseen])
    return [one for one in undone if one not in unseen]


def _limited(delivery: Delivery, group: Group, operations: list[Operation]) -> Group:
    now = asyncio.get_running_loop().time()
    since = group.since if group.since is not None and len(operations) == len(group.operations) else now
    if now - since > delivery.push.settings.outage_seconds:
        push = delivery.push
        raise Outage(
            f"{len(operations)} operations of batch {delivery.number} were refused with 429 for {now - since:.0f} s "
            "(REGBULK_OUTAGE_SECONDS); none of them had an effect. When the API takes them again: "
            f"regbulk push {push.manifest.load_id}",
            method="POST",
            url=push.manifest.api_url,
            status=HTTPStatus.TOO_MANY_REQUESTS,
        )
    return Group(operations, group.times, len(operations), since)


async def _again(delivery: Delivery, left: list[Operation], times: int, *, as_a_whole: bool) -> list[Group]:
    """How operations proven undone are sent again; none where they are given up."""
    if left[0].action == "create" and len(left) > 1 and not as_a_whole:
        return [Group([operation], times, len(left)) for operation in left]
    if times >= delivery.push.settings.attempts and (len(left) == 1 or not as_a_whole):
        for operation in left:
            delivery.give_up([operation], delivery.spent(operation))
        return []
    if as_a_whole and times >= _WHOLE and len(left) > 1:
        return _halved(left, times)
    await asyncio.sleep(backoff(times))
    return [Group(left, times, len(left))]


def _halved(operations: list[Operation], times: int) -> list[Group]:
    return [Group(half, times, len(operations)) for half in halves(operations)]


def _untold(delivery: Delivery, group: Group) -> None:
    if len(group.operations) == 1:
        delivery.give_up(group.operations, delivery.spent(group.operations[0]))
        return
    others = f"refused together with {group.together - 1} others"
    delivery.give_up(group.operations, f"{others}; not told apart within {EXTRA_CALLS} extra calls")
