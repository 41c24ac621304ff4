"""A sandbox for all tests of the push, a tenant for each, and an HTTP proxy that says what the test wants said."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import orjson
import polars as pl
import pytest

from regbulk import Settings, import_source
from regbulk.inputs import Inputs
from regbulk.ledger import open_ledger
from regbulk.summary import Summary


class Asked(NamedTuple):
    """A request: its tenant, what is behind it in the path (`""` for a create), and its body."""

    method: str
    tenant: str
    path: str
    body: bytes

    @property
    def ids(self) -> list[str]:
        """The ids in a batch."""
        return [operation["id"] for operation in orjson.loads(self.body)["operations"]]

    @property
    def is_create(self) -> bool:
        return (self.method, self.path) == ("POST", "")

    @property
    def is_batch(self) -> bool:
        return (self.method, self.path) == ("POST", "batch")


class Said(NamedTuple):
    """An answer in place of the sandbox's; `after` lets the sandbox do what was asked first."""

    status: int
    body: Any
    after: bool = False


Rule = Callable[[Asked], Said | None]


class Between:
    """An HTTP proxy before a sandbox; counts what was asked, passes on what no rule answers."""

    def __init__(self, upstream: str) -> None:
        self.rule: Rule = lambda _: None
        self.asked: list[Asked] = []
        between = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                _, _, tenant, *path = self.path.partition("?")[0].split("/", 3)
                asked = Asked(self.command, tenant, "".join(path), body)
                between.asked.append(asked)
                said = between.rule(asked)
                if said is None or said.after:
                    headers = {
                        name: self.headers[name] for name in ("Authorization", "Content-Type") if name in self.headers
                    }
                    real = client.request(self.command, upstream + self.path, content=body, headers=headers)
                    status, content = real.status_code, real.content
                if said is not None:
                    status, content = said.status, orjson.dumps(said.body)
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PATCH = do_DELETE = answer  # noqa: N815 - names of the library

            def handle(self) -> None:
                with suppress(ConnectionError):
                    super().handle()

            def log_message(self, *_: object) -> None:
                pass

        client = httpx.Client(timeout=30, limits=httpx.Limits(max_connections=32))
        self._client, self._upstream = client, upstream
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def pass_on(self, asked: Asked, *, operations: int) -> None:
        """Let the sandbox do the first operations of a batch."""
        some = orjson.loads(asked.body)["operations"][:operations]
        headers = {"Authorization": "Bearer a-key"}
        url = f"{self._upstream}/registrations/{asked.tenant}/batch"
        self._client.post(url, json={"operations": some}, headers=headers).raise_for_status()

    def batches(self) -> list[int]:
        """How many operations each batch had."""
        return [len(asked.ids) for asked in self.asked if asked.is_batch]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._client.close()


@dataclass
class Tenant:
    """One tenant of the shared sandbox, behind a proxy, with a workspace of its own."""

    name: str
    sandbox: Any
    between: Between
    folder: Path
    heard: list[tuple[str, int, int | None]] = field(default_factory=list)

    def settings(self, **changes: Any) -> Settings:
        given = {
            "api_url": self.between.url,
            "tenant": self.name,
            "api_key": "a-key",
            "workspace": self.folder / "workspace",
            "settle_seconds": 0.3,
            "canary": 0,
        }
        return Settings(**(given | changes))

    def source(self, rows: int, **columns: Any) -> Path:
        data = {
            "sys_external_id": [f"L{n}" for n in range(rows)],
            "event_id": "e",
            "contact_id": [f"c{n}" for n in range(rows)],
            "name": "N",
            "type_id": "t",
            "package_id": "p",
        }
        path = self.folder / "source.csv"
        pl.DataFrame(data | columns).write_csv(path)
        return path

    def load(self, source: Path, **changes: Any) -> Summary:
        """Import a source in this process."""
        settings = self.settings(**changes)
        told = lambda step, done, total: self.heard.append((step, done, total))  # noqa: E731 - one line is enough
        return asyncio.run(import_source(settings, Inputs(str(source)), progress=told))

    def resume(self, **environment: str) -> dict[str, Any]:
        """`regbulk push` of the only load that is not finished."""
        return self.push(self.unfinished(), **environment)

    def push(self, load_id: str, **environment: str) -> dict[str, Any]:
        """`regbulk push LOAD` in a process of its own: its JSON, exit status and stderr."""
        with self.start("push", load_id, **environment) as process:
            stdout, stderr = process.communicate(timeout=60)
        assert "Traceback" not in stderr, stderr
        return orjson.loads(stdout) | {"exit": process.returncode, "stderr": stderr}

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        """A command in a process of its own that nobody waits for yet."""
        given = {
            "REGBULK_API_URL": self.between.url,
            "REGBULK_TENANT": self.name,
            "REGBULK_API_KEY": "a-key",
            "REGBULK_WORKSPACE": str(self.settings().workspace),
            "REGBULK_SETTLE_SECONDS": "0.3",
            "REGBULK_TIMEOUT": "2",
            "REGBULK_CANARY": "0",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("REGBULK_")}
        return subprocess.Popen(
            [sys.executable, "-m", "regbulk", *arguments, "--json"],
            env=kept | given | environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def unfinished(self) -> str:
        with open_ledger(self.settings().workspace) as ledger:
            known = [load["load_id"] for load in ledger.loads()]
            (load_id,) = [each for each in known if ledger.state(each) != "finished"]
        return load_id

    def delete(self, registration_id: str) -> None:
        """Somebody else deletes a registration."""
        url = f"{self.sandbox.url}/registrations/{self.name}/{registration_id}"
        httpx.delete(url, headers={"Authorization": "Bearer other"}).raise_for_status()

    def outcomes(self, load_id: str) -> dict[int, dict[str, Any]]:
        frame = pl.read_parquet(self.settings().workspace / "loads" / load_id / "outcomes.parquet")
        return {row["record_no"]: row for row in frame.iter_rows(named=True)}

    def ids(self) -> set[str]:
        return {record["id"] for record in self.sandbox.registrations(self.name)}

    def registrations(self) -> dict[str, dict[str, Any]]:
        """What the tenant holds, by contact; every contact once."""
        held = self.sandbox.registrations(self.name)
        found = {record["contact_id"]: record for record in held}
        assert len(found) == len(held), "a record is there twice"
        return found


@pytest.fixture(scope="session")
def push_sandbox(session_starter):
    return session_starter()


@pytest.fixture
def tenant(push_sandbox, tmp_path, request) -> Iterator[Tenant]:
    between = Between(push_sandbox.url)
    name = "push-" + "".join(letter if letter.isalnum() else "-" for letter in request.node.name)[-80:].lower()
    yield Tenant(name, push_sandbox, between, tmp_path)
    between.close()


@pytest.fixture(scope="session")
def said() -> type[Said]:
    return Said
