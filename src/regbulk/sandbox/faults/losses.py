"""Faults that lose an answer on its way: everything was done, for certain."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from regbulk.sandbox.faults import wire
from regbulk.sandbox.faults.answer import Answer, Line
from regbulk.sandbox.faults.arrival import Arrival
from regbulk.sandbox.faults.kinds import Hit, Kind, Proceed, Respond, no_value
from regbulk.sandbox.faults.marks import marks_of
from regbulk.sandbox.faults.refusals import GATEWAY_STATUSES, failure
from regbulk.sandbox.faults.strikes import afterwards
from regbulk.sandbox.faults.values import number

_HUGE_MEGABYTES: Final = 80


def _by_wire(way: Callable[[Line, Answer], Awaitable[None]]) -> Callable[[str | None], Respond]:
    def arm(value: str | None) -> Respond:
        no_value(value)
        return afterwards(lambda answer, _: replace(answer, wire=way, own=False))

    return arm


def _status_after(value: str | None) -> Respond:
    failure(value)

    async def strike(arrival: Arrival, hit: Hit, proceed: Proceed) -> Answer:
        # Only now, as a fault behind this one may set the clock.
        late = afterwards(lambda _, __: failure(value, ahead=marks_of(arrival.scope).clock))
        return await late(arrival, hit, proceed)

    return strike


def _truncated(value: str | None) -> Respond:
    no_value(value)
    return afterwards(lambda answer, _: replace(answer, body=answer.body[: len(answer.body) // 2], own=False))


def _huge(value: str | None) -> Respond:
    streaming = wire.huge(int(number(value, "megabytes", default=_HUGE_MEGABYTES, least=1)))
    return afterwards(lambda answer, _: replace(answer, wire=streaming, own=False))


LOSSES: Final[Mapping[str, Kind]] = {
    "status-after": Kind(
        "Everything is done, and the answer is an error status; 502 and 504 have a gateway's HTML.",
        "any",
        _status_after,
        value=f"[{'|'.join(map(str, GATEWAY_STATUSES))}, 503/FORM of Retry-After]",
    ),
    "reset-after": Kind(
        "Everything is done, and the connection is reset without one byte of an answer.", "any", _by_wire(wire.reset)
    ),
    "reset-in-headers": Kind(
        "Everything is done, and the connection is reset in the middle of the answer's headers.",
        "any",
        _by_wire(wire.reset_in_headers),
    ),
    "reset-in-body": Kind(
        "Everything is done, and the connection is reset in the middle of the answer's body.",
        "any",
        _by_wire(wire.reset_in_body),
    ),
    "truncated": Kind(
        "Everything is done, and half of the answer's JSON comes, with the Content-Length of that half.",
        "any",
        _truncated,
    ),
    "long-length": Kind(
        "Everything is done, and the answer ends before the bytes that its Content-Length announces.",
        "any",
        _by_wire(wire.too_long_length),
    ),
    "endless-chunks": Kind(
        "Everything is done, and the answer comes in chunks without the last one.",
        "any",
        _by_wire(wire.endless_chunks),
    ),
    "huge": Kind(
        "Everything is done, and the answer is longer than a client should take.", "any", _huge, value="[MEGABYTES]"
    ),
}
