"""The few ways a fault strikes: instead of the API, after it, or as a delay."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import orjson

from regbulk.sandbox.faults.answer import Answer
from regbulk.sandbox.faults.arrival import Arrival
from regbulk.sandbox.faults.kinds import ContentFault, Hit, Kind, Proceed, Respond


def instead(make: Callable[[Arrival], Answer]) -> Respond:
    """Answer in the API's place: nothing is done."""

    async def strike(arrival: Arrival, _: Hit, __: Proceed) -> Answer:
        await arrival.body()
        return make(arrival)

    return strike


def instead_where(concerns: Callable[[Arrival], Awaitable[bool]], make: Callable[[Arrival], Answer]) -> Respond:
    """Answer in the API's place those requests that the fault concerns."""

    async def strike(arrival: Arrival, hit: Hit, proceed: Proceed) -> Answer:
        if await concerns(arrival):
            return make(arrival)
        hit.missed()
        return await proceed(arrival)

    return strike


def afterwards(change: Callable[[Answer, Hit], Answer | None]) -> Respond:
    """Change the API's own answer, once everything is done; None means that there is nothing to change."""

    async def strike(arrival: Arrival, hit: Hit, proceed: Proceed) -> Answer:
        answer = await proceed(arrival)
        changed = change(answer, hit) if answer.own else None
        if changed is None:
            hit.missed()
        return changed or answer

    return strike


def of_content(fault: ContentFault) -> Kind:
    """A fault that changes what a successful answer says, a JSON object."""

    def arm(value: str | None) -> Respond:
        fault.check(value)

        def change(answer: Answer, hit: Hit) -> Answer | None:
            said = _object(answer)
            changed = fault.change(said, hit.chance, value) if said is not None else None
            if changed is None or changed == _object(answer):
                return None
            return Answer(answer.status, answer.headers, orjson.dumps(changed))

        return afterwards(change)

    return Kind(fault.about, fault.scope, arm)


def _object(answer: Answer) -> dict[str, object] | None:
    content = orjson.loads(answer.body) if answer.status == 200 else None  # noqa: PLR2004 - success
    return content if isinstance(content, dict) else None
