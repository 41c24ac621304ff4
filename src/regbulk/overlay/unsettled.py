"""unsettled: what an interrupted load may have sent without knowing what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import orjson
import polars as pl

from regbulk import partitions
from regbulk.batch import Operation
from regbulk.ledger import Ledger
from regbulk.load import Load
from regbulk.overlay.reading import Reading, Writer
from regbulk.overlay.scope import Scope
from regbulk.references import resolved, waves
from regbulk.references.waiting import Waiting
from regbulk.settle import Doubt, settle, together, under_way

_CREATES: Final[dict[str, pl.DataType]] = {"record_no": pl.Int64(), "id": pl.String()}


def unsettled(ledger: Ledger, other: Writer) -> list[Operation]:
    """The operations of batches that were about to be sent, as far as they have no outcome or an unknown one."""
    if other.load is None or (other.finished and not ledger.totals(other.load_id).get("unknown")):
        return []
    sent = _sent(ledger, other.load)
    known = ledger.outcomes_of(other.load_id, [operation.record_no for operation in sent])
    settled = {outcome.record_no for outcome in known if outcome.outcome != "unknown"}
    return _complete(ledger, other.load, [one for one in sent if one.record_no not in settled])


def _sent(ledger: Ledger, load: Load) -> list[Operation]:
    """The operations of the batches that were about to be sent and are not decided, in record order."""
    intents, decided = ledger.intents(load.id), ledger.decided(load.id)
    found = list[Operation]()
    numbers = waves.batch_numbers(ledger.steps(load.id)["planned"])
    for batches, part in zip(numbers, partitions.files(load.plan), strict=True):
        plan = pl.scan_parquet(part).with_columns(batch=pl.col("batch") + (batches.start - 1))
        sizes = plan.drop_nulls("batch").group_by("batch").len().collect()
        sent = [(number, size) for number, size in sizes.iter_rows() if number in intents]
        undecided = [number for number, size in sent if decided.get(number, 0) < size]
        rows = plan.filter(pl.col("batch").is_in(undecided)).select(Operation._fields).collect()
        found += (Operation(*row) for row in rows.iter_rows())
    return sorted(found)


def _complete(ledger: Ledger, load: Load, operations: Sequence[Operation]) -> list[Operation]:
    """Operations as they were sent: with the ids of parents that were made by the load itself."""
    links = load.plan / resolved.FILE
    if not operations or not links.is_file():
        return list(operations)
    records = pl.DataFrame({"record_no": [operation.record_no for operation in operations]})
    waited = resolved.waiting(links).select("record_no", "field", "parent_no").collect()
    mine = waited.join(records, on="record_no", how="semi").sort("record_no", maintain_order=True)
    return Waiting(ledger, load.id, mine).complete(operations).operations


async def landed(
    reading: Reading, others: Sequence[Writer], scope: Scope, doubts: Mapping[str, Sequence[Operation]]
) -> list[str]:
    """Ids of the registrations that creates in doubt made after all.

    Raises:
        ApiError: the target cannot be read, so whether they are there is not known.
    """
    found = await together(
        _landed(reading, other, _creates(doubts[other.load_id], scope, other.load)) for other in others
    )
    return [registration_id for ids in found for registration_id in ids]


def _creates(operations: Sequence[Operation], scope: Scope, load: Load | None) -> list[Operation]:
    creates = [operation for operation in operations if operation.action == "create"]
    rows = pl.DataFrame([(one.record_no, one.id) for one in creates], schema=_CREATES, orient="row")
    wanted = set(scope.admits(rows, load)["record_no"])
    return [operation for operation in creates if operation.record_no in wanted]


async def _landed(reading: Reading, other: Writer, creates: Sequence[Operation]) -> list[str]:
    if not creates:
        return []
    doubt = Doubt(reading.client, reading.settings, other.load_id, _under_way(reading, other))
    outcomes = await settle(doubt, creates)
    ids = [outcome.id for outcome in outcomes.values() if outcome is not None and outcome.id is not None]
    for create in creates:
        outcome = outcomes[create.record_no]
        if outcome is not None and outcome.outcome == "unknown":
            # Whose they are is not known, but that they are there is what counts here.
            ids += await _at_place(reading, create)
    return ids


def _under_way(reading: Reading, other: Writer) -> float:
    """Seconds for which a request of a load may still be under way; those of a finished one have all ended."""
    intended = {} if other.finished else reading.ledger.intended(other.load_id)
    return under_way(reading.settings, max(intended.values())) if intended else 0.0


async def _at_place(reading: Reading, create: Operation) -> list[str]:
    sent = orjson.loads(create.document)
    there = await reading.client.event_contact(sent["event_id"], sent["contact_id"], fields=["id"])
    return [str(registration["id"]) for registration in there]
