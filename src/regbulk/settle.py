"""settle: operations in doubt → what became of them, by reading the target back.

With stamps the target itself says it: a patch carries load id and record number in the same atomic document, a create
in its body. Where a tenant keeps no stamps, the values that were sent must all be there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from regbulk.api import Client
from regbulk.batch import Operation
from regbulk.errors import NotFound
from regbulk.ledger import RecordOutcome
from regbulk.patch import same_value
from regbulk.settings import Settings

FIRST_PAUSE: Final = 0.25
"""Seconds between the first two looks for a create; each further pause is twice as long."""


@dataclass(frozen=True)
class Doubt:
    """What is needed to settle operations of one load."""

    client: Client
    settings: Settings
    load_id: str
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


async def settle(doubt: Doubt, operations: Sequence[Operation]) -> dict[int, RecordOutcome | None]:
    """Read back what became of each operation.

    Returns:
        By record number: the outcome, or None where the operation is proven not to have taken effect.

    Raises:
        ApiError: the target could not be read; nothing is decided, the load can be resumed.
    """
    ways = {"create": _settle_create, "patch": _settle_patch}
    found = await asyncio.gather(*(ways[operation.action](doubt, operation) for operation in operations))
    return {operation.record_no: outcome for operation, outcome in zip(operations, found, strict=True)}


async def _settle_create(doubt: Doubt, operation: Operation) -> RecordOutcome | None:
    """Look for a create until it is there, or until a request still under way would have shown.

    Lists may trail writes (API contract, gap 35) and a server may finish what its client gave up, so one look that
    finds nothing proves nothing.
    """
    registration = orjson.loads(operation.document)
    waited, pause = 0.0, FIRST_PAUSE
    matches = await _marked(doubt, operation, registration)
    while not matches and waited < doubt.settings.settle_seconds:
        pause = min(pause, doubt.settings.settle_seconds - waited)
        await doubt.sleep(pause)
        waited, pause = waited + pause, 2 * pause
        matches = await _marked(doubt, operation, registration)
    return _created(operation, matches)


async def _marked(doubt: Doubt, operation: Operation, registration: Mapping[str, Any]) -> list[dict[str, Any]]:
    known = await doubt.client.event_contact(registration["event_id"], registration["contact_id"])
    return [found for found in known if took_effect(doubt, operation.record_no, found, wanted=registration)]


def _created(operation: Operation, matches: Sequence[Mapping[str, Any]]) -> RecordOutcome | None:
    if len(matches) > 1:
        ids = ", ".join(str(found["id"]) for found in matches)
        reason = f"{len(matches)} registrations carry the mark of this record, expected one: {ids}"
        return RecordOutcome(operation.record_no, "unknown", message=reason)
    return RecordOutcome(operation.record_no, "created", id=str(matches[0]["id"])) if matches else None


async def seen_once(doubt: Doubt, operation: Operation, outcome: RecordOutcome) -> RecordOutcome:
    """The outcome of a create that was sent again, after one more look: the first one may have landed meanwhile."""
    found = await _marked(doubt, operation, orjson.loads(operation.document))
    return (_created(operation, found) if len(found) > 1 else None) or outcome


async def _settle_patch(doubt: Doubt, operation: Operation) -> RecordOutcome | None:
    assert operation.id is not None, "a patch names its registration"
    try:
        found = await doubt.client.get(operation.id, consistent=True)
    except NotFound:
        gone = "the registration is gone"
        return RecordOutcome(operation.record_no, "failed", status=404, id=operation.id, message=gone)
    if took_effect(doubt, operation.record_no, found, wanted=set_values(operation.document)):
        return RecordOutcome(operation.record_no, "patched", id=operation.id)
    return None


def took_effect(doubt: Doubt, record_no: int, found: Mapping[str, Any], *, wanted: Mapping[str, Any]) -> bool:
    """Whether a registration shows that this record of this load was written to it.

    Where stamps were sent (`wanted` has them), they decide; otherwise all values must be there.
    """
    if "sys_bulk_load_id" in wanted:
        number = str(found.get("sys_bulk_load_record_no")).removesuffix(".0")
        return found.get("sys_bulk_load_id") == doubt.load_id and number == str(record_no)
    return all(same_value(found.get(name), value) for name, value in wanted.items())


def set_values(document: str) -> dict[str, Any]:
    """The whole fields that a patch sets, by name; operations inside objects and arrays are not among them."""
    operations: list[dict[str, Any]] = orjson.loads(document)
    return {
        operation["path"].removeprefix("/"): operation["value"]
        for operation in operations
        if operation["op"] in {"add", "replace"} and operation["path"].count("/") == 1
    }
