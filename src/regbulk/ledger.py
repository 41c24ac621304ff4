"""The ledger: what was about to be sent, and what came of it (SQL through SQLAlchemy Core).

One intent row per batch, written and synced before its first request leaves; one outcome row per record that was sent,
written before the next step. A batch with an intent and records without an outcome is in doubt. The state of a load is
derived from here and nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, Self

import sqlalchemy as sa

Outcome = Literal["created", "patched", "unchanged", "deleted", "conflict", "failed", "unknown", "not started"]
OUTCOMES: Final[tuple[Outcome, ...]] = (
    "created",
    "patched",
    "unchanged",
    "deleted",
    "conflict",
    "failed",
    "unknown",
    "not started",
)
Step = Literal["staged", "planned", "canary-create", "canary-patch", "stopped", "finished"]
State = Literal["staging", "staged", "planned", "pushing", "stopped", "finished"]

_PARAMETERS: Final = 10_000
"""In one query at most (SQLite takes 32,766)."""
_METADATA = sa.MetaData()
_LOADS = sa.Table(
    "loads",
    _METADATA,
    sa.Column("load_id", sa.Text, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("started_at", sa.Text, nullable=False),
)
_STEPS = sa.Table(
    "steps",
    _METADATA,
    sa.Column("load_id", sa.Text, primary_key=True),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
)
_BATCHES = sa.Table(
    "batches",
    _METADATA,
    sa.Column("load_id", sa.Text, primary_key=True),
    sa.Column("batch_no", sa.Integer, primary_key=True),
    sa.Column("intent_at", sa.Text, nullable=False),
)
_OUTCOMES = sa.Table(
    "outcomes",
    _METADATA,
    sa.Column("load_id", sa.Text, primary_key=True),
    sa.Column("record_no", sa.BigInteger, primary_key=True),
    sa.Column("batch_no", sa.Integer, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("id", sa.Text),
    sa.Column("message", sa.Text),
)


class RecordOutcome(NamedTuple):
    """What became of one record that was to be sent.

    `status` is the HTTP status that settled it (null when it was settled by reading), `id` the registration's id where
    it is known, `message` the API's words or the reason of a doubt. A record is `not started`, and was not sent, where
    its parent has no id.
    """

    record_no: int
    outcome: Outcome
    status: int | None = None
    id: str | None = None
    message: str | None = None


class Ledger:
    """Reads and writes one ledger; every write is durable when its method returns."""

    def __init__(self, engine: sa.Engine) -> None:
        """Use `open_ledger` for the ledger of a workspace."""
        self._engine = engine

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.dispose()

    def register(self, load_id: str, *, tenant: str, source: str, started_at: datetime) -> None:
        """Note that a load exists; a load that is known already stays as it is."""
        with self._engine.begin() as connection:
            known = connection.execute(sa.select(_LOADS.c.load_id).where(_LOADS.c.load_id == load_id)).first()
            if known is None:
                row = {"load_id": load_id, "tenant": tenant, "source": source, "started_at": started_at.isoformat()}
                connection.execute(_LOADS.insert().values(row))

    def note(self, load_id: str, step: Step, detail: Mapping[str, Any]) -> None:
        """Note that a step of a load is done, with its figures; the latest note of a step counts."""
        row = {"load_id": load_id, "step": step, "at": datetime.now(UTC).isoformat(), "detail": dict(detail)}
        with self._engine.begin() as connection:
            connection.execute(_STEPS.delete().where(_STEPS.c.load_id == load_id, _STEPS.c.step == step))
            connection.execute(_STEPS.insert().values(row))

    def forget(self, load_id: str, step: Step) -> None:
        """Take a note back (a stopped load that goes on)."""
        with self._engine.begin() as connection:
            connection.execute(_STEPS.delete().where(_STEPS.c.load_id == load_id, _STEPS.c.step == step))

    def steps(self, load_id: str) -> dict[str, dict[str, Any]]:
        """The steps that are done, with their figures, in the order in which they were noted."""
        query = sa.select(_STEPS.c.step, _STEPS.c.detail).where(_STEPS.c.load_id == load_id).order_by(_STEPS.c.at)
        with self._engine.connect() as connection:
            return {row.step: row.detail for row in connection.execute(query)}

    def intend(self, load_id: str, batch_no: int) -> None:
        """Write down that a batch is about to be sent; repeating it is harmless."""
        row = {"load_id": load_id, "batch_no": batch_no, "intent_at": datetime.now(UTC).isoformat()}
        with self._engine.begin() as connection:
            where = (_BATCHES.c.load_id == load_id, _BATCHES.c.batch_no == batch_no)
            if connection.execute(sa.select(_BATCHES.c.batch_no).where(*where)).first() is None:
                connection.execute(_BATCHES.insert().values(row))

    def intents(self, load_id: str, batches: range | None = None) -> frozenset[int]:
        """Numbers of the batches that were about to be sent at least once; of all, or of consecutive ones."""
        query = sa.select(_BATCHES.c.batch_no).where(_BATCHES.c.load_id == load_id)
        if batches is not None:
            query = query.where(_BATCHES.c.batch_no >= batches.start, _BATCHES.c.batch_no < batches.stop)
        with self._engine.connect() as connection:
            return frozenset(number for (number,) in connection.execute(query))

    def overtaken_by(self, load_id: str) -> list[str]:
        """Loads that began to write to the same tenant after this load was planned, oldest first."""
        mine = sa.select(_STEPS.c.at).where(_STEPS.c.load_id == load_id, _STEPS.c.step == "planned").scalar_subquery()
        tenant = sa.select(_LOADS.c.tenant).where(_LOADS.c.load_id == load_id).scalar_subquery()
        query = (
            sa.select(_LOADS.c.load_id)
            .join(_BATCHES, _BATCHES.c.load_id == _LOADS.c.load_id)
            .where(_LOADS.c.tenant == tenant, _LOADS.c.load_id != load_id, _BATCHES.c.intent_at > mine)
            .group_by(_LOADS.c.load_id)
            .order_by(sa.func.min(_BATCHES.c.intent_at))
        )
        with self._engine.connect() as connection:
            return [row[0] for row in connection.execute(query)]

    def record(self, load_id: str, batch_no: int, outcomes: Sequence[RecordOutcome]) -> None:
        """Write the outcomes of records of one batch, all or none."""
        if outcomes:
            rows = [{"load_id": load_id, "batch_no": batch_no, **outcome._asdict()} for outcome in outcomes]
            with self._engine.begin() as connection:
                connection.execute(_OUTCOMES.insert(), rows)

    def outcomes(self, load_id: str, batches: range) -> list[RecordOutcome]:
        """The outcomes of the records of consecutive batches of a load."""
        query = sa.select(*(_OUTCOMES.c[name] for name in RecordOutcome._fields)).where(
            _OUTCOMES.c.load_id == load_id,
            _OUTCOMES.c.batch_no >= batches.start,
            _OUTCOMES.c.batch_no < batches.stop,
        )
        with self._engine.connect() as connection:
            return [RecordOutcome(*row) for row in connection.execute(query)]

    def outcomes_of(self, load_id: str, records: Sequence[int]) -> list[RecordOutcome]:
        """The outcomes of these records of a load, as far as there are any."""
        query = sa.select(*(_OUTCOMES.c[name] for name in RecordOutcome._fields)).where(_OUTCOMES.c.load_id == load_id)
        found = list[RecordOutcome]()
        with self._engine.connect() as connection:
            for start in range(0, len(records), _PARAMETERS):
                some = _OUTCOMES.c.record_no.in_(records[start : start + _PARAMETERS])
                found += (RecordOutcome(*row) for row in connection.execute(query.where(some)))
        return found

    def totals(self, load_id: str) -> dict[str, int]:
        """How many records of a load have which outcome; only those that were to be sent."""
        query = (
            sa.select(_OUTCOMES.c.outcome, sa.func.count())
            .where(_OUTCOMES.c.load_id == load_id)
            .group_by(_OUTCOMES.c.outcome)
        )
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def lasted(self, load_id: str) -> float:
        """Seconds from the start of a load to the latest note about it; 0 while there is none."""
        with self._engine.connect() as connection:
            began = connection.execute(sa.select(_LOADS.c.started_at).where(_LOADS.c.load_id == load_id)).scalar()
            noted = connection.execute(sa.select(sa.func.max(_STEPS.c.at)).where(_STEPS.c.load_id == load_id)).scalar()
        if began is None or noted is None:
            return 0.0
        return (datetime.fromisoformat(noted) - datetime.fromisoformat(began)).total_seconds()

    def loads(self) -> list[dict[str, str]]:
        """All loads, oldest first: `load_id, tenant, source, started_at` (UTC, to the microsecond)."""
        names = ("load_id", "tenant", "source", "started_at")
        query = sa.select(*(_LOADS.c[name] for name in names)).order_by(_LOADS.c.started_at, _LOADS.c.load_id)
        with self._engine.connect() as connection:
            return [dict(zip(names, row, strict=True)) for row in connection.execute(query)]

    def state(self, load_id: str) -> State:
        """Where a load stands, derived from what the ledger holds."""
        steps = self.steps(load_id)
        for step in ("finished", "stopped"):
            if step in steps:
                return step
        if self.intents(load_id):
            return "pushing"
        return "planned" if "planned" in steps else "staged" if "staged" in steps else "staging"


def open_ledger(workspace: Path) -> Ledger:
    """The ledger of a workspace: a SQLite file in WAL mode whose commits survive a power loss."""
    workspace.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = workspace / "ledger.sqlite"
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    engine = sa.create_engine(f"sqlite:///{file}", connect_args={"timeout": 30}, hide_parameters=True)

    @sa.event.listens_for(engine, "connect")
    def _durable(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own connection
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")

    _METADATA.create_all(engine)
    return Ledger(engine)
