"""Settling a patch: the registration itself, read with `consistentRead`, shows whether it was changed.

A patch that is found undone may still land behind our second one, when a server goes on with a request that its client
gave up. Both set the same values, so nothing but `sys_version` shows it. Only a patch that adds to the end of an array
would add twice: it is looked at again and again for as long as a request may be under way.
"""

from __future__ import annotations

from http import HTTPStatus

from regbulk import patch
from regbulk.batch import Operation
from regbulk.errors import ApiError, NotFound
from regbulk.ledger import RecordOutcome
from regbulk.settle.doubt import STOPS, Doubt, carries_mark, pauses, set_values

GONE = "the registration is gone"
CHANGED = "changed since the plan was made; import the source again"


async def settle_patch(doubt: Doubt, operation: Operation) -> RecordOutcome | ApiError | None:
    """What became of a patch: its outcome, None where it is proven undone, or why it cannot be read.

    A registration that is gone, or to which the patch no longer applies, is a conflict.
    """
    waits = pauses(doubt.settings.settle_seconds) if patch.appends(operation.document) else iter(())
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
    if "sys_bulk_load_id" in set_values(operation.document):
        done = carries_mark(doubt, operation.record_no, found)
    else:
        done = patch.in_effect(operation.document, found)
    if done:
        return RecordOutcome(operation.record_no, "patched", id=operation.id)
    if not patch.applies(operation.document, found):
        return RecordOutcome(operation.record_no, "conflict", id=operation.id, message=CHANGED)
    return None
