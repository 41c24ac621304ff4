"""Opening a ledger: a SQLite file of the workspace, or a database that a URL names."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from pydantic import SecretStr

from regbulk.errors import LedgerError, SettingsError
from regbulk.ledger.database import Database
from regbulk.ledger.ledger import Ledger
from regbulk.ledger.tables import METADATA, TICKS

_POSTGRES: Final = ("postgresql", "postgres", "postgresql+psycopg")
_WAIT: Final = 30
"""Seconds to wait for a lock that another process holds, and for a server to give up an idle transaction."""
_CONNECTION: Final = {
    "application_name": "regbulk",
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "tcp_user_timeout": 30_000,
}
_SHAPE: Final = "expected postgresql://USER:PASSWORD@HOST/DATABASE, or sqlite:////PATH/OF/THE/FILE"


def open_ledger(workspace: Path, url: SecretStr | None = None) -> Ledger:
    """The ledger of a workspace; its tables are made where they are missing.

    Args:
        workspace: folder of loads, and of the ledger where no URL is given; made if absent, for its owner alone.
        url: of another ledger, which several workspaces and machines may share: `postgresql://…`, or `sqlite:///FILE`.

    Raises:
        SettingsError: the URL cannot be understood, or its driver is missing.
        LedgerError: the ledger cannot be opened or written; the message holds no password.
    """
    if url is None:
        return _sqlite(workspace / "ledger.sqlite")
    try:
        parsed = sa.make_url(url.get_secret_value())
    except (sa.exc.ArgumentError, ValueError):
        raise SettingsError(f"REGBULK_LEDGER: cannot be read as a URL; {_SHAPE}") from None
    if parsed.drivername == "sqlite" and parsed.database:
        return _sqlite(Path(parsed.database))
    if parsed.drivername in _POSTGRES:
        return _postgres(parsed.set(drivername="postgresql+psycopg"))
    raise SettingsError(f"REGBULK_LEDGER: found a URL that begins with {parsed.drivername}:; {_SHAPE}")


def _sqlite(file: Path) -> Ledger:
    try:
        for folder in reversed(file.parents):
            folder.mkdir(mode=0o700, exist_ok=True)
        # Not closed and opened once it is there: closing a file lets go of every lock of this process on it.
        if not file.exists():
            os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise LedgerError(
            f"ledger {file}: cannot be made: {error.strerror}; nothing was sent. Make the folder writable, or set "
            "another REGBULK_WORKSPACE"
        ) from None
    address = sa.URL.create("sqlite", database=str(file))
    engine = sa.create_engine(address, connect_args={"timeout": _WAIT}, hide_parameters=True)
    sa.event.listen(engine, "connect", _durable)
    sa.event.listen(engine, "begin", _begin)
    return _made(Database(engine, name=str(file)), engine)


def _durable(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
    """WAL mode, where a commit survives a power loss; transactions begin as `_begin` says."""
    connection.isolation_level = None
    connection.execute("PRAGMA synchronous=FULL")
    deadline = time.monotonic() + _WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except connection.OperationalError as error:
            # SQLite does not wait here by itself while another process opens the new file too.
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
        else:
            return


def _begin(connection: sa.Connection) -> None:
    # A write takes the lock at its beginning: one that read first could find that it may not write any more.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _postgres(url: sa.URL) -> Ledger:
    name = f"{url.database or '(no database named)'} on {url.host or 'this machine'}"
    try:
        engine = sa.create_engine(url, connect_args=_CONNECTION, hide_parameters=True, pool_pre_ping=True)
    except ModuleNotFoundError:
        raise SettingsError(
            "REGBULK_LEDGER: the driver of PostgreSQL is missing; run: pip install 'regbulk[postgres]'"
        ) from None
    sa.event.listen(engine, "connect", _bounded)
    return _made(Database(engine, name=name), engine)


def _bounded(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
    """Nobody waits for good: not for a lock, and not for a process that was stopped in a transaction."""
    for setting in ("lock_timeout", "idle_in_transaction_session_timeout"):
        connection.execute(f"SET {setting} = {_WAIT * 1000}")
    connection.commit()


def _made(database: Database, engine: sa.Engine) -> Ledger:
    at_once = Database(engine, name=database.name, pauses=())
    try:
        at_once.write(lambda connection: _make_tables(at_once, connection))
    except LedgerError:
        engine.dispose()
        raise
    return Ledger(database)


def _make_tables(database: Database, connection: sa.Connection) -> None:
    database.alone(connection)
    _refuse_older(database, connection)
    METADATA.create_all(connection)
    connection.execute(database.insert(TICKS).values(row=1, latest=0).on_conflict_do_nothing())


def _refuse_older(database: Database, connection: sa.Connection) -> None:
    """Raise LedgerError where a table was made before it had all of its columns; nothing is changed then."""
    found = sa.inspect(connection).get_multi_columns(filter_names=list(METADATA.tables))
    for (_, name), columns in found.items():
        missing = set(METADATA.tables[name].columns.keys()) - {column["name"] for column in columns}
        if columns and missing:
            raise LedgerError(
                f"ledger {database.name}: an earlier version of regbulk made it (its table {name} has no column "
                f"{', '.join(sorted(missing))}); nothing was changed. Finish its loads with the version that made "
                "them, then move the workspace aside, or let REGBULK_LEDGER name a new ledger"
            )
