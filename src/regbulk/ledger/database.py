"""The ledger's storage: transactions on SQLite or PostgreSQL, with errors that a user can read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from regbulk.errors import LedgerError
from regbulk.ledger.faults import explained, is_passing
from regbulk.ledger.life import uptime

T = TypeVar("T")
_PAUSES: Final = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0)
"""Seconds before a transaction is tried again on a server that went away: its restart is no interruption."""
_LOCK: Final = 0x7265676275_6C6B
"""The advisory lock of everybody who takes, or makes tables: `regbulk` in ASCII."""


class Database:
    """One ledger's storage; its methods may be called from several threads.

    Every transaction can be repeated as a whole, as a connection may be lost after the commit and before its answer.
    """

    def __init__(self, engine: sa.Engine, *, name: str, pauses: Sequence[float] = _PAUSES) -> None:
        """Use an engine; `name` stands in messages and holds no password, `pauses` are seconds between attempts."""
        self.engine = engine
        self.name = name
        self._pauses = pauses
        self._postgres = engine.dialect.name == "postgresql"
        self.local: Final = not self._postgres  # only processes of this machine use it, and `clock` is its uptime

    def rows(self, query: sa.Select[Any]) -> Sequence[sa.Row[Any]]:
        """All rows of a query.

        Raises:
            LedgerError: the storage does not answer.
        """
        return self.read(lambda connection: connection.execute(query).all())

    def read(self, look: Callable[[sa.Connection], T]) -> T:
        """What several queries find in one transaction; raises as `rows` does."""

        def read() -> T:
            with self.engine.connect() as connection:
                return look(connection)

        return self._patiently(read)

    def write(self, change: Callable[[sa.Connection], T]) -> T:
        """Make a change in one transaction, which is durable when this returns.

        Raises:
            LedgerError: the storage does not take it.
        """

        def written() -> T:
            with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
                return change(connection)

        return self._patiently(written)

    def alone(self, connection: sa.Connection) -> None:
        """Let nobody else be in a transaction that calls this, until this one ends (on SQLite every write is so)."""
        if self._postgres:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))

    def clock(self, connection: sa.Connection) -> float:
        """Seconds by the one clock that all who share this ledger go by: the server's, or this machine's uptime."""
        if self._postgres:
            return float(connection.execute(sa.select(sa.extract("epoch", sa.func.clock_timestamp()))).scalar_one())
        return uptime()

    def insert(self, table: sa.Table) -> sqlite.Insert | postgresql.Insert:
        """An insert that can say what becomes of a row that is there already."""
        return postgresql.insert(table) if self._postgres else sqlite.insert(table)

    def put(self, connection: sa.Connection, table: sa.Table, row: Mapping[str, Any]) -> None:
        """Write a row, over the one of the same key if there is one."""
        key = [column.name for column in table.primary_key]
        rest = {name: value for name, value in row.items() if name not in key}
        connection.execute(self.insert(table).values(**row).on_conflict_do_update(index_elements=key, set_=rest))

    def _patiently(self, transaction: Callable[[], T]) -> T:
        for pause in (*self._pauses, None):
            try:
                return transaction()
            except sa.exc.DBAPIError as error:
                if pause is None or not is_passing(error):
                    raise explained(error, self.name) from None
            except sa.exc.TimeoutError:
                raise LedgerError(f"ledger {self.name}: no connection became free within 30 seconds") from None
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")
