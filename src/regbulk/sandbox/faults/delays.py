"""Faults that take time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from regbulk.sandbox.faults import wire
from regbulk.sandbox.faults.answer import Answer
from regbulk.sandbox.faults.arrival import Arrival
from regbulk.sandbox.faults.kinds import Hit, Kind, Proceed, Respond
from regbulk.sandbox.faults.strikes import afterwards
from regbulk.sandbox.faults.values import number


def _latency(value: str | None) -> Respond:
    low, dots, high = (value or "").partition("..")
    least = number(low, "seconds")
    most = number(high, "seconds", least=least) if dots else least

    async def strike(arrival: Arrival, hit: Hit, proceed: Proceed) -> Answer:
        await arrival.body()  # once it is here, a client that leaves takes nothing back
        await asyncio.sleep(hit.chance.uniform(least, most))
        return await proceed(arrival)

    return strike


def _hang(value: str | None) -> Respond:
    seconds = number(value, "seconds")

    async def strike(arrival: Arrival, _: Hit, proceed: Proceed) -> Answer:
        answer = await proceed(arrival)
        await arrival.left_within(seconds)
        return answer

    return strike


def _hang_before(value: str | None) -> Respond:
    seconds = number(value, "seconds")

    async def strike(arrival: Arrival, _: Hit, __: Proceed) -> Answer:
        await arrival.left_within(seconds)
        return Answer(0, (), b"", wire.reset)

    return strike


def _drip(value: str | None) -> Respond:
    dripping = wire.drip(number(value, "bytes per second", least=1))
    return afterwards(lambda answer, _: replace(answer, wire=dripping, own=False))


DELAYS: Final[Mapping[str, Kind]] = {
    "latency": Kind(
        "Each request waits before it is worked on; a client that leaves meanwhile does not stop it.",
        "any",
        _latency,
        "always",
        "SECONDS or LOW..HIGH",
    ),
    "hang": Kind("The answer is held back after everything was done.", "any", _hang, value="SECONDS"),
    "hang-before": Kind(
        "Silence, then a reset; nothing is done, whether the client waits or leaves.",
        "any",
        _hang_before,
        value="SECONDS",
    ),
    "drip": Kind(
        "Everything is done, and the answer's body comes a few bytes at a time.", "any", _drip, value="BYTES_PER_SECOND"
    ),
}
