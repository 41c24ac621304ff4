"""A real HTTP server that answers with scripted bytes, so that answers can be as ugly as a socket allows."""

from __future__ import annotations

import asyncio
import json
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET

import pytest

from regbulk.api import Client, Clock, Retry
from regbulk.api.answers import Answer
from regbulk.api.endpoints import Request
from regbulk.settings import Settings

BEFORE = b"<before>"
RESET = b"<reset>"
CLOSE = b"<close>"
HANG = b"<hang>"
DRIP = b"<drip>"
FLOOD = b"<flood>"


def _http(status: int, body: object = b"", **headers: str) -> bytes:
    """A complete answer; a body that is no bytes is sent as JSON, `retry_after=` is `Retry-After`."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-').title()}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + content


@dataclass
class Received:
    """One request as it was on the wire."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """Answers request n with script n (the last one again and again); the marks end what stands before.

    A script may also be a function from the request to the bytes.
    """

    script: list[bytes | Callable[[Received], bytes]]
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    delay: float = 0.0
    url: str = ""
    listener: asyncio.Server | None = None
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def come(self) -> None:
        """Listen, again on the port of before if there was one."""
        port = int(self.url.rpartition(":")[2]) if self.url else 0
        self.listener = await asyncio.start_server(self._accepted, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{self.listener.sockets[0].getsockname()[1]}"

    async def leave(self) -> None:
        """Close the port and every connection."""
        self.listener.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        self.tasks.clear()
        await asyncio.sleep(0.01)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        await self.serve(reader, writer)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if self.script[0] == BEFORE:
            self._next()
            _reset(writer)
            return False
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *rest = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (text.split(": ", 1) for text in rest)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        received = Received(line, headers, body)
        self.received.append(received)
        script = self._next()
        script = script if isinstance(script, bytes) else script(received)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        await asyncio.sleep(self.delay)
        self.in_flight -= 1
        for ending in (RESET, CLOSE, HANG, DRIP, FLOOD):
            if script.endswith(ending):
                return await _end(ending, script.removesuffix(ending), writer)
        writer.write(script)
        await writer.drain()
        return True

    def _next(self) -> bytes | Callable[[Received], bytes]:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


async def _end(ending: bytes, first: bytes, writer: asyncio.StreamWriter) -> bool:
    writer.write(first)
    await writer.drain()
    if ending == HANG:
        await asyncio.sleep(5)
    while ending == DRIP:
        writer.write(b" ")
        await asyncio.sleep(0.05)
    while ending == FLOOD:
        writer.write(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
        await writer.drain()
    await asyncio.sleep(0.01)
    if ending == RESET:
        _reset(writer)
    return False


def _reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


@asynccontextmanager
async def _serving(*script: bytes | Callable[[Received], bytes], delay: float = 0.0) -> AsyncIterator[Server]:
    server = Server(list(script), delay=delay)
    await server.come()
    try:
        yield server
    finally:
        await server.leave()


@dataclass
class Patient:
    """Time that passes only by sleeping; keeps what was waited, and every retry it was told of."""

    now: float = 1_900_000_000.0
    waits: list[float] = field(default_factory=list)
    retries: list[Retry] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def __post_init__(self) -> None:
        self.clock = Clock(self.time, self.time, self.sleep)

    def time(self) -> float:
        return self.now


@pytest.fixture
def patient() -> Patient:
    return Patient()


@pytest.fixture
def connected(patient: Patient, tmp_path: Path) -> Callable[..., Client]:
    """Makes a client of a server's address that does not wait between attempts."""

    def make(url: str, *, permit: Callable[[], None] = lambda: None, **options: object) -> Client:
        chosen = {"tenant": "acme", "api_key": "key-1", "workspace": tmp_path, "timeout": 2.0, **options}
        settings = Settings(api_url=url, **chosen)
        return Client(settings, clock=patient.clock, on_retry=patient.retries.append, permit=permit)

    return make


def _answered(status: int, body: object = b"", *, request: Request | None = None, **headers: str) -> Answer:
    """An answer as the transport hands it over."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(request or Request("GET", "/registrations/acme/r1"), "http://api/x", status, headers, content)


@pytest.fixture
def http() -> Callable[..., bytes]:
    return _http


@pytest.fixture
def answered() -> Callable[..., Answer]:
    return _answered


@pytest.fixture
def serving() -> Callable[..., AbstractAsyncContextManager[Server]]:
    return _serving


class Issuer:
    """A token endpoint and an API that takes the newest token only."""

    def __init__(self) -> None:
        self.tokens = 0
        self.life = 3600
        self.refuses_all = False

    def __call__(self, received: Received) -> bytes:
        if received.line.startswith("POST /oauth/token "):
            self.tokens += 1
            return _http(200, {"access_token": f"token-{self.tokens}", "expires_in": self.life})
        newest = received.headers.get("authorization") == f"Bearer token-{self.tokens}"
        return _http(200, {"id": "r1"}) if newest and not self.refuses_all else _http(401)


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def by_oauth(connected: Callable[..., Client]) -> Callable[[str], Client]:
    """Makes a client with OAuth credentials of a server that is API and token endpoint in one."""

    def make(url: str) -> Client:
        oauth = {"client_id": "client", "client_secret": "secret-1", "token_url": f"{url}/oauth/token"}
        return connected(url, api_key=None, **oauth)

    return make
