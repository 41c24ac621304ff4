"""What was wrong with cells as rejects: the record, the field it would have become, and the column of the source."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from regbulk import rejects
from regbulk.mapping.cells import Broken
from regbulk.source.contract import LINE_NO, RECORD_NO


class Fault(NamedTuple):
    """Cells of a column that break a rule; `field` is null where the column has none of its own."""

    column: str
    field: str | None
    broken: Broken


def fault_frame(records: pl.DataFrame, faults: Sequence[Fault]) -> pl.DataFrame:
    """The faults in the shape of `regbulk.rejects.SCHEMA`, ordered by record; one per record, column and rule.

    Args:
        records: the block as the source gave it.
        faults: what was wrong, by row of the block.
    """
    return rejects.merge(*(_told(records, fault) for fault in faults))


def _told(records: pl.DataFrame, fault: Fault) -> pl.DataFrame:
    broken = pl.DataFrame({"row": fault.broken.rows, "told": fault.broken.messages})
    first = broken.unique("row", keep="first", maintain_order=True)
    cells = records.select(RECORD_NO, LINE_NO, pl.col(fault.column).alias("value"))[first["row"]]
    return cells.with_columns(first["told"]).select(
        record_no=RECORD_NO,
        line_no=LINE_NO,
        field=pl.lit(fault.field, pl.String),
        code=pl.lit(fault.broken.code),
        message=pl.concat_str(pl.lit(f"column {fault.column!r}: "), "told"),
        value="value",
    )
