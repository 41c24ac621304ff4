"""A request as the switchboard sees it, before the application does."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, unquote

import orjson
from starlette.types import Message, Receive, Scope

_EVERY: Final = ("create", "patch", "delete", "batch", "search", "get", "list")
SCOPES: Final[Mapping[str, frozenset[str]]] = {
    **{operation: frozenset({operation}) for operation in (*_EVERY, "token")},
    "record": frozenset({"create", "patch", "delete"}),
    "write": frozenset({"create", "patch", "delete", "batch"}),
    "read": frozenset({"search", "get", "list"}),
    "page": frozenset({"search", "list"}),
    "any": frozenset(_EVERY),
}
"""The operations each scope stands for; the token endpoint is met under its own name only."""

_ROUTES: Final = (
    ("POST", "/oauth/token", "token"),
    ("POST", "/registrations/{tenantId}", "create"),
    ("POST", "/registrations/{tenantId}/search", "search"),
    ("POST", "/registrations/{tenantId}/batch", "batch"),
    ("GET", "/registrations/{tenantId}/{id}", "get"),
    ("PATCH", "/registrations/{tenantId}/{id}", "patch"),
    ("DELETE", "/registrations/{tenantId}/{id}", "delete"),
    ("GET", "/registrations/{tenantId}/eventContact/{eventId}/{contactId}", "list"),
)


class Route(NamedTuple):
    """Which operation a request asks for, of which tenant (None: a token), and its path in the document."""

    operation: str
    tenant: str | None
    path: str


def route_of(scope: Scope) -> Route | None:
    """The documented operation, or None for everything else, the sandbox's own paths among it."""
    parts = [unquote(part) for part in scope["raw_path"].decode("latin-1").split("/")]
    for method, path, operation in _ROUTES:
        if method == scope["method"] and _fits(parts, path.split("/")):
            return Route(operation, parts[2] if "{tenantId}" in path else None, path)
    return None


def _fits(parts: Sequence[str], path: Sequence[str]) -> bool:
    return len(parts) == len(path) and all(
        bool(part) if named.startswith("{") else part == named for part, named in zip(parts, path, strict=True)
    )


class Arrival:
    """A request for a documented operation, whose body can be looked at and changed before the application reads it."""

    def __init__(self, route: Route, scope: Scope, receive: Receive) -> None:
        """Nothing of the body is read yet."""
        self.route = route
        self.scope = scope
        self._receive = receive
        self._read: list[Message] | None = None
        self._given = 0

    async def body(self) -> bytes:
        """The body as far as the client sent it; read once."""
        if self._read is None:
            self._read = [await self._receive()]
            while self._read[-1].get("more_body"):
                self._read.append(await self._receive())
        return b"".join(each.get("body", b"") for each in self._read)

    async def json(self) -> Any:  # noqa: ANN401 - any JSON value
        """The parsed body; None when it is not JSON."""
        try:
            return orjson.loads(await self.body())
        except orjson.JSONDecodeError:
            return None

    def holding(self, content: object) -> Arrival:
        """The same request with another JSON body."""
        other = Arrival(self.route, self.scope, self._receive)
        other._read = [{"type": "http.request", "body": orjson.dumps(content), "more_body": False}]
        return other

    async def receive(self) -> Message:
        """The request's messages for the application, from the first one on."""
        await self.body()
        if self._read is None or self._given == len(self._read):
            return await self._receive()
        self._given += 1
        return self._read[self._given - 1]

    async def left_within(self, seconds: float) -> bool:
        """Whether the client goes away while the answer is held back for so long."""
        await self.body()
        try:
            await asyncio.wait_for(self._disconnected(), seconds)
        except TimeoutError:
            return False
        return True

    async def _disconnected(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass


async def client_of_token(arrival: Arrival) -> tuple[str, str]:
    """The client secret and the client id that a token request names; empty where it names none."""
    body = await arrival.body()
    asked = await arrival.json() if body.lstrip().startswith(b"{") else dict(parse_qsl(body.decode(errors="replace")))
    given = asked if isinstance(asked, dict) else {}
    return str(given.get("client_secret", "")), str(given.get("client_id", ""))
