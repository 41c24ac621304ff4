"""Reading the ledger: what was intended, what came of it, and what other loads do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final

import sqlalchemy as sa

from regbulk.ledger import holders
from regbulk.ledger.database import Database
from regbulk.ledger.holders import Holder, Resource
from regbulk.ledger.outcome import RecordOutcome, State
from regbulk.ledger.tables import BATCHES, LOADS, OUTCOME_ROWS, STEPS

_PARAMETERS: Final = 10_000
"""In one query at most (SQLite takes 32,766)."""
_ROWS: Final = 50_000
"""Read from one query at a time."""
_OUTCOME: Final = tuple(OUTCOME_ROWS.c[name] for name in RecordOutcome._fields)


def load_resource(load_id: str) -> Resource:
    """A load itself, which one process at a time works on."""
    return Resource(f"load {load_id}")


class LedgerReader:
    """The questions that a ledger answers; each raises LedgerError where its storage does not."""

    def __init__(self, database: Database) -> None:
        """Use `open_ledger` for the ledger of a workspace."""
        self._database = database

    def steps(self, load_id: str) -> dict[str, dict[str, Any]]:
        """The steps that are done, with their figures, in the order in which they were noted."""
        query = sa.select(STEPS.c.step, STEPS.c.detail).where(STEPS.c.load_id == load_id).order_by(STEPS.c.at)
        return {row.step: row.detail for row in self._database.rows(query)}

    def intents(self, load_id: str, batches: range | None = None) -> frozenset[int]:
        """Numbers of the batches that were about to be sent at least once; of all, or of consecutive ones."""
        query = sa.select(BATCHES.c.batch_no).where(BATCHES.c.load_id == load_id)
        if batches is not None:
            query = query.where(BATCHES.c.batch_no >= batches.start, BATCHES.c.batch_no < batches.stop)
        return frozenset(row.batch_no for row in self._database.rows(query))

    def outcomes(self, load_id: str, batches: range) -> list[RecordOutcome]:
        """The outcomes of the records of consecutive batches of a load."""
        query = sa.select(*_OUTCOME).where(
            OUTCOME_ROWS.c.load_id == load_id,
            OUTCOME_ROWS.c.batch_no >= batches.start,
            OUTCOME_ROWS.c.batch_no < batches.stop,
        )
        return [RecordOutcome(*row) for row in self._database.rows(query)]

    def outcomes_of(self, load_id: str, records: Sequence[int]) -> list[RecordOutcome]:
        """The outcomes of these records of a load, as far as there are any."""
        query = sa.select(*_OUTCOME).where(OUTCOME_ROWS.c.load_id == load_id)
        found = list[RecordOutcome]()
        for start in range(0, len(records), _PARAMETERS):
            some = OUTCOME_ROWS.c.record_no.in_(records[start : start + _PARAMETERS])
            found += (RecordOutcome(*row) for row in self._database.rows(query.where(some)))
        return found

    def totals(self, load_id: str) -> dict[str, int]:
        """How many records of a load have which outcome; only those that were to be sent."""
        query = (
            sa.select(OUTCOME_ROWS.c.outcome, sa.func.count().label("records"))
            .where(OUTCOME_ROWS.c.load_id == load_id)
            .group_by(OUTCOME_ROWS.c.outcome)
        )
        return {row.outcome: row.records for row in self._database.rows(query)}

    def open(self, load_id: str) -> int:
        """How many records have an outcome that another may follow (see `RecordOutcome.open`)."""
        outcome, status = OUTCOME_ROWS.c.outcome, OUTCOME_ROWS.c.status
        failed = sa.and_(outcome == "failed", sa.or_(status.is_(None), status >= HTTPStatus.INTERNAL_SERVER_ERROR))
        mine = (OUTCOME_ROWS.c.load_id == load_id, sa.or_(outcome.in_(["unknown", "not started"]), failed))
        return int(self._database.rows(sa.select(sa.func.count().label("records")).where(*mine))[0].records)

    def decided(self, load_id: str) -> dict[int, int]:
        """By batch number, how many records have an outcome other than `unknown`."""
        query = (
            sa.select(OUTCOME_ROWS.c.batch_no, sa.func.count().label("records"))
            .where(OUTCOME_ROWS.c.load_id == load_id, OUTCOME_ROWS.c.outcome != "unknown")
            .group_by(OUTCOME_ROWS.c.batch_no)
        )
        return {row.batch_no: row.records for row in self._database.rows(query)}

    def written(self, load_id: str) -> Iterator[list[tuple[int, str, str]]]:
        """The registrations that a load wrote: record number, id and outcome, some ten thousand at a time."""
        taken = OUTCOME_ROWS.c.outcome.in_(["created", "patched", "deleted"])
        query = (
            sa.select(OUTCOME_ROWS.c.record_no, OUTCOME_ROWS.c.id, OUTCOME_ROWS.c.outcome)
            .where(OUTCOME_ROWS.c.load_id == load_id, taken, OUTCOME_ROWS.c.id.is_not(None))
            .order_by(OUTCOME_ROWS.c.record_no)
            .limit(_ROWS)
        )
        last = 0
        while rows := self._database.rows(query.where(OUTCOME_ROWS.c.record_no > last)):
            yield [(row.record_no, row.id, row.outcome) for row in rows]
            last = rows[-1].record_no

    def loads(self) -> list[dict[str, str]]:
        """All loads, oldest first: `load_id, tenant, source, started_at` (UTC, to the microsecond)."""
        names = ("load_id", "tenant", "source", "started_at")
        query = sa.select(*(LOADS.c[name] for name in names)).order_by(LOADS.c.started_at, LOADS.c.load_id)
        return [dict(zip(names, row, strict=True)) for row in self._database.rows(query)]

    def lasted(self, load_id: str) -> float:
        """Seconds from the start of a load to the latest note about it; 0 while there is none."""
        noted = sa.select(sa.func.max(STEPS.c.at)).where(STEPS.c.load_id == load_id).scalar_subquery()
        query = sa.select(LOADS.c.started_at, noted.label("noted")).where(LOADS.c.load_id == load_id)
        for row in self._database.rows(query):
            if row.noted is not None:
                return (datetime.fromisoformat(row.noted) - datetime.fromisoformat(row.started_at)).total_seconds()
        return 0.0

    def state(self, load_id: str) -> State:
        """Where a load stands; one that sent something is `pushing` while a process works on it, else `interrupted`."""
        steps = self.steps(load_id)
        for step in ("finished", "stopped"):
            if step in steps:
                return step
        if self.intents(load_id):
            return "pushing" if self.at_work(load_id) else "interrupted"
        return "planned" if "planned" in steps else "staged" if "staged" in steps else "staging"

    def at_work(self, load_id: str) -> Holder | None:
        """The process that works on a load; None where there is none."""
        return holders.at_work(self._database, load_resource(load_id))

    def overtaken_by(self, load_id: str) -> list[str]:
        """Loads that were about to write to the same tenant since the target was read for this load, oldest first."""
        read = STEPS.c.load_id == load_id, STEPS.c.step.in_(["reading", "planned"])
        mine = sa.select(sa.func.min(STEPS.c.at)).where(*read).scalar_subquery()
        query = self._others(load_id).where(BATCHES.c.intent_at > mine)
        return [row.load_id for row in self._database.rows(query.order_by(sa.func.min(BATCHES.c.intent_at)))]

    def writers(self, load_id: str, *, since: datetime) -> dict[str, datetime]:
        """Other loads that sent something to the tenant of a load, the one that sent last first.

        Returns:
            By load id the time (UTC) of its latest intent or note, of those where that is not before `since`.
        """
        sent, noted = sa.func.max(BATCHES.c.intent_at).label("sent"), sa.func.max(STEPS.c.at)
        latest = sa.select(noted).where(STEPS.c.load_id == LOADS.c.load_id).label("noted")
        query = self._others(load_id).add_columns(sent, latest).order_by(sent.desc())
        rows = self._database.rows(query)
        found = {row.load_id: datetime.fromisoformat(max(row.sent, row.noted or row.sent)) for row in rows}
        return {name: at for name, at in found.items() if at >= since}

    def _others(self, load_id: str) -> sa.Select[Any]:
        """Other loads with intents of the same tenant at the same address; an address that is not known may be it."""
        me = LOADS.alias("me")
        same = sa.or_(LOADS.c.api_url == me.c.api_url, LOADS.c.api_url.is_(None), me.c.api_url.is_(None))
        return (
            sa.select(LOADS.c.load_id)
            .join(me, sa.and_(me.c.load_id == load_id, me.c.tenant == LOADS.c.tenant, same))
            .join(BATCHES, BATCHES.c.load_id == LOADS.c.load_id)
            .where(LOADS.c.load_id != load_id)
            .group_by(LOADS.c.load_id)
        )
