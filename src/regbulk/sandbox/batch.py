"""Up to 100 operations in one request, each with a result of its own."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from regbulk.sandbox.call import Call
from regbulk.sandbox.dialect import BATCH_CREATE
from regbulk.sandbox.refusal import Refused
from regbulk.sandbox.registrations import create, delete, patch

MOST_OPERATIONS: Final = 100


def execute(call: Call, body: object) -> dict[str, Any]:
    """Run a batch: `{"operations": […]}` → `{success_count, error_count, results}`, results in the order of operations.

    Raises:
        Refused: 400 for a malformed envelope or more than 100 operations; nothing is done then.
    """
    operations = _operations(body)
    # The document says the operations run in parallel: whoever relies on their order shall see it fail.
    results = [_result(call, operation) for operation in reversed(operations)][::-1]
    done = sum(result["success"] for result in results)
    return {"success_count": done, "error_count": len(results) - done, "results": results}


def _operations(body: object) -> list[Any]:
    match body:
        case {"operations": list(operations), **others} if not others:
            if len(operations) > MOST_OPERATIONS:
                problem = f"operations: {len(operations)}, at most {MOST_OPERATIONS} are taken"
                raise Refused(HTTPStatus.BAD_REQUEST, problem)
            return operations
        case _:
            raise Refused(HTTPStatus.BAD_REQUEST, 'a batch is {"operations": [...]} and nothing else')


def _result(call: Call, operation: object) -> dict[str, Any]:
    asked = operation if isinstance(operation, dict) else {}
    shown = {"id": asked.get("id"), "operation": asked.get("operation")}
    try:
        shown["id"] = _run(call, asked)
    except Refused as refusal:
        return {**shown, "success": False, "status_code": refusal.status, "message": refusal.message}
    return {**shown, "success": True, "status_code": HTTPStatus.OK, "message": None}


def _run(call: Call, operation: dict[str, Any]) -> str:
    match operation:
        case {"operation": "patch", "id": str(registration_id), "patch_directives": directives}:
            patch(call, registration_id, directives)
            return registration_id
        case {"operation": "delete", "id": str(registration_id)}:
            return delete(call, registration_id)
        case {"operation": "create"} if BATCH_CREATE in call.sandbox.options.dialects:
            return str(create(call, operation.get("object"))["id"])
        case {"operation": "patch" | "delete"}:
            raise Refused(HTTPStatus.BAD_REQUEST, "a patch needs id and patch_directives, a delete needs id")
        case _:
            raise Refused(HTTPStatus.BAD_REQUEST, "a batch takes the operations patch and delete")
