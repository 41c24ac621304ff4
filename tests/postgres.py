"""A PostgreSQL server for the tests: one that is named or runs here already, or one that they start themselves."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

NAMED = "REGBULK_TEST_POSTGRES"
_RUNNING = [f"postgresql://{user}@127.0.0.1:5432/postgres" for user in ("postgres", pwd.getpwuid(os.getuid()).pw_name)]


class NoServerError(Exception):
    """There is no server and none can be started; the text says why."""


@contextmanager
def server() -> Iterator[str]:
    """The URL of a database in which others may be made."""
    named = [os.environ[NAMED]] if NAMED in os.environ else _RUNNING
    for url in named:
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError as error:
            refused = error
        else:
            yield url
            return
    if NAMED in os.environ:
        raise NoServerError(f"{NAMED} is set, but: {refused}")
    with _started() as url:
        yield url


@contextmanager
def _started() -> Iterator[str]:
    programs = {name: _program(name) for name in ("initdb", "pg_ctl")}
    with tempfile.TemporaryDirectory(prefix="regbulk-postgres-") as name:
        folder = Path(name)
        # PostgreSQL refuses to run as root.
        user = "nobody" if os.getuid() == 0 else None
        if user:
            shutil.chown(folder, user)
        data, port = folder / "data", _free_port()

        def run(*command: str) -> None:
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
            subprocess.run(command, check=True, user=user, cwd=folder, timeout=120, **quiet)

        run(programs["initdb"], "-D", str(data), "-U", "postgres", "-A", "trust", "-N", "--no-locale", "-E", "UTF8")
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off"
        run(programs["pg_ctl"], "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://postgres@127.0.0.1:{port}/postgres"
        finally:
            run(programs["pg_ctl"], "-D", str(data), "-m", "immediate", "stop")


def _program(name: str) -> str:
    found = [shutil.which(name), *map(str, sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True))]
    for path in found:
        if path:
            return path
    raise NoServerError(f"no server answers, {NAMED} is not set, and there is no {name} to start one")


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
