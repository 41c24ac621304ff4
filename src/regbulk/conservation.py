"""Conservation: read = accepted + rejects, and accepted = sum of outcomes, each side counted without the other."""

from __future__ import annotations

from collections import Counter

import polars as pl

from regbulk import rejects
from regbulk.errors import RegbulkError
from regbulk.load import Load
from regbulk.summary import Summary


def require_conserved(load: Load, summary: Summary, rows: Counter[str | None]) -> None:
    """Compare what the ledger counts with what the files of a load hold.

    Args:
        load: whose files they are.
        summary: the ledger's side.
        rows: the plan's side: records by outcome, None = not sent yet.

    Raises:
        RegbulkError: they differ; both sides are in the message.
    """
    refused = rejects.records(pl.read_parquet(load.rejects_parquet, columns=["record_no"]))
    counted = Counter[str | None](summary.outcomes)
    counted[None] = summary.not_started
    apart = [name for name in counted.keys() | rows.keys() if counted[name] != rows[name]]
    if apart or summary.read != rows.total() + refused or summary.accepted != rows.total():
        told = sorted(f"{name or 'not sent'} {counted[name]} against {rows[name]}" for name in apart)
        raise RegbulkError(
            f"load {summary.load_id}: the sums do not agree. The ledger counts read {summary.read}, accepted "
            f"{summary.accepted}, rejects {summary.rejects}; the files hold accepted {rows.total()}, rejects {refused}"
            + (f"; ledger against files: {', '.join(told)}" if told else "")
        )
