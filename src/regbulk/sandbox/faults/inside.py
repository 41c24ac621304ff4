"""Faults that change what the API does with a request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, Final

from regbulk.sandbox.faults.answer import Answer, page, phrase
from regbulk.sandbox.faults.arrival import Arrival
from regbulk.sandbox.faults.kinds import Hit, Kind, Proceed, Respond, no_value
from regbulk.sandbox.faults.marks import mark
from regbulk.sandbox.faults.values import choice, number, status

_CHANGED_FIELDS: Final = ("name", "notes")


def _clock(value: str | None) -> Respond:
    seconds = number(value, "seconds", least=-1e9)

    async def strike(arrival: Arrival, _: Hit, proceed: Proceed) -> Answer:
        mark(arrival.scope, clock=seconds)
        return await proceed(arrival)

    return strike


def _token_expires(value: str | None) -> Respond:
    no_value(value)

    async def strike(arrival: Arrival, _: Hit, proceed: Proceed) -> Answer:
        mark(arrival.scope, expires=True)
        return await proceed(arrival)

    return strike


def _status_half(value: str | None) -> Respond:
    code = status(value, (500, 502, 503, 504), default=504)

    async def strike(arrival: Arrival, hit: Hit, proceed: Proceed) -> Answer:
        match await arrival.json():
            case {"operations": list(operations)}:
                answer = await proceed(arrival.holding({"operations": operations[: len(operations) // 2]}))
                if answer.own and answer.status == HTTPStatus.OK:
                    return page(code, phrase(code))
            case _:
                answer = await proceed(arrival)
        hit.missed()
        return answer

    return strike


def _values_changed(value: str | None) -> Respond:
    change: Callable[[str], str] = (
        str.strip if choice(value, ("upper", "trim"), default="upper") == "trim" else str.upper
    )

    async def strike(arrival: Arrival, hit: Hit, proceed: Proceed) -> Answer:
        sent = await arrival.json()
        stored = _restated(sent, change)
        if stored == sent:
            hit.missed()
            return await proceed(arrival)
        return await proceed(arrival.holding(stored))

    return strike


def _restated(sent: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - any JSON value
    """A record, a patch or a batch with the texts of `name` and `notes` changed."""
    match sent:
        case {"operations": list(operations)}:
            return {**sent, "operations": [_operation(each, change) for each in operations]}
        case list():
            return [_directive(each, change) for each in sent]
        case dict():
            changed = {name: change(sent[name]) for name in _CHANGED_FIELDS if isinstance(sent.get(name), str)}
            return {**sent, **changed}
    return sent


def _operation(operation: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - any JSON value
    match operation:
        case {"operation": "patch", "patch_directives": directives}:
            return {**operation, "patch_directives": _restated(directives, change)}
        case {"operation": "create", "object": record}:
            return {**operation, "object": _restated(record, change)}
    return operation


def _directive(directive: Any, change: Callable[[str], str]) -> Any:  # noqa: ANN401 - any JSON value
    match directive:
        case {"op": "add" | "replace", "path": str(path), "value": str(text)} if path[1:] in _CHANGED_FIELDS:
            return {**directive, "value": change(text)}
    return directive


INSIDE: Final[Mapping[str, Kind]] = {
    "clock": Kind(
        "The server's clock is off by so many seconds: its header Date, and the sys_ times of what is written.",
        "any",
        _clock,
        "always",
        "SECONDS",
    ),
    "token-expires": Kind(
        "The credential presented is refused with 401 from then on; a new token works.", "any", _token_expires
    ),
    "status-half": Kind(
        "The first half of a batch is done, rounded down, and the answer is an error status.",
        "batch",
        _status_half,
        value="[504|500|502|503]",
    ),
    "values-changed": Kind(
        "A write is accepted, and name and notes are stored in capitals, or without the spaces around them.",
        "write",
        _values_changed,
        value="[upper|trim]",
    ),
}
