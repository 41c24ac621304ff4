"""Reading the ledger: what was intended, what came of it, and what other loads do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from regbulk.ledger import holders
from regbulk.ledger.database import Database
from regbulk.ledger.holders import Holder, Resource
from regbulk.ledger.outcome import RecordOutcome, State, Step
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
        query = sa.select(STEPS.c.step, STEPS.c.detail).where(STEPS.c.load_id == load_id).order_by(STEPS.c.tick)
        return {row.step: row.detail for row in self._database.rows(query)}

    def intents(self, load_id: str, batches: range | None = None) -> frozenset[int]:
        """Numbers of the batches that were about to be sent at least once; of all, or of consecutive ones."""
        return frozenset(self.intended(load_id, batches))

    def intended(self, load_id: str, batches: range | None = None) -> dict[int, datetime]:
        """By number, when batches were about to be sent last (UTC, by the sender's clock); only those that were."""
        query = sa.select(BATCHES.c.batch_no, BATCHES.c.intent_at).where(BATCHES.c.load_id == load_id)
        if batches is not None:
            query = query.where(BATCHES.c.batch_no >= batches.start, BATCHES.c.batch_no < batches.stop)
        return {row.batch_no: datetime.fromisoformat(row.intent_at) for row in self._database.rows(query)}

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
        followed = sa.or_(OUTCOME_ROWS.c.outcome.in_(["unknown", "not started"]), OUTCOME_ROWS.c.undone)
        mine = (OUTCOME_ROWS.c.load_id == load_id, followed)
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
        """Loads that may have written to the same tenant since the target was read for this load, oldest first.

        They were about to send something after the reading, or ended after it, or are at work: what they sent before it
        may have taken effect after it. What an interrupted load sent before it is settled by the reading itself. First
        and after are told by ticks, so no clock matters.
        """
        sent, ended = sa.func.max(BATCHES.c.tick).label("sent"), _noted("finished", "stopped").label("ended")
        read = sa.select(sa.func.min(STEPS.c.tick).label("tick")).where(STEPS.c.load_id == load_id)
        query = self._others(load_id).add_columns(sent, ended).order_by(sent)
        # Before their ticks are read: a load that ends in between has its last tick by then.
        unended = [row.load_id for row in self._database.rows(query) if row.ended is None]
        working = {other for other in unended if self.at_work(other)}
        (mine,) = self._database.rows(read.where(STEPS.c.step.in_(["reading", "planned"])))
        if mine.tick is None:
            return []
        rows = self._database.rows(query)
        return [row.load_id for row in rows if row.load_id in working or max(row.sent, row.ended or 0) > mine.tick]

    def writers(self, load_id: str, *, since: datetime) -> dict[str, datetime]:
        """Other loads that sent something to the tenant of a load, the one that sent last first.

        Returns:
            By load id the time (UTC) of its latest intent or note, of those where that is not before `since`. The time
            is by the clock of the machine that sent: machines that share a ledger need clocks that agree to seconds.
        """
        sent, noted = sa.func.max(BATCHES.c.intent_at).label("sent"), sa.func.max(STEPS.c.at)
        latest = sa.select(noted).where(STEPS.c.load_id == LOADS.c.load_id).label("noted")
        query = self._others(load_id).add_columns(sent, latest).order_by(sa.func.max(BATCHES.c.tick).desc())
        rows = self._database.rows(query)
        found = {row.load_id: datetime.fromisoformat(max(row.sent, row.noted or row.sent)) for row in rows}
        return {name: at for name, at in found.items() if at >= since}

    def _others(self, load_id: str) -> sa.Select[Any]:
        """Other loads with intents of the same tenant at the same address, as the settings spell it."""
        me = LOADS.alias("me")
        same = LOADS.c.api_url == me.c.api_url
        return (
            sa.select(LOADS.c.load_id)
            .join(me, sa.and_(me.c.load_id == load_id, me.c.tenant == LOADS.c.tenant, same))
            .join(BATCHES, BATCHES.c.load_id == LOADS.c.load_id)
            .where(LOADS.c.load_id != load_id)
            .group_by(LOADS.c.load_id)
        )


def _noted(*steps: Step) -> sa.ScalarSelect[Any]:
    """The tick of the latest of these notes about a load of the query around; null where there is none."""
    mine = STEPS.c.load_id == LOADS.c.load_id, STEPS.c.step.in_(steps)
    return sa.select(sa.func.max(STEPS.c.tick)).where(*mine).correlate(LOADS).scalar_subquery()
