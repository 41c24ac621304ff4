"""Tenants of their own on one shared sandbox, and registrations to put into them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

import httpx
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


@pytest.fixture(scope="session")
def sandbox_speaking(session_starter):
    return cache(lambda dialect: session_starter(dialect=dialect))


@pytest.fixture
def speaking(sandbox_speaking, tenant_of):
    """A fresh tenant of a sandbox with the dialect named."""

    def start(dialect: str) -> Tenant:
        return tenant_of(sandbox_speaking(dialect))

    return start


@pytest.fixture(scope="session")
def call_with():
    """A call to a sandbox in this process, for laws that need many page sizes."""

    def make(**options: Any) -> Call:
        store = Store(None)
        sandbox = Sandbox(SandboxOptions(**options), store, Credentials({}, store.secret))
        return Call(sandbox, "tenant", "actor", at="2025-01-01T00:00:00Z")

    return make
