"""Between the connection and the application: where faults strike."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from email.utils import formatdate
from functools import partial

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from regbulk.sandbox.faults import wire
from regbulk.sandbox.faults.answer import Answer, Headers, Line
from regbulk.sandbox.faults.arrival import Arrival, client_of_token, route_of
from regbulk.sandbox.faults.connection import CONNECTION
from regbulk.sandbox.faults.marks import marks_of
from regbulk.sandbox.faults.switchboard import Switch, Switchboard


def switched(app: ASGIApp, *, switchboard: Switchboard, requests: Counter[str], api_keys: Mapping[str, str]) -> ASGIApp:
    """`app` behind the switchboard; requests for documented operations are counted, whatever becomes of them.

    Args:
        app: the application.
        switchboard: the faults that are on.
        requests: counts them by method and path, tokens apart.
        api_keys: the tenant that each client secret belongs to; a token request with any other secret belongs to the
            tenant that its client id names.
    """

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        route = route_of(scope) if scope["type"] == "http" else None
        if route is None:
            await app(scope, receive, _dated(scope, send))
            return
        if route.tenant is not None:
            requests[f"{scope['method'].lower()} {route.path}"] += 1
        arrival = Arrival(route, scope, receive)
        tenant = route.tenant or await _tenant_of_client(arrival, api_keys)
        switches = [each for each in switchboard.switches(tenant, route.operation) if each.respond]
        if switches:
            await _struck(app, arrival, switches, line=partial(Line, send, receive, scope["state"][CONNECTION]))
        else:
            await app(scope, arrival.receive, _dated(scope, send))

    return handle


async def _tenant_of_client(arrival: Arrival, api_keys: Mapping[str, str]) -> str:
    secret, client = await client_of_token(arrival)
    return api_keys.get(secret, client)


async def _struck(
    app: ASGIApp, arrival: Arrival, switches: Sequence[Switch], *, line: Callable[[Headers], Line]
) -> None:
    try:
        answer = await _answered(app, arrival, switches)
        await (answer.wire or wire.whole)(line(_head(arrival.scope)), answer)
    except asyncio.CancelledError:
        # The server is asked to stop while an answer is held back: that is no error of its own.
        await _abandoned(line(()))


async def _abandoned(line: Line) -> None:
    line.connection.reset()
    with suppress(asyncio.CancelledError):
        await line.gone()


async def _answered(app: ASGIApp, arrival: Arrival, switches: Sequence[Switch]) -> Answer:
    if not switches:
        return await _own(app, arrival)
    first, behind = switches[0], switches[1:]
    hit = first.meet()
    if hit is None or first.respond is None:
        return await _answered(app, arrival, behind)
    return await first.respond(arrival, hit, lambda reached: _answered(app, reached, behind))


async def _own(app: ASGIApp, arrival: Arrival) -> Answer:
    """The API's own answer; once it is there, everything is done."""
    messages: list[Message] = []

    async def keep(message: Message) -> None:
        messages.append(message)

    await app(arrival.scope, arrival.receive, keep)
    start, *parts = messages
    headers = tuple((name.lower(), value) for name, value in start["headers"] if name.lower() != b"content-length")
    return Answer(start["status"], headers, b"".join(part.get("body", b"") for part in parts), own=True)


def _dated(scope: Scope, send: Send) -> Send:
    async def dated(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*_head(scope), *message.get("headers", [])]}
        await send(message)

    return dated


def _head(scope: Scope) -> Headers:
    """The headers of every answer; the server itself adds no date, as its clock may be off."""
    return ((b"date", formatdate(time.time() + marks_of(scope).clock, usegmt=True).encode()),)
