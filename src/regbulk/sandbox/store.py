"""Registrations on disk: one SQLite file, one connection, the record as JSON beside the columns it is found by."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import orjson

from regbulk.errors import SettingsError
from regbulk.sandbox.rules import Record

# synchronous=NORMAL in WAL: a commit is in the operating system's hands, so it outlives the process, not a power cut.
_OPEN: Final = """
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -65536;
    CREATE TABLE IF NOT EXISTS registration (
        tenant TEXT NOT NULL, id TEXT NOT NULL, event_id TEXT, contact_id TEXT, record TEXT NOT NULL);
    CREATE UNIQUE INDEX IF NOT EXISTS by_id ON registration (tenant, id);
    CREATE INDEX IF NOT EXISTS by_event ON registration (tenant, event_id, id);
    CREATE INDEX IF NOT EXISTS by_event_contact ON registration (tenant, event_id, contact_id, id);
    CREATE TABLE IF NOT EXISTS tenant (name TEXT PRIMARY KEY, made INTEGER NOT NULL);
    CREATE TABLE IF NOT EXISTS secret (value BLOB NOT NULL);
"""
_COUNT: Final = """
    INSERT INTO tenant VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET made = made + 1 RETURNING made
"""
_INSERT: Final = "INSERT INTO registration (event_id, contact_id, record, tenant, id) VALUES (?, ?, ?, ?, ?)"
_UPDATE: Final = "UPDATE registration SET event_id = ?, contact_id = ?, record = ? WHERE tenant = ? AND id = ?"


class Selection(NamedTuple):
    """What is read: None and empty lists select everything."""

    event_id: str | None = None
    ids: Sequence[str] = ()
    contact_ids: Sequence[str] = ()

    def takes(self, record: Record) -> bool:
        """Whether a record is among what is read."""
        wanted = ((self.ids, record["id"]), (self.contact_ids, record.get("contact_id")))
        return self.event_id in (None, record.get("event_id")) and all(not ids or own in ids for ids, own in wanted)


class Store:
    """All tenants' registrations, used from one thread; `secret` signs cursors and tokens and stays with the file."""

    def __init__(self, path: Path | None) -> None:
        """Open or make the file; None makes a temporary one that SQLite removes.

        Raises:
            SettingsError: the file is in use, is no database, or cannot be written.
        """
        try:
            self._connection = _connected(path)
        except (sqlite3.Error, OSError) as error:
            raise SettingsError(f"sandbox: cannot keep data in {path}: {error}; give another file") from None
        self.secret: bytes = self._connection.execute("SELECT value FROM secret").fetchone()[0]

    def close(self) -> None:
        """Write back the journal and let go of the file."""
        self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: everything inside is kept when it ends, nothing when it raises."""
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            # A full disk makes SQLite roll back by itself.
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    def next_number(self, tenant: str) -> int:
        """The number of the tenant's next registration, counted from 1; deleted ones keep theirs."""
        return int(self._connection.execute(_COUNT, (tenant,)).fetchone()[0])

    def insert(self, tenant: str, record: Record) -> None:
        """Keep a new record under its `id`."""
        self._connection.execute(_INSERT, _columns(tenant, record))

    def update(self, tenant: str, record: Record) -> None:
        """Keep a record in place of the one with its `id`."""
        self._connection.execute(_UPDATE, _columns(tenant, record))

    def delete(self, tenant: str, registration_id: str) -> None:
        """Forget a record."""
        self._connection.execute("DELETE FROM registration WHERE tenant = ? AND id = ?", (tenant, registration_id))

    def find(self, tenant: str, registration_id: str) -> Record | None:
        """The record, or None when the tenant has none of that id."""
        query = "SELECT record FROM registration WHERE tenant = ? AND id = ?"
        row = self._connection.execute(query, (tenant, registration_id)).fetchone()
        return orjson.loads(row[0]) if row else None

    def read(self, tenant: str, selection: Selection, *, after: str, limit: int) -> list[Record]:
        """At most `limit` (-1: all) selected records with an id behind `after`, ordered by id."""
        query, values = _query(selection)
        rows = self._connection.execute(query, (tenant, after, *values, limit))
        return [orjson.loads(record) for (record,) in rows]

    def counts(self) -> dict[str, int]:
        """How many registrations each tenant has."""
        return dict(self._connection.execute("SELECT tenant, count(*) FROM registration GROUP BY tenant"))


def _connected(path: Path | None) -> sqlite3.Connection:
    if path is not None:
        # Records are people's data; SQLite gives its journal files the mode of the database.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path or "", isolation_level=None, timeout=0.5)
    connection.executescript(_OPEN)
    if connection.execute("SELECT count(*) FROM secret").fetchone()[0] == 0:
        connection.execute("INSERT INTO secret VALUES (?)", (secrets.token_bytes(32),))
    return connection


def _columns(tenant: str, record: Record) -> tuple[str | None, ...]:
    body = orjson.dumps(record).decode()
    return record.get("event_id"), record.get("contact_id"), body, tenant, record["id"]


def _query(selection: Selection) -> tuple[str, list[str]]:
    # The unary + leaves the index to the ids that were asked for.
    conditions, values = ["tenant = ?", f"{'+id' if selection.ids else 'id'} > ?"], []
    if selection.event_id is not None:
        conditions.append("event_id = ?")
        values.append(selection.event_id)
    for column, wanted in (("id", selection.ids), ("contact_id", selection.contact_ids)):
        if wanted:
            conditions.append(f"{column} IN (SELECT value FROM json_each(?))")  # noqa: S608 - our own names only
            values.append(orjson.dumps(list(wanted)).decode())
    source = f"registration INDEXED BY {_index(selection)}"
    where = " AND ".join(conditions)
    return f"SELECT record FROM {source} WHERE {where} ORDER BY id LIMIT ?", values  # noqa: S608 - as above


def _index(selection: Selection) -> str:
    # Left to itself, SQLite walks the whole event in id order to find one contact (260 ms among 200,000).
    if selection.ids or selection.event_id is None:
        return "by_id"
    return "by_event_contact" if selection.contact_ids else "by_event"
