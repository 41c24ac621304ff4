"""The main job in this process: a tenant of its own on a shared sandbox, and a byte proxy where the wire must fail."""

from __future__ import annotations

import asyncio
import itertools
import logging
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import polars as pl
import pytest

from regbulk import Client, Settings, deliver, held, import_source, in_process, prepare, take_up
from regbulk.errors import RegbulkError
from regbulk.importing import silent
from regbulk.inputs import Inputs
from regbulk.ledger import open_ledger
from regbulk.load import open_load

PAGE_SIZE = 5
PLANTED, NEW = 3, 3
EVERY = PLANTED + NEW
KEY = {"Authorization": "Bearer a-key"}
NAMES = itertools.count(1)
RESET = struct.pack("ii", 1, 0)


class Ended(NamedTuple):
    """An import that ended: its outcomes by record number, what it counted, or what stopped it."""

    load_id: str
    rows: dict[int, dict[str, Any]]
    counts: dict[str, int]
    error: RegbulkError | None = None

    @property
    def outcomes(self) -> list[str]:
        """By record number."""
        return [self.rows[number]["outcome"] for number in sorted(self.rows)]


@dataclass
class Job:
    """Imports into one tenant, and what the tenant holds."""

    tenant: str
    sandbox: Any
    folder: Path
    url: str = ""
    given: dict[str, Any] = field(default_factory=dict)
    watch: Callable[[str, int], None] = lambda _step, _done: None

    @property
    def workspace(self) -> Path:
        return self.folder / "workspace"

    def settings(self, **changes: Any) -> Settings:
        usual = {
            "api_url": self.url or self.sandbox.url,
            "tenant": self.tenant,
            "api_key": "a-key",
            "workspace": self.workspace,
            "settle_seconds": 0.3,
            "attempts": 3,
            "timeout": 5,
        }
        return Settings(**(usual | self.given | changes))

    def source(self, rows: int = EVERY, *, name: str = "source.csv", **columns: Any) -> Path:
        same = {"event_id": "e", "name": "N", "type_id": "t", "package_id": "p", "notes": "new"}
        keys = {"sys_external_id": [f"L{n}" for n in range(rows)], "contact_id": [f"c{n}" for n in range(rows)]}
        pl.DataFrame(keys | same | columns).write_csv(self.folder / name)
        return self.folder / name

    def plant(self, rows: int = PLANTED, notes: str = "old") -> None:
        """Registrations that are there already, so that an import patches them."""
        with httpx.Client(base_url=self.sandbox.url, headers=KEY, verify=False) as http:
            for n in range(rows):
                body = {"event_id": "e", "contact_id": f"c{n}", "name": "N", "type_id": "t", "package_id": "p"}
                body |= {"sys_external_id": f"L{n}", "notes": notes}
                http.post(f"/registrations/{self.tenant}", json=body).raise_for_status()

    def delete(self, registration_id: str) -> None:
        """Somebody else deletes a registration."""
        url = f"{self.sandbox.url}/registrations/{self.tenant}/{registration_id}"
        httpx.delete(url, headers=KEY).raise_for_status()

    def load(self, source: Path, **changes: Any) -> Ended:
        """Import a source; an error that regbulk explains is part of what is told."""
        known = set(self.loads())
        told = lambda step, done, _total: self.watch(step, done)  # noqa: E731 - one line is enough
        try:
            asyncio.run(import_source(self.settings(**changes), Inputs(str(source)), yes=True, progress=told))
        except RegbulkError as error:
            return self._ended(known, error)
        return self._ended(known, None)

    def _ended(self, known: set[str], error: RegbulkError | None) -> Ended:
        new = [load_id for load_id in self.loads() if load_id not in known]
        return self.ended(new[0], error) if new else Ended("", {}, {}, error)

    def ended(self, load_id: str, error: RegbulkError | None = None) -> Ended:
        """What the files of a load say; read = accepted + rejects, and every accepted record has one outcome."""
        outcomes = self.workspace / "loads" / load_id / "outcomes.parquet"
        rows = {row["record_no"]: row for row in pl.read_parquet(outcomes).to_dicts()} if outcomes.exists() else {}
        counts: dict[str, int] = {}
        for row in rows.values():
            counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1
        return Ended(load_id, rows, counts, error)

    def mixed(self, *faults: str, **changes: Any) -> Ended:
        """Three patches and three creates while these faults strike, each at least once; then the faults are gone."""
        self.plant()
        source = self.source()
        self.sandbox.faults(*faults, tenant=self.tenant)
        ended = self.load(source, **({"canary": 0} | changes))
        struck = self.sandbox.struck(self.tenant)
        self.sandbox.no_faults(self.tenant)
        assert not faults or min(struck.values()) > 0, f"not every fault struck: {struck}"
        return ended

    def resume(self, **changes: Any) -> Ended:
        """Go on with the latest load in this process, as `regbulk push LOAD` does."""
        load_id = self.loads()[-1]
        try:
            asyncio.run(self._push(load_id, self.settings(**({"canary": 0, "timeout": 1} | changes))))
        except RegbulkError as error:
            return self.ended(load_id, error)
        return self.ended(load_id)

    async def _push(self, load_id: str, settings: Settings) -> None:
        with open_ledger(self.workspace) as ledger:
            taken = take_up(open_load(self.workspace, load_id), ledger, settings, silent)
            with held(taken) as work:
                async with Client(work.settings, permit=work.permit) as client:
                    steps = in_process(work, client)
                    await prepare(work, steps)
                    await deliver(work, steps)

    def command(self, *arguments: str | Path, **changes: Any) -> subprocess.CompletedProcess[str]:
        """The command line in a process of its own."""
        command = [sys.executable, "-m", "regbulk", *map(str, arguments)]
        environment = self.environment(**changes)
        ran = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        assert "Traceback" not in ran.stderr, ran.stderr
        return ran

    def environment(self, **changes: Any) -> dict[str, str]:
        settings = self.settings(canary=0)
        names = ("api_url", "tenant", "workspace", "settle_seconds", "attempts", "timeout", "canary")
        named = {name: getattr(settings, name) for name in names} | {"api_key": "a-key"} | self.given | changes
        return {"PATH": "/usr/bin:/bin"} | {f"REGBULK_{name.upper()}": str(value) for name, value in named.items()}

    def loads(self) -> list[str]:
        """Ids of the loads there are, oldest first."""
        if not self.workspace.is_dir():
            return []
        with open_ledger(self.workspace) as ledger:
            return sorted(load["load_id"] for load in ledger.loads())

    def held(self) -> dict[str, dict[str, Any]]:
        """What the tenant holds, by contact; every contact once."""
        records = self.sandbox.registrations(self.tenant)
        found = {record["contact_id"]: record for record in records}
        assert len(found) == len(records), f"a record is there twice: {sorted(r['contact_id'] for r in records)}"
        return found

    def all_done(self, ended: Ended) -> None:
        """The three patches and three creates of `mixed` took effect once, and their outcomes say so."""
        assert ended.error is None, ended.error
        assert ended.outcomes == ["patched"] * PLANTED + ["created"] * NEW, ended.rows
        self.is_right()

    def is_right(self) -> None:
        """The sandbox holds what `mixed` wants, each record written once."""
        seen = {contact: (record["notes"], record["sys_version"]) for contact, record in self.held().items()}
        wanted = {f"c{n}": ("new", 2 if n < PLANTED else 1) for n in range(EVERY)}
        assert seen == wanted


