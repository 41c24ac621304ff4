"""Settling a patch: the registration itself, read with `consistentRead`, shows whether it was changed.

A patch that is found undone may still land behind our second one, when a server goes on with a request that its client
gave up. Both set the same values, so nothing but `sys_version` shows it. Only a patch that adds to the end of an array
would add twice: it is looked at again and again for as long as a request may be under way, and what it adds counts as
its own even where the tenant keeps no stamp of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import orjson

from regbulk import patch
from regbulk.batch import Operation
from regbulk.errors import ApiError, NotFound
from regbulk.ledger import RecordOutcome
from regbulk.settle.doubt import STOPS, Doubt, carries_mark, pauses, set_values
from regbulk.stamps import OPERATION_ID, OPERATION_VERSION, STAMPS

GONE = "the registration is gone"
CHANGED = "changed since the plan was made; import the source again"
_STAMPS = frozenset(f"/{name}" for name in (*STAMPS, OPERATION_ID, OPERATION_VERSION))


async def settle_patch(doubt: Doubt, operation: Operation) -> RecordOutcome | ApiError | None:
    """What became of a patch: its outcome, None where it is proven undone, or why it cannot be read.

    A registration that is gone, or to which the patch no longer applies, is a conflict.
    """
    waits = pauses(doubt.patience) if patch.appends(operation.document) else iter(())
    try:
        outcome = await _look(doubt, operation)
        for pause in waits:
            if outcome is not None:
                break
            await doubt.sleep(pause)
            outcome = await _look(doubt, operation)
    except STOPS:
        raise
    except ApiError as failure:
        return failure
    return outcome


async def _look(doubt: Doubt, operation: Operation) -> RecordOutcome | None:
    assert operation.id is not None, "a patch names its registration"
    try:
        found = await doubt.client.get(operation.id, consistent=True)
    except NotFound:
        return RecordOutcome(operation.record_no, "conflict", HTTPStatus.NOT_FOUND, operation.id, GONE)
    if _done(doubt, operation, found):
        return RecordOutcome(operation.record_no, "patched", id=operation.id)
    if not patch.applies(operation.document, found):
        return RecordOutcome(operation.record_no, "conflict", id=operation.id, message=CHANGED)
    return None


def _done(doubt: Doubt, operation: Operation, found: Mapping[str, Any]) -> bool:
    """Whether a registration shows a patch: its mark where stamps were sent, otherwise everything that it sets."""
    document = operation.document
    if "sys_bulk_load_id" not in set_values(document):
        return patch.in_effect(document, found)
    if carries_mark(doubt, operation.record_no, found):
        return True
    return patch.appends(document) and patch.in_effect(_without_stamps(document), found)


def _without_stamps(document: str) -> str:
    return orjson.dumps([one for one in orjson.loads(document) if one["path"] not in _STAMPS]).decode()
