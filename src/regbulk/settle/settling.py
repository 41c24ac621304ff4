"""Settling the operations of one batch, all at once."""

from __future__ import annotations

from collections.abc import Sequence

from regbulk.batch import Operation
from regbulk.errors import ApiError
from regbulk.ledger import RecordOutcome
from regbulk.settle.creates import Ends, settle_creates
from regbulk.settle.doubt import Doubt
from regbulk.settle.patches import settle_patch
from regbulk.settle.together import together


async def settle(doubt: Doubt, operations: Sequence[Operation]) -> dict[int, RecordOutcome | None]:
    """Read back what became of each operation.

    Returns:
        By record number: the outcome, or None where the operation is proven not to have taken effect. `unknown` says
        why: several registrations carry its mark, or it could not be read while others could.

    Raises:
        ApiError: the target could not be read, for none of several operations; nothing is decided, the load can be
            resumed.
    """
    creates = [operation for operation in operations if operation.action == "create"]
    patches = [operation for operation in operations if operation.action == "patch"]
    ends: Ends = await settle_creates(doubt, creates) if creates else {}
    found = await together(settle_patch(doubt, operation) for operation in patches)
    ends |= {operation.record_no: end for operation, end in zip(patches, found, strict=True)}
    failures = [end for end in ends.values() if isinstance(end, ApiError)]
    if len(failures) == len(ends) > 1:
        raise failures[0]
    named = {operation.record_no: operation.id for operation in operations}
    return {number: _unread(number, named[number], end) for number, end in ends.items()}


def _unread(record_no: int, identity: str | None, end: RecordOutcome | ApiError | None) -> RecordOutcome | None:
    if not isinstance(end, ApiError):
        return end
    reason = f"what became of it could not be read: {end.reason}"
    return RecordOutcome(record_no, "unknown", end.status, identity, reason)