@pytest.fixture(scope="session")
def matrix_sandbox(session_starter):
    return session_starter(page_size=PAGE_SIZE)


@pytest.fixture
def job(matrix_sandbox, tmp_path, request) -> Iterator[Job]:
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:60]
    job = Job(f"{name}-{next(NAMES)}", matrix_sandbox, tmp_path)
    yield job
    matrix_sandbox.no_faults(job.tenant)


@dataclass
class Wire:
    """A byte proxy before a server: `trouble(request head)` names what is done with a request, once it came whole.

    `half`: half of its bytes are passed on, then both sides are reset. `silent`: it is passed on, its answer never
    comes and the connection stays open. Everything else passes.
    """

    upstream: int
    trouble: Callable[[bytes], str] = lambda _head: ""
    port: int = 0
    met: list[str] = field(default_factory=list)
    _listener: socket.socket | None = None
    _open: list[socket.socket] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def come(self) -> None:
        """Listen, again on the port of before if there was one."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def leave(self) -> None:
        """Close the port and reset every connection."""
        for each in [self._listener, *self._open]:
            if each is not None:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
                each.close()
        self._listener, self._open = None, []

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(("127.0.0.1", self.upstream))
        self._open += [client, server]
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):
            self._pass(client, server)
        for each in (client, server):
            each.close()

    def _pass(self, client: socket.socket, server: socket.socket) -> None:
        threading.Thread(target=_pump, args=(server, client), daemon=True).start()
        while request := _request(client):
            trouble = self.trouble(request.partition(b"\r\n")[0])
            self.met += [trouble] if trouble else []
            if trouble == "half":
                head = request.index(b"\r\n\r\n") + 4
                server.sendall(request[: head + (len(request) - head) // 2])
                time.sleep(0.05)
                for each in (client, server):
                    each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                return
            if trouble == "silent":
                _pass_silently(self.upstream, request)
                time.sleep(30)
                return
            server.sendall(request)


def _pass_silently(port: int, request: bytes) -> None:
    """Let the server do what is asked; nobody hears of it."""
    with socket.create_connection(("127.0.0.1", port)) as other:
        other.sendall(request)
        other.recv(1 << 16)


def _pump(server: socket.socket, client: socket.socket) -> None:
    with suppress(OSError):
        while data := server.recv(1 << 20):
            client.sendall(data)
        client.shutdown(socket.SHUT_RDWR)


def _request(client: socket.socket) -> bytes:
    """One whole request; empty when the client has left."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = client.recv(1 << 16)
        if not more:
            return b""
        data += more
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", data)
    size = data.index(b"\r\n\r\n") + 4 + (int(length[1]) if length else 0)
    while len(data) < size:
        more = client.recv(1 << 16)
        if not more:
            return b""
        data += more
    return data


@pytest.fixture
def wire(job) -> Iterator[Wire]:
    """A proxy between the job and the sandbox."""
    wire = Wire(job.sandbox.port)
    wire.come()
    job.url = wire.url
    yield wire
    wire.leave()


@pytest.fixture
def warnings_told(caplog) -> Callable[[], str]:
    """What was warned of so far, one line each."""
    caplog.set_level(logging.WARNING, "regbulk")
    return lambda: "\n".join(record.getMessage() for record in caplog.records)


@pytest.fixture(scope="session")
def first_of() -> Callable[..., Callable[[bytes], str]]:
    """A trouble for the first request whose first line starts with each of these."""

    def made(trouble: str, *starts: bytes) -> Callable[[bytes], str]:
        left = list(starts)

        def choose(head: bytes) -> str:
            for start in left:
                if head.startswith(start):
                    left.remove(start)
                    return trouble
            return ""

        return choose

    return made
