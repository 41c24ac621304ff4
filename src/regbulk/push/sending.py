"""Sending one `/batch` request."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, NamedTuple

from regbulk.api import OperationResult
from regbulk.batch import Action, Operation, batch_body
from regbulk.errors import AccessDenied, Answered, InDoubt, RateLimited
from regbulk.ledger import Outcome, RecordOutcome
from regbulk.push.delivery import Delivery, Word
from regbulk.push.refused import refused

_DONE: Final[dict[Action, Outcome]] = {"create": "created", "patch": "patched"}


class Refused(NamedTuple):
    """A batch that was refused as a whole, without effect: the HTTP status and what the API says."""

    status: int | None
    text: str


class Sent(NamedTuple):
    """A batch that was sent and answered as far as possible.

    Attributes:
        doubtful: operations of which it is not known what became of them.
        as_a_whole: no answer, or a server error instead of one; otherwise the results left them open.
        stated: those of them that the API says it created, without a certain id.
    """

    doubtful: list[Operation]
    as_a_whole: bool = False
    stated: tuple[Operation, ...] = ()


async def send_batch(delivery: Delivery, operations: Sequence[Operation]) -> Sent | Refused:
    """Send operations once and record every answer.

    Raises:
        ApiError: sending cannot go on.
    """
    settings = delivery.push.settings
    full, as_text = settings.batch_operation == "full", settings.patch_values == "text"
    body = batch_body(operations, full=full, values_as_text=as_text)
    delivery.begin(operations)
    try:
        results = await delivery.push.client.batch(body, [operation.id for operation in operations])
    except (AccessDenied, RateLimited):
        raise
    except InDoubt as doubt:
        _keep(delivery, operations, Word(doubt.status, doubt.reason))
        return Sent(list(operations), as_a_whole=True)
    except Answered as refusal:
        _keep(delivery, operations, Word(refusal.status, refusal.reason))
        return Refused(refusal.status, refusal.reason)
    pairs = list(zip(operations, results, strict=True))
    stated = tuple(operation for operation, result in pairs if _nameless(operation, result))
    return Sent(await _read(delivery, pairs), stated=stated)


def _keep(delivery: Delivery, operations: Sequence[Operation], word: Word) -> None:
    delivery.words.update({operation.record_no: word for operation in operations})


async def _read(delivery: Delivery, pairs: Sequence[tuple[Operation, OperationResult]]) -> list[Operation]:
    """Record what the results say; returns the operations they leave open."""
    doubtful = [one for one, result in pairs if result.verdict == "in-doubt" or _nameless(one, result)]
    delivery.words.update({operation.record_no: Word(result.status, result.message) for operation, result in pairs})
    known = [(operation, result) for operation, result in pairs if operation not in doubtful]
    delivery.record([(one, _done(one, result)) for one, result in known if result.verdict == "done"])
    failed = [(one, result) for one, result in known if result.verdict == "failed"]
    outcomes = await asyncio.gather(
        *(refused(delivery.push, one, result.status, result.message) for one, result in failed)
    )
    delivery.record([(one, outcome) for (one, _), outcome in zip(failed, outcomes, strict=True)])
    return doubtful


def _nameless(operation: Operation, result: OperationResult) -> bool:
    """Whether a create is done, but which registration it made is not known yet: settling finds it."""
    return result.verdict == "done" and operation.id is None and result.id is None


def _done(operation: Operation, result: OperationResult) -> RecordOutcome:
    return RecordOutcome(operation.record_no, _DONE[operation.action], result.status, result.id or operation.id)
