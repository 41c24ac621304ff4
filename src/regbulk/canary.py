"""canary: the first few records of a load, read back before the rest goes.

The API document leaves open whether a tenant keeps the stamps, the key and the types of values. The canary finds out
on ten records instead of all of them, and names the setting to change.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from regbulk.api import Client
from regbulk.batch import Operation
from regbulk.errors import NotFound, StopRule
from regbulk.ledger import RecordOutcome
from regbulk.settle import set_values

log = logging.getLogger(__name__)

WRITTEN: Final = ("created", "patched")
_HINTS: Final = {
    "stamps": "the tenant does not keep the stamps: set REGBULK_STAMPS=omit",
    "key": "the tenant does not keep sys_external_id, the key of this load: use --key event_id,contact_id",
    "types": "values came back as another type: set REGBULK_PATCH_VALUES=text (or native, if it is text now)",
}


class Loss(NamedTuple):
    """A field that did not come back as it was sent, and what kind of loss that is.

    All kinds stop the load but `values`: a tenant may trim texts, or take a name from the contact.
    """

    kind: str
    field: str


async def check_canary(
    client: Client,
    operations: Sequence[Operation],
    outcomes: Mapping[int, RecordOutcome],
    *,
    key: Sequence[str],
    before: int,
) -> bool:
    """Read the canary back and compare stamps, key and value types with what was sent.

    Args:
        client: the API.
        operations: the canary.
        outcomes: what became of it, by record number.
        key: the fields that make the key of the load.
        before: how many other records of the load were written by then (the creates, before the first patch).

    Returns:
        Whether it proves anything: not where every record of it that was written is gone by now.

    Raises:
        StopRule: every record was refused, or something that the load relies on was not kept.
    """
    written = [operation for operation in operations if outcomes[operation.record_no].outcome in WRITTEN]
    if not written:
        raise StopRule(_all_refused(operations, outcomes, before))
    ids = [outcomes[operation.record_no].id for operation in written]
    found = await asyncio.gather(*(_read(client, str(registration_id)) for registration_id in ids))
    pairs = [(operation, item) for operation, item in zip(written, found, strict=True) if item is not None]
    losses = [loss for operation, item in pairs for loss in lost(operation, item, key)]
    if stopping := [loss for loss in losses if loss.kind in _HINTS]:
        raise StopRule(_not_kept(stopping, len(pairs), before))
    if losses:
        fields = ", ".join(dict.fromkeys(loss.field for loss in losses))
        log.warning("the tenant keeps other values than were sent, and the next import will differ again: %s", fields)
    return bool(pairs)


async def _read(client: Client, registration_id: str) -> Mapping[str, Any] | None:
    """A registration; None where somebody deleted it since."""
    try:
        return await client.get(registration_id, consistent=True)
    except NotFound:
        return None


def lost(operation: Operation, found: Mapping[str, Any], key: Sequence[str]) -> list[Loss]:
    """The fields of one operation that the target did not keep."""
    sent = orjson.loads(operation.document) if operation.action == "create" else set_values(operation.document)
    losses = []
    for field, value in sent.items():
        kept = found.get(field)
        if field.startswith(("sys_bulk_load_", "sys_last_bulk_")):
            # A stamp is a mark: a tenant may keep the number of the record as a text.
            losses += [] if _same_stamp(kept, value) else [Loss("stamps", field)]
        elif field in key and kept != value:
            losses.append(Loss("key", field))
        elif kept is not None and _json_type(kept) != _json_type(value):
            losses.append(Loss("types", field))
        elif kept is None or not _same_text(kept, value):
            losses.append(Loss("values", field))
    return losses


def _text(value: object) -> str:
    return str(value).removesuffix(".0")


def _same_stamp(kept: object, sent: object) -> bool:
    """Whether a stamp came back: numbers may gain ".0", the time of the load may be written in another way."""
    if _text(kept) == _text(sent):
        return True
    try:
        return datetime.fromisoformat(_text(kept)) == datetime.fromisoformat(_text(sent))
    except ValueError:
        return False


def _same_text(kept: object, sent: object) -> bool:
    """Whether a text came back, perhaps as another writing of one instant; what is no text is not compared."""
    return not isinstance(sent, str) or _same_stamp(kept, sent)


def _json_type(value: object) -> type:
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)


def _rest(before: int) -> str:
    if not before:
        return "Nothing else was sent."
    return f"Before that, {before:,} other records of this load were written; nothing more is sent."


def _not_kept(losses: Sequence[Loss], records: int, before: int) -> str:
    kinds = dict.fromkeys(loss.kind for loss in losses)
    fields = ", ".join(dict.fromkeys(loss.field for loss in losses))
    hints = "; ".join(_HINTS[kind] for kind in kinds)
    return (
        f"canary: of {records} records sent ahead, these fields did not come back as sent: {fields}. {hints}. "
        f"{_rest(before)} Then run the import again: it changes what this load left and sends the rest."
    )


def _all_refused(operations: Sequence[Operation], outcomes: Mapping[int, RecordOutcome], before: int) -> str:
    first = outcomes[operations[0].record_no]
    hint = (
        " If the API wants patch values as text or full operations, set REGBULK_PATCH_VALUES=text or "
        "REGBULK_BATCH_OPERATION=full."
        if operations[0].action == "patch"
        else " If it does not take creates in a batch, set REGBULK_CREATE_IN_BATCH=false."
    )
    return (
        f"canary: all {len(operations)} records sent ahead were refused, the first (record {first.record_no}) with "
        f"status {first.status}: {first.message}. {_rest(before)}{hint} Then run the import again."
    )
