"""The sandbox as a real process, for every test that needs an API."""

from __future__ import annotations

import importlib.util
import os
import selectors
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import httpx
import psycopg
import pytest
from sqlalchemy import make_url

READY_WITHIN = 20.0
PLAIN = {"verify": False, "timeout": 60}
"""Without a context for TLS, whose making takes ten times as long as the request."""


@dataclass
class RunningSandbox:
    """One sandbox process; `stop` is SIGTERM, `kill` is SIGKILL, and both give the exit status."""

    url: str
    process: subprocess.Popen[str]
    stderr: Path

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def stats(self) -> dict[str, Any]:
        return httpx.get(f"{self.url}/_sandbox/stats", **PLAIN).raise_for_status().json()

    def registrations(self, tenant: str) -> list[dict[str, Any]]:
        return httpx.get(f"{self.url}/_sandbox/registrations/{tenant}", **PLAIN).raise_for_status().json()

    def edit(self, tenant: str, registration_id: str, **changes: Any) -> dict[str, Any]:
        """Change a record behind the API's back (None removes a field): a lock, an edit by others, a broken value."""
        path = f"{self.url}/_sandbox/registrations/{tenant}/{registration_id}"
        return httpx.patch(path, json=changes, **PLAIN).raise_for_status().json()

    def faults(self, *specs: str, tenant: str | None = None, seed: int = 0) -> None:
        """Let these faults strike from now on, in place of the earlier ones; counts begin anew."""
        asked = {"faults": specs, "seed": seed}
        httpx.put(self._switchboard(tenant), json=asked, **PLAIN).raise_for_status()

    def no_faults(self, tenant: str | None = None) -> None:
        httpx.delete(self._switchboard(tenant), **PLAIN).raise_for_status()

    def struck(self, tenant: str | None = None) -> dict[str, int]:
        """How often each fault struck, of those set for the tenant (None: of those set for all tenants)."""
        answer = httpx.get(self._switchboard(None), **PLAIN).raise_for_status().json()
        return {each["fault"]: each["struck"] for each in answer["faults"] if each["tenant"] == tenant}

    def dialects(self, tenant: str, *names: str) -> None:
        """Let the tenant's API speak these dialects instead of those of the start."""
        path = f"{self.url}/_sandbox/dialects/{tenant}"
        httpx.put(path, json={"dialects": names}, **PLAIN).raise_for_status()

    def _switchboard(self, tenant: str | None) -> str:
        return f"{self.url}/_sandbox/faults" + (f"/{tenant}" if tenant else "")

    def stop(self) -> int:
        self.process.terminate()
        return self._ended()

    def kill(self) -> int:
        self.process.kill()
        return self._ended()

    def _ended(self) -> int:
        status = self.process.wait(timeout=10)
        self.process.stdout.close()
        return status


@dataclass
class SandboxStarter:
    """Starts sandboxes; a keyword is an option of `regbulk sandbox`, a list repeats it (`dialect=["drop-stamps"]`)."""

    folder: Path
    started: list[RunningSandbox] = field(default_factory=list)

    def __call__(self, *, port: int = 0, **options: Any) -> RunningSandbox:
        process, stderr = self.run(port=port, **options)
        line = _line_within(process.stdout, READY_WITHIN)
        if not line.startswith("sandbox ready at "):
            process.kill()
            process.wait()
            process.stdout.close()
            raise AssertionError(f"the sandbox did not start: {line!r}; stderr: {stderr.read_text()}")
        sandbox = RunningSandbox(line.split()[-1], process, stderr)
        self.started.append(sandbox)
        return sandbox

    def run(self, **options: Any) -> tuple[subprocess.Popen[str], Path]:
        """Start the process without waiting for its ready line."""
        command = [sys.executable, "-m", "regbulk", "sandbox"]
        for name, given in options.items():
            values = given if isinstance(given, list) else [given]
            command += [part for value in values for part in (f"--{name.replace('_', '-')}", str(value))]
        stderr = self.folder / f"sandbox-{os.urandom(4).hex()}.stderr"
        with stderr.open("w") as errors:
            return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True), stderr

    def end_all(self) -> None:
        for sandbox in self.started:
            if sandbox.process.returncode is None:
                sandbox.kill()
        said = [sandbox.stderr.read_text() for sandbox in self.started]
        # uvicorn reports a request it gave up when asked to stop in the same way as an error.
        crashed = [text for text in said if "Traceback" in text and "graceful shutdown exceeded" not in text]
        assert not crashed, f"a sandbox had an error of its own:\n{crashed[0]}"


def _line_within(stream: IO[str], seconds: float) -> str:
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        return stream.readline() if selector.select(seconds) else ""


@pytest.fixture
def start_sandbox(tmp_path):
    starter = SandboxStarter(tmp_path)
    yield starter
    starter.end_all()


@pytest.fixture(scope="session")
def session_starter(tmp_path_factory):
    """For a sandbox that many tests share, each with a tenant of its own."""
    starter = SandboxStarter(tmp_path_factory.mktemp("sandboxes"))
    yield starter
    starter.end_all()


@pytest.fixture
def sandbox(start_sandbox):
    return start_sandbox()


@pytest.fixture(scope="session")
def postgres_database():
    """The URL of an empty PostgreSQL database; skipped with the reason where none can be had, but never in CI."""
    spec = importlib.util.spec_from_file_location("postgres", Path(__file__).with_name("postgres.py"))
    postgres = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(postgres)
    name = f"regbulk_test_{os.urandom(6).hex()}"
    with ExitStack() as stack:
        try:
            server = stack.enter_context(postgres.server())
        except postgres.NoServerError as reason:
            if os.environ.get("CI") == "true":
                pytest.fail(f"PostgreSQL is needed in CI: {reason}")
            pytest.skip(f"no PostgreSQL: {reason}")
        admin = stack.enter_context(psycopg.connect(server, autocommit=True))
        admin.execute(f"CREATE DATABASE {name}")
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres(postgres_database):
    """The URL of a PostgreSQL schema of this test's own."""
    name = f"test_{os.urandom(6).hex()}"
    with psycopg.connect(postgres_database, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA {name}")
    given = {"options": f"-csearch_path={name}"}
    return make_url(postgres_database).update_query_dict(given).render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request):
    """A ledger on each back end: None for the file of the workspace, or the URL of another one."""
    return None if request.param == "sqlite" else request.getfixturevalue("postgres")
