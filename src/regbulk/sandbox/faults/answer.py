"""An answer as a value, before it is put on the wire."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import NamedTuple, TypeAlias

import orjson
from starlette.types import Receive, Send

from regbulk.sandbox.faults.connection import Connection

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]
"""Names in lower case."""

_JSON = b"application/json"
_HTML = b"text/html; charset=utf-8"


class Line(NamedTuple):
    """One exchange on an open connection.

    Attributes:
        send: takes the ASGI messages of a proper answer.
        receive: gives the ASGI messages of the request, then the client's going away.
        connection: the connection underneath.
        head: headers that every answer of the server has.
    """

    send: Send
    receive: Receive
    connection: Connection
    head: Headers

    async def gone(self) -> None:
        """Wait until the connection is closed, from whichever side."""
        while (await self.receive())["type"] != "http.disconnect":
            pass


@dataclass(frozen=True)
class Answer:
    """What is answered and how it goes over the wire.

    Attributes:
        status: the HTTP status.
        headers: those of this answer, without Content-Length.
        body: the whole body as sent; empty for none.
        wire: how it leaves; None sends it whole and properly.
        own: whether it is the API's own answer, not one that a fault has made.
    """

    status: int
    headers: Headers
    body: bytes
    wire: Callable[[Line, Answer], Awaitable[None]] | None = None
    own: bool = False


def message(status: int, text: str, headers: Headers = ()) -> Answer:
    """The API's `{"message": …}`."""
    return Answer(status, ((b"content-type", _JSON), *headers), orjson.dumps({"message": text}))


def page(status: int, title: str, headers: Headers = ()) -> Answer:
    """A page of HTML, as a gateway or a login server in front of the API writes it."""
    head, heading = f"<head><title>{title}</title></head>", f"<center><h1>{title}</h1></center>"
    text = f"<html>\r\n{head}\r\n<body>\r\n{heading}\r\n</body>\r\n</html>\r\n"
    return Answer(status, ((b"content-type", _HTML), *headers), text.encode())


def phrase(status: int) -> str:
    """The status as a gateway titles its page: `502 Bad Gateway`."""
    return f"{status} {HTTPStatus(status).phrase}"
