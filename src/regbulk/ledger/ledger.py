"""The ledger: what was about to be sent, and what came of it (SQL through SQLAlchemy Core)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self

import sqlalchemy as sa

from regbulk.errors import LedgerError
from regbulk.ledger.database import Database
from regbulk.ledger.holders import Terms
from regbulk.ledger.lease import Lease, held
from regbulk.ledger.outcome import RecordOutcome, Step
from regbulk.ledger.reading import LedgerReader
from regbulk.ledger.tables import BATCHES, LOADS, OUTCOME_ROWS, STEPS, next_tick, now_text, time_text


class Ledger(LedgerReader):
    """Reads and writes one ledger; every write is durable when its method returns, or raises LedgerError."""

    def __init__(self, database: Database, lease: Lease | None = None) -> None:
        """Use `open_ledger`, and `fenced` for one that takes writes as long as a lease is held."""
        super().__init__(database)
        self._write: Callable[[Callable[[sa.Connection], None]], None] = lease.write if lease else database.write

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.engine.dispose()

    @contextmanager
    def hold(self, terms: Terms) -> Iterator[Lease]:
        """A lease for this process, which claims what it needs; everything is let go of at the end."""
        with held(self._database, terms) as lease:
            yield lease

    def fenced(self, lease: Lease) -> Ledger:
        """This ledger for the holder of a lease: what it writes is refused, whole, once the lease was taken over.

        Its writes raise LeaseLost then.
        """
        return Ledger(self._database, lease)

    def register(self, load_id: str, *, tenant: str, api_url: str, source: str, started_at: datetime) -> None:
        """Note that a load exists; a load that is known already stays as it is."""
        row = {
            "load_id": load_id,
            "tenant": tenant,
            "api_url": api_url,
            "source": source,
            "started_at": time_text(started_at),
        }
        insert = self._database.insert(LOADS).values(**row).on_conflict_do_nothing()
        self._write(lambda connection: _run(connection, insert))

    def note(self, load_id: str, step: Step, detail: Mapping[str, Any]) -> None:
        """Note that a step of a load is done, with its figures; the latest note of a step counts."""
        row = {"load_id": load_id, "step": step, "at": now_text(), "detail": dict(detail)}
        self._put(STEPS, row)

    def forget(self, load_id: str, step: Step) -> None:
        """Take a note back (a stopped load that goes on)."""
        delete = sa.delete(STEPS).where(STEPS.c.load_id == load_id, STEPS.c.step == step)
        self._write(lambda connection: _run(connection, delete))

    def intend(self, load_id: str, batch_no: int) -> None:
        """Write down that a batch is about to be sent, or sent again: the latest time and tick count."""
        row = {"load_id": load_id, "batch_no": batch_no, "intent_at": now_text()}
        self._put(BATCHES, row)

    def record(self, load_id: str, batch_no: int, outcomes: Sequence[RecordOutcome]) -> None:
        """Write the outcomes of records of one batch, all or none.

        An outcome is final, unless it is open (see `RecordOutcome`); writing the same again changes nothing.

        Raises:
            LedgerError: a record has another outcome already.
        """
        rows = {each.record_no: {"load_id": load_id, "batch_no": batch_no} | _storable(each) for each in outcomes}
        if len(rows) != len(outcomes):
            raise LedgerError(f"load {load_id}, batch {batch_no}: two outcomes for one record; nothing was written")
        # Asked for something back, SQLAlchemy sends all rows in one statement, which PostgreSQL needs for its speed.
        insert = self._database.insert(OUTCOME_ROWS).on_conflict_do_nothing().returning(OUTCOME_ROWS.c.record_no)

        def written(connection: sa.Connection) -> None:
            new = set(connection.execute(insert, list(rows.values())).scalars())
            if known := {number: row for number, row in rows.items() if number not in new}:
                _settle(connection, load_id, known)

        if rows:
            self._write(written)

    def _put(self, table: sa.Table, row: Mapping[str, Any]) -> None:
        """Write a row with the next tick, which is given in the same transaction."""
        self._write(lambda connection: self._database.put(connection, table, {**row, "tick": next_tick(connection)}))


def _run(connection: sa.Connection, statement: sa.Executable) -> None:
    connection.execute(statement)


def _settle(connection: sa.Connection, load_id: str, rows: Mapping[int, dict[str, Any]]) -> None:
    """Put outcomes in the place of open ones, all or none."""
    mine = (OUTCOME_ROWS.c.load_id == load_id, OUTCOME_ROWS.c.record_no.in_(list(rows)))
    for known in connection.execute(sa.select(OUTCOME_ROWS).where(*mine)).mappings().all():
        row = rows[known["record_no"]]
        before = RecordOutcome(*(known[name] for name in RecordOutcome._fields))
        if not before.open and dict(known) != row:
            raise LedgerError(
                f"load {load_id}: record {known['record_no']} is {known['outcome']} already, found {row['outcome']} "
                "now; nothing of its batch was written"
            )
        connection.execute(
            sa.update(OUTCOME_ROWS)
            .where(OUTCOME_ROWS.c.load_id == load_id, OUTCOME_ROWS.c.record_no == known["record_no"])
            .values(**row)
        )


def _storable(outcome: RecordOutcome) -> dict[str, Any]:
    """An outcome with a message that any database takes: no lone surrogates, and no NUL, which PostgreSQL refuses."""
    if outcome.message is None:
        return outcome._asdict()
    text = outcome.message.encode("utf-8", "backslashreplace").decode().replace("\0", "\\0")
    return outcome._replace(message=text)._asdict()
