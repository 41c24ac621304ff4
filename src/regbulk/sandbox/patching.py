"""RFC 6902 on a registration."""

from __future__ import annotations

from copy import deepcopy
from http import HTTPStatus
from typing import Any, Final

import jsonpatch
import orjson
from jsonpointer import JsonPointer, JsonPointerException

from regbulk.sandbox.refusal import Refused
from regbulk.sandbox.rules import Record, holds_text, server_made

_MEMBERS: Final = {
    "add": ("path", "value"),
    "replace": ("path", "value"),
    "test": ("path", "value"),
    "remove": ("path",),
    "move": ("path", "from"),
    "copy": ("path", "from"),
}
_FAULTS: Final = (jsonpatch.JsonPatchException, JsonPointerException, RecursionError)


def patched(record: Record, directives: object, *, text_values: bool) -> Record:
    """`record` after all directives; `record` itself stays as it was.

    Args:
        record: the registration as stored.
        directives: the parsed body, an array of RFC 6902 operations.
        text_values: values arrive as text (the dialect); elsewhere they are JSON values.

    Raises:
        Refused: 400 for a malformed directive, a server-made field, a place that does not exist, or a failed test.
    """
    if not isinstance(directives, list):
        raise Refused(HTTPStatus.BAD_REQUEST, "a patch is an array of operations (RFC 6902)")
    checked = [_checked(directive, number) for number, directive in enumerate(directives, start=1)]
    if text_values:
        checked = [_from_text(directive, number) for number, directive in enumerate(checked, start=1)]
    result = deepcopy(record)
    for number, directive in enumerate(checked, start=1):
        _apply(result, directive, number)
    return result


def _apply(record: Record, directive: dict[str, Any], number: int) -> None:
    shown = f"operation {number}, {directive['op']}"
    try:
        jsonpatch.apply_patch(record, [directive], in_place=True)
    except jsonpatch.JsonPatchTestFailed:
        raise Refused(
            HTTPStatus.BAD_REQUEST, f"{shown}: {_field(directive['path'])} does not hold the tested value"
        ) from None
    except _FAULTS:
        raise Refused(HTTPStatus.BAD_REQUEST, f"{shown}: cannot be applied in {_field(directive['path'])}") from None


def _checked(directive: object, number: int) -> dict[str, Any]:
    if not isinstance(directive, dict):
        raise Refused(HTTPStatus.BAD_REQUEST, f"operation {number}: not an object")
    op = directive.get("op")
    if not isinstance(op, str) or op not in _MEMBERS:
        raise Refused(HTTPStatus.BAD_REQUEST, f"operation {number}: op must be one of {', '.join(_MEMBERS)}")
    if lacking := [member for member in _MEMBERS[op] if member not in directive]:
        raise Refused(HTTPStatus.BAD_REQUEST, f"operation {number}, {op}: {lacking[0]} is missing")
    places = {name: _tokens(directive[name], number) for name in ("path", "from") if name in _MEMBERS[op]}
    if op != "test":
        _refuse_server_made(places["path"], number)
    if op == "move":
        _refuse_server_made(places["from"], number)
    return directive


def _tokens(pointer: object, number: int) -> list[str]:
    try:
        # A path that is no text at all is as malformed as one without its slash.
        return [str(part) for part in JsonPointer(pointer if isinstance(pointer, str) else "no pointer").parts]
    except JsonPointerException:
        raise Refused(
            HTTPStatus.BAD_REQUEST, f"operation {number}: path and from must be JSON pointers (RFC 6901)"
        ) from None


def _refuse_server_made(tokens: list[str], number: int) -> None:
    if not tokens:
        raise Refused(HTTPStatus.BAD_REQUEST, f"operation {number}: a record cannot be replaced as a whole")
    if server_made(tokens[0]):
        raise Refused(HTTPStatus.BAD_REQUEST, f"operation {number}: {tokens[0]} is kept by the server")


def _from_text(directive: dict[str, Any], number: int) -> dict[str, Any]:
    if "value" not in _MEMBERS[directive["op"]]:
        return directive
    value = directive["value"]
    if not isinstance(value, str):
        raise Refused(HTTPStatus.BAD_REQUEST, f"operation {number}: value must be text")
    if holds_text(_tokens(directive["path"], number)):
        return directive
    try:
        return directive | {"value": orjson.loads(value)}
    except orjson.JSONDecodeError:
        field = _field(directive["path"])
        raise Refused(HTTPStatus.BAD_REQUEST, f"operation {number}: value for {field} is not JSON in a text") from None


def _field(pointer: str) -> str:
    return str(JsonPointer(pointer).parts[0]) if pointer else "the record"
