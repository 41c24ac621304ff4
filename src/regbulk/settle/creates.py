"""Settling creates: looked for until they are there, or until a request still under way would have shown.

Lists may trail writes (API contract, gap 35) and a server may finish what its client gave up, so a look that finds
nothing concludes nothing before REGBULK_SETTLE_SECONDS are over, nor before the deadline of a request that a process
may have left under way when it ended (`Doubt.patience`). Beyond that nothing is proven: what lands or shows later is
there twice, which the last look tells.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from regbulk.batch import Operation
from regbulk.errors import ApiError
from regbulk.ledger import RecordOutcome
from regbulk.settle.doubt import Doubt, carries_mark, differing, pauses
from regbulk.settle.lookup import Found, Wanted, look_singly, look_together, wanted

Ends = dict[int, RecordOutcome | ApiError | None]
_SHOWN = 3


async def settle_creates(doubt: Doubt, operations: Sequence[Operation]) -> Ends:
    """What became of creates, by record number: an outcome, None where proven undone, or why it cannot be read."""
    creates = wanted(operations)
    ends = _ends(doubt, creates, await look_together(doubt.client, creates))
    for pause in pauses(doubt.patience):
        left = [create for create in creates if ends[create.operation.record_no] is None]
        if not left:
            return ends
        await doubt.sleep(pause)
        ends |= _ends(doubt, left, await look_together(doubt.client, left))
    left = [create for create in creates if ends[create.operation.record_no] is None]
    return ends | _ends(doubt, left, await look_singly(doubt.client, left))


def _ends(doubt: Doubt, creates: Sequence[Wanted], found: Found) -> Ends:
    return {create.operation.record_no: _end(doubt, create, found[create.operation.record_no]) for create in creates}


def _end(doubt: Doubt, create: Wanted, found: list[dict[str, Any]] | ApiError) -> RecordOutcome | ApiError | None:
    if isinstance(found, ApiError):
        return found
    record_no, matches = create.operation.record_no, marked(doubt, create, found)
    if len(matches) > 1:
        return RecordOutcome(record_no, "unknown", message=twice(matches))
    if matches:
        return RecordOutcome(record_no, "created", id=str(matches[0]["id"]))
    like = alike(create, found)
    return RecordOutcome(record_no, "unknown", message=_other_values(create, like)) if like else None


def marked(doubt: Doubt, create: Wanted, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The registrations that this create made: stamps decide where they were sent, otherwise all its values."""
    if "sys_bulk_load_id" in create.registration:
        return [each for each in found if carries_mark(doubt, create.operation.record_no, each)]
    return [each for each in found if not differing(create.registration, each)]


def twice(matches: Sequence[Mapping[str, Any]]) -> str:
    """Why a record with several registrations is unknown, with their ids."""
    return f"{len(matches)} registrations carry the mark of this record, expected one: {_ids(matches)}"


def unmarked(like: Sequence[Mapping[str, Any]]) -> str:
    """Why a record is unknown of which no registration carries the mark, with the ids of those that may be it."""
    return f"{len(like)} registrations may be this record and none carries its mark, expected one: {_ids(like)}"


def _ids(registrations: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(sorted(str(each.get("id")) for each in registrations))


def alike(create: Wanted, found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Registrations without a stamp that may be this one: they were not there when the load was planned.

    The plan makes a create only of a record whose key the target did not have. Where stamps were sent, the tenant may
    have dropped them; a registration that carries the stamp of another record or load is none of these.
    """
    stamped = "sys_bulk_load_id" in create.registration
    key = create.registration.get("sys_external_id")
    mine = [each for each in found if key is None or each.get("sys_external_id") == key]
    return [each for each in mine if not (stamped and each.get("sys_bulk_load_id"))]


def _other_values(create: Wanted, like: Sequence[Mapping[str, Any]]) -> str:
    fields = differing(create.registration, like[0])
    shown = ", ".join(fields[:_SHOWN]) + (" …" if len(fields) > _SHOWN else "")
    return f"a registration of this event and contact is there now, with other values of {shown}: {_ids(like)}"
