"""batch: planned operations → request bodies of at most 100 operations (API document: `POST …/batch`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, TypeVar

import orjson

Action = Literal["create", "patch"]
T = TypeVar("T")


class Operation(NamedTuple):
    """One planned write.

    Attributes:
        record_no: the record it comes from.
        action: what is to be done.
        id: the registration's id; None for a create.
        document: JSON text: the registration to create, or the RFC 6902 operations of a patch.
    """

    record_no: int
    action: Action
    id: str | None
    document: str


def in_groups(values: Sequence[T], size: int) -> list[list[T]]:
    """Consecutive groups of at most `size` values, in order."""
    return [list(values[start : start + size]) for start in range(0, len(values), size)]


def halves(operations: Sequence[T]) -> list[list[T]]:
    """Two groups as equal as can be, in order; of at least two values."""
    return in_groups(operations, (len(operations) + 1) // 2)


def batch_body(operations: Sequence[Operation], *, full: bool, values_as_text: bool) -> bytes:
    """The body of a batch request.

    Args:
        operations: at most 100, one per registration.
        full: add the members that the document marks required though an operation does not need them: an empty
            `object` to a patch, empty `patch_directives` to a create.
        values_as_text: write patch values that are not texts as JSON in a text (see `text_values`).
    """
    parts = [_member(operation, full=full, values_as_text=values_as_text) for operation in operations]
    return ('{"operations":[' + ",".join(parts) + "]}").encode()


def _member(operation: Operation, *, full: bool, values_as_text: bool) -> str:
    if operation.action == "create":
        rest = ',"patch_directives":[]' if full else ""
        return f'{{"operation":"create","object":{operation.document}{rest}}}'
    document = text_values(operation.document) if values_as_text else operation.document
    rest = ',"object":{}' if full else ""
    return f'{{"id":{_json(operation.id)},"operation":"patch","patch_directives":{document}{rest}}}'


def text_values(document: str) -> str:
    """Patch operations whose values are all texts: the API document types `value` as a string."""
    operations: list[dict[str, Any]] = orjson.loads(document)
    for operation in operations:
        if "value" in operation and not isinstance(operation["value"], str):
            operation["value"] = _json(operation["value"])
    return _json(operations)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
