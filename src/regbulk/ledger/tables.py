"""The tables of the ledger, in types that SQLite and PostgreSQL share.

Times are texts in UTC to the microsecond, all of one length, so that they sort by time in every collation. They are for
people: clocks differ and are set, so what came first is told by the `tick` of a row, a number that only grows.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa

METADATA: Final = sa.MetaData()
LOADS: Final = sa.Table(
    "loads",
    METADATA,
    sa.Column("load_id", sa.Text, primary_key=True),
    sa.Column("tenant", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("started_at", sa.Text, nullable=False),
    sa.Column("api_url", sa.Text, nullable=False),
)
TICKS: Final = sa.Table(
    "ticks",
    METADATA,
    sa.Column("row", sa.Integer, primary_key=True, autoincrement=False),  # 1: there is one row
    sa.Column("latest", sa.BigInteger, nullable=False),  # the tick that was given last, counted from 1
)
STEPS: Final = sa.Table(
    "steps",
    METADATA,
    sa.Column("load_id", sa.Text, primary_key=True),
    sa.Column("step", sa.Text, primary_key=True),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("tick", sa.BigInteger, nullable=False),
    sa.Column("detail", sa.JSON, nullable=False),
)
BATCHES: Final = sa.Table(
    "batches",
    METADATA,
    sa.Column("load_id", sa.Text, primary_key=True),
    sa.Column("batch_no", sa.Integer, primary_key=True),
    sa.Column("intent_at", sa.Text, nullable=False),
    sa.Column("tick", sa.BigInteger, nullable=False),
)
OUTCOME_ROWS: Final = sa.Table(
    "outcomes",
    METADATA,
    sa.Column("load_id", sa.Text, primary_key=True),
    sa.Column("record_no", sa.BigInteger, primary_key=True),
    sa.Column("batch_no", sa.Integer, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("id", sa.Text),
    sa.Column("message", sa.Text),
    sa.Column("undone", sa.Boolean, nullable=False, server_default=sa.false()),
)
HOLDERS: Final = sa.Table(
    "holders",
    METADATA,
    sa.Column("holder", sa.Text, primary_key=True),
    sa.Column("load_id", sa.Text, nullable=False),
    sa.Column("host", sa.Text, nullable=False),
    sa.Column("boot", sa.Text, nullable=False),
    sa.Column("file", sa.Text, nullable=False),
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("renewed_at", sa.Float, nullable=False),  # seconds by the ledger's clock
    sa.Column("lasts", sa.Float, nullable=False),  # seconds after that in which nobody may take it over
)
LEASES: Final = sa.Table(
    "leases",
    METADATA,
    sa.Column("resource", sa.Text, primary_key=True),
    sa.Column("holder", sa.Text, primary_key=True),
    sa.Column("exclusive", sa.Boolean, nullable=False),
)


def next_tick(connection: sa.Connection) -> int:
    """The next number of the ledger: whoever gets one waits for those before to end, so ticks grow as commits do."""
    given = sa.update(TICKS).values(latest=TICKS.c.latest + 1).returning(TICKS.c.latest)
    return int(connection.execute(given).scalar_one())


def now_text() -> str:
    """The time of day as the tables keep it."""
    return time_text(datetime.now(UTC))


def time_text(at: datetime) -> str:
    """A time as the tables keep it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")
