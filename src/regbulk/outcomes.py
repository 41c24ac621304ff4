"""outcomes: one row per accepted record, made from the plan and the ledger.

`outcome` is null for a record that was planned but not sent yet; `batch_no` and `request` are null where nothing is
sent, also for a record that was `not started` as its parent has no id.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow.parquet as pq

from regbulk.ledger import Ledger
from regbulk.load import Load

_KNOWN: Final = {
    "record_no": pl.Int64(),
    "outcome": pl.String(),
    "status": pl.Int64(),
    "known_id": pl.String(),
    "message": pl.String(),
    "undone": pl.Boolean(),
}
COLUMNS: Final = ("record_no", "line_no", "outcome", "action", "batch_no", "request", "status", "id", "message")


def write_outcomes(
    load: Load, ledger: Ledger, parts: list[tuple[Path, range]], *, creates_in_batch: bool
) -> Counter[str | None]:
    """Write `outcomes.parquet` and `outcomes.csv` of a load; the number of rows by outcome, None = not sent yet.

    Args:
        load: whose outcomes they are.
        ledger: what came of what was sent.
        parts: the plan's partition files with the load-wide numbers of their batches.
        creates_in_batch: whether creates went to `/batch`, for the `request` column.
    """
    parquet, text = load.path / "outcomes.parquet", load.path / "outcomes.csv"
    beside = [path.with_name(f".{path.name}.partial") for path in (parquet, text)]
    for path in beside:
        path.unlink(missing_ok=True)
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
    counts = _write(beside[0], beside[1], _frames(load, ledger, parts, creates_in_batch=creates_in_batch))
    for partial, path in zip(beside, (parquet, text), strict=True):
        partial.replace(path)
    return counts


def _write(parquet: Path, text: Path, frames: Iterator[pl.DataFrame]) -> Counter[str | None]:
    writer: pq.ParquetWriter | None = None
    counts = Counter[str | None]()
    with text.open("wb") as csv:
        for number, frame in enumerate(frames):
            table = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
            writer = writer or pq.ParquetWriter(parquet, table.schema, compression="zstd")
            writer.write_table(table)
            frame.write_csv(csv, include_header=number == 0)
            counts.update(dict(frame.group_by("outcome").len().iter_rows()))
    if writer is not None:
        writer.close()
    return counts


def _frames(
    load: Load, ledger: Ledger, parts: list[tuple[Path, range]], *, creates_in_batch: bool
) -> Iterator[pl.DataFrame]:
    create = "POST /batch" if creates_in_batch else "POST /"
    for path, numbers in parts:
        planned = pl.scan_parquet(path).drop("document", "canary").collect()
        known = pl.DataFrame(ledger.outcomes(load.id, numbers), schema=_KNOWN, orient="row")
        waits = pl.col("batch").is_not_null()
        sent = waits & pl.col("outcome").ne_missing("not started")
        yield (
            planned.join(known, on="record_no", how="left")
            .with_columns(
                outcome=pl.when(waits).then("outcome").otherwise("action"),
                batch_no=pl.when(sent).then(pl.col("batch") + (numbers.start - 1)),
                request=pl.when(sent).then(
                    pl.when(pl.col("action") == "create").then(pl.lit(create)).otherwise(pl.lit("POST /batch"))
                ),
                id=pl.coalesce("known_id", "id"),
                message=pl.coalesce("message", "reason"),
            )
            .select(COLUMNS)
            .sort("record_no")
        )
