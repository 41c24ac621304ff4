"""push: planned batches → API → ledger.

The intent of a batch is durable before its first request leaves, the outcome of each record before the next step.
Sending has three ends (decision 8 of the design): not sent stops the load, answered is an outcome, in doubt is settled
by reading back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

import polars as pl
import pyarrow.parquet as pq

from regbulk.api import Client, OperationResult, backoff
from regbulk.batch import Action, Operation, batch_body
from regbulk.canary import check_canary
from regbulk.errors import AccessDenied, Answered, ApiError, InDoubt, RateLimited
from regbulk.ledger import Ledger, Outcome, RecordOutcome, Step
from regbulk.load import Manifest
from regbulk.references.waiting import Waiting, links_of
from regbulk.settings import Settings
from regbulk.settle import Doubt, seen_once, settle

_DONE: Final[dict[Action, Outcome]] = {"create": "created", "patch": "patched"}
_CANARIES: Final[dict[Action, Step]] = {"create": "canary-create", "patch": "canary-patch"}
_ROWS: Final = 2_000
Settled = Mapping[int, RecordOutcome]


@dataclass(frozen=True)
class Push:
    """What one push works with."""

    client: Client
    ledger: Ledger
    settings: Settings
    manifest: Manifest
    progress: Callable[[int], None]


class Part(NamedTuple):
    """What of a plan is pushed together: one wave of one partition.

    Attributes:
        plan: the partition file.
        before: how many batches of the load come before those of the partition.
        batches: numbers of the batches to send, counted from 1 within the partition.
        waiting: links of the records that wait for the ids of earlier waves; None where there are none.
    """

    plan: Path
    before: int
    batches: range
    waiting: pl.DataFrame | None = None

    @property
    def numbers(self) -> range:
        """The load-wide numbers of the batches."""
        return range(self.before + self.batches.start, self.before + self.batches.stop)


class Batch(NamedTuple):
    """A numbered batch of a load (numbers count from 1 over the whole load)."""

    number: int
    operations: list[Operation]


async def push_partition(push: Push, part: Part) -> None:
    """Send what a part of a plan holds and what is not settled yet; canaries first, or the first that can be sent.

    Raises:
        StopRule: a canary showed that the tenant does not keep what the load relies on.
        ApiError: sending cannot go on; what was in flight is finished first, the load can be resumed.
    """
    settled = _settled(push.ledger.outcomes(push.manifest.load_id, part.numbers))
    intents = push.ledger.intents(push.manifest.load_id, part.numbers)
    waiting = Waiting(push.ledger, push.manifest.load_id, links_of(part.waiting, part.plan, part.batches))

    async def send(batch: Batch, *, canary: bool) -> None:
        await _push_batch(push, batch, settled, in_doubt=batch.number in intents)
        if canary:
            await _prove(push, part, batch)

    for batch in _completed(push, part, waiting, settled, canary=True):
        await send(batch, canary=True)
    unproven = _unproven(push)
    width = asyncio.Semaphore(push.settings.concurrency)
    tasks: set[asyncio.Task[None]] = set()
    async for batch in _admitted(_completed(push, part, waiting, settled, canary=False), width, tasks):
        action = batch.operations[0].action
        task = asyncio.create_task(send(batch, canary=action in unproven))
        task.add_done_callback(lambda _: width.release())
        tasks.add(task)
        if action in unproven:
            await asyncio.wait([task])
            unproven.discard(action)
    failures = [failure for failure in await asyncio.gather(*tasks, return_exceptions=True) if failure]
    if failures:
        raise failures[0]


def _completed(push: Push, part: Part, waiting: Waiting, settled: Settled, *, canary: bool) -> Iterator[Batch]:
    """The batches of a part with the ids that their documents waited for; what will never have them is settled here."""
    for batch in _batches(part, canary=canary):
        ready = waiting.complete(batch.operations)
        _record(push, batch.number, [outcome for outcome in ready.barred if outcome.record_no not in settled])
        if ready.operations:
            yield Batch(batch.number, ready.operations)


def _unproven(push: Push) -> set[Action]:
    """The actions of which no canary has come back yet; none where there are no canaries."""
    steps = push.ledger.steps(push.manifest.load_id)
    return {action for action, step in _CANARIES.items() if push.settings.canary and step not in steps}


async def _prove(push: Push, part: Part, batch: Batch) -> None:
    """Check a canary, once per load and action; where it is all there is, its refusals are outcomes like any other."""
    load_id, step = push.manifest.load_id, _CANARIES[batch.operations[0].action]
    if step in push.ledger.steps(load_id):
        return
    outcomes = _settled(push.ledger.outcomes(load_id, range(batch.number, batch.number + 1)))
    if _has_more(part, batch) or any(outcome.outcome in _DONE.values() for outcome in outcomes.values()):
        await check_canary(push.client, batch.operations, outcomes, key=push.manifest.key)
        push.ledger.note(load_id, step, {"records": len(batch.operations)})


def _has_more(part: Part, batch: Batch) -> bool:
    """Whether batches of the same action come behind this one."""
    alike = pl.scan_parquet(part.plan).filter(pl.col("action") == batch.operations[0].action)
    return bool(alike.select((pl.col("batch") > batch.number - part.before).any()).collect().item())


async def _admitted(
    batches: Iterator[Batch], width: asyncio.Semaphore, tasks: set[asyncio.Task[None]]
) -> AsyncIterator[Batch]:
    """Batches one by one as room becomes free, until one fails."""
    for batch in batches:
        await width.acquire()
        for task in [task for task in tasks if task.done()]:
            if task.exception() is not None:
                return
            tasks.discard(task)
        yield batch


def _settled(outcomes: Sequence[RecordOutcome]) -> dict[int, RecordOutcome]:
    return {outcome.record_no: outcome for outcome in outcomes}


def _batches(part: Part, *, canary: bool) -> Iterator[Batch]:
    """The batches of a part in order, a few thousand rows in memory at a time."""
    columns = ["batch", "canary", "record_no", "action", "id", "document"]
    number, operations = 0, list[Operation]()
    with pq.ParquetFile(part.plan) as file:
        for rows in file.iter_batches(batch_size=_ROWS, row_groups=_row_groups(file, part.batches), columns=columns):
            frame = pl.from_arrow(rows)
            assert isinstance(frame, pl.DataFrame), "a record batch is a frame"
            mine = pl.col("batch").is_between(part.batches.start, part.batches.stop, closed="left")
            for batch, *operation in frame.filter(mine, pl.col("canary") == canary).drop("canary").iter_rows():
                if batch != number and operations:
                    yield Batch(part.before + number, operations)
                    operations = []
                number = batch
                operations.append(Operation(*operation))
    if operations:
        yield Batch(part.before + number, operations)


def _row_groups(file: pq.ParquetFile, batches: range) -> list[int]:
    """The row groups that may hold these batches: a plan of many waves is not read whole for each of them."""
    column = file.schema_arrow.get_field_index("batch")
    numbers = range(file.metadata.num_row_groups)
    known = [file.metadata.row_group(number).column(column).statistics for number in numbers]
    return [
        number
        for number, found in zip(numbers, known, strict=True)
        if not (found and found.has_min_max) or (found.min < batches.stop and found.max >= batches.start)
    ]


async def _push_batch(push: Push, batch: Batch, settled: dict[int, RecordOutcome], *, in_doubt: bool) -> None:
    """Send a batch until every operation has an outcome; what may have been sent before is settled first.

    This is not the retry of a request (that is the client's): an operation is sent again only after reading showed that
    it had no effect.
    """
    pending = [operation for operation in batch.operations if operation.record_no not in settled]
    doubtful, pending = (pending, []) if in_doubt else ([], pending)
    for attempt in range(push.settings.attempts):
        if attempt:
            await asyncio.sleep(backoff(attempt))
        again = await _settle(push, batch.number, doubtful) if doubtful else []
        if not pending and not again:
            return
        push.ledger.intend(push.manifest.load_id, batch.number)
        doubtful = await _send(push, batch.number, pending, again=again)
        pending = []
        if not doubtful:
            return
    left = await _settle(push, batch.number, doubtful)
    message = f"proven undone after each of {push.settings.attempts} attempts"
    _record(push, batch.number, [RecordOutcome(one.record_no, "failed", id=one.id, message=message) for one in left])


async def _settle(push: Push, number: int, doubtful: Sequence[Operation]) -> list[Operation]:
    """Read back operations in doubt, record what is known now; returns those proven undone."""
    found = await settle(_doubt(push), doubtful)
    _record(push, number, [outcome for outcome in found.values() if outcome is not None])
    return [operation for operation in doubtful if found[operation.record_no] is None]


async def _send(
    push: Push, number: int, operations: Sequence[Operation], *, again: Sequence[Operation]
) -> list[Operation]:
    """Send operations once, some of them again, and record every answer; returns those in doubt."""
    everything = [*operations, *again]
    if everything[0].action == "create" and not push.settings.create_in_batch:
        return await _send_creates(push, number, everything, again={operation.record_no for operation in again})
    return await _send_batch(push, number, everything)


async def _send_creates(
    push: Push, number: int, operations: Sequence[Operation], *, again: AbstractSet[int]
) -> list[Operation]:
    ends = await asyncio.gather(
        *(_create(push, operation, again=operation.record_no in again) for operation in operations),
        return_exceptions=True,
    )
    pairs = list(zip(operations, ends, strict=True))
    _record(push, number, [end for _, end in pairs if isinstance(end, RecordOutcome)])
    stops = [end for end in ends if isinstance(end, BaseException) and not isinstance(end, InDoubt)]
    if stops:
        raise stops[0]
    return [operation for operation, end in pairs if isinstance(end, InDoubt)]


async def _create(push: Push, operation: Operation, *, again: bool) -> RecordOutcome:
    try:
        created = await push.client.create(operation.document.encode())
    except (AccessDenied, RateLimited):
        raise
    except Answered as refusal:
        return _failed(operation, refusal)
    outcome = RecordOutcome(operation.record_no, "created", status=200, id=str(created["id"]))
    return await seen_once(_doubt(push), operation, outcome) if again else outcome


def _doubt(push: Push) -> Doubt:
    return Doubt(push.client, push.settings, push.manifest.load_id)


async def _send_batch(push: Push, number: int, operations: Sequence[Operation]) -> list[Operation]:
    full, as_text = push.settings.batch_operation == "full", push.settings.patch_values == "text"
    body = batch_body(operations, full=full, values_as_text=as_text)
    try:
        results = await push.client.batch(body, [operation.id for operation in operations])
    except (AccessDenied, RateLimited):
        raise
    except InDoubt:
        return list(operations)
    except Answered as refusal:
        if len(operations) == 1:
            _record(push, number, [_failed(operations[0], refusal)])
            return []
        # One member may spoil a whole batch (API document: 404 and 400 of /batch), so it is looked for by halving.
        half = len(operations) // 2
        left = await _send_batch(push, number, operations[:half])
        return left + await _send_batch(push, number, operations[half:])
    pairs = list(zip(operations, results, strict=True))
    # A create without an id is done, but which registration it made is not known yet: settling finds it.
    doubtful = [one for one, result in pairs if result.verdict == "in-doubt" or _nameless(one, result)]
    _record(push, number, [_outcome(one, result) for one, result in pairs if one not in doubtful])
    return doubtful


def _nameless(operation: Operation, result: OperationResult) -> bool:
    return result.verdict == "done" and operation.id is None and result.id is None


def _outcome(operation: Operation, result: OperationResult) -> RecordOutcome:
    identity = result.id or operation.id
    outcome: Outcome = "failed" if result.verdict == "failed" else _DONE[operation.action]
    return RecordOutcome(operation.record_no, outcome, result.status, identity, result.message)


def _failed(operation: Operation, refusal: ApiError) -> RecordOutcome:
    return RecordOutcome(operation.record_no, "failed", refusal.status, operation.id, refusal.reason)


def _record(push: Push, number: int, outcomes: Sequence[RecordOutcome]) -> None:
    push.ledger.record(push.manifest.load_id, number, outcomes)
    push.progress(len(outcomes))
