"""What a refusal of one operation means for its record."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

import orjson

from regbulk.batch import Operation
from regbulk.ledger import RecordOutcome
from regbulk.push.push import Push
from regbulk.settle import settle

_READ_AGAIN: Final = {HTTPStatus.NOT_FOUND, HTTPStatus.PRECONDITION_FAILED}
_TOO_LARGE: Final = "too large for the API although it was sent alone: shorten its texts, or leave fields out"


async def refused(push: Push, operation: Operation, status: int | None, message: str | None) -> RecordOutcome:
    """The outcome of an operation that the API refused: `failed` with its words, or `conflict`.

    A patch is a conflict when reading shows that the registration is gone or no longer what the plan read: its own
    `test` operations are evaluated on what is there, and a 412 says so by itself.

    Raises:
        ApiError: the target cannot be read now.
    """
    if operation.action == "patch" and _may_be_out_of_date(operation, status):
        found = (await settle(push.doubt, [operation]))[operation.record_no]
        if found is not None and found.outcome in {"patched", "conflict"}:
            return found._replace(status=found.status or status)
        if status == HTTPStatus.PRECONDITION_FAILED:
            return RecordOutcome(operation.record_no, "conflict", status, operation.id, message)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        message = _TOO_LARGE
    return RecordOutcome(operation.record_no, "failed", status, operation.id, message)


def _may_be_out_of_date(operation: Operation, status: int | None) -> bool:
    """Whether a refusal may mean that the registration changed; a 400 does if the patch tests or removes something."""
    if status != HTTPStatus.BAD_REQUEST:
        return status in _READ_AGAIN
    return any(step["op"] in {"test", "remove"} for step in orjson.loads(operation.document))
