"""Up to 100 operations in one request, each with a result of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from regbulk.sandbox.call import Call
from regbulk.sandbox.dialect import BATCH_CREATE, FULL_OPERATIONS, STRICT_BATCH
from regbulk.sandbox.faults.results import ITEM_STATUS, ITEM_STATUS_AFTER
from regbulk.sandbox.refusal import Refused
from regbulk.sandbox.registrations import create, delete, patch
from regbulk.sandbox.results import Outcome, told
from regbulk.sandbox.rules import Record

MOST_OPERATIONS: Final = 100


def execute(call: Call, body: object) -> dict[str, Any]:
    """Run a batch: `{"operations": […]}` → `{success_count, error_count, results}`, results in the order of operations.

    Raises:
        Refused: 400 for a malformed envelope or more than 100 operations, in the dialect strict-batch 400 or 404 for
            one bad operation; what was done is to be undone then.
    """
    operations = _operations(body)
    before, after = _struck(call, ITEM_STATUS, operations), _struck(call, ITEM_STATUS_AFTER, operations)
    outcomes = list[Outcome]()
    # The document says the operations run in parallel: whoever relies on their order shall see it fail.
    for place, operation in reversed(list(enumerate(operations))):
        outcomes.append(_outcome(call, operation, before=before.get(place), after=after.get(place)))
    if STRICT_BATCH in call.dialects:
        _refuse_all_for_one(outcomes)
    return told(outcomes[::-1], call.dialects)


def _operations(body: object) -> list[Any]:
    match body:
        case {"operations": list(operations), **others} if not others:
            if len(operations) > MOST_OPERATIONS:
                problem = f"operations: {len(operations)}, at most {MOST_OPERATIONS} are taken"
                raise Refused(HTTPStatus.BAD_REQUEST, problem)
            return operations
        case _:
            raise Refused(HTTPStatus.BAD_REQUEST, 'a batch is {"operations": [...]} and nothing else')


def _struck(call: Call, fault: str, operations: Sequence[object]) -> Mapping[int, Refused]:
    """The place that a fault strikes, counted from 0, and what it answers there; empty when it strikes none."""
    strike = call.strike(fault) if operations else None
    if strike is None:
        return {}
    status = HTTPStatus(int(strike.value or HTTPStatus.INTERNAL_SERVER_ERROR))
    return {strike.chance.randrange(len(operations)): Refused(status, status.phrase.lower())}


def _outcome(call: Call, operation: object, *, before: Refused | None, after: Refused | None) -> Outcome:
    """What became of an operation; `before` refuses it, `after` refuses it although it was done."""
    asked = operation if isinstance(operation, dict) else {}
    try:
        if before:
            raise before
        record = _run(call, asked)
        if after:
            raise after
    except Refused as refusal:
        return Outcome(asked.get("id"), asked.get("operation"), refusal=refusal)
    return Outcome(record["id"], asked["operation"], record)


def _refuse_all_for_one(outcomes: Sequence[Outcome]) -> None:
    statuses = {outcome.refusal.status for outcome in outcomes if outcome.refusal}
    if HTTPStatus.NOT_FOUND in statuses:
        raise Refused(HTTPStatus.NOT_FOUND, "the registration could not be found")
    if statuses:
        raise Refused(HTTPStatus.BAD_REQUEST, "the request was not valid")


def _run(call: Call, operation: dict[str, Any]) -> Record:
    if FULL_OPERATIONS in call.dialects:
        _check_marks(operation)
    match operation:
        case {"operation": "patch", "id": str(registration_id), "patch_directives": directives}:
            return patch(call, registration_id, directives)
        case {"operation": "delete", "id": str(registration_id)}:
            return {"id": delete(call, registration_id)}
        case {"operation": "create"} if BATCH_CREATE in call.dialects:
            return create(call, operation.get("object"))
        case {"operation": "patch" | "delete"}:
            raise Refused(HTTPStatus.BAD_REQUEST, "a patch needs id and patch_directives, a delete needs id")
        case _:
            raise Refused(HTTPStatus.BAD_REQUEST, "a batch takes the operations patch and delete")


def _check_marks(operation: dict[str, Any]) -> None:
    for member, kind, shown in (("object", dict, "an object"), ("patch_directives", list, "an array")):
        if not isinstance(operation.get(member), kind):
            raise Refused(HTTPStatus.BAD_REQUEST, f"{member}: must be {shown}")
