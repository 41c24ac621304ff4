"""Tenants of their own on one shared sandbox, and registrations to put into them."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from itertools import count
from typing import Any

import httpx
import orjson
import pytest

from regbulk.sandbox.call import Call, Sandbox
from regbulk.sandbox.credentials import Credentials
from regbulk.sandbox.options import SandboxOptions
from regbulk.sandbox.store import Store

TENANTS = count(1)


@dataclass
class Tenant:
    """The API as a client of one tenant sees it."""

    sandbox: Any
    name: str
    http: httpx.Client
    body: Any

    def request(self, method: str, path: str = "", **arguments: Any) -> httpx.Response:
        return self.http.request(method, f"{self.sandbox.url}/registrations/{self.name}{path}", **arguments)

    def post(self, **changes: Any) -> httpx.Response:
        return self.request("POST", json=self.body(**changes))

    def created(self, **changes: Any) -> dict[str, Any]:
        response = self.post(**changes)
        assert response.status_code == 200, response.text
        return response.json()

    def get(self, registration_id: str, **params: str) -> httpx.Response:
        return self.request("GET", f"/{registration_id}", params=params)

    def patch(self, registration_id: str, *operations: Any) -> httpx.Response:
        return self.request("PATCH", f"/{registration_id}", json=list(operations))

    def batch(self, *operations: Any) -> httpx.Response:
        return self.request("POST", "/batch", json={"operations": list(operations)})

    def search(self, *, cursor: str | None = None, fields: str | None = None, **query: Any) -> httpx.Response:
        params = {"exclusiveStartKey": cursor, "fieldsToReturn": fields}
        given = {name: value for name, value in params.items() if value is not None}
        return self.request("POST", "/search", params=given, json={"event_id": "event-1", **query})


@dataclass
class Heard:
    """All bytes of an answer, and whether they ended with a reset of the connection."""

    raw: bytes
    reset: bool

    @property
    def status(self) -> int:
        return int(self.raw.split(b" ", 2)[1])

    @property
    def head(self) -> dict[str, str]:
        lines = self.raw.partition(b"\r\n\r\n")[0].decode().lower().split("\r\n")[1:]
        return dict(line.split(": ", 1) for line in lines)

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]


@pytest.fixture(scope="session")
def hear():
    """Sends a request over a socket of its own and hears whatever comes, until the connection ends."""

    def hear(api: Tenant, method: str, path: str, content: Any = None) -> Heard:
        sent = b"" if content is None else orjson.dumps(content)
        head = f"{method} /registrations/{api.name}{path} HTTP/1.1\r\nHost: x:1\r\nAuthorization: Bearer key\r\n"
        heard = b""
        with socket.create_connection(("127.0.0.1", api.sandbox.port), timeout=20) as line:
            line.sendall(f"{head}Connection: close\r\nContent-Length: {len(sent)}\r\n\r\n".encode() + sent)
            try:
                while piece := line.recv(65536):
                    heard += piece
            except ConnectionResetError:
                return Heard(heard, reset=True)
        return Heard(heard, reset=False)

    return hear


@pytest.fixture(scope="session")
def body():
    def make(**changes: Any) -> dict[str, Any]:
        required = {"event_id": "event-1", "contact_id": "c-1", "name": "Zoë", "type_id": "t", "package_id": "p"}
        return {name: value for name, value in (required | changes).items() if value is not ...}

    return make


@pytest.fixture(scope="session")
def http():
    with httpx.Client(headers={"Authorization": "Bearer key"}, timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def shared_sandbox(session_starter):
    return session_starter(page_size=3)


@pytest.fixture
def tenant_of(http, body):
    def tenant(sandbox: Any, name: str | None = None) -> Tenant:
        return Tenant(sandbox, name or f"tenant-{next(TENANTS)}", http, body)

    return tenant


@pytest.fixture
def api(shared_sandbox, tenant_of):
    """A fresh tenant of a sandbox with pages of three."""
    return tenant_of(shared_sandbox)


@pytest.fixture
def speaking(shared_sandbox, tenant_of):
    """A fresh tenant whose API speaks the dialects named."""

    def start(*dialects: str) -> Tenant:
        tenant = tenant_of(shared_sandbox)
        shared_sandbox.dialects(tenant.name, *dialects)
        return tenant

    return start


@pytest.fixture(scope="session")
def call_with():
    """A call to a sandbox in this process, for laws that need many page sizes."""

    def make(**options: Any) -> Call:
        store = Store(None)
        sandbox = Sandbox(SandboxOptions(**options), store, Credentials({}, store.secret))
        return Call(sandbox, "tenant", "actor", at="2025-01-01T00:00:00Z")

    return make
